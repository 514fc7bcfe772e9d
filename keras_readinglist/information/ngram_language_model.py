"""n-gram models of words or characters with modified Kneser-Ney smoothing (Chen, Goodman, 1998)."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np

_UNITS = ("word", "char")


class NGramLanguageModel:
    """Predicts a word, or a character, from the `order - 1` before it.

    `p(x | u) = max(c(u x) - D(c(u x)), 0) / c(u) + gamma(u) p(x | u')`, where `u'` is `u` without
    its oldest unit. Below the highest order `c` counts the different units before `u x` in place of
    occurrences. `D` is one of three discounts for the counts 1, 2 and more, and `gamma(u)` is what
    they took off. The last `p` is the same for all units that were seen, `<unk>` and `</s>`.

    Args:
        order: Positive integer, the length of the longest n-gram. Defaults to 5.
        unit: `"word"`, what stands between blanks, or `"char"`. Defaults to `"word"`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = NGramLanguageModel(order=2).fit(["one two", "one two", "two one"])
        >>> model.vocabulary
        ('</s>', '<unk>', 'one', 'two')
        >>> bool(model.logp("two", ["one"]) > model.logp("one", ["one"]))
        True

    References:
        - [Chen, Goodman, 1998](https://dash.harvard.edu/handle/1/25104739), section 3
        - [Heafield et al., 2013](https://aclanthology.org/P13-2121), section 3, beginnings
    """

    start, end, unknown = "<s>", "</s>", "<unk>"

    def __init__(self, order: int = 5, unit: str = "word"):
        if not isinstance(order, (int, np.integer)) or order < 1:
            raise ValueError(f"`order` must be a positive integer. Received: order={order}")
        if unit not in _UNITS:
            raise ValueError(f"`unit` must be one of {_UNITS}. Received: unit={unit!r}")
        self.order, self.unit = int(order), unit
        self._tables = None

    def fit(self, texts: Iterable[str]) -> "NGramLanguageModel":
        """Count the n-grams of texts, each with a start and an end; return the model itself."""
        sentences = [(self.start, *self.units(text), self.end) for text in texts]
        seen = {unit for sentence in sentences for unit in sentence[1:]}
        self.vocabulary = tuple(sorted(seen | {self.end, self.unknown}))
        self._known = set(self.vocabulary)
        counts = _count(sentences, self.order)
        self._tables = [_smooth(table) for table in counts]
        return self

    def units(self, text: str) -> list[str]:
        """Return the words or characters of a text."""
        return text.split() if self.unit == "word" else list(text)

    def logp(self, unit: str, context=()) -> float:
        """Return the natural logarithm of the probability of a unit.

        Args:
            unit: String, or `end`; what was not seen counts as `unknown`.
            context: Sequence of the units before, which begins with `start` where the text does;
                at most the last `order - 1` are looked at.
        """
        if self._tables is None:
            raise ValueError("The model must be fitted first: call `fit`.")
        unit = unit if unit in self._known else self.unknown
        p = 1 / len(self.vocabulary)
        for shares, left in self._back_off(context):
            p = shares.get(unit, 0.0) + left * p
        return math.log(p)

    def distribution(self, context=()) -> np.ndarray:
        """Return the probability of every unit of `vocabulary` after a context."""
        return np.exp([self.logp(unit, context) for unit in self.vocabulary])

    def score(self, text: str) -> float:
        """Return `ln p` of a text and its end."""
        sentence = (self.start, *self.units(text), self.end)
        return sum(self.logp(sentence[i], sentence[:i]) for i in range(1, len(sentence)))

    def perplexity(self, texts: Iterable[str]) -> float:
        """Return the inverse of the geometric mean probability of a unit, ends among them."""
        texts = list(texts)
        count = sum(len(self.units(text)) + 1 for text in texts)
        return math.exp(-sum(map(self.score, texts)) / count)

    def _back_off(self, context):
        """Yield `(shares, gamma)` of every known context, from none to the longest."""
        kept = tuple(context)[-(self.order - 1) :] if self.order > 1 else ()
        kept = tuple(
            unit if unit in self._known or unit == self.start else self.unknown for unit in kept
        )
        for length, table in enumerate(self._tables[: len(kept) + 1]):
            found = table.get(kept[len(kept) - length :])
            if found is None:  # then no longer one was seen either
                return
            yield found


def _count(sentences, order):
    """Return for every length the counts that are smoothed: `{context: {unit: count}}`.

    What begins with a start has nothing before it, and keeps its number of occurrences.
    """
    grams = [
        Counter(
            sentence[i : i + length]
            for sentence in sentences
            for i in range(length == 1, len(sentence) - length + 1)
        )
        for length in range(1, order + 1)
    ]
    for shorter, longer in zip(grams, grams[1:], strict=False):
        before = Counter(gram[1:] for gram in longer)
        for gram in shorter:
            if gram[0] != NGramLanguageModel.start:
                shorter[gram] = before[gram]
    tables = []
    for counted in grams:
        table = defaultdict(dict)
        for gram, count in counted.items():
            table[gram[:-1]][gram[-1]] = count
        tables.append(table)
    return tables


def _smooth(table):
    """Return for every context the discounted shares of its units, and the weight that is left."""
    counts = Counter(count for followers in table.values() for count in followers.values())
    discounts = _discounts(counts)
    smoothed = {}
    for context, followers in table.items():
        total = sum(followers.values())
        taken = {unit: discounts[min(count, 3)] for unit, count in followers.items()}
        shares = {unit: (count - taken[unit]) / total for unit, count in followers.items()}
        smoothed[context] = shares, sum(taken.values()) / total
    return smoothed


def _discounts(counts):
    """Return what is taken off counts of 0, 1, 2 and more, from how often there are counts 1 to 4.

    Where a set is too small to tell they are 0.5, 1 and 1.5, so that something is always left.
    """
    n = [counts[k] for k in range(1, 5)]
    if all(n):
        share = n[0] / (n[0] + 2 * n[1])
        found = [k - (k + 1) * share * n[k] / n[k - 1] for k in (1, 2, 3)]
        if all(0 < discount <= k for k, discount in enumerate(found, start=1)):
            return 0.0, *found
    return 0.0, 0.5, 1.0, 1.5
