"""The law of a grey level: a mixture of rounded logistics (Salimans et al., 2017)."""

import keras
from keras import ops

from keras_readinglist.layers.precision import maximum, wide
from keras_readinglist.layers.validation import check_shape, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class DiscretizedLogisticMixture(keras.layers.Layer):
    """The log probability of levels under mixtures of logistics that are rounded to them.

    A level has what a logistic has within half a level of it; the lowest and the highest have the
    tails. `s(a) - s(b) = s(a) s(-b) (1 - exp(b - a))` has no difference of near numbers in it, so
    that no level is ever impossible.

    Args:
        components: Positive integer. Defaults to 10.
        levels: Integer of at least 2. Defaults to 256.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(..., 3 * components)`: logits of the shares, means on a scale from -1
            for the lowest level to 1 for the highest, and logarithms of scales.
        values: Tensor `(...)` of levels, `0` to `levels - 1`.

    Input shape:
        `(..., 3 * components)`.

    Output shape:
        `(...)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> law = DiscretizedLogisticMixture(components=1, levels=3)
        >>> table = law.probabilities(np.zeros((1, 3), "float32"))
        >>> np.asarray(table, "float64").round(2).tolist()
        [[0.38, 0.24, 0.38]]

    References:
        - [Salimans et al., 2017, PixelCNN++](https://arxiv.org/abs/1701.05517), section 2.1
    """

    def __init__(self, components=10, levels=256, **kwargs):
        super().__init__(**kwargs)
        self.components = check_size("components", components)
        self.levels = check_size("levels", levels, 2)

    def build(self, inputs_shape, values_shape=None):
        check_shape("inputs", inputs_shape, f"({', '.join('_' * len(inputs_shape))})")
        if inputs_shape[-1] != 3 * self.components:
            raise ValueError(
                f"`inputs` must have a last axis of 3 * components = {3 * self.components}. "
                f"Received shape: {tuple(inputs_shape)}"
            )

    def call(self, inputs, values):
        logits, means, log_scales = self._parts(inputs)
        values = ops.cast(values, logits.dtype)[..., None]
        half = 1 / (self.levels - 1)
        steep = ops.exp(-log_scales)
        apart = (2 * half * values - 1 - means) * steep
        upper, lower = apart + half * steep, apart - half * steep
        above, below = ops.log_sigmoid(upper), ops.log_sigmoid(-lower)
        inside = above + below + ops.log(-ops.expm1(-2 * half * steep))
        nats = ops.where(values < 0.5, above, inside)
        nats = ops.where(values > self.levels - 1.5, below, nats)
        return ops.logsumexp(ops.log_softmax(logits) + nats, axis=-1)

    def probabilities(self, inputs):
        """Return the probabilities of all levels, `(..., levels)`."""
        values = ops.arange(self.levels)
        return ops.exp(self(inputs[..., None, :], values))

    def quantile(self, inputs, chance):
        """Return the level at which the sum of the probabilities passes a number.

        Of uniform random numbers these are samples.

        Args:
            inputs: As for the call.
            chance: Float tensor `(...)`, from 0 to 1.

        Returns:
            Integer tensor `(...)`.
        """
        sums = ops.cumsum(self.probabilities(inputs), axis=-1)
        below = ops.cast(sums <= ops.cast(chance, sums.dtype)[..., None], "int32")
        return ops.minimum(ops.sum(below, axis=-1), self.levels - 1)

    def _parts(self, inputs):
        inputs = ops.cast(inputs, wide(self.compute_dtype))
        logits, means, log_scales = ops.split(inputs, 3, axis=-1)
        return logits, means, maximum(log_scales, ops.cast(-7.0, log_scales.dtype))

    def compute_output_shape(self, inputs_shape, values_shape=None):
        return inputs_shape[:-1]

    def get_config(self):
        return {**super().get_config(), "components": self.components, "levels": self.levels}
