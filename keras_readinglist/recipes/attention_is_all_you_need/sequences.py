"""Small tasks that need no data: symbols written reversed or sorted, and sums of two numbers.

Each is learned by a Transformer of 0.2 million parameters in minutes of one core. What
positions are for shows where there are none.
"""

from functools import partial

import keras
import numpy as np

from keras_readinglist.applications.translation import Transformer
from keras_readinglist.datasets import copied_symbols, written_sums
from keras_readinglist.datasets.copied_symbols import FIRST_SYMBOL
from keras_readinglist.datasets.written_sums import NUM_SYMBOLS
from keras_readinglist.losses import LabelSmoothedCrossEntropy
from keras_readinglist.recipes.recipe import Claim, Experiment, Run
from keras_readinglist.recipes.training import fit_generated
from keras_readinglist.schedules import WarmupStableDecay

_TRAINING = {
    "num_layers": 2,
    "d_model": 64,
    "d_ff": 128,
    "num_heads": 4,
    "positions": "sinusoidal",
    "batch_size": 64,
    "block": 100,
    "rate": 0.02,
    "adam_ratio": 0.2,
    "warmup": 50,
    "test_sequences": 1_000,
    "seeds": (0,),
}
SYMBOLS = {**_TRAINING, "order": "reversed", "num_symbols": 10, "length": 20, "steps": 800}
SUMS = {**_TRAINING, "digits": 9, "steps": 2_000}
TINY = {"num_layers": 1, "d_model": 8, "d_ff": 8, "num_heads": 2, "batch_size": 2}
TINY = {**TINY, "steps": 2, "block": 1, "warmup": 1, "test_sequences": 2}
TEST_SEED = 1_000_003
_MODEL = ("num_layers", "d_model", "d_ff", "num_heads", "positions")


def draw_symbols(config, count, rng):
    """Return a batch of symbols of 1 to `length` places, in the order of the configuration."""
    length = (1, config["length"])
    return copied_symbols(count, length, config["num_symbols"], rng, config["order"])


def draw_sums(config, count, rng):
    """Return a batch of sums."""
    return written_sums(count, config["digits"], rng)


def build(config):
    """Return an untrained Transformer."""
    size = FIRST_SYMBOL + NUM_SYMBOLS
    options = {name: config[name] for name in _MODEL}
    untied = {"target_vocab_size": size, "tied": False}
    return Transformer(size, dropout=0.0, norm_first=True, max_length=64, **untied, **options)


def optimizer_of(config):
    """Return Muon for the matrices of hidden layers, with Adam for the rest."""
    rise, steps = config["warmup"], config["steps"]
    return keras.optimizers.Muon(
        WarmupStableDecay(config["rate"], rise, steps - rise, steps),
        adam_lr_ratio=config["adam_ratio"],
        exclude_layers=["generator"],
        rms_rate=None,
        weight_decay=None,
        adam_weight_decay=None,
    )


def train(draw, config, callbacks):
    """Train one model on what `draw` gives; the seed decides its weights and examples."""
    keras.utils.set_random_seed(config["seed"])
    return fit_generated(
        build(config),
        lambda rng, step: draw(config, config["batch_size"], rng),
        config,
        callbacks,
        loss=LabelSmoothedCrossEntropy(epsilon=0.0),
        optimizer=optimizer_of(config),
    )


def measure(draw, model, config):
    """Return the share of sequences that are written greedily without an error, and ended."""
    rng = np.random.default_rng(TEST_SEED)
    inputs, labels, _ = draw(config, config["test_sequences"], rng)
    written, _ = model.generate(inputs["source"], max_steps=labels.shape[1])
    right = (written[:, 0] == labels) | (labels == 0)
    return {"exact": float(right.all(axis=1).mean()), "parameters": float(model.count_params())}


def experiment(draw):
    """Return the experiment on what `draw` gives."""
    return Experiment(partial(train, draw), partial(measure, draw), TINY)


EXPERIMENTS = {"symbols": experiment(draw_symbols), "sums": experiment(draw_sums)}
RUNS = {
    "reversed": Run("symbols"),
    "sorted": Run("symbols", {"order": "sorted"}),
    "sums": Run("sums"),
    "reversed_no_positions": Run("symbols", {"positions": "none"}),
}
CLAIMS = (
    Claim(
        "1 to 20 symbols reversed without an error, against a model without positions",
        metric="reversed/exact",
        goal=0.999,
        baseline="reversed_no_positions/exact",
        margin=0.5,
        note="A share of 1,000 sequences, written greedily.",
    ),
    Claim("1 to 20 symbols sorted without an error", metric="sorted/exact", goal=0.999),
    Claim(
        "Sums of two numbers of 1 to 9 digits without an error",
        metric="sums/exact",
        goal=0.999,
        note="Digits are read and written from the ones on.",
    ),
)
