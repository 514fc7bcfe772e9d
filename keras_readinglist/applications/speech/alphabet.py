"""What a recognizer writes: characters, or pairs of them, so that it may take larger steps."""

import itertools

import numpy as np

ENGLISH = " abcdefghijklmnopqrstuvwxyz'"


class Alphabet:
    """The classes of CTC, and texts as these: class 0 is the blank, the symbols follow in order.

    Args:
        symbols: String of distinct characters; or sequence of distinct strings of one or two
            characters. With pairs a text is cut into pairs from its start, and a pair that is no
            symbol is written as two characters.

    Raises:
        ValueError: If a symbol is there twice, or is not of one or two characters.

    Example:
        >>> Alphabet("abc").encode("cab").tolist()
        [3, 1, 2]
        >>> Alphabet(["a", "b", "ab"]).encode("abb").tolist()
        [3, 2]
    """

    def __init__(self, symbols):
        self.symbols = symbols if isinstance(symbols, str) else tuple(symbols)
        right = all(isinstance(symbol, str) and 1 <= len(symbol) <= 2 for symbol in self.symbols)
        if not self.symbols or not right or len(set(self.symbols)) < len(self.symbols):
            raise ValueError(
                "`alphabet` must be distinct characters, or distinct strings of one or two. "
                f"Received: {symbols!r}"
            )
        self._classes = {symbol: k for k, symbol in enumerate(self.symbols, 1)}
        self._pairs = any(len(symbol) == 2 for symbol in self.symbols)

    def __len__(self):
        """Return the number of symbols, without the blank."""
        return len(self.symbols)

    def encode(self, text):
        """Return the classes of a text, int32 `(length,)`; `ValueError` names what is unknown."""
        found = []
        for part in map("".join, _pairs_of(text)) if self._pairs else text:
            found += [part] if part in self._classes else part
        unknown = [symbol for symbol in found if symbol not in self._classes]
        if unknown:
            raise ValueError(
                f"`text` must consist of {self.symbols!r}. Received: {unknown[0]!r} in {text!r}"
            )
        return np.array([self._classes[symbol] for symbol in found], "int32")

    def decode(self, classes):
        """Return the text of classes, blanks left out."""
        return "".join(self.symbols[c - 1] for c in classes if c)


def bigram_alphabet(characters=ENGLISH):
    """Return the symbols of an alphabet of single characters and of all pairs of them.

    Args:
        characters: String of distinct characters.

    Example:
        >>> bigram_alphabet("ab")
        ('a', 'b', 'aa', 'ab', 'ba', 'bb')

    References:
        - [Amodei et al., 2015](https://arxiv.org/abs/1512.02595), section 3.6
    """
    pairs = map("".join, itertools.product(characters, repeat=2))
    return (*characters, *pairs)


def _pairs_of(text):
    return (text[start : start + 2] for start in range(0, len(text), 2))
