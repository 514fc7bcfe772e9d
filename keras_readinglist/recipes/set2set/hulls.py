"""The order of inputs: a pointer network gets the points of a hull at random, or sorted by angle.

The angle is that around the mean of the points.
"""

from functools import partial

import numpy as np

from keras_readinglist.applications import PointerNetwork
from keras_readinglist.datasets.convex_hull import convex_hull, random_points
from keras_readinglist.metrics.geometry import hull_accuracy
from keras_readinglist.recipes.recipe import Claim, Experiment
from keras_readinglist.recipes.set2set import pointing

_HULL = {"num_points": 10, "by_angle": False, "steps": 6_000}
REDUCED = {"hull": {**pointing.SIZES, **_HULL}}
FULL = {"hull": {**pointing.SIZES, **pointing.FULL_SIZES, **_HULL}}
RUNS = {
    "hull_random": pointing.run("hull"),
    "hull_by_angle": pointing.run("hull", {"by_angle": True}),
}


def build(config):
    """Return an untrained pointer network."""
    return PointerNetwork(config["units"], glimpses=0)


def draw(config, rng):
    """Return points, their mask and the corners of their hull."""
    counts = config["num_points"], config["num_points"]
    points, mask = random_points(config["batch_size"], counts, rng)
    if config["by_angle"]:
        x, y = np.moveaxis(points - points.mean(axis=1, keepdims=True), -1, 0)
        points = np.take_along_axis(points, np.arctan2(y, x).argsort(axis=1)[..., None], axis=1)
    return points, mask, convex_hull(points)


def measure(model, config):
    """Measure how many hulls are right."""
    rng = np.random.default_rng((pointing.TEST_SEED, config["num_points"]))
    points, mask, hulls = draw({**config, "batch_size": config["test_examples"]}, rng)
    answers, _ = model.generate(points, mask, constraint="no_repeat")
    return {"accuracy": hull_accuracy(answers, hulls)}


EXPERIMENTS = {"hull": Experiment(partial(pointing.train, build, draw), measure, pointing.TINY)}
CLAIMS = (
    Claim(
        "Order of inputs: convex hulls of 10 points sorted by angle, against random order",
        metric="hull_by_angle/accuracy",
        paper="up to 0.10 more",
        goal=0.5,
        baseline="hull_random/accuracy",
        margin=0.03,
        note="After 6,000 updates.",
    ),
)
