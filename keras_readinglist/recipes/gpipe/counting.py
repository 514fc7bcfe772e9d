"""What can be counted: ticks that are idle, bytes that are kept, and cells of equal cost."""

import keras
import numpy as np

from keras_readinglist.distribution import (
    Schedule,
    balance_partitions,
    chain_of,
    measure_links,
)
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, as_computed

_ADAM = 4  # a weight, its gradient and two slots
REDUCED = {
    "bubble": {"cells": (1, 2, 4, 8), "micro_batches": (1, 2, 4, 8, 16, 32), "seeds": (0,)},
    "balance": {"layers": 24, "cells": (2, 4, 8), "vectors": 1000, "seeds": (0, 1, 2)},
    "memory": {
        "blocks": 24,
        "width": 128,
        "wide": 512,
        "tokens": 32,
        "batch_size": 64,
        "micro_batches": 8,
        "budget": 512 * 2**20,
        "seeds": (0,),
    },
}
FULL = {**REDUCED, "balance": {**REDUCED["balance"], "vectors": 10_000}}
TINY = {"balance": {"vectors": 20}, "memory": {"blocks": 3, "budget": 2**25}, "bubble": {}}
RUNS = {"bubble": Run("bubble"), "balance": Run("balance"), "memory": Run("memory")}


def run_bubble(config, callbacks):
    """Count idle ticks, and what the schedule says of the paper's throughputs."""
    gaps = []
    for cells in config["cells"]:
        for count in config["micro_batches"]:
            formula = (cells - 1) / (count + cells - 1)
            gaps.append(abs(Schedule(cells, count).bubble_fraction - formula))
    many = max(config["micro_batches"])
    speedup = {cells: Schedule(cells, many, False).speedup() for cells in (2, 4, 8)}
    start = Schedule(2, 1, False).speedup()
    return {
        "largest_gap": max(gaps),
        "eight_over_two": speedup[8] / speedup[2],
        **{f"throughput_{cells}": found / start for cells, found in speedup.items()},
        "bubble_at_four_times": Schedule(8, 32).bubble_fraction,
    }


def run_balance(config, callbacks):
    """Compare the slowest cells of exact partitions and of equal counts, on random costs."""
    rng, shares = np.random.default_rng(config["seed"]), []
    for _ in range(config["vectors"]):
        costs = 10.0 ** rng.uniform(0, 1.5, config["layers"])
        cells = int(rng.choice(config["cells"]))
        slowest = []
        for sizes in (
            balance_partitions(costs, cells),
            [len(part) for part in np.array_split(costs, cells)],
        ):
            slowest.append(max(np.add.reduceat(costs, np.cumsum([0, *sizes[:-1]]))))
        shares.append(slowest[0] / slowest[1])
    return {"share_of_equal_counts": float(np.mean(shares)), "largest_share": max(shares)}


def block_costs(config):
    """Return the `LinkCost` of a block, for a whole batch."""
    layers, width = keras.layers, config["width"]
    inputs = keras.Input((config["tokens"], width))
    x = layers.LayerNormalization()(inputs)
    x = layers.Dense(width)(layers.Dense(config["wide"], "relu")(x))
    model = keras.Model(inputs, layers.Add()([inputs, x]))
    (cost,) = measure_links(chain_of(model), config["batch_size"])
    return cost


def fullest(depth, cells, count, rematerialize, cost, weights=True):
    """Return the bytes on the fullest device, for a chain of equal blocks."""
    sizes = [len(part) for part in np.array_split(np.arange(depth), cells)]
    inputs = [cost.output_bytes // count] * cells
    insides = [size * cost.activation_bytes // count for size in sizes]
    kept = Schedule(cells, count, rematerialize).memory(inputs, insides)
    each = _ADAM * 4 * cost.params if weights else 0
    return max(bytes_ + size * each for bytes_, size in zip(kept, sizes, strict=True))


def deepest(budget, cells, count, rematerialize, cost):
    """Return the most blocks that fit, by bisection."""
    low, high = cells - 1, 100_000
    while high - low > 1:
        middle = (low + high) // 2
        fits = fullest(middle, cells, count, rematerialize, cost) <= budget
        low, high = (middle, high) if fits else (low, middle)
    return low


def run_memory(config, callbacks):
    """Count what a chain of blocks keeps, and how deep it can be."""
    cost, count, budget = block_costs(config), config["micro_batches"], config["budget"]
    naive = fullest(config["blocks"], 1, 1, False, cost, weights=False)
    pipelined = fullest(config["blocks"], 1, count, True, cost, weights=False)
    depth = {k: deepest(budget, k, count, True, cost) for k in (1, 2, 4, 8)}
    alone = deepest(budget, 1, 1, False, cost)
    return {
        "naive_bytes": naive,
        "bytes": pipelined,
        "times_less": naive / pipelined,
        "depth_naive": alone,
        **{f"depth_{k}": found for k, found in depth.items()},
        "times_deeper": depth[1] / alone,
        "eight_over_one": depth[8] / depth[1],
    }


EXPERIMENTS = {
    name: Experiment(run, as_computed, TINY[name])
    for name, run in (("bubble", run_bubble), ("balance", run_balance), ("memory", run_memory))
}
CLAIMS = (
    Claim(
        "The bubble is (K - 1) / (M + K - 1): largest difference of the counted share",
        "bubble/largest_gap",
        goal=1e-12,
        higher_is_better=False,
        note="Counted in the schedule, for 1 to 8 devices and 1 to 32 micro-batches.",
    ),
    Claim(
        "Eight devices over two, at 32 micro-batches: the throughput of a Transformer",
        "bubble/eight_over_two",
        goal=3.15,
        paper=3.5,
        note="Counted for equal cells; the paper measured 6.3 and 1.8 on TPUs, of 48 layers.",
    ),
    Claim(
        "The exact partition against equal counts: the slowest cell's share, mean of 1000",
        "balance/share_of_equal_counts",
        goal=1.0,
        baseline=1.0,
        higher_is_better=False,
        note="Random costs of 24 layers; no share is above 1.",
    ),
    Claim(
        "Eight micro-batches and re-materialisation keep less: times, on one device",
        "memory/times_less",
        goal=4.0,
        note="Counted for 24 blocks: outputs of layers, of a batch of 64 sequences of 32 tokens.",
    ),
    Claim(
        "One device holds a deeper net by re-materialisation: times",
        "memory/times_deeper",
        goal=2.5,
        paper=2.7,
        note="Counted under 512 MiB, weights, gradients and Adam's slots included.",
    ),
    Claim(
        "The depth grows with the devices: eight over one",
        "memory/eight_over_one",
        goal=7.2,
        paper=7.9,
        note="The paper's Transformer: 13 layers on one device, 103 on eight.",
    ),
)
