"""Nats that a code may have for nothing, so that it is used at all (Kingma et al., 2016)."""

import keras
from keras import ops

from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_choice, check_positive, check_shape

GROWTH = 1.1  # of a factor, from step to step


@keras.saving.register_keras_serializable(package="keras_readinglist")
class FreeBits(keras.layers.Layer):
    """What a divergence from the prior is counted as, by groups of the code.

    `"hard"` counts `max(nats, KL)` of every group, of means over the batch: there is no gradient
    below `nats`. `"soft"` multiplies the divergence of a group by a factor between 0 and 1, which
    grows by a tenth while the group has more than `nats`, and shrinks by a tenth while it has less.

    Args:
        nats: Positive float, those of a group that are free.
        mode: `"hard"` or `"soft"`. Defaults to `"hard"`.
        tolerance: Positive float, how far above `nats`, as a share, a group may be. Defaults to
            0.05.
        start: Float in (0, 1], the factors at first. Defaults to 0.01.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(batch, groups)`, divergences.
        training: Boolean. If not, all nats are counted.

    Input shape:
        `(batch, groups)`.

    Output shape:
        `(batch, groups)`; the loss is its mean over the batch, of sums over the groups.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> np.asarray(FreeBits(2.0)(np.array([[1.0, 5.0]]), training=True)).tolist()
        [[2.0, 5.0]]

    References:
        - [Kingma et al., 2016](https://arxiv.org/abs/1606.04934), appendix C.8
        - [Chen et al., 2017](https://arxiv.org/abs/1611.02731), appendix C
    """

    def __init__(self, nats, mode="hard", tolerance=0.05, start=0.01, **kwargs):
        super().__init__(**kwargs)
        self.nats = check_positive("nats", nats)
        self.mode = check_choice("mode", mode, ("hard", "soft"))
        self.tolerance = check_positive("tolerance", tolerance)
        if not 0 < start <= 1:
            raise ValueError(f"`start` must lie in (0, 1]. Received: start={start}")
        self.start = start

    def build(self, inputs_shape):
        check_shape("inputs", inputs_shape, "(batch, groups)")
        if self.mode == "soft":
            self.factors = self.add_weight(
                name="factors",
                shape=inputs_shape[1:],
                initializer=keras.initializers.Constant(self.start),
                trainable=False,
                autocast=False,
            )

    def call(self, inputs, training=False):
        if not training:
            return inputs
        nats = ops.mean(ops.stop_gradient(ops.cast(inputs, wide(self.compute_dtype))), axis=0)
        if self.mode == "hard":
            return ops.where(nats > self.nats, inputs, ops.cast(self.nats, inputs.dtype))
        factors = ops.convert_to_tensor(self.factors)
        much = nats > self.nats * (1 + self.tolerance)
        few = nats < self.nats
        moved = ops.where(much, factors * GROWTH, ops.where(few, factors / GROWTH, factors))
        self.factors.assign(ops.clip(moved, 1e-4, 1.0))
        return ops.cast(factors, inputs.dtype) * inputs

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def get_config(self):
        return {
            **super().get_config(),
            "nats": self.nats,
            "mode": self.mode,
            "tolerance": self.tolerance,
            "start": self.start,
        }
