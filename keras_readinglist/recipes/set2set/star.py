"""The order of outputs: a star model, whose head is better modelled before its leaves.

Every seed has tables, samples and weights of its own. `star_random` is trained on random orders;
`star_search` goes on with orders that the model draws by its own probabilities.
"""

import keras
import numpy as np

from keras_readinglist.applications import JointSetModel
from keras_readinglist.datasets.star_model import star_graphical_model
from keras_readinglist.recipes.recipe import Claim, Experiment, Run
from keras_readinglist.recipes.set2set.phases import fit_phases

STAR = {
    "num_variables": 8,
    "cardinality": 6,
    "concentration": 0.1,
    "samples": 500,
    "units": 64,
    "batch_size": 50,
    "learning_rate": 1e-3,
    "block": 100,
    "test_examples": 5_000,
    "seeds": (0, 1, 2, 3, 4),
}
# The search for orders that every phase of training makes, and the step at which it ends.
REDUCED = FULL = {
    "star": {**STAR, "head": 0, "phases": ((None, 500),)},
    "star_orders": {**STAR, "head": 5, "phases": (("uniform", 1_000),)},
}
_TINY = {"units": 4, "block": 2, "samples": 20, "test_examples": 20}
RUNS = {
    "star_first": Run("star"),
    "star_last": Run("star", {"head": 7}),
    "star_random": Run("star_orders"),
    "star_search": Run("star_orders", {"phases": (("uniform", 1_000), ("sample", 2_000))}),
}


def build(config):
    """Return the untrained model of a run."""
    sizes = config["num_variables"], config["cardinality"], config["units"]
    search, _ = config["phases"][-1]
    return JointSetModel(*sizes, search=search, seed=config["seed"])


def draw(config):
    """Return the star model, its training samples and its test samples."""
    seed = config["seed"]
    sizes = config["num_variables"], config["cardinality"], config["concentration"]
    star = star_graphical_model(*sizes, rng=(seed, 0), head=config["head"])
    samples = star.sample(config["samples"], (seed, 1))
    return star, samples, star.sample(config["test_examples"], (seed, 2))


def train(config, callbacks):
    """Train one joint model, phase by phase."""
    keras.utils.set_random_seed(config["seed"])
    model = build(config)
    _, samples, _ = draw(config)

    def draw_batch(rng):
        return samples[rng.integers(0, len(samples), config["batch_size"])]

    return fit_phases(model, draw_batch, config, callbacks)


def measure(model, config):
    """Measure the loss on new samples, and above the entropy."""
    star, _, new = draw(config)
    loss = -float(model.log_probability(new).mean())
    return {"loss": loss, "entropy": star.entropy(), "excess": loss - star.entropy()}


def measure_orders(model, config):
    """Measure the loss, and which orders a search finds."""
    _, samples, new = draw(config)
    variables = range(config["num_variables"])
    first = [[v, *(w for w in variables if w != v)] for v in variables]
    scores = [float(model.log_probability(samples, order).mean()) for order in first]
    drawn = model.search_orders(new, "sample")
    return {
        **measure(model, config),
        "best_begins_with_head": float(np.argmax(scores) == config["head"]),
        "drawn_begin_with_head": float((drawn[:, 0] == config["head"]).mean()),
    }


EXPERIMENTS = {
    "star": Experiment(train, measure, {**_TINY, "phases": ((None, 2),)}),
    "star_orders": Experiment(
        train, measure_orders, {**_TINY, "phases": (("uniform", 2), ("sample", 4))}
    ),
}
CLAIMS = (
    Claim(
        "Order of outputs: star model from 500 samples, nats above the entropy, head first "
        "against head last",
        metric="star_first/excess",
        paper="the head first is always easier",
        goal=0.3,
        baseline="star_last/excess",
        margin=0.05,
        higher_is_better=False,
        note="8 variables of 6 values, 500 updates.",
    ),
    Claim(
        "Order of outputs: trained on random orders, a model fits its samples best head first",
        metric="star_random/best_begins_with_head",
        goal=1.0,
        baseline=1 / 8,
        margin=0.5,
        note="Among 8 orders, each with another variable first.",
    ),
    Claim(
        "Order of outputs: orders drawn by probability begin with the head",
        metric="star_search/drawn_begin_with_head",
        goal=0.9,
        baseline=1 / 8,
        margin=0.1,
        note="1,000 updates on random orders, then 1,000 on drawn ones. A draw by probability "
        "takes the variable whose value is likely at the moment; the head, which explains all "
        "others, is uniform. Training on the best of two orders of every example instead "
        "(head first or last) left the head first in 64 to 67 %.",
    ),
)
