"""Temporal differences, with a learning rate and without one."""

import numpy as np

_SMALLEST = 1e-100


class TemporalDifference:
    """Predict discounted rewards of a Markov process: TD(λ), or HL(λ) without a learning rate.

    HL(λ) sets the rate of every state from its discounted visits, so that the values minimise
    the squared error of what was seen. Several processes may be followed at once.

    Args:
        method: `"td"` or `"hl"`.
        num_states: Positive integer.
        gamma: Float in [0, 1], the discount.
        lam: Float in [0, 1]: how slowly traces (and for HL, visits) fade.
        alpha: Float, or function from the step (from 1) to one: the rate of `"td"` alone.
        replicas: Positive integer, processes followed at once.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> learner = TemporalDifference("hl", num_states=2, gamma=0.0, lam=1.0)
        >>> for reward in (1.0, 2.0, 3.0):
        ...     learner.update(0, reward, 0)
        >>> learner.values.round(2).tolist()
        [1.5, 0.0]

    References:
        - [Hutter, Legg, 2007](https://arxiv.org/abs/0810.5631), equations 5 to 12
    """

    def __init__(self, method, num_states, gamma, lam, alpha=None, replicas=1):
        if method not in ("td", "hl"):
            raise ValueError(f'`method` must be "td" or "hl". Received: method={method!r}')
        for name, value in (("gamma", gamma), ("lam", lam)):
            if not 0 <= value <= 1:
                raise ValueError(f"`{name}` must lie in [0, 1]. Received: {name}={value}")
        for name, value in (("num_states", num_states), ("replicas", replicas)):
            if not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value!r}")
        if (method == "td") != (alpha is not None):
            raise ValueError(f'`alpha` belongs to "td" alone. Received: {method=}, alpha={alpha}')
        self.method, self.gamma, self.lam, self.alpha = method, gamma, lam, alpha
        self._values = np.zeros((replicas, num_states))
        self._traces, self._visits = np.zeros_like(self._values), np.ones_like(self._values)
        self._rows = np.arange(replicas)
        self.time = 0

    @property
    def values(self):
        """Array `(states,)`, or `(replicas, states)` of several."""
        return self._values[0] if len(self._rows) == 1 else self._values

    def update(self, state, reward, next_state):
        """Learn from one transition, or one per replica.

        Args:
            state: Integer, or integers `(replicas,)`.
            reward: Float, or floats `(replicas,)`.
            next_state: As `state`.
        """
        self.time += 1
        here, there = (self._rows, np.asarray(state)), (self._rows, np.asarray(next_state))
        error = reward + self.gamma * self._values[there] - self._values[here]
        self._traces[here] += 1
        if self.method == "td":
            alpha = self.alpha(self.time) if callable(self.alpha) else self.alpha
            self._values += (alpha * error)[:, None] * self._traces
        else:
            self._visits[here] += 1
            seen = self._visits[there]
            error = error * seen / (seen - self.gamma * self._traces[there])
            self._values += error[:, None] * self._traces / self._visits
            self._visits *= self.lam
            np.maximum(self._visits, _SMALLEST, out=self._visits)
        self._traces *= self.gamma * self.lam
