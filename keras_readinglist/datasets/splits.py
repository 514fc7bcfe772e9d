"""Which part of a data set an example belongs to."""

import hashlib


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
