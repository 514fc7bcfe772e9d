"""Outlines to be filled with the colour of the marker inside: a task that needs a wide view."""

import numpy as np

EMPTY, OUTLINE = 0, 1
MARKERS = ("red", "yellow", "green", "blue")
COLOURS = np.array(
    [
        (0.00, 0.00, 0.00),
        (0.50, 0.50, 0.50),
        (0.90, 0.20, 0.20),
        (0.95, 0.80, 0.15),
        (0.15, 0.75, 0.30),
        (0.20, 0.45, 1.00),
    ],
    "float32",
)


def marker_fill(batch_size, size=64, rng=None, noise=0.1):
    """Draw pictures of closed outlines with a coloured marker in each, and what fills them.

    Every picture has two to four circles or rectangles of half-sizes from 6 to 14 that do not
    touch, as grey lines one pixel wide, and a marker of 3 x 3 pixels within 2 pixels of the middle
    of each. A pixel's label is the colour of the marker inside its outline, the outline included:
    nothing near the pixel tells it.

    Args:
        batch_size: Positive integer.
        size: Integer of at least 64, height and width of the pictures.
        rng: `numpy.random.Generator` or a seed.
        noise: Float, the deviation of the noise on pixels, which are cut off to lie in [0, 1].

    Returns:
        Pictures `(batch, size, size, 3)`, float32, and labels `(batch, size, size)`, int32: 0
        outside of all outlines, and 1 to 4 for the colours of `MARKERS`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> images, labels = marker_fill(2, rng=0)
        >>> images.shape, labels.shape, int(labels.min())
        ((2, 64, 64, 3), (2, 64, 64), 0)

    References:
        - After [Yu and Koltun, 2015](https://arxiv.org/abs/1511.07122), section 3
    """
    if batch_size < 1 or size < 64:
        raise ValueError(
            "`batch_size` must be positive and `size` at least 64. "
            f"Received: batch_size={batch_size}, size={size}"
        )
    rng = np.random.default_rng(rng)
    boards, labels = zip(*(_scene(size, rng) for _ in range(batch_size)), strict=True)
    return painted(np.stack(boards), rng, noise), np.stack(labels)


def painted(boards, rng=None, noise=0.1):
    """Return pictures of boards.

    Args:
        boards: Integer array `(..., height, width)`: 0 for nothing, 1 for an outline, 2 to 5 for
            a marker of one of the `MARKERS`.
        rng: `numpy.random.Generator` or a seed, of the noise.
        noise: Float, as for `marker_fill`.
    """
    clean = COLOURS[boards]
    drawn = np.random.default_rng(rng).standard_normal(clean.shape, "float32")
    return np.clip(clean + np.float32(noise) * drawn, 0, 1)


def filled(board):
    """Return the labels of a board: what every outline that is closed is filled with.

    Args:
        board: Integer array `(height, width)`, as for `painted`.

    Returns:
        Int32 array `(height, width)`. An outline without a marker stays 0; of several colours the
        one with the most pixels counts.
    """
    free = board != OUTLINE
    areas = np.where(free, np.arange(1, board.size + 1).reshape(board.shape), 0)
    while True:  # the largest number of every area spreads through it
        spread = np.where(free, np.maximum.reduce([areas, *_neighbours(areas)]), 0)
        if np.array_equal(spread, areas):
            break
        areas = spread
    edge = np.concatenate([areas[0], areas[-1], areas[:, 0], areas[:, -1]])
    labels = np.zeros(board.shape, "int32")
    for area in np.setdiff1d(areas[board > OUTLINE], np.append(edge, 0)):
        inside = areas == area
        labels[inside] = np.bincount(board[inside & (board > OUTLINE)]).argmax() - OUTLINE
    around = np.maximum.reduce([*_neighbours(labels), *map(_sideways, _neighbours(labels)[:2])])
    return np.where(free, labels, around)


def _neighbours(array):
    """Return the values above, below, left and right of every place; 0 beyond the edge."""
    padded = np.pad(array, 1)
    return padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]


def _sideways(array):
    return np.maximum(*_neighbours(array)[2:])


def _scene(size, rng):
    """Return a board and its labels."""
    while True:
        board, labels = np.zeros((2, size, size), "int32")
        taken, wanted = [], rng.integers(2, 5)
        for _ in range(30):
            if len(taken) == wanted:
                return board, labels
            round_ = rng.random() < 0.5
            half = rng.integers(6, 15, 2)
            half = half[[0, 0]] if round_ else half
            middle = rng.integers(half + 1, size - 1 - half)
            if any((np.abs(middle - m) <= half + h + 2).all() for m, h in taken):
                continue
            taken.append((middle, half))
            offsets = np.indices((size, size)) - middle[:, None, None]
            if round_:
                inside = (offsets**2).sum(0) <= (half[0] + 0.5) ** 2
            else:
                inside = (np.abs(offsets) <= half[:, None, None]).all(0)
            colour = rng.integers(1, 1 + len(MARKERS))
            labels[inside] = colour
            board[inside & ~np.logical_and.reduce(_neighbours(inside))] = OUTLINE
            top, left = middle + rng.integers(-2, 3, 2) - 1
            board[top : top + 3, left : left + 3] = OUTLINE + colour
