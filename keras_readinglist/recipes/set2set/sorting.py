"""Sorting numbers as a set: how often to look before writing.

Every model writes the places of the numbers from the smallest to the largest, then an end symbol,
and is right if all of that is right; it decodes greedily and freely. Numbers are uniform in the
unit interval and made anew for every batch. The steps of processing and the glimpses vary at 5 and
at 10 numbers; the pointer network beside them reads with an LSTM, in the order given. `sort` and
`sort_pointer` are the models of the gallery, for 2 to 15 numbers, with a fifth of the learning rate
from `slower_from` on.
"""

from functools import partial

import numpy as np

from keras_readinglist.applications import PointerNetwork, ReadProcessWrite
from keras_readinglist.datasets.sorting import sorting_batch
from keras_readinglist.recipes.recipe import Claim, Experiment, trained_on_generated
from keras_readinglist.recipes.set2set import pointing

_FEW = {"glimpses": 1, "num_values": (5, 5)}
_MANY = {
    "glimpses": 1,
    "num_values": (2, 15),
    "test_values": (5, 10, 15, 20),  # the last was never trained on
    "slower_from": 14_000,
    "steps": 18_000,
}
_LOOKS = {"process_steps": 5}


def _scale(sizes):
    return {
        "sort": {**sizes, **_FEW, **_LOOKS},
        "sort_pointer": {**sizes, **_FEW},
        "sort_many": {**sizes, **_MANY, **_LOOKS},
        "sort_many_pointer": {**sizes, **_MANY},
    }


REDUCED, FULL = _scale(pointing.SIZES), _scale({**pointing.SIZES, **pointing.FULL_SIZES})
_TEN = {"num_values": (10, 10)}
RUNS = {
    **{
        f"sort5_p{steps}_g{glimpses}": pointing.run(
            "sort", {"process_steps": steps, "glimpses": glimpses}
        )
        for steps in (0, 1, 5, 10)
        for glimpses in (0, 1)
    },
    **{f"sort5_pointer_g{g}": pointing.run("sort_pointer", {"glimpses": g}) for g in (0, 1)},
    **{
        f"sort10_p{steps}_g{glimpses}": pointing.run(
            "sort", {**_TEN, "process_steps": steps, "glimpses": glimpses}
        )
        for steps in (0, 5)
        for glimpses in (0, 1)
    },
    **{
        f"sort10_pointer_g{g}": pointing.run("sort_pointer", {**_TEN, "glimpses": g})
        for g in (0, 1)
    },
    "sort": pointing.run("sort_many"),
    "sort_pointer": pointing.run("sort_many_pointer"),
}


def build_set(config):
    """Return an untrained network that reads numbers as a set."""
    return ReadProcessWrite(config["units"], config["process_steps"], config["glimpses"])


def build_pointer(config):
    """Return an untrained network that reads numbers one after the other."""
    return PointerNetwork(config["units"], 1, glimpses=config["glimpses"])


def draw(config, rng):
    """Return numbers, their mask and the indices to write."""
    return sorting_batch(config["batch_size"], config["num_values"], rng)


def measure(model, config):
    """Measure how many answers are wholly right on sets that the model was not trained on."""
    return {"accuracy": accuracy(model, config["num_values"][1], config["test_examples"])}


def measure_many(model, config):
    """Measure the same on sets of several sizes."""
    return {
        f"accuracy_{count}": accuracy(model, count, config["test_examples"])
        for count in config["test_values"]
    }


def measure_set(measure_answers, model, config):
    """Measure the answers, and how much the order of the numbers changes what is kept of them."""
    return {**measure_answers(model, config), "shuffle_distance": shuffle_distance(model)}


def accuracy(model, count, examples):
    """Return the share of wholly right answers on sets of `count` numbers."""
    rng = np.random.default_rng((pointing.TEST_SEED, count))
    values, mask, indices = sorting_batch(examples, (count, count), rng)
    answers, _ = model.generate(values, mask)
    return float((answers == np.pad(indices, ((0, 0), (0, 1)), constant_values=-1)).all(1).mean())


def shuffle_distance(model):
    """Return by how much another order of the numbers changes what is kept of a set, at most."""
    values, mask, _ = sorting_batch(200, (2, 15), pointing.TEST_SEED)
    order = np.random.default_rng(0).permutation(15)
    there, shuffled = model.read(values, mask), model.read(values[:, order], mask[:, order])
    return float(np.abs(there - shuffled).max())


def _check(model):
    return {"accuracy_5": accuracy(model, 5, 300)}


EXPERIMENTS = {
    name: Experiment(partial(pointing.train, build, draw), measured, pointing.TINY)
    for name, build, measured in (
        ("sort", build_set, partial(measure_set, measure)),
        ("sort_pointer", build_pointer, measure),
        ("sort_many", build_set, partial(measure_set, measure_many)),
        ("sort_many_pointer", build_pointer, measure_many),
    )
}
CLAIMS = (
    Claim(
        "Sorting 5 numbers, 5 steps of processing, one glimpse, against the pointer network",
        metric="sort5_p5_g1/accuracy",
        paper=0.94,
        goal=0.94,
        baseline="sort5_pointer_g1/accuracy",
        note="The paper's pointer network: 0.90.",
    ),
    Claim(
        "Sorting 5 numbers without a glimpse: 5 steps of processing against none",
        metric="sort5_p5_g0/accuracy",
        paper=0.88,
        goal=0.88,
        baseline="sort5_p0_g0/accuracy",
        margin=0.1,
        note="The paper without processing: 0.65.",
    ),
    Claim(
        "Sorting 5 numbers, 5 steps of processing: one glimpse against none",
        metric="sort5_p5_g1/accuracy",
        paper=0.94,
        goal=0.94,
        baseline="sort5_p5_g0/accuracy",
        note="The paper without a glimpse: 0.88.",
    ),
    Claim(
        "Sorting 5 numbers, 10 steps of processing, one glimpse",
        metric="sort5_p10_g1/accuracy",
        paper=0.94,
        goal=0.94,
        baseline="sort5_pointer_g1/accuracy",
    ),
    Claim(
        "Sorting 10 numbers, 5 steps of processing, one glimpse, against the pointer network",
        metric="sort10_p5_g1/accuracy",
        paper=0.57,
        goal=0.57,
        baseline="sort10_pointer_g1/accuracy",
        note="The paper's pointer network: 0.28.",
    ),
    Claim(
        "Sorting 10 numbers without a glimpse: 5 steps of processing against none",
        metric="sort10_p5_g0/accuracy",
        paper=0.17,
        goal=0.17,
        baseline="sort10_p0_g0/accuracy",
        note="The paper without processing: 0.07.",
    ),
    Claim(
        "Sorting 10 of 2 to 15 numbers after 18,000 updates, against the pointer network",
        metric="sort/accuracy_10",
        paper=0.57,
        goal=0.57,
        baseline="sort_pointer/accuracy_10",
        note="The models of the gallery. The paper trains on 10 numbers, for 10,000 updates.",
    ),
    Claim(
        "Another order of the numbers changes what is kept of the set by at most",
        metric="sort/shuffle_distance",
        paper=0.0,
        goal=1e-5,
        higher_is_better=False,
        note="Exact but for rounding.",
    ),
)
PRESETS = {
    "read_process_write_sort": trained_on_generated(
        "sort",
        "Sorts 2 to 15 numbers, given as a set.",
        _check,
    ),
    "pointer_network_sort": trained_on_generated(
        "sort_pointer",
        "Sorts 2 to 15 numbers, read one after the other.",
        _check,
    ),
}
