"""What the quick algorithms must equal; the benchmarks time them beside these."""


def slow_lempel_ziv(text):
    """Return the components of the exhaustive history by trying all copies."""
    start = count = 0
    while start < len(text):
        length = 1
        while (
            start + length <= len(text)
            and text[start : start + length] in text[: start + length - 1]
        ):
            length += 1
        count, start = count + 1, start + length
    return count
