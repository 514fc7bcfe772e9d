"""Pairs of sentences in batches of few shapes, with little padding."""

import numbers

import keras
import numpy as np

START, END = 1, 2  # as `SubwordTokenizer` has them; 0 is padding


class TranslationPairs(keras.utils.PyDataset):
    """Batches of pairs of sentences of similar lengths, anew in every epoch.

    Pairs are sorted into a few shapes `(source length, target length)`, those that leave the least
    padding. A batch is of one shape and has about `slots` places for target pieces, whatever its
    shape: as many rows of short sentences as cost the same as few long ones. So a model compiles
    once a shape. The last batch of a shape is filled up with rows of padding.

    A batch is `({"source", "target"}, labels, weights)`. Sources end with 2, targets begin with 1,
    labels are the targets one place later and end with 2; 0 fills up, and weights nothing.

    Args:
        sources: Sequence of one-dimensional integer arrays, without special pieces.
        targets: As many.
        slots: Positive integer, the places for target pieces in a batch.
        shapes: Positive integer, how many shapes there are at most.
        seed: Integer. The order of an epoch depends on it and the attribute `epoch` alone.

    Raises:
        ValueError: If there is not a source for every target, or no pair.

    Example:
        >>> pairs = TranslationPairs([[5, 6, 7], [5]], [[8, 9], [8]], slots=4, shapes=1)
        >>> inputs, labels, weights = pairs[0]
        >>> inputs["source"].shape, inputs["target"].shape
        ((1, 4), (1, 3))
        >>> len(pairs), round(pairs.real_share, 2)
        (2, 0.83)
    """

    def __init__(self, sources, targets, slots=1024, shapes=6, seed=0):
        super().__init__()
        if len(sources) != len(targets) or not len(sources):
            raise ValueError(
                "`sources` and `targets` must be equally many, at least one. "
                f"Received: {len(sources)} and {len(targets)}"
            )
        for name, value in (("slots", slots), ("shapes", shapes)):
            if not isinstance(value, numbers.Integral) or value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}")
        self.seed, self.epoch = seed, 0
        lengths = np.array([[len(s), len(t)] for s, t in zip(sources, targets, strict=True)]) + 1
        self._buckets = []
        for members in _buckets(lengths, shapes):
            width = lengths[members].max(axis=0)
            source = _rectangle([[*sources[i], END] for i in members], width[0])
            target = _rectangle([[START, *targets[i], END] for i in members], width[1] + 1)
            self._buckets.append((max(1, int(slots // width[1])), source, target))
        self._batches = [
            (bucket, first)
            for bucket, (rows, source, _) in enumerate(self._buckets)
            for first in range(0, len(source), rows)
        ]
        shapes_of_batches = (self._buckets[bucket] for bucket, _ in self._batches)
        places = sum(rows * (target.shape[1] - 1) for rows, _, target in shapes_of_batches)
        self.real_share = float(lengths[:, 1].sum() / places)
        self._planned = None

    def __len__(self):
        """Return the number of batches of an epoch."""
        return len(self._batches)

    def __getitem__(self, index):
        """Return one batch of the epoch."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"`index` must lie below {len(self)}. Received: index={index}")
        orders, sequence = self._plan()
        bucket, first = self._batches[sequence[index]]
        rows, source, target = self._buckets[bucket]
        members = orders[bucket][first : first + rows]
        missing = ((0, rows - len(members)), (0, 0))
        source, target = np.pad(source[members], missing), np.pad(target[members], missing)
        labels = target[:, 1:]
        weights = (labels != 0).astype("float32")
        return {"source": source, "target": target[:, :-1]}, labels, weights

    def _plan(self):
        """Return the orders of the pairs of every shape, and that of all batches."""
        key = (self.seed, self.epoch)
        if self._planned is None or self._planned[0] != key:
            rng = np.random.default_rng(key)
            orders = [rng.permutation(len(source)) for _, source, _ in self._buckets]
            self._planned = key, (orders, rng.permutation(len(self)))
        return self._planned[1]


def _rectangle(rows, width):
    filled = np.zeros((len(rows), width), "int32")
    for place, row in zip(filled, rows, strict=True):
        place[: len(row)] = row
    return filled


def _buckets(lengths, shapes):
    """Return the indices of the pairs of every shape, cut so that the fewest places are padding.

    Pairs are sorted by the longer of their sentences. On Tatoeba that leaves 85 % of the target's
    places real with six shapes, as sorting by the target alone does; that has 63 % of all places
    real, this 80 %.
    """
    order = np.argsort(lengths.max(axis=1), kind="stable")
    ends = np.append(np.flatnonzero(np.diff(lengths[order].max(axis=1))) + 1, len(order))
    widest = np.maximum.reduceat(lengths[order], [0, *ends[:-1]], axis=0)
    bounds = [0, *ends]
    best = {0: (0, [])}  # how many of the groups of equal length are done: places, cuts
    for _ in range(shapes):
        best |= {
            j: min(
                (cost + widest[i:j].max(axis=0).sum() * (bounds[j] - bounds[i]), [*cuts, j])
                for i, (cost, cuts) in best.items()
                if i < j
            )
            for j in range(1, len(bounds))
        }
    return np.split(order, [bounds[j] for j in best[len(ends)][1][:-1]])
