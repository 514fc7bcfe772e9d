"""Random variables of which one explains all others: a star-shaped graphical model."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class StarModel:
    """A uniform head, and leaves that depend on the head alone.

    Args:
        tables: Float array `(leaves, cardinality, cardinality)`, the distribution of every leaf
            for every value of the head.
        head: Integer, the place of the head among the variables.
    """

    tables: np.ndarray
    head: int = 0

    def _split(self, values):
        """Return the values of the head `(batch,)` and of the leaves `(batch, leaves)`."""
        return values[:, self.head], np.delete(values, self.head, axis=1)

    def sample(self, count, rng=None):
        """Return values of all variables, int32 `(count, variables)`."""
        rng = np.random.default_rng(rng)
        leaves, cardinality, _ = self.tables.shape
        head = rng.integers(0, cardinality, count)
        below = self.tables.cumsum(axis=-1)[:, head]  # (leaves, count, cardinality)
        drawn = (rng.random((leaves, count, 1)) > below).sum(axis=-1).T
        drawn = np.minimum(drawn, cardinality - 1)  # the sum may fall short of 1
        return np.insert(drawn, self.head, head, axis=1).astype("int32")

    def log_probability(self, values):
        """Return the log-probability of sets of values, in nats, `(batch,)`."""
        head, leaves = self._split(np.asarray(values))
        p = self.tables[np.arange(leaves.shape[1])[None], head[:, None], leaves]
        return np.log(np.maximum(p, 1e-300)).sum(axis=1) - np.log(self.tables.shape[1])

    def entropy(self):
        """Return the entropy of the joint distribution, in nats: what no model can go below."""
        given = -(self.tables * np.log(np.maximum(self.tables, 1e-300))).sum(axis=-1)
        return float(given.mean(axis=1).sum() + np.log(self.tables.shape[1]))


def star_graphical_model(num_variables, cardinality, concentration=0.1, rng=None, head=0):
    """Draw a star model: every row of every leaf's table is Dirichlet.

    Args:
        num_variables: Integer of at least 2, the head and its leaves.
        cardinality: Integer of at least 2, the values of a variable.
        concentration: Positive float; the smaller, the more a leaf is determined by the head.
        rng: `numpy.random.Generator` or a seed.
        head: Integer, the place of the head among the variables. Defaults to the first.

    Returns:
        A `StarModel`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> star = star_graphical_model(4, 3, rng=0)
        >>> star.sample(5, rng=1).shape
        (5, 4)

    References:
        - [Vinyals et al., 2015, Order Matters](https://arxiv.org/abs/1511.06391), section 5.1
    """
    for name, value in (("num_variables", num_variables), ("cardinality", cardinality)):
        if value < 2:
            raise ValueError(f"`{name}` must be at least 2. Received: {name}={value}")
    if not concentration > 0:
        raise ValueError(f"`concentration` must be positive. Received: {concentration}")
    if not 0 <= head < num_variables:
        raise ValueError(f"`head` must be one of the variables. Received: head={head}")
    rng = np.random.default_rng(rng)
    shape = (num_variables - 1, cardinality)
    return StarModel(rng.dirichlet(np.full(cardinality, concentration), shape), head)
