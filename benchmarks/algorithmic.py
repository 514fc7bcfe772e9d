"""Compression distances and Lempel-Ziv complexity, against the ways in which others compute them.

The peer for Lempel-Ziv complexity is `antropy` from PyPI, where it is installed.
"""

import zlib

import keras
import numpy as np
from harness import Workload

from keras_readinglist.information import context_code_length, lempel_ziv_complexity, ncd_matrix
from tests.information.slow_definitions import slow_lempel_ziv

TEXTS, LENGTH = 40, 12_000


def recompress_all(texts):
    """Compress both texts and both orders anew for every pair, as one-pair functions do."""

    def length(data):
        return len(zlib.compress(data, 9))

    rows = []
    for x in texts:
        for y in texts:
            joint = min(length(x + y), length(y + x))
            rows.append((joint - min(length(x), length(y))) / max(length(x), length(y)))
    return rows


def workloads(peer_path):
    """Yield the comparisons once: they use NumPy alone."""
    if keras.config.backend() != "jax":
        return
    shared = {"item": "kolmogorov-randomness", "unit": "ms", "repeats": 3}
    rng = np.random.default_rng(0)
    words = [bytes(rng.integers(97, 123, rng.integers(3, 9), dtype=np.uint8)) for _ in range(800)]
    texts = [b" ".join(words[i] for i in rng.zipf(1.3, LENGTH // 6) % 800) for _ in range(TEXTS)]
    yield Workload(
        name=f"Compression distances of {TEXTS} texts of {len(texts[0]) // 1000} kB, zlib",
        peer="a pair at a time 0.1.0",
        goal=4.0,
        ours=lambda: ncd_matrix(texts, compressor="zlib"),
        theirs=lambda: recompress_all(texts),
        **shared,
    )
    text = "".join(map(str, rng.integers(0, 2, 20_000)))
    yield Workload(
        name="Lempel-Ziv complexity (1976) of 20,000 coin tosses",
        peer="trying all copies 0.1.0",
        goal=5.0,
        ours=lambda: lempel_ziv_complexity(text),
        theirs=lambda: slow_lempel_ziv(text),
        **shared,
    )
    try:
        import antropy
    except ImportError:
        pass
    else:
        yield Workload(
            name="Lempel-Ziv complexity (1976) of 20,000 coin tosses",
            peer="antropy 0.2.3",
            goal=1.0,
            ours=lambda: lempel_ziv_complexity(text),
            theirs=lambda: antropy.lziv_complexity(text),
            **shared,
        )
    bits = np.array(list(text[:2000]), int)

    def sequentially():
        """Update every context of every symbol in turn, then weigh the tree."""
        counts = {}
        for i, bit in enumerate(bits.tolist()):
            for depth in range(9):
                context = tuple(bits[max(i - depth, 0) : i].tolist())
                counts.setdefault((depth, context), [0, 0])[bit] += 1
        return counts

    yield Workload(
        name="Context-tree weighting of 2,000 bits, depth 8 (peer: counting alone)",
        peer="a symbol at a time 0.1.0",
        goal=5.0,
        ours=lambda: context_code_length(bits, 8, alphabet=2),
        theirs=sequentially,
        **shared,
    )
