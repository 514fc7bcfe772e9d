"""Copies of symbols that were seen some steps before, which show what dropout in time destroys."""

import math

import keras
import numpy as np

from keras_readinglist import datasets
from keras_readinglist.layers import RecurrentStack
from keras_readinglist.recipes.recipe import Claim, Experiment, Run
from keras_readinglist.recipes.training import fit_generated

# Two layers of 64 units were at 0.29 of a guess after 3,000 steps, one of 128 is done after 1,200.
MEMORY = {
    "dropout": 0.5,
    "dropout_mode": "non_recurrent",
    "units": 128,
    "num_layers": 1,
    "symbols": 8,
    "items": 2,
    "lag": 20,
    "batch_size": 32,
    "learning_rate": 5e-3,
    "clip": 1.0,
    "steps": 1500,
    "block": 150,
    "test_examples": 512,
    "seeds": (0,),
}
TINY = {"units": 4, "batch_size": 4, "lag": 2, "steps": 2, "block": 1, "test_examples": 8}


def copies(rng, config, size, longest=False):
    """Return symbols, what is to be answered, and 1 where an answer counts.

    All examples of a batch have one lag, `config["lag"]` or any shorter one, behind blanks: of a
    lag of 30 alone nothing was learned in 1,500 steps.
    """
    lag = config["lag"] if longest else int(rng.integers(1, config["lag"] + 1))
    inputs, targets = datasets.copy_memory(size, lag, config["symbols"], config["items"], rng)
    blanks = ((0, 0), (config["lag"] - lag, 0))
    inputs, targets = np.pad(inputs, blanks), np.pad(targets, blanks)
    counts = np.zeros(inputs.shape, "float32")
    counts[:, -config["items"] :] = 1
    return inputs, targets, counts


def train_memory(config, callbacks):
    """Train an LSTM to repeat symbols after a wait."""
    keras.utils.set_random_seed(config["seed"])
    symbols = config["symbols"] + 2
    names = ("units", "num_layers", "dropout", "dropout_mode", "seed")
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(symbols, config["units"]),
            RecurrentStack(**{name: config[name] for name in names}),
            keras.layers.Dense(symbols),
        ]
    )
    return fit_generated(
        model,
        lambda rng, step: copies(rng, config, config["batch_size"]),
        config,
        callbacks,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=keras.optimizers.Adam(config["learning_rate"], global_clipnorm=config["clip"]),
    )


def measure_memory(model, config):
    """Measure which symbols come back, and the loss as a share of that of a guess."""
    inputs, targets, counts = copies(1_000_003, config, config["test_examples"], longest=True)
    logits = model.predict(inputs, verbose=0).astype("float64")
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    nats = -np.take_along_axis(log_p, targets[..., None], -1)[..., 0]
    right = logits.argmax(-1) == targets
    return {
        "loss_share": nats[counts > 0].mean() / math.log(config["symbols"]),
        "right": right[counts > 0].mean(),
    }


RUNS = {
    "memory": Run("memory"),
    "naive_memory": Run("memory", {"dropout_mode": "naive_recurrent"}),
}
CLAIMS = (
    Claim(
        "Copies after 20 steps, with dropout between layers: loss as a share of that of a guess",
        "memory/loss_share",
        goal=0.05,
        baseline="naive_memory/loss_share",
        margin=0.1,
        higher_is_better=False,
        note="The baseline is dropout in the recurrence too. Measured without dropout.",
    ),
)
REDUCED = {"memory": MEMORY}
FULL = {"memory": {**MEMORY, "lag": 60}}
EXPERIMENTS = {"memory": Experiment(train_memory, measure_memory, TINY)}
