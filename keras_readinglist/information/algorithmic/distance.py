"""The normalized compression distance: how much of a text another one explains."""

import bz2
import lzma
import os
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from keras_readinglist.information.algorithmic.context_tree import as_symbols, context_code_length
from keras_readinglist.information.algorithmic.lempel_ziv import lempel_ziv_complexity
from keras_readinglist.information.mdl.estimator import Estimator, check_labels

_EMPTY_BZ2 = len(bz2.compress(b""))
_WINDOWS = {"zlib": 1 << 15, "gzip": 1 << 15, "bz2": 900_000}


def _deflate(data):
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return len(compressor.compress(data)) + len(compressor.flush())


def _lzma(data):
    # A dictionary longer than the data changes no byte, but takes 44 ms to set up instead of 0.2.
    size = max(1 << 12, min(1 << max(len(data) - 1, 1).bit_length(), 1 << 26))
    filters = [
        {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": size},
    ]
    return len(lzma.compress(data, lzma.FORMAT_RAW, filters=filters))


def _context_tree(data):
    return context_code_length(data, depth=6) / 8


def _lempel_ziv(data):
    return lempel_ziv_complexity(data) * np.log2(max(len(data), 2)) / 8


LENGTHS = {
    "zlib": _deflate,
    "gzip": _deflate,
    "bz2": lambda data: len(bz2.compress(data, 9)) - _EMPTY_BZ2,
    "lzma": _lzma,
    "ppm": _context_tree,
    "ctw": _context_tree,
    "lz76": _lempel_ziv,
}


def compressed_length(x, compressor="lzma"):
    """Return the bytes that a compressor needs, without its fixed header.

    Args:
        x: Bytes, a string (as UTF-8), or an array of integers from 0 to 255.
        compressor: `"zlib"` or `"gzip"` (deflate, without header), `"bz2"`, `"lzma"` (raw),
            `"ppm"` or `"ctw"` (prediction by contexts of up to six bytes, weighted over all context
            trees, in fractions of a byte), `"lz76"` (`c log2 n` bits), or a function from bytes to
            bytes.

    Returns:
        Integer, or float for `"ppm"`, `"ctw"` and `"lz76"`.

    Raises:
        ValueError: If the compressor is unknown, or `x` is none of these.

    Example:
        >>> compressed_length("ab" * 500) < 40
        True
    """
    return _length_function(compressor)(_bytes(x))


def _bytes(x):
    return as_symbols(x).astype(np.uint8).tobytes()


def _texts(items, name):
    """Return a sequence of texts as bytes; `ValueError` if it is a single one."""
    if isinstance(items, (str, bytes, bytearray)):
        raise ValueError(
            f"`{name}` must be a sequence of texts. Received one text: put it into a list."
        )
    try:
        return [_bytes(item) for item in items]
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{name}` must be a sequence of texts: {error}") from error


def _length_function(compressor):
    if callable(compressor):
        return lambda data: len(compressor(data))
    if not isinstance(compressor, str) or compressor not in LENGTHS:
        raise ValueError(
            f"`compressor` must be one of {', '.join(LENGTHS)}, or a function of bytes. "
            f"Received: compressor={compressor!r}"
        )
    return LENGTHS[compressor]


def normalized_compression_distance(x, y, compressor="lzma", symmetric=True):
    """Return `(Z(xy) - min(Z(x), Z(y))) / max(Z(x), Z(y))`.

    Real compressors are not perfect: the distance of a text to itself is small, not zero, and
    unrelated texts can be a little above 1. Compressors with a window (zlib: 32 KiB, bz2: 900 kB)
    forget `x` when both together are longer, and a warning says so.

    Args:
        x: Bytes, a string, or an array of integers from 0 to 255.
        y: The same.
        compressor: As for `compressed_length`.
        symmetric: Boolean, whether to take the shorter of `xy` and `yx`.

    Returns:
        Float; 0 for two empty texts, 1 if one is empty.

    Raises:
        ValueError: If the compressor is unknown.

    Example:
        >>> cat, dog = (f"the {animal} sat on the mat " * 9 for animal in ("cat", "dog"))
        >>> digits = "0123456789" * 20
        >>> near, far = (normalized_compression_distance(cat, x) for x in (dog, digits))
        >>> near < far
        True

    References:
        - Li, Chen, Li, Ma, Vitányi, 2004, The similarity metric; Cilibrasi, Vitányi, 2005
    """
    return float(ncd_matrix([x], [y], compressor, symmetric)[0, 0])


def ncd_matrix(items, others=None, compressor="lzma", symmetric=True, n_jobs=None):
    """Return the normalized compression distances of all pairs.

    Every item is compressed alone once. With zlib its compressor is then copied, so that for a
    pair only the second text is read. Rows run in threads: compressors release Python's lock.

    Args:
        items: Sequence of texts.
        others: Sequence of texts, or `None` for the items themselves.
        compressor: As for `compressed_length`.
        symmetric: Boolean, whether to take the shorter of both orders.
        n_jobs: Integer, threads. Defaults to the number of cores, as does -1.

    Returns:
        Array `(items, others)`.

    Raises:
        ValueError: If the compressor is unknown, a text is none, or an argument is out of range.

    Example:
        >>> ncd_matrix(["aaaa" * 20, "abab" * 20, "qwertz"]).shape
        (3, 3)
    """
    rows = _texts(items, "items")
    columns = rows if others is None else _texts(others, "others")
    length = _length_function(compressor)
    if n_jobs not in (None, -1) and (not isinstance(n_jobs, (int, np.integer)) or n_jobs < 1):
        raise ValueError(f"`n_jobs` must be a positive integer, -1 or None. Received: {n_jobs!r}")
    window = _WINDOWS.get(compressor) if isinstance(compressor, str) else None
    if window and max(map(len, rows), default=0) + max(map(len, columns), default=0) > window:
        warnings.warn(f"{compressor} forgets what lies {window} bytes back.", stacklevel=2)
    with ThreadPoolExecutor(os.cpu_count() if n_jobs in (None, -1) else n_jobs) as pool:
        joint = _joint_lengths(rows, columns, length, pool)
        if symmetric:
            swapped = joint if others is None else _joint_lengths(columns, rows, length, pool)
            joint = np.minimum(joint, swapped.T)
        alone, others_alone = (np.array(list(pool.map(length, t)), float) for t in (rows, columns))
    # An empty text is as far as can be from every other one, and equal to itself.
    empty, others_empty = (np.array([not t for t in texts], bool) for texts in (rows, columns))
    least = np.minimum.outer(alone, others_alone)
    most = np.maximum.outer(alone, others_alone)
    distances = (joint - least) / np.where(most > 0, most, 1)
    distances[np.logical_or.outer(empty, others_empty)] = 1.0
    distances[np.logical_and.outer(empty, others_empty)] = 0.0
    return distances


def _joint_lengths(firsts, seconds, length, pool):
    """Return the lengths of all texts joined in pairs, `(firsts, seconds)`."""
    joint = np.zeros((len(firsts), len(seconds)))

    def fill(i):
        after = _after(firsts[i]) if length is _deflate else lambda y: length(firsts[i] + y)
        joint[i] = [after(second) for second in seconds]

    list(pool.map(fill, range(len(firsts))))  # as a list, so that errors are raised
    return joint


def _after(first):
    """Return a function from a second text to the length of both: the first is read only once."""
    primed = zlib.compressobj(9, zlib.DEFLATED, -15)
    written = len(primed.compress(first))

    def joined(second):
        compressor = primed.copy()
        return written + len(compressor.compress(second)) + len(compressor.flush())

    return joined


class NCDClassifier(Estimator):
    """Votes among the nearest neighbours by compression distance: nothing is learned or tuned.

    Args:
        n_neighbors: Positive integer.
        compressor: As for `compressed_length`.

    Attributes:
        classes_: Array of the labels.

    Example:
        >>> texts = [b"aaab" * 9, b"aaba" * 9, b"xyzx" * 9, b"xyyz" * 9]
        >>> NCDClassifier(1).fit(texts, ["a", "a", "x", "x"]).predict([b"abaa" * 9])
        array(['a'], dtype='<U1')

    References:
        - Cilibrasi, Vitányi, 2005, Clustering by compression
    """

    kind = "classifier"
    inputs = ("string",)

    def __init__(self, n_neighbors=3, compressor="zlib"):
        self.n_neighbors, self.compressor = n_neighbors, compressor

    def fit(self, x, y):
        """Keep texts and their labels."""
        texts, y = _texts(x, "x"), check_labels(y)
        if len(texts) != len(y) or len(y) == 0:
            raise ValueError(f"`x` and `y` must be as many. Received: {len(texts)}, {len(y)}")
        if not 1 <= self.n_neighbors <= len(y):
            raise ValueError(
                f"`n_neighbors` must lie from 1 to {len(y)}. Received: {self.n_neighbors}"
            )
        self.texts_, self.labels_ = texts, y
        self.classes_ = np.unique(y)
        return self

    def kneighbors(self, x):
        """Return distances and indices of the nearest texts, the nearest first."""
        self._fitted("texts_")
        distances = ncd_matrix(_texts(x, "x"), self.texts_, self.compressor)
        nearest = np.argsort(distances, axis=1, kind="stable")[:, : self.n_neighbors]
        return np.take_along_axis(distances, nearest, axis=1), nearest

    def predict(self, x):
        """Return the most frequent label of the neighbours; the nearer decides a tie."""
        _, nearest = self.kneighbors(x)
        votes = (self.labels_[nearest][..., None] == self.classes_).sum(axis=1).astype(float)
        votes += 1e-3 * (self.labels_[nearest[:, :1]] == self.classes_)
        return self.classes_[votes.argmax(axis=1)]

    def score(self, x, y):
        """Return the share of right labels."""
        return float(np.mean(self.predict(x) == check_labels(y)))


def ncd_clustering(items, method="average", compressor="lzma"):
    """Return SciPy's linkage of texts by compression distance.

    Args:
        items: Sequence of at least two texts.
        method: As for `scipy.cluster.hierarchy.linkage`.
        compressor: As for `compressed_length`.

    Returns:
        Pair: the linkage matrix, and the distances.

    Raises:
        ValueError: If there are fewer than two texts.

    Example:
        >>> tree, _ = ncd_clustering(["abab" * 9, "abba" * 9, "xyxy" * 9])
        >>> sorted(tree[0, :2].astype(int).tolist())
        [0, 1]
    """
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    items = _texts(items, "items")
    if len(items) < 2:
        raise ValueError(f"`items` must be at least two texts. Received: {len(items)}")
    distances = ncd_matrix(items, compressor=compressor)
    np.fill_diagonal(distances, 0.0)
    return linkage(squareform(distances, checks=False), method), distances


def quartet_score(tree, distances):
    """Return how well a tree agrees with distances, over all groups of four leaves.

    A tree embeds one of the three ways to pair four leaves; its cost is the sum of the distances
    within the two pairs. The score is 1 where every group is paired at the least cost, and 0 at
    the greatest.

    Args:
        tree: Linkage matrix of SciPy.
        distances: Array `(leaves, leaves)`.

    Returns:
        Float from 0 to 1.

    Raises:
        ValueError: If there are fewer than four leaves.

    References:
        - Cilibrasi, Vitányi, 2005, section VI
    """
    from itertools import combinations

    count = len(distances)
    if count < 4 or len(tree) != count - 1:
        raise ValueError(f"`tree` must have four leaves or more, as many as `distances`: {count}.")
    paths = _path_lengths(tree, count)
    a, b, c, d = np.array(list(combinations(range(count), 4))).T
    pairings = (((a, b), (c, d)), ((a, c), (b, d)), ((a, d), (b, c)))
    costs, lengths = (
        np.stack([m[p] + m[q] for p, q in pairings]) for m in (np.asarray(distances), paths)
    )
    chosen = np.take_along_axis(costs, lengths.argmin(axis=0)[None], axis=0).sum()
    most, least = costs.max(axis=0).sum(), costs.min(axis=0).sum()
    return float((most - chosen) / (most - least)) if most > least else 1.0


def _path_lengths(tree, count):
    """Return the number of edges between all leaves."""
    members = {i: {i: 0} for i in range(count)}
    paths = np.zeros((count, count))
    for step, (left, right, *_) in enumerate(tree):
        left, right = members.pop(int(left)), members.pop(int(right))
        for i, up in left.items():
            for j, down in right.items():
                paths[i, j] = paths[j, i] = up + down + 2
        members[count + step] = {i: up + 1 for i, up in {**left, **right}.items()}
    return paths
