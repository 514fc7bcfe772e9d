"""A made language whose phrases are turned round in translation, with the true alignment."""

import numpy as np

END, FIRST = 2, 4  # as in tokenizers: 0 is padding, 1 begins and 2 ends a sentence
SYMBOLS, NOUNS, LONGEST = 40, 10, 4
VOCAB_SIZE = FIRST + 2 * SYMBOLS + LONGEST
_BIJECTION = np.random.default_rng(0).permutation(SYMBOLS)


def reversed_phrases(batch_size, length, rng=None):
    """Draw sentences of a made language with their translations and alignments.

    A sentence is a row of phrases; a phrase is up to three adjectives and a noun. The translation
    has the phrases in the same order, but the words of each in reverse, as French puts adjectives
    behind: every word by a fixed bijection, and behind each phrase a word that agrees with how many
    words it has.

    Args:
        batch_size: Positive integer.
        length: Positive integer, the words of a sentence, or a pair `(smallest, largest)`.
        rng: `numpy.random.Generator` or a seed.

    Returns:
        Source `(batch, largest + 1)` and target `(batch, 2 * largest + 1)`, int32 below 88, each
        ended with 2 and padded with 0; and the place in the source of every word of the target,
        -1 for a word of agreement, the end and padding.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> source, target, alignment = reversed_phrases(2, (3, 5), rng=0)
        >>> source.shape, target.shape, alignment.shape
        ((2, 6), (2, 11), (2, 11))

    References:
        - [Bahdanau et al., 2014](https://arxiv.org/abs/1409.0473), section 5.2.1, on the order of
          adjectives and nouns
    """
    smallest, largest = (length,) * 2 if isinstance(length, int) else length
    if not 1 <= smallest <= largest:
        raise ValueError(
            "`length` must be a positive integer, or a pair (smallest, largest) of such. "
            f"Received: length={length}"
        )
    if batch_size < 1:
        raise ValueError(f"`batch_size` must be positive. Received: batch_size={batch_size}")
    rng = np.random.default_rng(rng)
    lengths = rng.integers(smallest, largest + 1, (batch_size, 1))
    ends = rng.integers(1, LONGEST + 1, (batch_size, largest)).cumsum(axis=1)
    ends = np.minimum(ends, lengths)
    places = np.arange(largest)[None]
    phrase = (ends[:, None] <= places[..., None]).sum(axis=-1).clip(max=largest - 1)
    end = np.take_along_axis(ends, phrase, axis=1)
    begin = np.where(phrase, np.take_along_axis(ends, np.maximum(phrase - 1, 0), axis=1), 0)
    last = places == end - 1
    words = np.where(
        last,
        rng.integers(0, NOUNS, (batch_size, largest)),
        rng.integers(NOUNS, SYMBOLS, (batch_size, largest)),
    )

    source = np.zeros((batch_size, largest + 1), "int32")
    target = np.zeros((batch_size, 2 * largest + 1), "int32")
    alignment = np.full(target.shape, -1, "int32")
    row, place = np.nonzero(places < lengths)
    source[row, place] = FIRST + words[row, place]
    written = (begin + phrase + end - 1 - places)[row, place]
    target[row, written] = FIRST + SYMBOLS + _BIJECTION[words[row, place]]
    alignment[row, written] = place
    row, place = np.nonzero(last & (places < lengths))
    size = (end - begin)[row, place]
    target[row, (end + phrase)[row, place]] = FIRST + 2 * SYMBOLS + size - 1
    rows = np.arange(batch_size)
    source[rows, lengths[:, 0]] = END
    target[rows, (target > 0).sum(axis=1)] = END
    return source, target, alignment
