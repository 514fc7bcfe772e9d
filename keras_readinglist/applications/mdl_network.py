"""A network that pays for its weights in bits, and the message that it is (Hinton, van Camp)."""

import math

import keras
import numpy as np
from keras import ops

from keras_readinglist.applications.bits_back_targets import receive, send
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers.noisy import MixturePrior, NoisyDense
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_choice, check_positive, check_size
from keras_readinglist.presets import PresetMixin

PRIORS = {
    "gaussian": {"means": [0.0], "scales": [0.5]},
    "mixture": {
        "means": [-0.24, -0.12, 0.0, 0.12, 0.24],
        "scales": [0.5, 0.2, 0.03, 0.2, 0.5],
        "proportions": [0.05, 0.1, 0.7, 0.1, 0.05],
    },
}
START = 0.05  # the share of the weights' cost with which annealing begins, as in the paper


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MDLNetwork(PresetMixin, keras.Model):
    """A network of one hidden layer whose loss is the length of a message.

    A sender and a receiver know the inputs. The message has the weights, with as much precision as
    pays, and the misfits of the targets. Its expected length in nats is

    `sum_cases (<(t - y)^2> / (2 s^2) + log(s sqrt(2 pi) / precision)) + sum_weights KL(Q || P)`.

    The expected squared error is exact, `(t - E y)^2 + Var y`, so nothing is sampled. The noise `s`
    of every output is learned with the rest. `encode` writes that message, `decode` reads it.

    The weights into the hidden layer are coded by `prior`, those out of it by a Gaussian of their
    own. The parameters of the priors and the noise are known to the receiver, as in the paper.

    The paper's figures: on 105 peptides with 128 inputs and 4 hidden units, a relative error of
    0.286 on the 420 others; 0.967 without a penalty, 0.317 with weight decay by validation.

    Args:
        features: Positive integer, the width of the inputs.
        num_train: Positive integer, the cases whose targets are sent along with the weights.
        outputs: Positive integer. Defaults to 1.
        hidden_units: Positive integer. Defaults to 4.
        activation: As for `GaussianMoments`. Defaults to `"tanh"`.
        prior: `"mixture"` of five Gaussians or `"gaussian"`. Defaults to `"mixture"`.
        annealing: Integer, the steps over which the cost of the weights rises from 0.05 to all of
            it. So long the priors stay as they are: trained with cheap weights, they settle where
            every weight matters. Defaults to 0.
        posterior_scale: As for `NoisyDense`.
        nodes: As for `GaussianMoments`.
        seed: Integer seed of the first weights, or `None`.
        **kwargs: Base model keyword arguments.

    Call arguments:
        inputs: Float tensor `(batch, features)`.

    Input shape:
        `(batch, features)`.

    Output shape:
        `(batch, outputs, 2)`, the mean and the variance that the noise of the weights makes of
        every output.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> x = np.linspace(-2, 2, 40)[:, None]
        >>> model = MDLNetwork(features=1, num_train=40, seed=0)
        >>> model.compile("adam")
        >>> history = model.fit(x, np.sin(x), batch_size=40, verbose=0)
        >>> sorted(model.description_length(x, np.sin(x)))
        ['compression_ratio', 'data_bits', 'model_bits', 'null_bits', 'total_bits']

    References:
        - [Hinton and van Camp, 1993](https://www.cs.toronto.edu/~hinton/absps/colt93.pdf)
    """

    def __init__(
        self,
        features,
        num_train,
        outputs=1,
        hidden_units=4,
        activation="tanh",
        prior="mixture",
        annealing=0,
        posterior_scale=0.05,
        nodes=16,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.features = check_size("features", features)
        self.num_train = check_size("num_train", num_train)
        self.outputs_ = check_size("outputs", outputs)
        self.hidden_units = check_size("hidden_units", hidden_units)
        self.activation = activation
        self.prior = check_choice("prior", prior, tuple(PRIORS))
        self.annealing = check_size("annealing", annealing, 0)
        self.posterior_scale, self.nodes, self.seed = posterior_scale, nodes, seed
        shared = {"posterior_scale": posterior_scale, "nodes": nodes, "dtype": self.dtype_policy}
        codes = MixturePrior(**PRIORS[prior], dtype=self.dtype_policy)
        self.hidden = NoisyDense(hidden_units, activation, codes, seed=seed, **shared)
        codes = MixturePrior(**PRIORS["gaussian"], dtype=self.dtype_policy)
        seed = None if seed is None else seed + 1
        self.out = NoisyDense(outputs, prior=codes, seed=seed, **shared)
        self.build()

    def build(self, inputs_shape=None):
        self.hidden.build((None, self.features))
        self.out.build((None, self.hidden_units), (None, self.hidden_units))
        self.log_noise = self.add_weight(
            name="log_noise", shape=(self.outputs_,), initializer="zeros", autocast=False
        )
        self.steps = self.add_weight(
            name="steps", shape=(), initializer="zeros", trainable=False, autocast=False
        )

    def call(self, inputs):
        if len(inputs.shape) != 2 or inputs.shape[1] != self.features:
            raise ValueError(
                f"`inputs` must be of the shape (batch, {self.features}). "
                f"Received shape: {tuple(inputs.shape)}"
            )
        return ops.stack(self.out(*self.hidden(inputs)), axis=-1)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        share = 1.0
        if training and self.annealing:
            progress = self.steps / self.annealing
            share = START + (1 - START) * ops.minimum(progress, 1)
            self.steps.assign_add(1.0)
        nats = ops.sum(self._misfits(y, y_pred), axis=-1)
        if sample_weight is not None:
            nats = nats * ops.cast(sample_weight, nats.dtype)
        weights = self._weight_nats(ops.cast(share >= 1, nats.dtype) if training else 1.0)
        return ops.mean(nats) + share * weights / self.num_train

    def _misfits(self, targets, moments):
        """Return the expected nats of every target at precision 1, `(batch, outputs)`."""
        dtype = wide(self.compute_dtype)
        moments, noise = ops.cast(moments, dtype), ops.cast(self.log_noise, dtype)
        error = ops.square(ops.cast(targets, dtype) - moments[..., 0]) + moments[..., 1]
        return 0.5 * (error * ops.exp(-2 * noise) + math.log(2 * math.pi)) + noise

    def _weight_nats(self, adapt=1.0):
        return self.hidden.description_length(adapt) + self.out.description_length(adapt)

    def predict_distribution(self, x):
        """Return the mean and the standard deviation of the targets, the noise included.

        Args:
            x: Float array `(batch, features)`.

        Returns:
            Two float arrays `(batch, outputs)`.
        """
        moments = self._moments(inputs=np.asarray(x))
        noise = np.exp(2 * ops.convert_to_numpy(self.log_noise))
        return moments[..., 0], np.sqrt(moments[..., 1] + noise)

    @compiled
    def _moments(self, inputs):
        return self(inputs)

    def description_length(self, x, y, precision=0.01):
        """Return the expected length of the message of targets, in bits.

        Args:
            x: Float array `(cases, features)`.
            y: Float array `(cases, outputs)`.
            precision: Positive float, the width of the bins to which targets are rounded.

        Returns:
            Dictionary of `model_bits`, `data_bits`, their sum `total_bits`, `null_bits`, what the
            targets cost by one Gaussian fitted to them, and `compression_ratio`, the quotient of
            `null_bits` and `total_bits`.
        """
        y = self._check_targets(x, y)
        check_positive("precision", precision)
        moments = self._moments(inputs=np.asarray(x))
        misfits = ops.convert_to_numpy(self._misfits(y, moments)).astype("float64")
        data = (misfits.sum() - y.size * math.log(precision)) / math.log(2)
        model = float(ops.convert_to_numpy(self._weight_nats())) / math.log(2)
        spread = np.maximum(y.std(axis=0), 1e-12)
        null = len(y) * np.log2(spread * math.sqrt(2 * math.pi * math.e) / precision).sum()
        return {
            "model_bits": model,
            "data_bits": float(data),
            "total_bits": model + float(data),
            "null_bits": float(null),
            "compression_ratio": float(null / (model + data)),
        }

    def _check_targets(self, x, y):
        y = np.asarray(y, "float64")
        if y.shape != (len(x), self.outputs_) or not np.isfinite(y).all():
            raise ValueError(
                f"`y` must be finite numbers of the shape ({len(x)}, {self.outputs_}). "
                f"Received shape: {y.shape}"
            )
        return y

    def prune(self, threshold):
        """Remove the weights with `|mu| / sigma` below a threshold, and return the bits saved.

        Args:
            threshold: Float, the least signal-to-noise ratio that stays.
        """
        saved = sum(layer.prune(threshold) for layer in (self.hidden, self.out))
        return saved / math.log(2)

    def encode(self, x, y, precision=0.01, payload=None, seed=0):
        """Write the message: weights drawn by the bits of another message, then the targets.

        Needs the extra `compression`.

        Args:
            x: Float array `(cases, features)`, which the receiver has, too.
            y: Float array `(cases, outputs)`.
            precision: Positive float, the width of the bins to which targets are rounded.
            payload: Array of `uint32`, the other message, which the receiver gets back; or `None`
                for random bits. It has to look random, and to be long enough to choose the weights.
            seed: Integer seed of the random bits.

        Returns:
            A `Message`; its `bits` are what the targets cost, the payload not counted.
        """
        return send(self, np.asarray(x), self._check_targets(x, y), precision, payload, seed)

    def decode(self, x, message):
        """Read a message with the inputs and the priors.

        Args:
            x: Float array `(cases, features)`.
            message: What `encode` returned.

        Returns:
            The targets, rounded to the precision, `(cases, outputs)`; and the payload. A receiver
            who has only the targets would repeat the learning to get the payload, for which the
            posterior is needed; here it is taken from this network.
        """
        return receive(self, np.asarray(x), message)

    def get_config(self):
        return {
            **super().get_config(),
            "features": self.features,
            "num_train": self.num_train,
            "outputs": self.outputs_,
            "hidden_units": self.hidden_units,
            "activation": self.activation,
            "prior": self.prior,
            "annealing": self.annealing,
            "posterior_scale": self.posterior_scale,
            "nodes": self.nodes,
            "seed": self.seed,
        }
