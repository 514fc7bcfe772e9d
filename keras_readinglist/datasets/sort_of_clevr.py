"""Sort-of-CLEVR: six coloured shapes, and questions about one of them or about pairs."""

from typing import NamedTuple

import numpy as np

IMAGE_SIZE = 75
HALF_SIZE = 5
SPACING = 15
COLOURS = ("red", "green", "blue", "orange", "grey", "yellow")
SHAPES = ("square", "circle")
KINDS = ("shape", "left", "upper", "nearest", "furthest", "count")  # the first three: one object
ANSWERS = ("yes", "no", "square", "circle", "1", "2", "3", "4", "5", "6")
QUESTION_DIM = len(COLOURS) + 2 + 3
PALETTE = np.array(
    [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 156, 0), (128, 128, 128), (255, 255, 0)], "uint8"
)
_YES, _NO, _SQUARE, _ONE = 0, 1, 2, 4


class SortOfCLEVR(NamedTuple):
    """Scenes with their questions; `n` scenes of `q` questions each."""

    images: np.ndarray
    """uint8 `(n, 75, 75, 3)`, on white; `None` if they were not asked for."""
    objects: np.ndarray
    """float32 `(n, 6, 10)`: x, y in [-1, 1], colour one-hot, shape one-hot."""
    questions: np.ndarray
    """float32 `(n, q, 11)`: colour one-hot, type one-hot, subtype one-hot."""
    answers: np.ndarray
    """int32 `(n, q)`, indices into `ANSWERS`."""
    kinds: np.ndarray
    """int32 `(n, q)`, indices into `KINDS`; from 3 on the question is relational."""


def sort_of_clevr(n_images, rng=None, questions_per_type=10, pixels=True):
    """Draw scenes and as many questions of either type about each.

    A scene has one object of every colour, a square or a circle with equal chances. Centres are
    uniform integers in [5, 70); scenes with two centres no more than 15 pixels apart are drawn
    anew, and so are scenes in which the nearest or the furthest object of any object is a tie.

    Args:
        n_images: Positive integer.
        rng: `numpy.random.Generator` or a seed.
        questions_per_type: Positive integer: as many questions about one object
            (its shape; is it left of the middle; is it above) as about relations (the shape of the
            object nearest to it; of the furthest; how many have its shape, itself included).
        pixels: Boolean, whether to draw the images.

    Returns:
        A `SortOfCLEVR`; the first half of the questions of a scene is non-relational.

    Raises:
        ValueError: If a number is not positive.

    Example:
        >>> scenes = sort_of_clevr(2, rng=0)
        >>> scenes.images.shape, scenes.objects.shape, scenes.questions.shape
        ((2, 75, 75, 3), (2, 6, 10), (2, 20, 11))

    References:
        - [Santoro et al., 2017](https://arxiv.org/abs/1706.01427), section 4.2 and supplement
    """
    for name, value in (("n_images", n_images), ("questions_per_type", questions_per_type)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}")
    rng = np.random.default_rng(rng)
    centres, shapes = random_scenes(n_images, rng)
    size = (n_images, questions_per_type)
    colours = rng.integers(0, len(COLOURS), (n_images, 2 * questions_per_type))
    kinds = np.concatenate([rng.integers(0, 3, size), rng.integers(3, 6, size)], axis=1)
    rows = np.arange(n_images)[:, None]
    return SortOfCLEVR(
        images=render(centres, shapes) if pixels else None,
        objects=describe(centres, shapes),
        questions=encode_questions(colours, kinds),
        answers=all_answers(centres, shapes)[rows, colours, kinds],
        kinds=kinds.astype("int32"),
    )


def random_scenes(n_images, rng=None):
    """Draw scenes in which no objects touch and no distance question is a tie.

    Args:
        n_images: Positive integer.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        Centres, int32 `(n, 6, 2)`, x (column) and y (row) in pixels; shapes, int32 `(n, 6)`,
        indices into `SHAPES`. Object `k` has the colour `COLOURS[k]`.
    """
    rng = np.random.default_rng(rng)
    count = len(COLOURS)
    centres = np.empty((n_images, count, 2), "int32")
    missing = n_images
    while missing:
        tried = _candidates(2 * missing + 16, rng)
        found = tried[~has_ties(tried)][:missing]
        centres[missing - len(found) : missing] = found
        missing -= len(found)
    return centres, rng.integers(0, len(SHAPES), (n_images, count)).astype("int32")


def _candidates(size, rng):
    """Place one object after the other; drop the scenes in which the next comes too close."""
    low, high = HALF_SIZE, IMAGE_SIZE - HALF_SIZE
    placed = rng.integers(low, high, (8 * size, len(COLOURS), 2), dtype="int32")
    for k in range(1, len(COLOURS)):  # whole scenes are rejected, so that all are equally likely
        gaps = np.square(placed[:, k, None] - placed[:, :k]).sum(axis=-1)
        placed = placed[(gaps > SPACING**2).all(axis=-1)]
    return placed


def squared_distances(centres):
    """Return the squared distances `(n, 6, 6)` of all pairs of centres `(n, 6, 2)`."""
    return np.square(centres[:, :, None] - centres[:, None]).sum(axis=-1)


def has_ties(centres):
    """Return in which scenes two objects are equally near to, or far from, a third, `(n,)`."""
    ordered = np.sort(squared_distances(centres), axis=-1)  # column 0 is the object itself
    near = ordered[..., 1] == ordered[..., 2]
    return (near | (ordered[..., -1] == ordered[..., -2])).any(axis=-1)


def all_answers(centres, shapes):
    """Answer every question about every object.

    Args:
        centres: Int array `(n, 6, 2)`.
        shapes: Int array `(n, 6)`.

    Returns:
        Int32 array `(n, 6, 6)`, by scene, colour and `KINDS`: indices into `ANSWERS`.
    """
    distances = squared_distances(centres)
    here = np.arange(len(COLOURS))
    furthest = distances.argmax(axis=-1)
    distances[:, here, here] = np.iinfo(distances.dtype).max  # nothing is its own nearest
    nearest = distances.argmin(axis=-1)
    same = (shapes[:, :, None] == shapes[:, None]).sum(axis=-1)
    middle = IMAGE_SIZE / 2
    return np.stack(
        [
            _SQUARE + shapes,
            np.where(centres[..., 0] < middle, _YES, _NO),
            np.where(centres[..., 1] < middle, _YES, _NO),
            _SQUARE + np.take_along_axis(shapes, nearest, axis=1),
            _SQUARE + np.take_along_axis(shapes, furthest, axis=1),
            _ONE - 1 + same,
        ],
        axis=-1,
    ).astype("int32")


def encode_questions(colours, kinds):
    """Write questions as 11 bits: six for the colour, two for the type, three for the subtype.

    Args:
        colours: Int array, indices into `COLOURS`.
        kinds: Int array of the same shape, indices into `KINDS`.

    Returns:
        Float32 array of that shape and a last axis of 11.
    """
    colours, kinds = np.asarray(colours), np.asarray(kinds)
    parts = [(colours, len(COLOURS)), (kinds // 3, 2), (kinds % 3, 3)]
    return np.concatenate([np.eye(n, dtype="float32")[index] for index, n in parts], axis=-1)


def describe(centres, shapes):
    """Return the objects `(n, 6, 10)`: x, y in [-1, 1], colour one-hot, shape one-hot."""
    middle = (IMAGE_SIZE - 1) / 2
    places = (np.asarray(centres) - middle) / middle
    colours = np.broadcast_to(np.eye(len(COLOURS)), (len(places), len(COLOURS), len(COLOURS)))
    return np.concatenate([places, colours, np.eye(2)[shapes]], axis=-1).astype("float32")


def render(centres, shapes):
    """Draw scenes on white.

    Args:
        centres: Int array `(n, 6, 2)`, each at least 5 pixels from the edge, no two within 15.
        shapes: Int array `(n, 6)`.

    Returns:
        uint8 array `(n, 75, 75, 3)`.
    """
    images = np.full((len(centres), IMAGE_SIZE, IMAGE_SIZE, 3), 255, "uint8")
    offsets = np.arange(-HALF_SIZE, HALF_SIZE + 1)
    x, y = np.moveaxis(np.asarray(centres)[..., None] + offsets, 2, 0)  # (n, 6, 11) each
    rows = np.arange(len(centres))[:, None, None, None]
    # The 11 x 11 patches of two objects never overlap, so that whole patches can be written.
    images[rows, y[..., :, None], x[..., None, :]] = _STAMPS[np.arange(len(COLOURS)), shapes]
    return images


def _stamps():
    """Return the patches of all colours and shapes, uint8 `(6, 2, 11, 11, 3)`."""
    offsets = np.arange(-HALF_SIZE, HALF_SIZE + 1)
    disc = np.square(offsets)[:, None] + np.square(offsets) <= HALF_SIZE**2
    inside = np.stack([np.ones_like(disc), disc])[None, ..., None]
    return np.where(inside, PALETTE[:, None, None, None], np.uint8(255))


_STAMPS = _stamps()
