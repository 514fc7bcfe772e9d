"""A dense layer of noisy weights, with its exact mean and variance or with samples."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.noisy.moments import ACTIVATIONS, TINY, GaussianMoments
from keras_readinglist.layers.noisy.prior import MixturePrior
from keras_readinglist.layers.precision import matmul, wide
from keras_readinglist.layers.validation import (
    check_choice,
    check_positive,
    check_shape,
    check_size,
)

ESTIMATORS = ("moments", "local", "weights")
FLOOR = -12.0  # of the logarithm of a standard deviation: below it the cost grows for nothing


@keras.saving.register_keras_serializable(package="keras_readinglist")
class NoisyDense(keras.layers.Layer):
    """A dense layer whose weights are Gaussians, `w ~ N(mu, sigma^2)`.

    For an input `a` with a constant 1 for the bias, unit `h` is Gaussian with
    `m_h = sum_i mu_i a_i` and `v_h = sum_i sigma_i^2 a_i^2`. What leaves the layer depends on
    `estimator`:

    - `"moments"`: the mean and variance after the activation. If the inputs are noisy themselves,
      their variance is given as a second argument, and
      `v_h = sum_i (mu_i^2 + sigma_i^2) var_i + sigma_i^2 a_i^2`. Exact through one hidden layer;
      beyond it, hidden units of a layer count as independent Gaussians, which is an approximation.
    - `"local"`: while training, a sample of `N(m_h, v_h)` for every example (local
      reparameterisation); else the mean.
    - `"weights"`: while training, one sample of the weights for a whole batch (Bayes by Backprop);
      else the mean.

    The layer adds its description length to the loss if it knows how many cases share the cost:
    `nats / num_train`, whatever the batch. `description_length` returns it in any case.

    Args:
        units: Positive integer, the width of the output.
        activation: Name of an activation, for `"moments"` one that `GaussianMoments` knows; or
            `None`.
        prior: A `MixturePrior`, perhaps of other layers, too. Defaults to one Gaussian of mean 0
            and standard deviation 0.5, which is learned.
        estimator: `"moments"`, `"local"` or `"weights"`. Defaults to `"moments"`.
        posterior_scale: Positive float, where the `sigma` begin. Defaults to 0.05.
        kernel_initializer: Initializer of `mu`. Defaults to a Gaussian of standard deviation 0.15.
        nodes: As for `GaussianMoments`. Defaults to 16.
        num_train: Positive integer, the cases of the training set, or `None`: then nothing is
            added to the loss.
        seed: Integer seed of the samples, or `None`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(..., features)`.
        variance: Float tensor of the same shape, the variance of the inputs, or `None`; for
            `"moments"` alone.
        training: Boolean, whether samples are drawn.

    Input shape:
        `(..., features)`.

    Output shape:
        For `"moments"` two tensors `(..., units)`, mean and variance, at least in float32; else
        one.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> layer = NoisyDense(3, "tanh")
        >>> mean, variance = layer(np.ones((2, 5)))
        >>> mean.shape, bool(layer.description_length() > 0)
        ((2, 3), True)

    References:
        - [Hinton and van Camp, 1993](https://www.cs.toronto.edu/~hinton/absps/colt93.pdf)
        - [Kingma et al., 2015](https://arxiv.org/abs/1506.02557), local reparameterisation
        - [Blundell et al., 2015](https://arxiv.org/abs/1505.05424), Bayes by Backprop
    """

    def __init__(
        self,
        units,
        activation=None,
        prior=None,
        estimator="moments",
        posterior_scale=0.05,
        kernel_initializer=None,
        nodes=16,
        num_train=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = check_size("units", units)
        self.estimator = check_choice("estimator", estimator, ESTIMATORS)
        self.activation = "linear" if activation is None else activation
        if estimator == "moments":
            check_choice("activation", self.activation, ACTIVATIONS)
        self.posterior_scale = check_positive("posterior_scale", posterior_scale)
        self.prior = MixturePrior([0.0], [0.5]) if prior is None else prior
        if not isinstance(self.prior, MixturePrior):
            raise ValueError(f"`prior` must be a MixturePrior. Received: prior={prior}")
        if kernel_initializer is None:
            kernel_initializer = keras.initializers.RandomNormal(stddev=0.15, seed=seed)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.nodes = check_size("nodes", nodes, 2)
        self.num_train = None if num_train is None else check_size("num_train", num_train)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        if estimator == "moments":
            self.moments = GaussianMoments(self.activation, nodes, dtype=self.dtype_policy)

    def build(self, inputs_shape, variance_shape=None):
        check_shape("inputs", inputs_shape, f"({', '.join('_' * len(inputs_shape))})")
        shape = (inputs_shape[-1] + 1, self.units)  # the last row is the bias
        start = keras.initializers.Constant(np.log(self.posterior_scale))
        add = self.add_weight
        self.mean = add(
            name="mean", shape=shape, initializer=self.kernel_initializer, autocast=False
        )
        self.log_scale = add(name="log_scale", shape=shape, initializer=start, autocast=False)
        self.kept = add(
            name="kept", shape=shape, initializer="ones", trainable=False, autocast=False
        )
        if not self.prior.built:
            self.prior.build()
        if self.estimator == "moments":
            outputs = (*inputs_shape[:-1], self.units)
            self.moments.build(outputs, outputs)

    def posterior(self):
        """Return the means and the logarithms of the standard deviations, the bias last."""
        return self.mean * self.kept, FLOOR + ops.relu(self.log_scale - FLOOR)

    def call(self, inputs, variance=None, training=False):
        if self.num_train is not None:
            self.add_loss(self.description_length() / self.num_train)
        if variance is not None and self.estimator != "moments":
            raise ValueError(
                f"`variance` must be None for `estimator={self.estimator!r}`. "
                f"Received shape: {tuple(variance.shape)}"
            )
        dtype = self.compute_dtype if variance is None else wide(self.compute_dtype)
        mean, log_scale = self.posterior()
        if self.estimator != "moments" and not training:
            return self._activate(self._linear(ops.cast(inputs, dtype), mean))
        if self.estimator == "weights":
            noise = keras.random.normal(mean.shape, dtype=mean.dtype, seed=self.seed_generator)
            mean = mean + ops.exp(log_scale) * self.kept * noise
            return self._activate(self._linear(ops.cast(inputs, dtype), mean))
        return self._spread(ops.cast(inputs, dtype), variance, mean, log_scale)

    def _spread(self, inputs, variance, mean, log_scale):
        """Return the moments of the outputs, or a sample of them."""
        square = ops.exp(2 * log_scale) * self.kept
        centre = self._linear(inputs, mean)
        around = self._linear(ops.square(inputs), square)
        if self.estimator == "local":
            noise = keras.random.normal(
                ops.shape(centre), dtype=centre.dtype, seed=self.seed_generator
            )
            return self._activate(centre + ops.sqrt(around + TINY) * noise)
        if variance is not None:
            second = (square + ops.square(mean))[:-1]
            variance = ops.cast(variance, inputs.dtype)
            around = around + matmul(variance, ops.cast(second, inputs.dtype))
        return self.moments(centre, around)

    def _linear(self, inputs, weights):
        weights = ops.cast(weights, inputs.dtype)
        return matmul(inputs, weights[:-1]) + weights[-1]

    def _activate(self, outputs):
        return keras.activations.get(self.activation)(outputs)

    def description_length(self, adapt=1.0):
        """Return the nats of all weights that are kept, a scalar tensor.

        Args:
            adapt: As for the call of `MixturePrior`.
        """
        return ops.sum(self.kept * self.prior(*self.posterior(), adapt=adapt))

    def snr(self):
        """Return `|mu| / sigma` of every weight, a float array `(features + 1, units)`."""
        mean, log_scale = self.posterior()
        return ops.convert_to_numpy(ops.abs(mean) * ops.exp(-log_scale))

    def prune(self, threshold):
        """Remove the weights below a signal-to-noise ratio for good, and return the nats saved.

        The price of saying which weights are left is not counted.

        Args:
            threshold: Float, the least `|mu| / sigma` that stays.
        """
        before = ops.convert_to_numpy(self.description_length())
        kept = ops.convert_to_numpy(self.kept) * (self.snr() >= threshold)
        self.kept.assign(kept)
        return float(before - ops.convert_to_numpy(self.description_length()))

    def compute_output_shape(self, inputs_shape, variance_shape=None):
        shape = (*inputs_shape[:-1], self.units)
        return (shape, shape) if self.estimator == "moments" else shape

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": self.activation,
            "prior": keras.saving.serialize_keras_object(self.prior),
            "estimator": self.estimator,
            "posterior_scale": self.posterior_scale,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "nodes": self.nodes,
            "num_train": self.num_train,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        prior = keras.saving.deserialize_keras_object(config["prior"])
        return cls(**{**config, "prior": prior})
