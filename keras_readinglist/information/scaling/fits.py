"""Fits of scaling laws to measured losses."""

import dataclasses
from typing import NamedTuple

import numpy as np

from keras_readinglist.information.scaling.checks import points, positive
from keras_readinglist.information.scaling.laws import ChinchillaLaw, PowerLaw

_STARTS = [(e, a, b) for e in (-1.0, 0.0, 0.7) for a in (0.0, 5.0, 10.0) for b in (0.0, 5.0, 10.0)]


@dataclasses.dataclass(frozen=True)
class ScalingFit:
    """A power law that was fitted: the law, how sure it is, and how well it fits."""

    law: PowerLaw
    interval: tuple
    r_squared: float
    residuals: np.ndarray

    def loss(self, x):
        """Return the loss that the law predicts."""
        return self.law.loss(x)


class CriticalBatch(NamedTuple):
    """What reaching a loss takes at least.

    Attributes:
        min_steps: Updates, with batches without end.
        min_examples: Examples, or tokens, with batches of next to nothing.
        batch: Their ratio, the critical batch: twice `min_steps` and twice `min_examples`.
    """

    min_steps: float
    min_examples: float
    batch: float


def fit_scaling_law(x, loss, confidence=0.95):
    """Fit `loss = (scale / x) ** exponent` by least squares of the logarithms.

    Args:
        x: Sequence of at least 3 different positive numbers: parameters, tokens or compute.
        loss: Sequence of positive losses.
        confidence: Float in (0, 1), of the interval of the exponent by Student's t.

    Returns:
        A `ScalingFit`: `law`, `interval` of the exponent, `r_squared` and `residuals` of
        `log(loss)`.

    Raises:
        ValueError: If points are too few or not positive, or the loss does not fall with `x`.

    Example:
        >>> fit = fit_scaling_law([1e3, 1e4, 1e5], [3.0, 2.4, 1.92])
        >>> round(fit.law.exponent, 4)
        0.0969

    References:
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), section 3
    """
    from scipy import stats

    if not 0 < confidence < 1:
        raise ValueError(f"`confidence` must lie in (0, 1). Received: confidence={confidence}")
    x, loss = np.log(points(3, x=x, loss=loss))
    line = stats.linregress(x, loss)
    if not line.slope < 0:
        raise ValueError(f"`loss` must fall with `x`. Received a slope of {line.slope:.3g}")
    exponent = -float(line.slope)
    wide = float(stats.t.ppf((1 + confidence) / 2, len(x) - 2) * line.stderr)
    law = PowerLaw(exponent, float(np.exp(line.intercept / exponent)))
    residuals = loss - line.intercept - line.slope * x
    return ScalingFit(law, (exponent - wide, exponent + wide), float(line.rvalue**2), residuals)


def fit_loss_nd(params, tokens, loss):
    """Fit `L(N, D) = ((N_c / N)^(a_N / a_D) + D_c / D)^a_D` to runs of several sizes and data.

    Args:
        params: Sequence of positive numbers, at least 4 different runs.
        tokens: Sequence of positive numbers.
        loss: Sequence of positive losses.

    Returns:
        Pair of `PowerLaw`, for parameters and for tokens, as `KaplanLaw` takes for `nd`.

    Raises:
        ValueError: If points are too few or not positive.

    Example:
        >>> n, d = np.meshgrid([1e6, 1e7, 1e8], [1e7, 1e8, 1e9])
        >>> size, data = fit_loss_nd(n.ravel(), d.ravel(), KaplanLaw().loss_nd(n, d).ravel())
        >>> round(size.exponent, 3), round(data.exponent, 3)
        (0.076, 0.103)

    References:
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), equation 1.5
    """
    params, tokens, loss = np.log(points(4, params=params, tokens=tokens, loss=loss))

    def predicted(free):
        a_n, a_d = np.exp(free[:2])
        return a_d * np.logaddexp(a_n / a_d * (free[2] - params), free[3] - tokens)

    starts = [(np.log(a), np.log(a), c, c) for a in (0.05, 0.1, 0.3) for c in (15.0, 30.0)]
    a_n, a_d, n_c, d_c = np.exp(_least_squares(predicted, loss, starts))
    return PowerLaw(float(a_n), float(n_c)), PowerLaw(float(a_d), float(d_c))


def fit_loss_ns(params, steps, loss):
    """Fit `L(N, S) = (N_c / N)^a_N + (S_c / S)^a_S` to learning curves.

    Args:
        params: Sequence of positive numbers, at least 4 different points.
        steps: Sequence of positive numbers.
        loss: Sequence of positive losses.

    Returns:
        Pair of `PowerLaw`, for parameters and for steps, as `KaplanLaw` takes for `ns`.

    Raises:
        ValueError: If points are too few or not positive.

    Example:
        >>> n, s = np.meshgrid([1e6, 1e7, 1e8], [1e4, 3e4, 1e5])
        >>> size, time = fit_loss_ns(n.ravel(), s.ravel(), KaplanLaw().loss_ns(n, s).ravel())
        >>> round(size.exponent, 3), round(time.exponent, 2)
        (0.077, 0.76)

    References:
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), equation 1.6
    """
    params, steps, loss = np.log(points(4, params=params, steps=steps, loss=loss))

    def predicted(free):
        a_n, a_s = np.exp(free[:2])
        return np.logaddexp(a_n * (free[2] - params), a_s * (free[3] - steps))

    starts = [(np.log(0.1), np.log(a), n, 7.0) for a in (0.3, 0.8) for n in (15.0, 30.0)]
    a_n, a_s, n_c, s_c = np.exp(_least_squares(predicted, loss, starts))
    return PowerLaw(float(a_n), float(n_c)), PowerLaw(float(a_s), float(s_c))


def _least_squares(predicted, target, starts):
    """Return the free values of least squared error, the best over all starts."""
    from scipy import optimize

    found = [
        optimize.least_squares(lambda free: predicted(free) - target, start, x_scale="jac")
        for start in starts
    ]
    return min(found, key=lambda result: result.cost).x


def fit_chinchilla(params, tokens, loss, delta=1e-3):
    """Fit `E + A / N^alpha + B / D^beta` as Hoffmann et al. do, from 27 starts.

    Minimises the sum of Huber losses of `log(loss)` by BFGS, with exact gradients.

    Args:
        params: Sequence of positive numbers, at least 5 different runs.
        tokens: Sequence of positive numbers.
        loss: Sequence of positive losses.
        delta: Positive float, where the Huber loss turns linear.

    Returns:
        A `ChinchillaLaw`.

    Raises:
        ValueError: If points are too few or an argument is not positive.

    Example:
        >>> truth = ChinchillaLaw.hoffmann()
        >>> n, d = np.meshgrid([1e7, 1e8, 1e9], [1e9, 1e10, 1e11])
        >>> law = fit_chinchilla(n.ravel(), d.ravel(), truth.loss(n, d).ravel())
        >>> round(law.alpha, 2), round(law.beta, 2)
        (0.34, 0.28)

    References:
        - [Hoffmann et al., 2022](https://arxiv.org/abs/2203.15556), equation 3
    """
    from scipy import optimize

    positive(delta=delta)
    params, tokens, loss = np.log(points(5, params=params, tokens=tokens, loss=loss))

    def cost(free):
        e, a, b, alpha, beta = free
        terms = np.stack([np.full_like(loss, e), a - alpha * params, b - beta * tokens])
        total = np.logaddexp.reduce(terms)
        error = total - loss
        near = np.abs(error) <= delta
        huber = np.where(near, error**2 / 2, delta * (np.abs(error) - delta / 2))
        pull = np.clip(error, -delta, delta) * np.exp(terms - total)
        slopes = [*pull.sum(1), -(pull[1] * params).sum(), -(pull[2] * tokens).sum()]
        # The minimum is flat: errors are of the order of `delta`, and its square is the unit.
        return huber.sum() / delta**2, np.array(slopes) / delta**2

    # SciPy's L-BFGS-B finds the same minima, but its LAPACK calls start threads for five numbers:
    # on a busy machine a fit took up to 130 s in place of 1 s.
    options = {"maxiter": 5000, "gtol": 1e-9}
    found = [
        optimize.minimize(cost, (*start, 0.5, 0.5), jac=True, method="BFGS", options=options)
        for start in _STARTS
    ]
    e, a, b, alpha, beta = min(found, key=lambda result: result.fun).x
    return ChinchillaLaw(*np.exp([e, a, b]).tolist(), float(alpha), float(beta))


def fit_critical_batch(steps, examples):
    """Fit `(S / S_min - 1)(E / E_min - 1) = 1` to runs that reached one loss with several batches.

    Args:
        steps: Sequence of positive numbers, the updates that each run took.
        examples: Sequence of positive numbers, the examples or tokens that it read; at least 2
            different batches.

    Returns:
        A `CriticalBatch`.

    Raises:
        ValueError: If points are too few or not positive.

    Example:
        >>> batch = np.array([10.0, 100.0, 1000.0])
        >>> steps = 50 * (1 + 200 / batch)
        >>> [round(number) for number in fit_critical_batch(steps, steps * batch)]
        [50, 10000, 200]

    References:
        - [McCandlish et al., 2018](https://arxiv.org/abs/1812.06162), equation 2.11
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), equation 5.1
    """
    steps, examples = points(1, steps=steps, examples=examples)
    batch, steps = np.log(points(2, batch=examples / steps, steps=steps))

    def predicted(free):
        return free[0] + np.logaddexp(0.0, free[1] - batch)

    starts = [(steps.min(), start) for start in (batch.min(), batch.mean(), batch.max())]
    least, critical = np.exp(_least_squares(predicted, steps, starts)).tolist()
    return CriticalBatch(least, least * critical, critical)


def compute_frontier(compute, loss):
    """Return the indices of the runs on the lower convex hull of `log(loss)` over `log(compute)`.

    Args:
        compute: Sequence of positive numbers.
        loss: Sequence of positive losses.

    Returns:
        Integer array, of rising compute and falling loss.

    Raises:
        ValueError: If there is no point or a number is not positive.

    Example:
        >>> compute_frontier([1.0, 2.0, 4.0, 8.0], [4.0, 3.9, 2.0, 2.5]).tolist()
        [0, 2]

    References:
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), section 6
    """
    x, y = np.log(points(1, compute=compute, loss=loss))
    hull = []
    for i in np.lexsort((y, x)).tolist():
        if hull and y[i] >= y[hull[-1]]:
            continue
        while len(hull) > 1:
            a, b = hull[-2:]
            if (x[b] - x[a]) * (y[i] - y[a]) > (y[b] - y[a]) * (x[i] - x[a]):
                break
            hull.pop()
        hull.append(i)
    return np.array(hull)


def isoflop_minimum(params, loss):
    """Return the size of least loss among runs of one budget, by a parabola in `log(params)`.

    Args:
        params: Sequence of at least 3 different positive numbers.
        loss: Sequence of positive losses.

    Returns:
        A float.

    Raises:
        ValueError: If points are too few or not positive, or the parabola opens downwards.

    Example:
        >>> round(isoflop_minimum([1e3, 1e4, 1e5], [2.1, 2.0, 2.1]))
        10000

    References:
        - [Hoffmann et al., 2022](https://arxiv.org/abs/2203.15556), section 3.2
    """
    params, loss = points(3, params=params, loss=loss)
    curve, slope, _ = np.polyfit(np.log(params), loss, 2)
    if not curve > 0:
        raise ValueError(f"`loss` must have a minimum. Received a curvature of {curve:.3g}")
    return float(np.exp(-slope / (2 * curve)))


def simple_noise_scale(small_norm, big_norm, small_batch, big_batch):
    """Return `tr(Sigma) / |G|^2` from mean squared norms of gradients of two batch sizes.

    Args:
        small_norm: Positive float, the mean of `|G|^2` over small batches.
        big_norm: Positive float, the same over big ones.
        small_batch: Positive number.
        big_batch: Greater number.

    Returns:
        A float, in the unit of the batches; infinite where the noise hides the gradient.

    Raises:
        ValueError: If an argument is not positive or the batches are not in order.

    Example:
        >>> simple_noise_scale(3.0, 2.0, small_batch=1, big_batch=2)
        2.0

    References:
        - [McCandlish et al., 2018](https://arxiv.org/abs/1812.06162), appendix A.1
    """
    positive(small_norm=small_norm, big_norm=big_norm, small_batch=small_batch, big_batch=big_batch)
    if not small_batch < big_batch:
        raise ValueError(
            f"`small_batch` must be less than `big_batch`. Received: {small_batch} and {big_batch}"
        )
    signal = (big_batch * big_norm - small_batch * small_norm) / (big_batch - small_batch)
    noise = (small_norm - big_norm) / (1 / small_batch - 1 / big_batch)
    return noise / signal if signal > 0 else float("inf")
