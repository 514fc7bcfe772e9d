"""The type of long sums."""


def wide(dtype):
    """Return `"float64"` for it, and `"float32"` for all others.

    States, scores and sums have this type under mixed precision: bfloat16 loses terms below 1/256
    of a sum, and float16 ends at 65504.
    """
    return "float64" if dtype == "float64" else "float32"
