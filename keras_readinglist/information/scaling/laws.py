"""The laws of Kaplan et al. and of Hoffmann et al., with their constants."""

import dataclasses

import numpy as np

from keras_readinglist.information.scaling.checks import positive
from keras_readinglist.information.scaling.counting import PF_DAY


@dataclasses.dataclass(frozen=True)
class Allocation:
    """How to spend a budget: parameters, tokens, and where known tokens of a batch and steps."""

    params: float
    tokens: float
    batch_tokens: float | None = None
    steps: float | None = None


@dataclasses.dataclass(frozen=True)
class PowerLaw:
    """`loss = (scale / x) ** exponent`.

    Args:
        exponent: Positive float.
        scale: Positive float, where the loss is 1.

    Raises:
        ValueError: If an argument is not positive.

    Example:
        >>> PowerLaw(0.5, 100.0).loss(25.0)
        2.0

    References:
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), equations 1.1 to 1.3
    """

    exponent: float
    scale: float

    def __post_init__(self):
        positive(exponent=self.exponent, scale=self.scale)

    def loss(self, x):
        """Return the loss at `x`, a positive number or array."""
        positive(x=x)
        return (self.scale / x) ** self.exponent

    def inverse(self, loss):
        """Return the `x` of a loss, a positive number or array."""
        positive(loss=loss)
        return self.scale / loss ** (1 / self.exponent)


@dataclasses.dataclass(frozen=True)
class KaplanLaw:
    """All laws of the paper, in nats per token; every field is one fitted constant pair.

    Parameters are counted without embeddings, compute in PF-days. The constants were fitted
    separately for every law, so the same symbol differs from one to the next.

    Args:
        n: `PowerLaw` of the parameters, trained to convergence.
        d: `PowerLaw` of the tokens, stopped early.
        c: `PowerLaw` of the compute at a fixed batch size.
        c_min: `PowerLaw` of the least compute.
        nd: Pair of `PowerLaw` for parameters and tokens together.
        ns: Pair of `PowerLaw` for parameters and steps together.
        batch: `PowerLaw` whose inverse is the critical batch size, in tokens.

    Example:
        >>> law = KaplanLaw()
        >>> round(law.loss_n(1.5e9), 2)
        2.3
        >>> f"{law.optimal_allocation(1.0).params:.1e}"
        '1.3e+09'

    References:
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), appendix A
    """

    n: PowerLaw = PowerLaw(0.076, 8.8e13)
    d: PowerLaw = PowerLaw(0.095, 5.4e13)
    c: PowerLaw = PowerLaw(0.057, 1.6e7)
    c_min: PowerLaw = PowerLaw(0.050, 3.1e8)
    nd: tuple = (PowerLaw(0.076, 6.4e13), PowerLaw(0.103, 1.8e13))
    ns: tuple = (PowerLaw(0.077, 6.5e13), PowerLaw(0.76, 2.1e3))
    batch: PowerLaw = PowerLaw(0.21, 2.1e8)

    def loss_n(self, params):
        """Return the loss at convergence with unlimited data."""
        return self.n.loss(params)

    def loss_d(self, tokens):
        """Return the loss of a large model that stops early."""
        return self.d.loss(tokens)

    def loss_c(self, pf_days, adjusted=True):
        """Return the loss for a compute, with `adjusted` at the best batch size."""
        return (self.c_min if adjusted else self.c).loss(pf_days)

    def loss_nd(self, params, tokens):
        """Return `((N_c / N)^(a_N / a_D) + D_c / D)^a_D`; `tokens` may be infinite."""
        n, d = self.nd
        positive(params=params)
        return ((n.scale / params) ** (n.exponent / d.exponent) + d.scale / tokens) ** d.exponent

    def loss_ns(self, params, steps):
        """Return `(N_c / N)^a_N + (S_c / S_min)^a_S` after so many least steps."""
        n, s = self.ns
        return n.loss(params) + s.loss(steps)

    def critical_batch_size(self, loss):
        """Return the tokens of a batch that balance time and compute."""
        return self.batch.inverse(loss)

    def min_steps(self, steps, batch_tokens, loss):
        """Return the steps that a very large batch would need, `S / (1 + B_crit / B)`."""
        positive(steps=steps, batch_tokens=batch_tokens)
        return steps / (1 + self.critical_batch_size(loss) / batch_tokens)

    def min_compute(self, compute, batch_tokens, loss):
        """Return the compute that a very small batch would need, `C / (1 + B / B_crit)`."""
        positive(compute=compute, batch_tokens=batch_tokens)
        return compute / (1 + batch_tokens / self.critical_batch_size(loss))

    def overfit(self, params, tokens):
        """Return the share by which finite data raises the loss."""
        return self.loss_nd(params, tokens) / self.loss_nd(params, np.inf) - 1

    def min_data(self, params, tolerance=0.02):
        """Return the tokens that keep `overfit` at `tolerance`."""
        positive(params=params, tolerance=tolerance)
        n, d = self.nd
        room = (1 + tolerance) ** (1 / d.exponent) - 1
        return d.scale * (params / n.scale) ** (n.exponent / d.exponent) / room

    def early_stop_steps(self, params, tokens):
        """Return a lower bound of the step at which finite data ends the progress."""
        gap = self.loss_nd(params, tokens) - self.loss_nd(params, np.inf)
        return self.ns[1].inverse(gap)

    @property
    def compute_exponent(self):
        """The exponent of the least compute that the other laws imply."""
        return 1 / (1 / self.ns[1].exponent + 1 / self.batch.exponent + 1 / self.n.exponent)

    def optimal_allocation(self, pf_days, adjusted=True):
        """Return the `Allocation` of a compute by the paper's printed fits.

        Args:
            pf_days: Positive number, with `adjusted` the least compute.
            adjusted: Boolean, whether the batch size follows `critical_batch_size`.
        """
        positive(pf_days=pf_days)
        if not adjusted:
            params = 1.6e9 * pf_days**0.88
            return Allocation(params, pf_days * PF_DAY / (6 * params))
        batch, steps = 2.0e6 * pf_days**0.24, 5.4e3 * pf_days**0.03
        return Allocation(1.3e9 * pf_days**0.73, 2 * batch * steps, batch, steps)

    def contradiction_point(self):
        """Return the PF-days and the `Allocation` at which the laws of compute and data cross."""
        first, growth = self.optimal_allocation(1.0).tokens, 0.24 + 0.03
        at_one = np.log(self.loss_c(1.0)) - np.log(self.loss_d(first))
        pf_days = float(np.exp(at_one / (self.c_min.exponent - growth * self.d.exponent)))
        return pf_days, self.optimal_allocation(pf_days)


@dataclasses.dataclass(frozen=True)
class ChinchillaLaw:
    """`L(N, D) = E + A / N^alpha + B / D^beta`, with the published fits as presets.

    Args:
        floor: Positive float, `E`, the loss that neither size nor data removes.
        a: Positive float, `A`.
        b: Positive float, `B`.
        alpha: Positive float, the exponent of the parameters, embeddings included.
        beta: Positive float, the exponent of the tokens.

    Raises:
        ValueError: If an argument is not positive.

    Example:
        >>> best = ChinchillaLaw.besiroglu().optimal_allocation(5.76e23)
        >>> round(best.tokens / best.params)
        18

    References:
        - [Hoffmann et al., 2022](https://arxiv.org/abs/2203.15556), section 3.3
        - [Besiroglu et al., 2024](https://arxiv.org/abs/2404.10102)
    """

    floor: float
    a: float
    b: float
    alpha: float
    beta: float

    def __post_init__(self):
        positive(**dataclasses.asdict(self))

    @classmethod
    def hoffmann(cls):
        """Return the fit that the paper prints."""
        return cls(1.69, 406.4, 410.7, 0.34, 0.28)

    @classmethod
    def besiroglu(cls):
        """Return the fit of 2024 to the same runs."""
        return cls(1.8172, 482.01, 2085.43, 0.3478, 0.3658)

    def loss(self, params, tokens):
        """Return the loss in nats per token."""
        positive(params=params, tokens=tokens)
        return self.floor + self.a / params**self.alpha + self.b / tokens**self.beta

    def isoflop(self, flops, params):
        """Return the loss of models of several sizes that spend the same `6 N D`."""
        positive(flops=flops, params=params)
        return self.loss(params, flops / (6 * params))

    def optimal_allocation(self, flops):
        """Return the `Allocation` of least loss among those of `6 N D = flops`."""
        positive(flops=flops)
        total = self.alpha + self.beta
        balance = (self.alpha * self.a / (self.beta * self.b)) ** (1 / total)
        params = balance * (flops / 6) ** (self.beta / total)
        return Allocation(params, flops / (6 * params))
