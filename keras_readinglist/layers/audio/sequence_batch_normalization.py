"""Batch normalization over all steps of all sequences, padding left out (section 3.2)."""

import keras
from keras import ops

from keras_readinglist.layers import masking
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_positive, check_rate


@keras.saving.register_keras_serializable(package="keras_readinglist")
class SequenceBatchNormalization(keras.layers.Layer):
    """Sequence-wise batch normalization: `gamma (x - mean) / sqrt(variance + epsilon) + beta`.

    In training mean and variance are those of a channel over all valid steps of the batch, and
    over all axes between: they are what the unpadded sequences, laid end to end, have. Otherwise
    they are averages of the batches seen so far, the early ones with more weight so that those of
    a few batches already fit.

    Args:
        momentum: Float in [0, 1), how much of an average stays at a step. Defaults to 0.99.
        epsilon: Positive float. Defaults to 1e-5.
        **kwargs: Base layer keyword arguments.

    Call arguments:
        inputs: Float tensor `(batch, time, ..., channels)`.
        mask: Boolean tensor `(batch, time)`; what is `False` does not count, and becomes zero.
        training: Boolean, whether the batch normalizes itself.

    Input shape:
        `(batch, time, ..., channels)`, of rank 3 or more.

    Output shape:
        That of the input.

    Raises:
        ValueError: If an argument is out of range, or the input has no axis of time.

    Example:
        >>> SequenceBatchNormalization()(np.ones((2, 5, 3)), training=True).shape
        (2, 5, 3)

    References:
        - [Amodei et al., 2015](https://arxiv.org/abs/1512.02595), section 3.2
        - [Laurent et al., 2015](https://arxiv.org/abs/1510.01378)
    """

    def __init__(self, momentum=0.99, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.momentum = check_rate("momentum", momentum)
        self.epsilon = check_positive("epsilon", epsilon)
        self.supports_masking = True

    def build(self, inputs_shape):
        if len(inputs_shape) < 3 or inputs_shape[-1] is None:
            raise ValueError(
                "`inputs` must have the shape (batch, time, ..., channels) with a known last axis. "
                f"Received shape: {tuple(inputs_shape)}"
            )
        weights = (
            ("gamma", "ones", True),
            ("beta", "zeros", True),
            ("moving_mean", "zeros", False),
            ("moving_variance", "ones", False),
        )
        for name, start, trainable in weights:
            options = {"initializer": start, "trainable": trainable, "autocast": False}
            weight = self.add_weight(name=name, shape=(inputs_shape[-1],), **options)
            setattr(self, name, weight)
        self.moving_steps = self.add_weight(
            name="moving_steps", shape=(), initializer="zeros", trainable=False, autocast=False
        )

    def call(self, inputs, mask=None, training=False):
        mask = masking.as_mask(mask, "inputs", inputs)
        x = masking.blank(ops.cast(inputs, wide(self.compute_dtype)), mask)
        scale, mean = self.scale_and_mean(x, mask, training)
        outputs = masking.blank((x - mean) * scale + self.beta, mask)
        return ops.cast(outputs, self.compute_dtype)

    def scale_and_mean(self, x, mask, training):
        """Return the factor and the mean of every channel; in training, move the averages.

        Args:
            x: Tensor as the inputs, zeros where it is masked; used in training alone.
            mask: Boolean tensor `(batch, time)` or `None`.
            training: Boolean.
        """
        mean, variance = self.moving_mean, self.moving_variance
        if training and self.trainable:
            mean, variance = self._measured(x, mask)
        return self.gamma / ops.sqrt(variance + self.epsilon), mean

    def _measured(self, x, mask):
        """Return mean and variance of the batch, and move the averages."""
        axes = tuple(range(len(x.shape) - 1))
        shown = ops.ones_like(x[..., :1])
        if mask is not None:
            shown = masking.blank(shown, mask)
        count = ops.sum(shown)
        mean = ops.sum(x, axis=axes) / ops.maximum(count, 1.0)
        centred = (x - mean) * shown
        variance = ops.sum(ops.square(centred), axis=axes) / ops.maximum(count, 1.0)
        # (1 - m) / (1 - m^t), as in Adam: the first batch is the average of one batch.
        steps = self.moving_steps + 1.0
        rate = (1.0 - self.momentum) / (1.0 - ops.power(self.momentum, steps))
        rate = ops.where(count > 0, ops.cast(rate, x.dtype), 0.0)
        self.moving_steps.assign(steps)
        for average, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average + rate * (ops.stop_gradient(now) - average))
        return mean, variance

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)

    def get_config(self):
        config = {"momentum": self.momentum, "epsilon": self.epsilon}
        return {**super().get_config(), **config}
