"""The case study of the notes: a line cannot separate the arms of a spiral, 100 rectifiers can."""

import numpy as np

from keras_readinglist.applications.cs231n.autograd import Affine, ReLU, Sequential, softmax_loss
from keras_readinglist.datasets import spiral_data
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, as_computed

REDUCED = {
    "spiral": {
        "points": 100,
        "classes": 3,
        "hidden": 0,
        "rate": 1.0,
        "regularization": 1e-3,
        "scale": 0.01,
        "steps": 200,
        "seeds": (0, 1, 2),
    },
}
RUNS = {
    "spiral_linear": Run("spiral"),
    "spiral_net": Run("spiral", {"hidden": 100, "steps": 10_000}),
}


def build(hidden, classes, rng, scale=0.01):
    """Return the untrained network of the notes.

    Args:
        hidden: Integer, the rectifiers, 0 for a linear classifier.
        classes: Integer.
        rng: `np.random.Generator`.
        scale: Float, the standard deviation of the weights.
    """
    if not hidden:
        return Sequential(Affine(2, classes, rng, scale))
    return Sequential(Affine(2, hidden, rng, scale), ReLU(), Affine(hidden, classes, rng, scale))


def penalty(network, regularization):
    """Return `regularization / 2 sum W^2` over all matrices."""
    matrices = [p for m in network.modules for p in m.params.values() if p.ndim > 1]
    return 0.5 * regularization * sum(float((w**2).sum()) for w in matrices)


def train(config, callbacks):
    """Train on all points at once; return the loss of the notes and the accuracy."""
    rng = np.random.default_rng(config["seed"])
    x, y = spiral_data(config["points"], config["classes"], rng)
    x, decay = x.astype("float64"), config["regularization"]
    network = build(config["hidden"], config["classes"], rng, config["scale"])
    for _ in range(config["steps"]):
        _, gradient = softmax_loss(network.forward(x), y)
        network.backward(gradient)
        network.step(config["rate"], decay)
    scores = network.forward(x)
    loss = softmax_loss(scores, y)[0] + penalty(network, decay)
    return {"loss": loss, "accuracy": float((scores.argmax(axis=1) == y).mean())}


EXPERIMENTS = {"spiral": Experiment(train, as_computed, {"steps": 2, "points": 5})}
CLAIMS = (
    Claim(
        "Spiral, linear classifier: loss after 200 steps",
        metric="spiral_linear/loss",
        paper=0.786,
        goal=0.816,
        higher_is_better=False,
        note="The notes draw other noise, and the goal is theirs and 0.03 more; ours lie 0.02 to "
        "0.04 below theirs.",
    ),
    Claim(
        "Spiral, linear classifier: accuracy on the training points",
        metric="spiral_linear/accuracy",
        paper=0.49,
        goal=0.45,
    ),
    Claim(
        "Spiral, 100 hidden rectifiers: loss after 10,000 steps",
        metric="spiral_net/loss",
        paper=0.245,
        goal=0.275,
        higher_is_better=False,
        note="The notes draw other noise; the goal is theirs and 0.03 more.",
    ),
    Claim(
        "Spiral, 100 hidden rectifiers: accuracy on the training points",
        metric="spiral_net/accuracy",
        paper=0.98,
        goal=0.97,
        baseline="spiral_linear/accuracy",
    ),
)
