"""Error rates of transcripts: how many words or characters people would have to mend."""

import numpy as np


def word_error_rate(hypotheses, references):
    """Return the edits of all transcripts by the words of all references.

    An edit inserts, removes or replaces a word; words stand between blanks. The rate is that of the
    whole set, not a mean over transcripts, and may exceed 1.

    Args:
        hypotheses: Sequence of strings, what was recognised.
        references: Sequence of as many strings, what was said.

    Returns:
        Float; if no reference has a word, 0 for empty hypotheses and infinity for others.

    Raises:
        ValueError: If there are not as many references as hypotheses.

    Example:
        >>> word_error_rate(["one too", "four"], ["one two three", "four"])
        0.5

    References:
        - [Amodei et al., 2015](https://arxiv.org/abs/1512.02595), section 3.1
    """
    return _rate([h.split() for h in hypotheses], [r.split() for r in references])


def character_error_rate(hypotheses, references):
    """Return the edits of all transcripts by the characters of all references, as above.

    Args:
        hypotheses: As in `word_error_rate`.
        references: As in `word_error_rate`.

    Example:
        >>> character_error_rate(["one too"], ["one two"])
        0.142...
    """
    return _rate(hypotheses, references)


def edit_distance(first, second):
    """Return the least number of insertions, removals and replacements between two sequences.

    Args:
        first: Sequence of hashable elements, such as a string or a list of words.
        second: Another.

    Example:
        >>> edit_distance("kitten", "sitting")
        3
    """
    codes = {}
    first, second = (
        np.array([codes.setdefault(x, len(codes)) for x in sequence], int)
        for sequence in (first, second)
    )
    places = np.arange(len(second) + 1)
    row = places
    for i, element in enumerate(first, start=1):
        without = np.minimum(row[1:] + 1, row[:-1] + (second != element))
        # Insertions run along the row: the least of what lies before and a step for every place.
        row = np.minimum.accumulate(np.append(i, without) - places) + places
    return int(row[-1])


def _rate(hypotheses, references):
    if len(hypotheses) != len(references):
        raise ValueError(
            "`references` must be as many as `hypotheses`. "
            f"Received: {len(references)} and {len(hypotheses)}"
        )
    edits = sum(edit_distance(h, r) for h, r in zip(hypotheses, references, strict=True))
    total = sum(map(len, references))
    if not total:
        return float("inf") if edits else 0.0
    return edits / total
