"""The two-part image code: all dyadic rectangles at once, against a recursion over them."""

import functools
import math

import keras
import numpy as np
from harness import Workload

from keras_readinglist.information import CoffeeAutomaton, two_part_image_code

SMALL, LARGE = 32, 1024


def recursion(image):
    """Return the bits of the best partition, rectangle by rectangle."""
    sums = np.pad(image.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0))).tolist()
    log2_factorial = [math.lgamma(k + 1) / math.log(2) for k in range(image.size + 1)]

    @functools.cache
    def best(top, bottom, left, right):
        size = (bottom - top) * (right - left)
        if size == 1:
            return 1.0
        ones = sums[bottom][right] - sums[top][right] - sums[bottom][left] + sums[top][left]
        bits = 1 + math.log2(size + 1) + log2_factorial[size]
        bits -= log2_factorial[ones] + log2_factorial[size - ones]
        if bottom - top > 1:
            middle = (top + bottom) // 2
            halves = best(top, middle, left, right) + best(middle, bottom, left, right)
            bits = min(bits, 2 + halves)
        if right - left > 1:
            middle = (left + right) // 2
            halves = best(top, bottom, left, middle) + best(top, bottom, middle, right)
            bits = min(bits, 2 + halves)
        return bits

    return best(0, image.shape[0], 0, image.shape[1])


def workloads(peer_path):
    """Yield the comparison once: it uses NumPy alone."""
    if keras.config.backend() != "jax":
        return
    images = {}
    for size in (SMALL, LARGE):
        cup = CoffeeAutomaton(size, dynamics="stirred")
        cup.step(6)
        images[size] = cup.state[0].astype(int)
    yield Workload(
        name=f"Two-part code of a {LARGE} x {LARGE} image (peer: {SMALL} x {SMALL})",
        item="complexodynamics",
        peer="recursion in Python 0.1.0",
        unit="million cells/s",
        goal=20.0,
        ours=lambda: two_part_image_code(images[LARGE]),
        theirs=lambda: recursion(images[SMALL]),
        amount=LARGE**2 / 1e6,
        their_amount=SMALL**2 / 1e6,
        repeats=5,
    )
