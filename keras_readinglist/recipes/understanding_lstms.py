"""The adding problem over 100 steps: which recurrent units carry a number that far?

One layer of 64 units reads 100 pairs of a number and a mark; its last state must hold the sum of
the two marked numbers. Always to answer 1 has a mean squared error of 1/6 = 0.1667. All units get
the same optimizer, the same steps and the same fresh data. Then, at initialisation and after
training, the gradient of the output with respect to the input k steps back.
"""

import keras
import numpy as np

from keras_readinglist.applications.lstm_explorer import LSTMExplorer, gradient_norm_by_lag
from keras_readinglist.datasets.long_range import adding_problem
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run, trained_on_generated
from keras_readinglist.recipes.training import fit_generated

REDUCED = {
    "cell": "rnn",
    "length": 100,
    "units": 64,
    "batch_size": 64,
    "learning_rate": 2e-3,
    "clip": 1.0,
    "steps": 4000,
    "block": 250,
    "test_examples": 4096,
    "seeds": (0, 1, 2),
}
FULL = {**REDUCED, "length": 750, "steps": 40_000}
TINY = {"length": 10, "units": 4, "batch_size": 4, "steps": 2, "block": 1, "test_examples": 70}
RUNS = {
    cell: Run("adding", {"cell": cell}) for cell in ("rnn", "lstm", "peephole", "coupled", "gru")
}
_TEST_SEED = 1_000_003


def build(config):
    """Return an untrained model; the seed decides its weights."""
    keras.utils.set_random_seed(config["seed"])
    return LSTMExplorer(config["cell"], config["units"])


def train(config, callbacks):
    """Train one kind of unit."""
    return fit_generated(
        build(config),
        lambda rng, step: adding_problem(config["batch_size"], config["length"], rng),
        config,
        callbacks,
        loss="mse",
        optimizer=keras.optimizers.Adam(config["learning_rate"], global_clipnorm=config["clip"]),
    )


def measure(model, config):
    """Measure the error on fresh sequences, and how far gradients reach."""
    length = config["length"]
    inputs, targets = adding_problem(config["test_examples"], length, _TEST_SEED)
    error = np.square(model.predict(inputs, verbose=0) - targets).mean()
    metrics = {"mse": float(error)}
    for name, probed in (("trained", model), ("initial", build(config))):
        norms = gradient_norm_by_lag(probed, inputs[:64])
        # Orders of magnitude lost between the last step and 90 % of the way back.
        metrics[f"{name}_decay"] = float(np.log10(norms[0] / max(norms[int(0.9 * length)], 1e-30)))
    return metrics


def _check(model):
    inputs, targets = adding_problem(512, 100, _TEST_SEED)
    return {"mse": float(np.square(model.predict(inputs, verbose=0) - targets).mean())}


_NAMES = {
    "rnn": "plain recurrent network",
    "lstm": "LSTM",
    "peephole": "LSTM with peepholes",
    "coupled": "LSTM with coupled gates",
    "gru": "GRU",
}

RECIPE = Recipe(
    slug="understanding-lstms",
    scales={"reduced": {"adding": REDUCED}, "full": {"adding": FULL}},
    experiments={"adding": Experiment(train, measure, TINY)},
    runs=RUNS,
    claims=(
        *(
            Claim(
                f"Adding problem over 100 steps, squared error: {_NAMES[cell]}",
                metric=f"{cell}/mse",
                paper="bridges more than 1000 steps" if cell == "lstm" else None,
                goal=0.01,
                baseline="rnn/mse",
                margin=0.1,
                higher_is_better=False,
            )
            for cell in ("lstm", "peephole", "coupled", "gru")
        ),
        Claim(
            "Adding problem over 100 steps: the plain network stays at the error of a guess",
            metric="rnn/mse",
            paper="fails beyond 10 to 20 steps",
            goal=0.1,
            unconfirmed=True,
            note="Always to answer 1 has an error of 0.1667.",
        ),
        Claim(
            "Orders of magnitude that the LSTM's gradient loses over 90 steps, at initialisation",
            metric="lstm/initial_decay",
            goal=2.0,
            baseline="rnn/initial_decay",
            higher_is_better=False,
            note="A forget bias of 1 means gates near 0.73, and 0.73 ** 90 is 1e-12; the "
            "orthogonal matrix of the plain network shrinks little before training.",
        ),
        Claim(
            "Orders of magnitude that the LSTM's gradient loses over 90 steps, after training",
            metric="lstm/trained_decay",
            goal=2.0,
            baseline="rnn/trained_decay",
            higher_is_better=False,
        ),
    ),
    presets={
        f"adding_problem_{cell}": trained_on_generated(
            cell,
            f"Adds two marked numbers among 100: {name}.",
            _check,
        )
        for cell, name in _NAMES.items()
    },
)
