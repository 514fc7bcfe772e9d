"""Code lengths of context trees: a source whose entropy is known, and a text."""

import math

import numpy as np

from keras_readinglist import datasets
from keras_readinglist.information import ContextTree, FactoredContextTree, compressed_size


def run_code(config, callbacks):
    """Code bits of a Markov source; return what was paid beyond its best tree, and the bound."""
    rng, order, count = np.random.default_rng(config["seed"]), config["order"], config["bits"]
    ones = rng.random(2**order)
    bits, context, ideal = [], 0, 0.0
    for chance in rng.random(count):
        bit = int(chance < ones[context])
        ideal -= math.log2(ones[context] if bit else 1 - ones[context])
        bits.append(bit)
        context = (context << 1 | bit) % 2**order
    tree = ContextTree(config["depth"])
    tree.update(bits)
    paid, leaves = -tree.log_probability / math.log(2), 2**order
    bound = 2 * leaves - 1 + leaves * (0.5 * math.log2(count / leaves) + 1)
    return {"excess": paid - ideal, "bound": bound, "excess_over_bound": (paid - ideal) / bound}


def run_text(config, callbacks):
    """Code the beginning of a text, with a tree for each bit of a byte; return bytes."""
    text = datasets.load(config["corpus"], "train").encode()[: config["bytes"]]
    trees = FactoredContextTree(8, config["depth"])
    for bits in np.unpackbits(np.frombuffer(text, np.uint8)).reshape(-1, 8).tolist():
        trees.update(bits)
    sizes = {f"{name}_bytes": compressed_size(text, name) for name in ("gzip", "bz2", "lzma")}
    return {"bytes": -trees.log_probability / math.log(2) / 8, **sizes}
