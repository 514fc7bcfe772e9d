"""Digits filled with stripes: a shape for a code, and a texture that neighbours predict."""

import functools

import numpy as np

SIZE = 16
STAY = 0.9  # of a pixel inside a digit: to be as its neighbour on the left
SPECKS = 0.02  # of the pixels outside
TRAIN = 1400  # of 1,797 digits, as scikit-learn's split with the seed 0 draws them


def textured_digits(split="test", rng=0):
    """Draw every digit of a split once, shifted by up to a pixel and filled with stripes.

    The 8 x 8 digits of scikit-learn are doubled, and cut at more than 7 of 16: so 256 pixels are
    inside or outside. Inside, the pixels of a row are a chain that stays black or white nine times
    of ten; outside, 2 in 100 are ones. The shape takes a view of the whole, the stripes only that
    of a neighbour: of the 256 pixels' information most is texture.

    Args:
        split: `"train"` (1,400 digits) or `"test"` (397).
        rng: `numpy.random.Generator` or a seed. Defaults to 0.

    Returns:
        Pictures `(n, 16, 16, 1)`, int32 of zeros and ones; and the digits, `(n,)`, int32.

    Raises:
        ValueError: If the split is unknown.

    Example:
        >>> pictures, digits = textured_digits("test")
        >>> pictures.shape, digits.shape
        ((397, 16, 16, 1), (397,))

    References:
        - After [Chen et al., 2017](https://arxiv.org/abs/1611.02731), section 4.1
    """
    masks, digits = digit_masks(split)
    return textured(*shifted(masks, rng))[..., None], digits


@functools.cache
def digit_masks(split):
    """Return where the digits of a split are, Booleans `(n, 16, 16)`, and which they are."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    if split not in ("train", "test"):
        raise ValueError(f"`split` must be 'train' or 'test'. Received: {split!r}")
    digits = load_digits()
    parts = train_test_split(digits.images, digits.target, train_size=TRAIN, random_state=0)
    images, labels = parts[:2][split == "test"], parts[2:][split == "test"]
    return np.kron(images > 7, np.ones((2, 2), bool)), labels.astype("int32")


def shifted(masks, rng=None):
    """Return masks shifted by -1, 0 or 1 pixels up or down and to a side, and the generator."""
    rng = np.random.default_rng(rng)
    places = np.arange(SIZE)
    rows, columns = (places + rng.integers(-1, 2, (2, len(masks), 1))) % SIZE
    index = np.arange(len(masks))[:, None, None]
    return masks[index, rows[:, :, None], columns[:, None]], rng


def textured(masks, rng=None):
    """Return masks filled with stripes, int32 of zeros and ones.

    Args:
        masks: Boolean array `(n, height, width)`.
        rng: `numpy.random.Generator` or a seed.
    """
    rng = np.random.default_rng(rng)
    changes = rng.random(masks.shape) >= STAY
    changes[..., 0] = rng.random(masks.shape[:2]) < 0.5
    stripes = np.cumsum(changes, axis=2) % 2
    return np.where(masks, stripes, rng.random(masks.shape) < SPECKS).astype("int32")
