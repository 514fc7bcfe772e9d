"""What a language model, a bonus per word and a lexicon say of the beginnings of transcripts."""

import functools

import numpy as np

IMPOSSIBLE = -np.inf


class TextScore:
    """Adds `alpha log p(text) + beta units` while a text grows symbol by symbol.

    A unit is a word, which counts once it is followed by a blank or the end, or a character. A text
    is told apart by what matters of it: the units before, and the word that has begun.

    Args:
        vocabulary: Sequence of strings, the symbol of every class, of one character or more; that
            of the blank class is not used.
        blank: Integer, the class that names nothing.
        lm: `information.NGramLanguageModel`, or what has its `order`, `unit`, `start`, `end` and
            `logp`; or `None`.
        alpha: Float, the weight of the model.
        beta: Float, the bonus of a unit.
        lexicon: Iterable of words that may be written, or `None` for all.
    """

    def __init__(self, vocabulary, blank, lm=None, alpha=0.0, beta=0.0, lexicon=None):
        self.vocabulary, self.blank = list(vocabulary), blank
        self.lm, self.alpha, self.beta = lm, alpha, beta
        self.lexicon = None if lexicon is None else set(lexicon)
        self.beginnings = {word[:n] for word in self.lexicon or () for n in range(len(word) + 1)}
        self.by_words = lm is None or lm.unit == "word"
        self.empty = ((lm.start,) if lm else ()), ""
        # Beams share most of what they ask for.
        self.row = functools.lru_cache(2**16)(self._row)

    def follow(self, text, label):
        """Return the text with one more symbol."""
        return self._grown(text, self.vocabulary[label])[0]

    def end(self, text):
        """Return what the end of a text adds."""
        units, word = text
        if word and self.lexicon is not None and word not in self.lexicon:
            return IMPOSSIBLE
        added = 0.0
        if word and self.by_words:
            added, units = self._unit(units, word), self._shorten(units, word)
        return added + self._logp(units, self.lm.end) if self.lm else added

    def _row(self, text):
        """Return what every symbol adds to a text, a float array `(classes,)`."""
        row = np.zeros(len(self.vocabulary))
        for label, symbol in enumerate(self.vocabulary):
            if label != self.blank:
                row[label] = self._grown(text, symbol)[1]
        return row

    def _grown(self, text, symbol):
        """Return the text with the characters of a symbol behind it, and what they add."""
        (units, word), added = text, 0.0
        for character in symbol:
            whole = character == " "
            if not self._allowed(word, character):
                added = IMPOSSIBLE
            elif not self.by_words or (whole and word):
                unit = word if self.by_words else character
                added, units = added + self._unit(units, unit), self._shorten(units, unit)
            word = "" if whole else word + character
        return (units, word), added

    def _allowed(self, word, character):
        if self.lexicon is None:
            return True
        return word in self.lexicon if character == " " else word + character in self.beginnings

    def _unit(self, units, unit):
        return self._logp(units, unit) + self.beta

    def _logp(self, units, unit):
        return self.alpha * self.lm.logp(unit, units) if self.lm else 0.0

    def _shorten(self, units, unit):
        """Return the units that the model looks at after one more."""
        kept = self.lm.order - 1 if self.lm else 0
        return (*units, unit)[-kept:] if kept else ()
