"""Copying, repeating and recalling with a tape, far beyond the lengths of training.

Copies: LSTM controller of 100 units, one head that reads and one that writes, batches of 4, the
paper's optimizer, RMSProp in the form of Graves (2013), with the gradient's norm bounded by 1 (with
10 one of two trainings was thrown out of its solution). Recall: feed-forward controller of 256
units and four heads of each kind, as in the paper, batches of 16 and Adam: with the settings of
copies the loss was still 0.61 nats per bit after 20,000 updates.

Repeat copies are trained as recall, with a curriculum: one repeat at first, and up to ten later.
With the settings of copies, the loss stayed at 0.48 nats per bit (30,000 updates of 4 sequences),
at 0.45 (60,000 of one; or 8,000 of 16 with Adam), and at 0.35 with a curriculum.

All have 128 rows of 20 and a constant initial memory (Collier and Beel, 2018). Every batch has one
size, drawn uniformly from the training range, and is padded to one of a few lengths.

Baselines see as many sequences, 160,000 of copies, 128,000 of repeat copies (with the curriculum)
and 64,000 of recall, in batches of 16 and with Adam, which suits them better: with the paper's
optimizer the loss of copies was still 0.65 nats per bit. They have three layers of LSTMs, of 192
units for copies and of 128 otherwise (the paper: 256 and 512), so that a CPU trains them in minutes
and a preset holds them.
"""

from functools import partial

import keras
from keras import ops

from keras_readinglist.applications.neural_turing_machines import (
    LSTMSequenceModel,
    NTMSequenceModel,
    graves_rmsprop,
)
from keras_readinglist.recipes.recipe import Claim, Recipe, Trained
from keras_readinglist.recipes.training import Curriculum, fit

REDUCED = {
    "memory_slots": 128,
    "memory_width": 20,
    "controller": "lstm",
    "controller_units": 100,
    "heads": 1,
    "batch_size": 4,
    "steps": 20_000,
    "longer": 1,
    "optimizer": "rmsprop",
    "learning_rate": 1e-4,
    "last_rate": 0.5,
    "clip": 10.0,
    "block": 500,
    "test_sequences": 64,
    "seeds": (0,),
}
FULL = {**REDUCED, "longer": 10, "seeds": (0, 1, 2)}

_LENGTHS = tuple({"length": n} for n in (10, 20, 30, 40, 50, 60, 80, 120))
_REPEATS = tuple({"length": n, "repeats": r} for n, r in ((5, 5), (10, 10), (20, 10), (10, 20)))
_ITEMS = tuple({"num_items": n} for n in (2, 4, 6, 8, 10, 12, 15, 20))
_ADAM = {"optimizer": "adam", "learning_rate": 1e-3, "last_rate": 0.1}
_LSTM = {**_ADAM, "model": "lstm", "num_layers": 3, "batch_size": 16, "steps": 7_500}
_RECALL = {
    "task": "associative_recall",
    "batch_size": 16,
    "steps": 4_000,
    **_ADAM,
    "test_sizes": _ITEMS,
}
_REPEAT = {
    "task": "repeat_copy",
    "batch_size": 16,
    "curriculum": (1_000, 5_000),
    "steps": 8_000,
    **_ADAM,
    "test_sizes": _REPEATS,
}
RUNS = {
    "copy": {
        "task": "copy",
        "model": "ntm",
        "steps": 40_000,
        "last_rate": 0.1,
        "clip": 1.0,
        "test_sizes": _LENGTHS,
        "seeds": (0, 1, 2, 3, 4),
    },
    "repeat_copy": {
        **_REPEAT,
        "model": "ntm",
        "optimizer": "finite_adam",
        "learning_rate": 5e-4,
        "clip": 1.0,
        "controller": "feedforward",
        "controller_units": 256,
        "heads": 4,
    },
    "recall": {
        **_RECALL,
        "model": "ntm",
        "controller": "feedforward",
        "controller_units": 256,
        "heads": 4,
    },
    "copy_lstm": {
        "task": "copy",
        **_LSTM,
        "units": 192,
        "steps": 10_000,
        "test_sizes": _LENGTHS,
    },
    "repeat_copy_lstm": {
        **_LSTM,
        **_REPEAT,
        "units": 128,
    },
    "recall_lstm": {**_LSTM, **_RECALL, "units": 128},
}
# The paper's other tasks and controllers, to be laid over a scale, for machines that have the
# hours: `train({**FULL, **FURTHER["ngrams"], "seed": 0}, [])`.
_SORT = {"task": "priority_sort", "model": "ntm", "learning_rate": 3e-5, "test_sizes": ({},)}
_BITS = {"task": "ngrams", "model": "ntm", "learning_rate": 3e-5, "test_sizes": ({},)}
FURTHER = {
    "ngrams": _BITS,
    "ngrams_feedforward": {**_BITS, "controller": "feedforward"},
    "ngrams_lstm": {**_BITS, "model": "lstm", "units": 128, "num_layers": 3},
    "sort": {**_SORT, "heads": 5, "controller_layers": 2},
    "sort_feedforward": {**_SORT, "heads": 8, "controller": "feedforward", "controller_units": 512},
    "sort_lstm": {**_SORT, "model": "lstm", "units": 128, "num_layers": 3},
    "copy_feedforward": {**RUNS["copy"], "controller": "feedforward"},
    "repeat_copy_feedforward": {**RUNS["repeat_copy"], "controller": "feedforward"},
    "recall_one_head": {
        **RUNS["recall"],
        "controller": "lstm",
        "controller_units": 100,
        "heads": 1,
    },
    "copy_learned_memory": {**RUNS["copy"], "memory_initializer": "learned"},
    "copy_random_memory": {**RUNS["copy"], "memory_initializer": "random"},
}
_TEST_SEED = 1_000_003
_KEPT = ("memory_slots", "memory_width", "controller", "controller_units")
_OPTIONAL = ("controller_layers", "memory_initializer")


class FiniteAdam(keras.optimizers.Adam):
    """Adam that takes a gradient that has overflown as zero.

    Sharpening multiplies gradients, and an episode of repeat copies has up to 112 steps: one in
    thousands overflows, of which no bound on the norm can make a number.
    """

    def apply(self, grads, trainable_variables=None):
        finite = ops.all(ops.stack([ops.all(ops.isfinite(grad)) for grad in grads]))
        grads = [ops.where(finite, grad, ops.zeros_like(grad)) for grad in grads]
        return super().apply(grads, trainable_variables)


def build(config):
    """Return the untrained model of a run; the seed decides its weights."""
    keras.utils.set_random_seed(config["seed"])
    if config["model"] == "lstm":
        return LSTMSequenceModel(config["task"], config["units"], config["num_layers"])
    options = {name: config[name] for name in (*_KEPT, *_OPTIONAL) if name in config}
    heads = {"read_heads": config["heads"], "write_heads": config["heads"]}
    return NTMSequenceModel(config["task"], **options, **heads)


def train(config, callbacks):
    """Train one model on one task."""
    model, steps = build(config), config["steps"] * config["longer"]
    make = {
        "rmsprop": graves_rmsprop,
        "adam": keras.optimizers.Adam,
        "finite_adam": FiniteAdam,
    }[config["optimizer"]]
    schedule = keras.optimizers.schedules.CosineDecay(
        config["learning_rate"], steps, alpha=config["last_rate"]
    )
    model.compile_default(make(schedule, global_clipnorm=config["clip"]))
    dataset = Curriculum(partial(draw_batch, model, config), config["block"], config["seed"])
    fit(model, dataset, steps // config["block"], callbacks)
    return model


def draw_batch(model, config, rng, step):
    """Return a batch; between the steps of a curriculum the largest number of repeats grows."""
    sizes = {}
    if "curriculum" in config:
        begin, end = config["curriculum"]
        grown = min(max(step - begin, 0) / (end - begin), 1.0)
        sizes["repeats"] = int(rng.integers(1, 2 + int(9 * grown)))
    return model.generate_batch(config["batch_size"], rng, **sizes)


def evaluate(model, config):
    """Measure errors and cost per sequence, at sizes within and beyond those of training."""
    sizes = list(config["test_sizes"])
    measured = model.evaluate_lengths(sizes, config["test_sequences"], seed=_TEST_SEED)
    metrics = {}
    for size, found in zip(sizes, measured, strict=True):
        name = "x".join(str(value) for value in size.values()) or "all"
        for key in ("wrong_bits", "bits", "exact", "chance"):
            metrics[f"{key}_{name}"] = found[key]
        if config["task"] == "repeat_copy":  # the last channel is the end marker
            *content, end = found["wrong_by_channel"]
            metrics[f"wrong_content_{name}"], metrics[f"wrong_end_{name}"] = sum(content), end
    if config["task"] == "copy":
        wrong = [metrics[f"wrong_bits_{n}"] for n in (20, 40, 80, 120)]
        metrics["without_a_wrong_bit"] = float(not any(wrong))
    return metrics


def _check(**sizes):
    """Return the check of a preset: 16 sequences of one size."""

    def check(model):
        (found,) = model.evaluate_lengths([sizes], sequences=16, seed=_TEST_SEED)
        return {"wrong_bits": found["wrong_bits"]}

    return check


def _trained(run, description, **sizes):
    return Trained(
        run=run,
        description=description,
        data="generated",
        licence="none needed",
        check=_check(**sizes),
    )


RECIPE = Recipe(
    slug="neural-turing-machines",
    scales={"reduced": REDUCED, "full": FULL},
    runs=RUNS,
    train=train,
    evaluate=evaluate,
    claims=(
        Claim(
            "Copies of 20 vectors, wrong bits of 160",
            metric="copy/wrong_bits_20",
            paper="near 0",
            goal=0.1,
            baseline="copy_lstm/wrong_bits_20",
            margin=10.0,
            higher_is_better=False,
        ),
        Claim(
            "Copies of 120 vectors after training on 1 to 20, wrong bits of 960",
            metric="copy/wrong_bits_120",
            paper="a few, and one vector doubled, which shifts the rest",
            goal=1.0,
            baseline="copy_lstm/wrong_bits_120",
            margin=100.0,
            higher_is_better=False,
        ),
        Claim(
            "Share of seeds without one wrong bit in copies of 20, 40, 80 and 120",
            metric="copy/without_a_wrong_bit",
            goal=0.8,
            note="64 sequences of each length. What fails mostly begins with an empty vector, as "
            "one sequence in 256 does. Three other settings were tried on seed 0 with these "
            "lengths in view, the last (20,000 steps) on seed 1 too; the other seeds were not "
            "looked at before.",
        ),
        Claim(
            "Sequences of 120 vectors copied without one wrong bit",
            metric="copy/exact_120",
            goal=0.95,
            baseline="copy_lstm/exact_120",
            margin=0.5,
        ),
        Claim(
            "Copies of 20 vectors, cost in bits per sequence",
            metric="copy/bits_20",
            paper="near 0",
            goal=1.0,
            baseline="copy_lstm/bits_20",
            margin=10.0,
            higher_is_better=False,
        ),
        Claim(
            "10 vectors copied 10 times, wrong bits of 909",
            metric="repeat_copy/wrong_bits_10x10",
            paper="near 0, as the LSTM's",
            goal=1.0,
            baseline="repeat_copy_lstm/wrong_bits_10x10",
            margin=10.0,
            higher_is_better=False,
            note="The largest size of training. Four heads and a curriculum: see the recipe.",
        ),
        Claim(
            "20 vectors copied 10 times after training on 1 to 10, wrong bits of 1,600",
            metric="repeat_copy/wrong_content_20x10",
            paper="almost none",
            goal=16.0,
            baseline="repeat_copy_lstm/wrong_content_20x10",
            margin=100.0,
            higher_is_better=False,
            note="Without the end mark, as the paper's machine loses count.",
        ),
        Claim(
            "10 vectors copied 20 times after training on 1 to 10 times, wrong bits of 1,600",
            metric="repeat_copy/wrong_content_10x20",
            paper="almost none",
            goal=16.0,
            baseline="repeat_copy_lstm/wrong_content_10x20",
            margin=100.0,
            higher_is_better=False,
            note="Without the end mark, as the paper's machine loses count.",
        ),
        Claim(
            "Recall among 6 items, wrong bits of 18",
            metric="recall/wrong_bits_6",
            paper="near 0",
            goal=0.1,
            baseline="recall_lstm/wrong_bits_6",
            margin=1.0,
            higher_is_better=False,
        ),
        Claim(
            "Recall among 12 items after training on 2 to 6, wrong bits of 18",
            metric="recall/wrong_bits_12",
            paper="almost none, with four heads",
            goal=1.0,
            baseline="recall_lstm/wrong_bits_12",
            margin=1.0,
            higher_is_better=False,
        ),
        Claim(
            "Recall among 15 items, cost in bits per sequence",
            metric="recall/bits_15",
            paper="below 1, with four heads",
            goal=1.0,
            baseline="recall_lstm/bits_15",
            margin=1.0,
            higher_is_better=False,
        ),
    ),
    presets={
        "ntm_copy": _trained("copy", "Copies binary vectors by way of its tape.", length=60),
        "ntm_repeat_copy": _trained(
            "repeat_copy", "Copies binary vectors as often as it is told.", length=10, repeats=10
        ),
        "ntm_recall": _trained(
            "recall", "Answers a query item with the item that followed it.", num_items=6
        ),
        "ntm_copy_lstm": _trained("copy_lstm", "Three LSTMs that try to copy.", length=10),
        "ntm_repeat_copy_lstm": _trained(
            "repeat_copy_lstm", "Three LSTMs that try to copy several times.", length=5, repeats=5
        ),
        "ntm_recall_lstm": _trained("recall_lstm", "Three LSTMs that try to recall.", num_items=6),
    },
)
