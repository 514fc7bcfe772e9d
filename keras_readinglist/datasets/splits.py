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
