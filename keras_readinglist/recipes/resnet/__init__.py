"""Deep plain networks train worse than shallow ones; residual networks do not."""

import numpy as np

from keras_readinglist.applications import ResNetCIFAR
from keras_readinglist.datasets.fashion_mnist import CLASSES
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run, Trained
from keras_readinglist.recipes.resnet import shown, training

# Rates were chosen for each network by its loss on training pictures; see `RUNS`.
REDUCED = {
    "images": {**training.REDUCED, "residual": True, "epochs": 25},
    "fashion": {
        **training.REDUCED,
        "residual": True,
        "dataset": "fashion_mnist",
        "images": 20_480,
        "epochs": 6,
    },
    "shown": {"preset": "resnet56_fashion", "points": 21, "span": 1.0, "halves": 10, "seeds": (0,)},
}
FULL = {
    "images": {**training.FULL, "residual": True},
    "fashion": {**REDUCED["fashion"], "images": 50_000, "epochs": 30},
    "shown": REDUCED["shown"],
}


def make_network(config, **kwargs):
    """Return the residual or plain network of a configuration."""
    return ResNetCIFAR(config["depth"], config["residual"], width=config["width"], **kwargs)


def make_for_clothes(config, **kwargs):
    """Return the network that the gallery shows."""
    return make_network(config, class_names=list(CLASSES), **kwargs)


EXPERIMENTS = {
    "images": Experiment(
        lambda config, callbacks: training.train(make_network, config, callbacks),
        training.measure,
        training.TINY,
    ),
    "fashion": Experiment(
        lambda config, callbacks: training.train(make_for_clothes, config, callbacks),
        training.measure,
        training.TINY,
    ),
    "shown": Experiment(shown.load_network, shown.measure, {"points": 3, "halves": 1}),
}
_PLAIN, _RESIDUAL = {"residual": False}, {"residual": True}
RUNS = {
    "plain_20": Run("images", {"depth": 20, **_PLAIN}),
    "resnet_20": Run("images", {"depth": 20, **_RESIDUAL}),
    # After 80 steps the loss is 2.26 at a rate of .02; at .1 it was 2.33 after 40.
    "plain_56": Run("images", {"learning_rate": 0.02, **_PLAIN}),
    "resnet_32": Run("images", {"depth": 32, **_RESIDUAL}),
    "resnet_44": Run("images", {"depth": 44, **_RESIDUAL}),
    "resnet_56": Run("images", {**_RESIDUAL}),
    "fashion_plain_56": Run("fashion", {"learning_rate": 0.02, **_PLAIN}, seeds=(0,)),
    "fashion_resnet_56": Run("fashion", {**_RESIDUAL}, seeds=(0,)),
    "shown_resnet_56": Run("shown"),
    "shown_plain_56": Run("shown", {"preset": "plain56_fashion"}),
}
_SIZE = "CIFAR-10 (JPEG) of 16 x 16 pixels, a width of 8, 2,000 steps; the paper trains 64,000"
CLAIMS = (
    Claim(
        "Degradation: a plain net of 56 layers has a larger training loss than one of 20",
        metric="plain_20/train_loss",
        goal=None,
        paper="training error of plain nets grows with depth (Figure 6)",
        baseline="plain_56/train_loss",
        margin=0.1,
        higher_is_better=False,
        note=f"{_SIZE}. The baseline is the deeper net, at the better of two rates.",
    ),
    Claim(
        "56 layers with shortcuts have a smaller training loss than 56 without",
        metric="resnet_56/train_loss",
        goal=None,
        paper="6.97 % test error against more than 13 % (Figure 6)",
        baseline="plain_56/train_loss",
        margin=0.1,
        higher_is_better=False,
        note=_SIZE,
    ),
    Claim(
        "20 layers with shortcuts have no larger training loss than 20 without",
        metric="resnet_20/train_loss",
        goal=None,
        paper="8.75 % test error",
        baseline="plain_20/train_loss",
        higher_is_better=False,
        note=_SIZE,
    ),
    Claim(
        "56 layers with shortcuts train no worse than 20 with shortcuts",
        metric="resnet_56/train_loss",
        goal=None,
        paper="6.97 % against 8.75 % test error",
        baseline="resnet_20/train_loss",
        higher_is_better=False,
        note=f"{_SIZE}. After 400 the deeper net was behind: 1.368 against 1.250. On test pictures "
        "it is behind still, .50 against .47 errors: 10,240 pictures are learned by heart.",
    ),
    Claim(
        "Branches of a residual net respond less than layers of a plain one: standard deviations",
        metric="resnet_56/response",
        goal=None,
        paper="smaller in residual nets, and smaller in deeper ones (Figure 7)",
        baseline="plain_56/response",
        higher_is_better=False,
        note="Of the last normalization of every unit, before the addition.",
    ),
    Claim(
        "Clothes, 56 layers with shortcuts: test error",
        metric="fashion_resnet_56/test_error",
        goal=0.15,
        baseline="fashion_plain_56/test_error",
        margin=0.02,
        higher_is_better=False,
        note="Fashion-MNIST of 14 x 14 pixels, 960 steps: the networks of the gallery.",
    ),
    Claim(
        "A unit cut out of a trained network of 56 layers: error, a mean over all units",
        metric="shown_resnet_56/error_without_one",
        goal=None,
        paper="hardly more, where a plain net falls to chance (Veit et al., 2016)",
        baseline="shown_plain_56/error_without_one",
        margin=0.2,
        higher_is_better=False,
        note="300 test pictures of clothes; the networks of the gallery.",
    ),
    Claim(
        "The loss on a plane through the weights has fewer dents: steps outwards on which it falls",
        metric="shown_resnet_56/descents",
        goal=None,
        paper="a plain net of 56 layers is chaotic, a residual one nearly convex (Li et al., 2018)",
        baseline="shown_plain_56/descents",
        margin=0.02,
        higher_is_better=False,
        note="A share of all steps from the middle of 21 x 21 points, of filter-normalized length.",
    ),
)


def _check(model):
    """Return what the network says of a picture of stripes; needs no data set."""
    stripes = np.zeros((1, 14, 14, 1), "float32")
    stripes[:, :, ::3] = 1
    return {"logit": float(model.predict_on_batch(stripes)[0].max())}


def _clothes(run, description):
    return Trained(
        run=run,
        description=description,
        data="Fashion-MNIST, averaged to 14 x 14 pixels",
        licence="MIT",
        attribution="Zalando SE",
        check=_check,
    )


PRESETS = {
    "resnet56_fashion": _clothes(
        "fashion_resnet_56", "Names clothes on pictures with 56 layers and shortcuts around them."
    ),
    "plain56_fashion": _clothes(
        "fashion_plain_56", "The same 56 layers without shortcuts, which train badly."
    ),
}
RECIPE = Recipe(
    slug="resnet",
    scales={"reduced": REDUCED, "full": FULL},
    experiments=EXPERIMENTS,
    runs=RUNS,
    claims=CLAIMS,
    presets=PRESETS,
)
