"""A curve of 40 points, as a visitor of the gallery draws one."""

import math

import keras
import numpy as np

from keras_readinglist.applications import MDLNetwork
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, trained_on_generated

REDUCED = {"curve": {"points": 40, "noise": 0.04, "steps": 1500, "rate": 0.03, "seeds": (0,)}}
FULL = {"curve": {**REDUCED["curve"], "steps": 10_000}}


def curve_points(config):
    """Return a noisy sine from -3 to 3."""
    rng = np.random.default_rng(config["seed"])
    x = np.sort(rng.uniform(-3, 3, (config["points"], 1)), axis=0).astype("float32")
    noise = config["noise"] * rng.standard_normal(x.shape)
    return x, (0.7 * np.sin(1.5 * x) + noise).astype("float32")


def train(config, callbacks):
    """Learn the curve."""
    x, y = curve_points(config)
    keras.utils.set_random_seed(config["seed"])
    model = MDLNetwork(1, config["points"], hidden_units=8, prior="gaussian", seed=config["seed"],
                       annealing=config["steps"] * 2 // 3)  # fmt: skip
    model.compile(keras.optimizers.Adam(config["rate"]))
    # From weights of .15 half of the starts ended as a flat line, from these none of 18 did.
    rng = np.random.default_rng(config["seed"])
    for layer, scale in ((model.hidden, 1.0), (model.out, 0.3)):
        layer.mean.assign(scale * rng.standard_normal(layer.mean.shape))
    rows = [np.tile(values, (config["steps"], 1)) for values in (x, y)]
    model.fit(*rows, batch_size=config["points"], shuffle=False, verbose=0)
    return model


def measure(model, config):
    """Measure what the points cost by the network, and by one Gaussian."""
    bits = model.description_length(*curve_points(config))
    return {**bits, "nats": (bits["total_bits"] - bits["null_bits"]) * math.log(2)}


def _check(model):
    x = np.linspace(-3, 3, 20, dtype="float32")[:, None]
    bits = model.description_length(x, 0.7 * np.sin(1.5 * x))
    return {"total_bits": bits["total_bits"], "model_bits": bits["model_bits"]}


EXPERIMENTS = {"curve": Experiment(train, measure, {"steps": 2, "points": 4})}
RUNS = {"curve": Run("curve")}
CLAIMS = (
    Claim(
        "A sine of 40 points: the description is shorter than the null model's, in nats",
        metric="curve/nats",
        goal=0.0,
        higher_is_better=False,
        note="The network of the gallery, with one start.",
    ),
)
PRESETS = {
    "mdl_network_sine": trained_on_generated(
        "curve", "Follows a noisy sine, and says how many bits its weights are.", _check
    )
}
