"""Which part of a data set an example belongs to."""

import hashlib

import numpy as np


def by_hash(key: str, test: int, validation: int = 0) -> str:
    """Return the part that an example belongs to, by a hash of what it is.

    Equal keys are always in the same part, on every machine and in every order.

    Args:
        key: String, what makes the example: its name, or its text.
        test: Integer, the per cent that are for testing.
        validation: Integer, the per cent that are for validation. Defaults to 0.

    Returns:
        `"train"`, `"validation"` or `"test"`.

    Example:
        >>> [by_hash(name, test=30, validation=30) for name in "bce"]
        ['train', 'test', 'validation']
    """
    share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % 100
    if share < test:
        return "test"
    return "validation" if share < test + validation else "train"


def by_permutation(count: int, test: int, validation: int, split: str, seed: int = 0) -> np.ndarray:
    """Return the numbers of the examples of a split, of a shuffled set whose first are for testing.

    Args:
        count: Integer, the number of examples.
        test: Integer, how many are for testing.
        validation: Integer, how many of the next are for validation.
        split: `"train"`, `"validation"` or `"test"`.
        seed: Integer, the seed of the permutation, by NumPy's old generator, as others split.

    Example:
        >>> [by_permutation(5, 1, 1, split).tolist() for split in ("train", "validation", "test")]
        [[1, 3, 4], [0], [2]]
    """
    order = np.random.RandomState(seed).permutation(count)
    kept = {
        "test": slice(test),
        "validation": slice(test, test + validation),
        "train": slice(test + validation, None),
    }
    return order[kept[split]]


class TwoParts:
    """Pictures and labels as they were published, for training and for testing.

    A part is read when it is asked for.

    Args:
        read: Function of `"train"` or `"test"` that returns the pictures and labels of that part.
        validation: Integer, how many of the last for training are for validation.

    Example:
        >>> parts = TwoParts(lambda part: (np.zeros((5, 2, 2)), np.arange(5)), validation=2)
        >>> [parts.split(name)[1].tolist() for name in ("train", "validation", "test")]
        [[0, 1, 2], [3, 4], [0, 1, 2, 3, 4]]
    """

    def __init__(self, read, validation):
        self.read, self.validation = read, validation

    def split(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the pictures `(n, ...)` of a split, and their labels `(n,)`, int32."""
        images, labels = self.read("test" if split == "test" else "train")
        chosen = {"train": slice(-self.validation), "validation": slice(-self.validation, None)}
        rows = chosen.get(split, slice(None))
        return images[rows], labels[rows].astype("int32")
