"""Characters to integers and back."""

import numpy as np

_POLICIES = ("error", "unknown", "drop")
REPLACEMENT = "\ufffd"


class CharTokenizer:
    """Maps every character of a vocabulary to an integer.

    Args:
        vocabulary: String of distinct characters; a character's place is its integer.
        unknown: What `encode` does with other characters: `"error"` raises, `"unknown"` puts
            the replacement character (U+FFFD, which must be in the vocabulary), `"drop"` leaves
            them out. Defaults to `"error"`.

    Raises:
        ValueError: If the vocabulary is empty or has a character twice.

    Example:
        >>> tokenizer = CharTokenizer.from_text("hello")
        >>> tokenizer.vocabulary
        'ehlo'
        >>> tokenizer.encode("hole").tolist()
        [1, 3, 2, 0]
        >>> tokenizer.decode([1, 0])
        'he'
    """

    def __init__(self, vocabulary, unknown="error"):
        vocabulary = "".join(vocabulary)
        if not vocabulary or len(set(vocabulary)) != len(vocabulary):
            raise ValueError(
                "`vocabulary` must hold at least one character, each once. "
                f"Received: vocabulary={vocabulary!r}"
            )
        if unknown not in _POLICIES:
            raise ValueError(f"`unknown` must be one of {_POLICIES}. Received: unknown={unknown!r}")
        if unknown == "unknown" and REPLACEMENT not in vocabulary:
            raise ValueError("`unknown='unknown'` needs U+FFFD in `vocabulary`.")
        self.vocabulary, self.unknown = vocabulary, unknown
        self._index = {character: i for i, character in enumerate(vocabulary)}

    @classmethod
    def from_text(cls, text, min_count=1, unknown="error"):
        """Take the characters that occur at least `min_count` times in `text`, sorted."""
        codes, counts = np.unique(_code_points(text), return_counts=True)
        characters = {chr(code) for code in codes[counts >= min_count]}
        if unknown == "unknown":
            characters.add(REPLACEMENT)
        return cls("".join(sorted(characters)), unknown)

    def __len__(self):
        return len(self.vocabulary)

    def encode(self, text):
        """Return the characters of `text` as an int32 array."""
        strange = sorted(set(text) - self._index.keys())
        if strange and self.unknown == "error":
            shown = ", ".join(f"{c!r} (U+{ord(c):04X})" for c in strange[:5])
            raise ValueError(f"`text` has characters outside the vocabulary: {shown}.")
        if self.unknown == "drop":
            text = "".join(c for c in text if c in self._index)
        replacement = self._index.get(REPLACEMENT, 0)
        return np.array([self._index.get(c, replacement) for c in text], dtype="int32")

    def decode(self, ids):
        """Return a sequence of integers as a string."""
        return "".join(self.vocabulary[i] for i in np.asarray(ids, dtype=int).tolist())


def _code_points(text):
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
