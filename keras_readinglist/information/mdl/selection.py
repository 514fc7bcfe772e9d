"""Choosing among models by their code lengths."""

from dataclasses import dataclass

import numpy as np

from keras_readinglist.information.mdl.codes import in_unit, integer_code_length
from keras_readinglist.information.mdl.discrete import Markov
from keras_readinglist.information.mdl.estimator import Estimator
from keras_readinglist.information.mdl.families import check_symbols, code_length


@dataclass(frozen=True)
class Selection:
    """What `select_model` returns.

    Args:
        best: The name of the candidate with the shortest code.
        scores: Dictionary from names to code lengths.
        posterior_weights: Dictionary from names to `2 ** -length`, normalized.
        unit: `"bits"` or `"nats"`.
    """

    best: str
    scores: dict
    posterior_weights: dict
    unit: str

    def table(self):
        """Return the candidates as lines of text, the best first."""
        width = max(map(len, self.scores))
        lines = [f"{'model':{width}}  {self.unit:>10}  weight"]
        for name, length in sorted(self.scores.items(), key=lambda item: item[1]):
            lines.append(f"{name:{width}}  {length:10.2f}  {self.posterior_weights[name]:6.3f}")
        return "\n".join(lines)


def select_model(x, candidates, method="nml", unit="bits"):
    """Describe data with every candidate and return the comparison.

    Args:
        x: The data.
        candidates: Dictionary from names to model families, or a sequence of families.
        method: As for `code_length`.
        unit: `"bits"` or `"nats"`.

    Returns:
        A `Selection`.

    Raises:
        ValueError: If there is no candidate; else as for `code_length`.

    Example:
        >>> x = np.tile([0, 1], 40)
        >>> chains = {f"order {r}": Markov(r, 2) for r in range(3)}
        >>> select_model(x, chains).best
        'order 1'

    References:
        - [Grünwald, 2004](https://arxiv.org/abs/math/0406077), section 2.6
    """
    if not isinstance(candidates, dict):
        candidates = {f"{type(m).__name__} {i}": m for i, m in enumerate(candidates)}
    if not candidates:
        raise ValueError("`candidates` must not be empty.")
    nats = {name: code_length(x, m, method, "nats") for name, m in candidates.items()}
    best = min(nats, key=nats.get)
    weights = {name: float(np.exp(nats[best] - length)) for name, length in nats.items()}
    total = sum(weights.values())
    return Selection(
        best,
        {name: in_unit(length, unit) for name, length in nats.items()},
        {name: weight / total for name, weight in weights.items()},
        unit,
    )


class MDLMarkovOrder(Estimator):
    """Finds how many symbols back a sequence depends on, and predicts from them.

    The order is named first, by the universal code of integers. If no message is then shorter than
    symbols of no distribution at all, the order is 0: contexts that are hardly ever seen twice say
    nothing of the next symbol, and their code is uniform too.

    Args:
        max_order: Integer, the longest context that is tried.
        categories: Integer, the size of the alphabet. Defaults to the largest symbol plus one.
        method: `"nml"`, `"bayes"`, `"two_part"`, `"bic"` or `"aic"`.

    Attributes:
        order_: The order chosen.
        scores_: Nats of every order from 0.

    Example:
        >>> chain = MDLMarkovOrder(max_order=3).fit(np.tile([0, 0, 1], 60))
        >>> chain.order_, chain.predict([0, 0])
        (2, 1)
    """

    inputs = ("one_d_array", "categorical")

    def __init__(self, max_order=5, categories=None, method="nml"):
        self.max_order, self.categories, self.method = max_order, categories, method

    def fit(self, x, y=None):
        """Choose the order and count transitions."""
        if not isinstance(self.max_order, (int, np.integer)) or self.max_order < 0:
            raise ValueError(
                f"`max_order` must be an integer of at least 0. Received: {self.max_order!r}"
            )
        x = check_symbols(x, self.categories)
        if len(x) == 0:
            raise ValueError("`x` must not be empty.")
        self.n_categories_ = self.categories or int(x.max()) + 1
        orders = range(self.max_order + 1)
        chains = [Markov(order, self.n_categories_) for order in orders]
        self.scores_ = np.array([code_length(x, c, self.method, "nats") for c in chains])
        names = integer_code_length(np.arange(1, self.max_order + 2), unit="nats")
        totals = self.scores_ + names
        uniform = len(x) * np.log(self.n_categories_) + names[0]
        self.order_ = int(np.argmin(totals)) if totals.min() < uniform - 1e-9 else 0
        self.counts_ = {}
        for i in range(self.order_, len(x)):
            context = tuple(x[i - self.order_ : i].tolist())
            counts = self.counts_.setdefault(context, np.zeros(self.n_categories_, np.int64))
            counts[x[i]] += 1
        return self

    def predict_proba(self, context):
        """Return the distribution of the symbol after a context, by Krichevsky and Trofimov."""
        self._fitted("order_")
        context = check_symbols(context, self.n_categories_).tolist()
        if len(context) < self.order_:
            raise ValueError(f"`context` must have {self.order_} symbols. Received: {len(context)}")
        known = self.counts_.get(tuple(context[len(context) - self.order_ :]), 0) + np.full(
            self.n_categories_, 0.5
        )
        return known / known.sum()

    def predict(self, context):
        """Return the most probable symbol after a context."""
        return int(np.argmax(self.predict_proba(context)))

    def score(self, x, y=None):
        """Return the mean log probability in nats of a sequence's symbols after their contexts."""
        self._fitted("order_")
        x = check_symbols(x, self.n_categories_)
        if len(x) <= self.order_:
            raise ValueError(f"`x` must have more than {self.order_} symbols. Received: {len(x)}")
        places = range(self.order_, len(x))
        return float(
            np.mean([np.log(self.predict_proba(x[i - self.order_ : i])[x[i]]) for i in places])
        )
