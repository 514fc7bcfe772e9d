"""The order of outputs: a star model, whose head is better modelled before its leaves.

Every seed has tables, samples and weights of its own. `star_random` is trained on random orders;
`star_search` goes on with orders that the model draws by its own probabilities.
"""

import keras
import numpy as np

from keras_readinglist.applications.joint_set_model import JointSetModel
from keras_readinglist.datasets.star_model import star_graphical_model
from keras_readinglist.recipes.training import GeneratedDataset, fit

STAR = {
    "task": "star",
    "num_variables": 8,
    "cardinality": 6,
    "concentration": 0.1,
    "samples": 500,
    "units": 64,
    "batch_size": 50,
    "learning_rate": 1e-3,
    "block": 100,
    "steps": 500,
    "test_examples": 5_000,
    "seeds": (0, 1, 2, 3, 4),
}
RUNS = {
    "star_first": {**STAR, "head": 0, "search": None},
    "star_last": {**STAR, "head": 7, "search": None},
    "star_random": {**STAR, "head": 5, "search": "uniform", "steps": 1_000},
    "star_search": {**STAR, "head": 5, "search": "sample", "random_steps": 1_000, "steps": 2_000},
}


def build(config):
    """Return the untrained model of a run."""
    sizes = config["num_variables"], config["cardinality"], config["units"]
    return JointSetModel(*sizes, search=config["search"], seed=config["seed"])


def draw(config):
    """Return the star model, its training samples and its test samples."""
    seed = config["seed"]
    sizes = config["num_variables"], config["cardinality"], config["concentration"]
    star = star_graphical_model(*sizes, rng=(seed, 0), head=config["head"])
    samples = star.sample(config["samples"], (seed, 1))
    return star, samples, star.sample(config["test_examples"], (seed, 2))


def train(config, callbacks):
    """Train one joint model; a search begins after `search_from` steps with random orders."""
    keras.utils.set_random_seed(config["seed"])
    model = build(config)
    _, samples, _ = draw(config)

    def batch(rng):
        values = samples[rng.integers(0, len(samples), config["batch_size"])]
        return values, values

    dataset = GeneratedDataset(batch, config["block"], config["seed"])
    optimizer = keras.optimizers.Adam(config["learning_rate"])
    phases = {config["steps"]: config["search"]}
    if "random_steps" in config:
        phases = {config["random_steps"]: "uniform", **phases}
    for steps, model.search in phases.items():
        model.compile(
            optimizer=optimizer,
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        fit(model, dataset, steps // config["block"], callbacks)
    return model


def evaluate(model, config):
    """Measure the loss on new samples, above the entropy, and which orders a search finds."""
    star, samples, new = draw(config)
    loss = -float(model.log_probability(new).mean())
    metrics = {"loss": loss, "entropy": star.entropy(), "excess": loss - star.entropy()}
    if config["search"] is None:
        return metrics
    variables = range(config["num_variables"])
    first = [[v, *(w for w in variables if w != v)] for v in variables]
    scores = [float(model.log_probability(samples, order).mean()) for order in first]
    drawn = model.search_orders(new, "sample")
    return {
        **metrics,
        "best_begins_with_head": float(np.argmax(scores) == config["head"]),
        "drawn_begin_with_head": float((drawn[:, 0] == config["head"]).mean()),
    }
