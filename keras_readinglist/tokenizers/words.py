"""Words to integers and back."""

import re
from collections import Counter

import numpy as np

UNKNOWN, END = "<unk>", "<eos>"


class WordTokenizer:
    """Maps every word of a vocabulary to an integer, in the style of the Penn Treebank.

    Words are what stands between blanks. A word outside the vocabulary becomes `<unk>`; if
    `<eos>` is in the vocabulary, the end of a line becomes that, and else it is a blank.

    Args:
        vocabulary: Sequence of distinct words, `<unk>` among them; a word's place is its integer.

    Raises:
        ValueError: If `<unk>` is missing, or a word stands there twice or holds a blank.

    Example:
        >>> tokenizer = WordTokenizer.from_text("to be or not to be", size=3)
        >>> tokenizer.vocabulary
        ['<unk>', 'be', 'to']
        >>> tokenizer.encode("to see or be seen").tolist()
        [2, 0, 0, 1, 0]
        >>> tokenizer.decode([2, 1])
        'to be'
    """

    def __init__(self, vocabulary):
        self.vocabulary = list(vocabulary)
        self._index = {word: i for i, word in enumerate(self.vocabulary)}
        whole = all(word.split() == [word] for word in self.vocabulary)
        if UNKNOWN not in self._index or len(self._index) < len(self.vocabulary) or not whole:
            raise ValueError(
                f"`vocabulary` must hold {UNKNOWN!r} and words without blanks, each once. "
                f"Received: {len(self.vocabulary)} words, {len(self._index)} different"
            )

    @classmethod
    def from_text(cls, text, size=None, eos=False, min_count=1):
        """Take `<unk>` and the words that occur most often in `text`.

        Args:
            text: String.
            size: Positive integer, how many words with `<unk>` and `<eos>`, or `None` for all.
                Of words that occur equally often the first by the alphabet are taken.
            eos: Boolean, whether the end of a line is a word, `<eos>`.
            min_count: Positive integer, how often a word must occur to be taken.
        """
        first = [UNKNOWN, END] if eos else [UNKNOWN]
        if size is not None and size < len(first):
            raise ValueError(f"`size` must be at least {len(first)}. Received: size={size}")
        counts = Counter(text.split())
        frequent = {word for word, count in counts.items() if count >= min_count}
        words = sorted(frequent.difference(first), key=lambda word: (-counts[word], word))
        return cls([*first, *words][:size])

    def __len__(self):
        return len(self.vocabulary)

    def encode(self, text):
        """Return the words of `text` as an int32 array."""
        if END in self._index:
            text = text.replace("\n", f" {END} ")
        unknown = self._index[UNKNOWN]
        return np.array([self._index.get(word, unknown) for word in text.split()], dtype="int32")

    def decode(self, ids):
        """Return a sequence of integers as a string, with a blank between words."""
        words = " ".join(self.vocabulary[i] for i in np.asarray(ids, dtype=int).tolist())
        return re.sub(f" ?{END} ?", "\n", words)
