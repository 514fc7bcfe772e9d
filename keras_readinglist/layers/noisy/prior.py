"""The coding prior of noisy weights, a mixture of Gaussians that is learned with them."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_positive


def gaussian_kl(mean, log_scale, prior_mean, prior_log_scale):
    """Return the nats that a Gaussian weight costs under a Gaussian prior, its bits back.

    `G = log(s / sigma) + (sigma^2 + (mu - m)^2) / (2 s^2) - 1/2`.

    Args:
        mean: Float tensor, `mu`.
        log_scale: Float tensor, the logarithm of `sigma`.
        prior_mean: Float tensor, `m`.
        prior_log_scale: Float tensor, the logarithm of `s`.
    """
    # Differences of logarithms: a quotient of squares would leave float32 sooner.
    away = ops.square((mean - prior_mean) * ops.exp(-prior_log_scale))
    ratio = log_scale - prior_log_scale
    return 0.5 * (ops.exp(2 * ratio) + away - 1) - ratio


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MixturePrior(keras.layers.Layer):
    """Says how many nats a noisy weight costs under a mixture of Gaussians.

    A sender who draws the component of a weight, too, gets the bits of that choice back, and pays
    `-log sum_i pi_i exp(-G_i)`, where `G_i` is the Kullback-Leibler divergence to component `i`:
    never less than the divergence to the whole mixture, and exact with one component. Means,
    scales and proportions are learned by the same cost. Layers may share one prior.

    Args:
        means: Sequence of floats, where the means of the components begin. Defaults to those of
            the paper, evenly from -0.24 to 0.24.
        scales: Sequence of as many positive floats, the standard deviations at the beginning, or
            one for all. Defaults to 0.06, half of the distance.
        proportions: Sequence of as many positive floats that sum to one. Defaults to equal ones.
        **kwargs: Base layer keyword arguments, such as `name`, `dtype` and `trainable`.

    Call arguments:
        mean: Float tensor, the means of weights.
        log_scale: Float tensor of the same shape, the logarithms of their standard deviations.
        adapt: Scalar, how much of its gradient the prior gets. At 0 it is frozen. Defaults to 1.

    Input shape:
        Two tensors of the same shape.

    Output shape:
        The same shape, the nats of every weight.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> prior = MixturePrior(means=[0.0], scales=[1.0])
        >>> print(float(prior(np.array([2.0]), np.array([0.0]))[0]))
        2.0

    References:
        - [Hinton and van Camp, 1993](https://www.cs.toronto.edu/~hinton/absps/colt93.pdf),
          section 7
    """

    def __init__(
        self,
        means=(-0.24, -0.12, 0.0, 0.12, 0.24),
        scales=0.06,
        proportions=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.means = [float(mean) for mean in np.ravel(means)]
        count = len(self.means)
        if not count:
            raise ValueError(f"`means` must name at least one component. Received: means={means}")
        self.scales = _each("scales", scales, count)
        self.proportions = _each(
            "proportions", 1 / count if proportions is None else proportions, count
        )
        if abs(sum(self.proportions) - 1) > 1e-6:
            raise ValueError(
                f"`proportions` must sum to one. Received: proportions={self.proportions}"
            )

    def build(self, mean_shape=None, log_scale_shape=None):
        self.mean = self._weight("mean", self.means)
        self.log_scale = self._weight("log_scale", np.log(self.scales))
        # One component has the proportion 1 whatever its logit, which would never be trained.
        self.logits = None
        if len(self.means) > 1:
            self.logits = self._weight("logits", np.log(self.proportions))

    def _weight(self, name, values):
        return self.add_weight(
            name=name,
            shape=(len(values),),
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(values, dtype),
            autocast=False,
        )

    def call(self, mean, log_scale, adapt=1.0):
        dtype = wide(self.compute_dtype)
        terms = self.component_nats(mean, log_scale, adapt)
        shares = self.log_proportions(adapt)
        return -ops.logsumexp(ops.cast(shares, dtype) - terms, axis=-1)

    def component_nats(self, mean, log_scale, adapt=1.0):
        """Return the divergence of every weight to every component, `(..., components)`."""
        dtype = wide(self.compute_dtype)
        mean, log_scale = ops.cast(mean, dtype)[..., None], ops.cast(log_scale, dtype)[..., None]
        return gaussian_kl(
            mean, log_scale, _partly(self.mean, adapt, dtype), _partly(self.log_scale, adapt, dtype)
        )

    def log_proportions(self, adapt=1.0):
        """Return the logarithms of the proportions, `(components,)`."""
        if self.logits is None:
            return ops.zeros((1,), wide(self.compute_dtype))
        return ops.log_softmax(_partly(self.logits, adapt, wide(self.compute_dtype)))

    def compute_output_shape(self, mean_shape, log_scale_shape):
        return tuple(mean_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "means": self.means,
            "scales": self.scales,
            "proportions": self.proportions,
        }


def _partly(variable, adapt, dtype):
    """Return the value of a variable, which gets `adapt` of its gradient."""
    value = ops.cast(variable, dtype)
    fixed = ops.stop_gradient(value)
    return fixed + ops.cast(adapt, dtype) * (value - fixed)


def _each(name, values, count):
    values = [float(value) for value in np.ravel(values)]
    values = values * count if len(values) == 1 else values
    if len(values) != count:
        raise ValueError(f"`{name}` must have {count} entries, as `means`. Received: {values}")
    return [check_positive(name, value) for value in values]
