"""Exclusion on a grid, 64 cells in a machine word (multi-spin coding).

A sweep goes over the four perfect matchings of the grid's edges; every edge of a matching swaps
its two cells on the toss of a coin. With bits `r` for the coins, `d = (a ^ b) & r; a ^= d; b ^= d`
swaps 64 pairs at once, so that a fair coin costs one random bit and nothing else.

Two layouts: the bits of a word are 64 replicas of one cell (`ReplicaWords`), or 64 neighbours in
a row of one replica (`ColumnWords`), which is better for few replicas.
"""

import numpy as np

WORD = 64
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_EVEN = np.uint64(0x5555555555555555)
_ONE, _LAST = np.uint64(1), np.uint64(63)


def best_layout(replicas):
    """Return the layout that wastes fewer bits for a number of replicas."""
    return ReplicaWords if replicas >= WORD // 4 else ColumnWords


def random_words(rng, shape, probability):
    """Return words whose bits are independently one with a probability.

    Args:
        rng: NumPy generator.
        shape: Shape of the array of words.
        probability: Float in [0, 1], rounded to a multiple of `2**-16`; 0.5 takes a single draw.
    """
    digits = round(probability * (1 << 16))
    if digits >= 1 << 16:
        return np.full(shape, _ALL)
    words = np.zeros(shape, np.uint64)
    for place in range(16):  # from the last binary digit to the first
        if digits & ((1 << (place + 1)) - 1) == 0:
            continue
        draw = rng.integers(0, 1 << 64, shape, np.uint64)
        words = draw | words if digits >> place & 1 else draw & words
    return words


class ReplicaWords:
    """64 replicas of a cell in a word: all pairs of a matching are slices of the array."""

    def __init__(self, state):
        self.replicas, self.height, self.width = state.shape
        self.groups = -(-self.replicas // WORD)
        self.words = np.zeros((self.groups, self.height, self.width), np.uint64)
        self.write(state)

    def write(self, state):
        """Take the cells of a state `(replicas, height, width)`."""
        padded = np.zeros((self.groups * WORD, self.height, self.width), np.uint8)
        padded[: self.replicas] = state
        lanes = padded.reshape(self.groups, WORD, self.height, self.width)
        cells = np.ascontiguousarray(np.moveaxis(lanes, 1, -1))
        self.words[:] = np.packbits(cells, axis=-1, bitorder="little").view("<u8")[..., 0]

    def read(self):
        """Return the state `(replicas, height, width)`, uint8."""
        as_bytes = self.words[..., None].astype("<u8").view(np.uint8)
        lanes = np.unpackbits(as_bytes, axis=-1, bitorder="little")
        state = np.moveaxis(lanes, -1, 1).reshape(-1, self.height, self.width)
        return np.ascontiguousarray(state[: self.replicas])

    def matchings(self):
        """Return the two sides of the four matchings, as views."""
        w = self.words
        height, width = 2 * (self.height // 2), 2 * (self.width // 2)
        odd_height, odd_width = 2 * ((self.height - 1) // 2), 2 * ((self.width - 1) // 2)
        return (
            (w[:, 0:height:2], w[:, 1:height:2]),
            (w[:, 1 : odd_height + 1 : 2], w[:, 2 : odd_height + 1 : 2]),
            (w[:, :, 0:width:2], w[:, :, 1:width:2]),
            (w[:, :, 1 : odd_width + 1 : 2], w[:, :, 2 : odd_width + 1 : 2]),
        )

    def coin_words(self):
        """Return how many random words a sweep takes."""
        return sum(a.size for a, _ in self.matchings())

    def sweep(self, coins):
        """Swap every edge of the four matchings whose coin, one bit each, is one."""
        used = 0
        for a, b in self.matchings():
            part = coins[used : used + a.size].reshape(a.shape)
            used += a.size
            _swap(a, b, part)


class ColumnWords:
    """64 neighbours of a row in a word: pairs in a row are found by shifts and masks."""

    def __init__(self, state):
        self.replicas, self.height, self.width = state.shape
        self.count = -(-self.width // WORD)
        self.words = np.zeros((self.replicas, self.height, self.count), np.uint64)
        self.write(state)
        lanes = np.arange(self.count * WORD) + 1 < self.width  # whether a right neighbour exists
        pairs = np.packbits(lanes, bitorder="little").view("<u8").astype(np.uint64)
        self.even, self.odd = pairs & _EVEN, pairs & ~_EVEN & ~(_ONE << _LAST)

    def write(self, state):
        """Take the cells of a state `(replicas, height, width)`."""
        padded = np.zeros((self.replicas, self.height, self.count * WORD), np.uint8)
        padded[..., : self.width] = state
        self.words[:] = np.packbits(padded, axis=-1, bitorder="little").view("<u8")

    def read(self):
        """Return the state `(replicas, height, width)`, uint8."""
        as_bytes = self.words.astype("<u8").view(np.uint8)
        cells = np.unpackbits(as_bytes, axis=-1, bitorder="little")
        return np.ascontiguousarray(cells[..., : self.width])

    def coin_words(self):
        """Return how many random words a sweep takes."""
        pairs = self.height // 2 + (self.height - 1) // 2
        return self.replicas * self.count * (pairs + 2 * self.height)

    def sweep(self, coins):
        """Swap every edge of the four matchings whose coin, one bit each, is one."""
        used = 0
        for first in (0, 1):
            after = first + 2 * ((self.height - first) // 2)
            a, b = self.words[:, first:after:2], self.words[:, first + 1 : after : 2]
            _swap(a, b, coins[used : used + a.size].reshape(a.shape))
            used += a.size
        for first, inside in ((0, self.even), (1, self.odd)):
            part = coins[used : used + self.words.size].reshape(self.words.shape)
            used += self.words.size
            self._swap_in_rows(part, inside)
            if first == 1 and self.count > 1:
                self._swap_over_borders(part)

    def _swap_in_rows(self, coins, inside):
        d = self.words >> _ONE
        d ^= self.words
        d &= coins
        d &= inside
        self.words ^= d
        d <<= _ONE
        self.words ^= d

    def _swap_over_borders(self, coins):
        """Swap the last cell of every word with the first of the next."""
        left, right = self.words[..., :-1], self.words[..., 1:]
        d = ((left >> _LAST) ^ right) & (coins[..., :-1] >> _LAST) & _ONE
        left ^= d << _LAST
        right ^= d


def _swap(a, b, coins):
    d = a ^ b
    d &= coins
    a ^= d
    b ^= d
