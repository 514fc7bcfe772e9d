"""What stands on the shortcut, and in which order a unit does its work (He et al., 2016)."""

import keras
import numpy as np

from keras_readinglist.applications import PreActResNetCIFAR, ResNet
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run, as_computed
from keras_readinglist.recipes.resnet import training
from keras_readinglist.visualization import signal_propagation

# The rows of Tables 1 and 2 that are no plain net.
VARIANTS = {
    "original": {},
    "constant": {"shortcut": "constant", "shortcut_scale": 0.5},
    "constant_both": {"shortcut": "constant", "shortcut_scale": 0.5, "residual_scale": 0.5},
    "exclusive_gating_0": {"shortcut": "exclusive_gating", "gate_bias": 0.0},
    "exclusive_gating_6": {"shortcut": "exclusive_gating", "gate_bias": -6.0},
    "shortcut_gating_0": {"shortcut": "shortcut_gating", "gate_bias": 0.0},
    "shortcut_gating_6": {"shortcut": "shortcut_gating", "gate_bias": -6.0},
    "conv1x1": {"shortcut": "conv1x1"},
    "dropout": {"shortcut": "dropout", "shortcut_dropout": 0.5},
    "bn_after_addition": {"activation_order": "bn_after_addition"},
    "relu_before_addition": {"activation_order": "relu_before_addition"},
    "relu_only_preactivation": {"activation_order": "relu_only_preactivation"},
    "full_preactivation": {"activation_order": "full_preactivation"},
}
# The errors in % of the paper, ResNet-110 on CIFAR-10; `None` for more than 20.
PUBLISHED = {
    "original": 6.61,
    "constant": None,
    "constant_both": 12.35,
    "exclusive_gating_0": None,
    "exclusive_gating_6": 8.70,
    "shortcut_gating_0": 12.86,
    "shortcut_gating_6": 6.91,
    "conv1x1": 12.22,
    "dropout": None,
    "bn_after_addition": 8.17,
    "relu_before_addition": 7.84,
    "relu_only_preactivation": 6.71,
    "full_preactivation": 6.37,
}
UNITS = {"variant": "original", **training.REDUCED, "epochs": 2}
PROPAGATION = {
    "variant": "original",
    "silent": False,
    "depths": (18, 54),
    "width": 16,
    "side": 8,
    "batch_size": 16,
    "seeds": (0,),
}
SCALES = {
    "reduced": {"units": UNITS, "propagation": PROPAGATION},
    "full": {
        "units": {**training.FULL, "variant": "original", "depth": 110},
        "propagation": {**PROPAGATION, "depths": (9, 18, 27, 54, 108)},
    },
}


def unit_config(config):
    """Return the arguments of the units of a configuration."""
    return {"activation_order": "original", **VARIANTS[config["variant"]]}


def train_units(config, callbacks):
    """Train a network whose units are of the variant."""
    return training.train(make_network, config, callbacks)


def make_network(config, **kwargs):
    """Return the network of a configuration."""
    unit = unit_config(config)
    version = 2 if unit["activation_order"].endswith("preactivation") else 1
    return PreActResNetCIFAR(
        config["depth"], "basic", width=config["width"], version=version, unit_config=unit, **kwargs
    )


def propagate(config, callbacks):
    """Return how large the gradient is behind every unit of untrained chains.

    The units are `(batch, side, side, width)` throughout, their inputs and classes random.
    `"silent"` multiplies what the branches compute by 0.
    """
    rng = np.random.default_rng(config["seed"])
    shape = (config["side"], config["side"], 3)
    images = rng.standard_normal((config["batch_size"], *shape)).astype("float32")
    labels = rng.integers(0, 10, config["batch_size"])
    found = {}
    for depth in config["depths"]:
        gradients = np.log2(_gradients(depth, shape, images, labels, config))
        found["slope"] = float(np.polyfit(np.arange(depth), gradients, 1)[0])  # of the deepest
        found |= {f"log2_{depth}_{unit:02d}": float(g) for unit, g in enumerate(gradients)}
    return found


def _gradients(depth, shape, images, labels, config):
    keras.utils.set_random_seed(config["seed"])
    unit = unit_config(config)
    if config["silent"]:
        unit["zero_init_residual"] = True
    network = ResNet((depth,), (config["width"],), stem="cifar", unit_config=unit, classes=10,
                     classifier_activation=None, input_shape=shape)  # fmt: skip
    return signal_propagation(network, images, labels)["gradient"]


_SEEDS = {"original": (0, 1), "full_preactivation": (0, 1)}
RUNS = {
    **{name: Run("units", {"variant": name}, _SEEDS.get(name)) for name in VARIANTS},
    **{
        f"propagation_{name}": Run("propagation", {"variant": name})
        for name in VARIANTS
        if not name.startswith(("bn", "relu"))
    },
    "silent_original": Run("propagation", {"variant": "original", "silent": True}),
    "silent_constant": Run("propagation", {"variant": "constant", "silent": True}),
}
_SIZE = "ResNet-56 of width 8 on CIFAR-10 (JPEG) of 16 x 16 pixels, 160 steps"


def _worse(name, words, paper):
    return Claim(
        f"{words} on the shortcut: a larger training loss than with the identity",
        metric="original/train_loss",
        goal=None,
        paper=paper,
        baseline=f"{name}/train_loss",
        margin=0.02,
        higher_is_better=False,
        note=_SIZE,
    )


CLAIMS = (
    Claim(
        "A shortcut of x / 2 halves the gradient in every unit: slope of its logarithm",
        metric="silent_constant/slope",
        goal=0.99,
        paper="the product of all scales (Eq. 8)",
        baseline="silent_original/slope",
        margin=0.9,
        note="54 units whose branches are silent; 0 is that of an identity.",
    ),
    _worse("constant", "x / 2", "more than 20 % error against 6.61 %"),
    _worse("constant_both", "Halves of both", "12.35 % against 6.61 %"),
    _worse("exclusive_gating_0", "Exclusive gates, half open,", "more than 20 % against 6.61 %"),
    _worse("shortcut_gating_0", "Gates, half open,", "12.86 % against 6.61 %"),
    _worse("conv1x1", "1x1 convolutions", "12.22 % against 6.61 %"),
    _worse("dropout", "Dropout", "more than 20 % against 6.61 %"),
    Claim(
        "Full pre-activation trains no worse than the original order: training loss",
        metric="full_preactivation/train_loss",
        goal=None,
        paper="6.37 % against 6.61 % error",
        baseline="original/train_loss",
        higher_is_better=False,
        note=_SIZE,
    ),
    Claim(
        "Normalization after the addition trains worse than full pre-activation: training loss",
        metric="full_preactivation/train_loss",
        goal=None,
        paper="6.37 % against 8.17 % error",
        baseline="bn_after_addition/train_loss",
        margin=0.02,
        higher_is_better=False,
        note=_SIZE,
    ),
)
RECIPE = Recipe(
    slug="resnet-identity-mappings",
    scales=SCALES,
    experiments={
        "units": Experiment(train_units, training.measure, training.TINY),
        "propagation": Experiment(
            propagate, as_computed, {"depths": (2, 3), "width": 2, "side": 4, "batch_size": 2}
        ),
    },
    runs=RUNS,
    claims=CLAIMS,
)
