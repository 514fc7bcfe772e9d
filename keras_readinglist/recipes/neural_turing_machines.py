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

from keras_readinglist.applications import LSTMSequenceModel, NTMSequenceModel
from keras_readinglist.optimizers import FiniteAdam, graves_rmsprop
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run, trained_on_generated
from keras_readinglist.recipes.training import fit_generated

_LENGTHS = tuple({"length": n} for n in (10, 20, 30, 40, 50, 60, 80, 120))
_REPEATS = tuple({"length": n, "repeats": r} for n, r in ((5, 5), (10, 10), (20, 10), (10, 20)))
_ITEMS = tuple({"num_items": n} for n in (2, 4, 6, 8, 10, 12, 15, 20))
_TRAINING = {
    "batch_size": 4,
    "steps": 20_000,
    "learning_rate": 1e-4,
    "last_rate": 0.5,
    "clip": 10.0,
    "block": 500,
    "test_sequences": 64,
    "seeds": (0,),
}
_TAPE = {
    "memory_slots": 128,
    "memory_width": 20,
    "memory_initializer": "constant",
    "controller": "lstm",
    "controller_units": 100,
    "controller_layers": 1,
    "read_heads": 1,
    "write_heads": 1,
}
_FOUR_HEADS = {
    "controller": "feedforward",
    "controller_units": 256,
    "read_heads": 4,
    "write_heads": 4,
}
_LAYERS = {"units": 128, "num_layers": 3}
_ADAM = {"learning_rate": 1e-3, "last_rate": 0.1}
_COPY = {"task": "copy", "test_sizes": _LENGTHS}
_REPEAT = {
    "task": "repeat_copy",
    "batch_size": 16,
    "curriculum": (1_000, 5_000),
    "steps": 8_000,
    "test_sizes": _REPEATS,
}
_RECALL = {
    "task": "associative_recall",
    "batch_size": 16,
    "steps": 4_000,
    "test_sizes": _ITEMS,
}
_FURTHER = {"task": "ngrams", "learning_rate": 3e-5, "test_sizes": ({},)}
REDUCED = {
    "copy": {
        **_TRAINING,
        **_TAPE,
        **_COPY,
        "steps": 40_000,
        "last_rate": 0.1,
        "clip": 1.0,
    },
    "repeat_copy": {
        **_TRAINING,
        **_TAPE,
        **_FOUR_HEADS,
        **_REPEAT,
        "learning_rate": 5e-4,
        "last_rate": 0.1,
        "clip": 1.0,
    },
    "recall": {**_TRAINING, **_TAPE, **_FOUR_HEADS, **_RECALL, **_ADAM},
    "copy_lstm": {
        **_TRAINING,
        **_LAYERS,
        **_COPY,
        **_ADAM,
        "units": 192,
        "batch_size": 16,
        "steps": 10_000,
    },
    "repeat_copy_lstm": {**_TRAINING, **_LAYERS, **_REPEAT, **_ADAM},
    "recall_lstm": {**_TRAINING, **_LAYERS, **_RECALL, **_ADAM},
    "further": {**_TRAINING, **_TAPE, **_FURTHER},
    "further_lstm": {**_TRAINING, **_LAYERS, **_FURTHER},
}
FULL = {
    name: {**sizes, "steps": 10 * sizes["steps"], "seeds": (0, 1, 2)}
    for name, sizes in REDUCED.items()
}
TINY = {"batch_size": 1, "steps": 2, "block": 1, "test_sequences": 1}
_TINY_TAPE = {**TINY, "memory_slots": 4, "memory_width": 3, "controller_units": 4}
_TINY_LAYERS = {**TINY, "units": 4, "num_layers": 1}
_TINY_FURTHER = {**_TINY_TAPE, "task": "priority_sort"}  # n-grams have 200 steps
# The paper's other tasks and controllers, for machines that have the hours: the runs of
# `dataclasses.replace(RECIPE, runs=FURTHER, claims=())`.
_SORT, _ONE_HEAD = {"task": "priority_sort"}, {"read_heads": 1, "write_heads": 1}
FURTHER = {
    "ngrams": Run("further"),
    "ngrams_feedforward": Run("further", {"controller": "feedforward"}),
    "ngrams_lstm": Run("further_lstm"),
    "sort": Run("further", {**_SORT, "read_heads": 5, "write_heads": 5, "controller_layers": 2}),
    "sort_feedforward": Run(
        "further",
        {
            **_SORT,
            "read_heads": 8,
            "write_heads": 8,
            "controller": "feedforward",
            "controller_units": 512,
        },
    ),
    "sort_lstm": Run("further_lstm", _SORT),
    "copy_feedforward": Run("copy", {"controller": "feedforward"}),
    "recall_one_head": Run("recall", {"controller": "lstm", "controller_units": 100, **_ONE_HEAD}),
    "copy_learned_memory": Run("copy", {"memory_initializer": "learned"}),
    "copy_random_memory": Run("copy", {"memory_initializer": "random"}),
}
_TEST_SEED = 1_000_003


def build_tape(config):
    """Return an untrained neural Turing machine."""
    return NTMSequenceModel(config["task"], **{name: config[name] for name in _TAPE})


def build_layers(config):
    """Return the untrained LSTMs that it is compared with."""
    return LSTMSequenceModel(config["task"], config["units"], config["num_layers"])


def train(build, optimizer, draw, config, callbacks):
    """Train one model on one task; the seed decides its weights and its episodes."""
    keras.utils.set_random_seed(config["seed"])
    model = build(config)
    schedule = keras.optimizers.schedules.CosineDecay(
        config["learning_rate"], config["steps"], alpha=config["last_rate"]
    )
    return fit_generated(
        model,
        partial(draw, model, config),
        config,
        callbacks,
        loss=keras.losses.BinaryCrossentropy(from_logits=True, reduction="mean_with_sample_weight"),
        optimizer=optimizer(schedule, global_clipnorm=config["clip"]),
    )


def draw_all_sizes(model, config, rng, step):
    """Return a batch of any of the training sizes."""
    return model.generate_batch(config["batch_size"], rng)


def draw_more_repeats(model, config, rng, step):
    """Return a batch; between the steps of the curriculum the largest number of repeats grows."""
    begin, end = config["curriculum"]
    grown = min(max(step - begin, 0) / (end - begin), 1.0)
    repeats = int(rng.integers(1, 2 + int(9 * grown)))
    return model.generate_batch(config["batch_size"], rng, repeats=repeats)


def measure(model, config):
    """Measure errors and cost per sequence, at sizes within and beyond those of training."""
    return _by_size(_measured(model, config))


def measure_copies(model, config):
    """Measure copies, and whether not one bit was wrong in any."""
    metrics = measure(model, config)
    wrong = [metrics[f"wrong_bits_{n}"] for n in (20, 40, 80, 120)]
    return {**metrics, "without_a_wrong_bit": float(not any(wrong))}


def measure_repeats(model, config):
    """Measure repeat copies, and the end mark, which is the last channel, apart."""
    measured = _measured(model, config)
    metrics = _by_size(measured)
    for name, found in measured:
        *content, end = found["wrong_by_channel"]
        metrics[f"wrong_content_{name}"], metrics[f"wrong_end_{name}"] = sum(content), end
    return metrics


def _measured(model, config):
    """Return the name of every size, and what was measured there."""
    sizes = list(config["test_sizes"])
    names = ["x".join(str(value) for value in size.values()) or "all" for size in sizes]
    measured = model.evaluate_lengths(sizes, config["test_sequences"], seed=_TEST_SEED)
    return list(zip(names, measured, strict=True))


def _by_size(measured):
    keys = ("wrong_bits", "bits", "exact", "chance")
    return {f"{key}_{name}": found[key] for name, found in measured for key in keys}


_adam = keras.optimizers.Adam
EXPERIMENTS = {
    name: Experiment(partial(train, build, optimizer, draw), measured, tiny)
    for name, build, optimizer, draw, measured, tiny in (
        ("copy", build_tape, graves_rmsprop, draw_all_sizes, measure_copies, _TINY_TAPE),
        ("repeat_copy", build_tape, FiniteAdam, draw_more_repeats, measure_repeats, _TINY_TAPE),
        ("recall", build_tape, _adam, draw_all_sizes, measure, _TINY_TAPE),
        ("copy_lstm", build_layers, _adam, draw_all_sizes, measure_copies, _TINY_LAYERS),
        ("repeat_copy_lstm", build_layers, _adam, draw_more_repeats, measure_repeats, _TINY_LAYERS),
        ("recall_lstm", build_layers, _adam, draw_all_sizes, measure, _TINY_LAYERS),
        ("further", build_tape, graves_rmsprop, draw_all_sizes, measure, _TINY_FURTHER),
        ("further_lstm", build_layers, graves_rmsprop, draw_all_sizes, measure, _TINY_LAYERS),
    )
}
RUNS = {
    "copy": Run("copy", seeds=(0, 1, 2, 3, 4)),
    **{
        name: Run(name)
        for name in ("repeat_copy", "recall", "copy_lstm", "repeat_copy_lstm", "recall_lstm")
    },
}


def _check(**sizes):
    """Return the check of a preset: 16 sequences of one size."""

    def check(model):
        (found,) = model.evaluate_lengths([sizes], sequences=16, seed=_TEST_SEED)
        return {"wrong_bits": found["wrong_bits"]}

    return check


def _trained(run, description, **sizes):
    return trained_on_generated(
        run,
        description,
        _check(**sizes),
    )


def _beside_lstm(name, run, measure, **facts):
    """Return the claim that a machine is by a margin below the LSTM trained on the same task."""
    facts = {"higher_is_better": False, **facts}
    return Claim(name, f"{run}/{measure}", baseline=f"{run}_lstm/{measure}", **facts)


RECIPE = Recipe(
    slug="neural-turing-machines",
    scales={"reduced": REDUCED, "full": FULL},
    experiments=EXPERIMENTS,
    runs=RUNS,
    claims=(
        _beside_lstm(
            "Copies of 20 vectors, wrong bits of 160",
            "copy",
            "wrong_bits_20",
            paper="near 0",
            goal=0.1,
            margin=10.0,
        ),
        _beside_lstm(
            "Copies of 120 vectors after training on 1 to 20, wrong bits of 960",
            "copy",
            "wrong_bits_120",
            paper="a few, and one vector doubled, which shifts the rest",
            goal=1.0,
            margin=100.0,
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
        _beside_lstm(
            "Sequences of 120 vectors copied without one wrong bit",
            "copy",
            "exact_120",
            goal=0.95,
            margin=0.5,
            higher_is_better=True,
        ),
        _beside_lstm(
            "Copies of 20 vectors, cost in bits per sequence",
            "copy",
            "bits_20",
            paper="near 0",
            goal=1.0,
            margin=10.0,
        ),
        _beside_lstm(
            "10 vectors copied 10 times, wrong bits of 909",
            "repeat_copy",
            "wrong_bits_10x10",
            paper="near 0, as the LSTM's",
            goal=1.0,
            margin=10.0,
            note="The largest size of training. Four heads and a curriculum: see the recipe.",
        ),
        _beside_lstm(
            "20 vectors copied 10 times after training on 1 to 10, wrong bits of 1,600",
            "repeat_copy",
            "wrong_content_20x10",
            paper="almost none",
            goal=16.0,
            margin=100.0,
            note="Without the end mark, as the paper's machine loses count.",
        ),
        _beside_lstm(
            "10 vectors copied 20 times after training on 1 to 10 times, wrong bits of 1,600",
            "repeat_copy",
            "wrong_content_10x20",
            paper="almost none",
            goal=16.0,
            margin=100.0,
            note="Without the end mark, as the paper's machine loses count.",
        ),
        _beside_lstm(
            "Recall among 6 items, wrong bits of 18",
            "recall",
            "wrong_bits_6",
            paper="near 0",
            goal=0.1,
            margin=1.0,
        ),
        _beside_lstm(
            "Recall among 12 items after training on 2 to 6, wrong bits of 18",
            "recall",
            "wrong_bits_12",
            paper="almost none, with four heads",
            goal=1.0,
            margin=1.0,
        ),
        _beside_lstm(
            "Recall among 15 items, cost in bits per sequence",
            "recall",
            "bits_15",
            paper="below 1, with four heads",
            goal=1.0,
            margin=1.0,
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
