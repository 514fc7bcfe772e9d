"""Connectionist temporal classification (Graves et al., 2006), with one contract on all backends.

Of a target that does not fit into its frames Keras gives about 1e5 on JAX, some number on
TensorFlow, and infinity with a gradient of NaN on torch.
"""

import keras
import numpy as np
from keras import ops

from keras_readinglist.backend import value
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_same, check_shape


def ctc_loss(labels, logits, label_lengths, logit_lengths, blank=0, zero_infinity=False):
    """Return `-log p(labels | logits)`, summed over all paths that collapse to the labels.

    A path names a class for every frame; repeats are merged, then blanks are dropped. What lies
    behind the lengths does not count and may be anything, even NaN.

    Args:
        labels: Int tensor `(batch, length)`, classes other than `blank`.
        logits: Float tensor `(batch, frames, classes)`, before the softmax.
        label_lengths: Int tensor `(batch,)`.
        logit_lengths: Int tensor `(batch,)`.
        blank: Integer, the class that names nothing. Defaults to 0.
        zero_infinity: Boolean: a target that fits into its frames by no path costs 0 in place of
            infinity. Its gradient is 0 in both cases. Defaults to `False`.

    Returns:
        Tensor `(batch,)`, float64 if the logits are, else float32.

    Raises:
        ValueError: If shapes do not agree; or, wherever values are known, a length is out of range
            or a label is the blank or none of the classes.

    Example:
        >>> logits = np.log([[[0.4, 0.6], [0.5, 0.5]]])
        >>> paths = 0.6 * 0.5 + 0.6 * 0.5 + 0.4 * 0.5
        >>> loss = ctc_loss(np.array([[1]]), logits, np.array([1]), np.array([2]))
        >>> round(float(np.exp(-ops.convert_to_numpy(loss)[0])), 4), paths
        (0.8, 0.8)

    References:
        - [Graves et al., 2006](https://www.cs.toronto.edu/~graves/icml_2006.pdf), section 4.1
    """
    check_shape("logits", logits.shape, "(batch, frames, classes)")
    for name, x, layout in (
        ("labels", labels, ("batch", "length")),
        ("label_lengths", label_lengths, ("batch",)),
        ("logit_lengths", logit_lengths, ("batch",)),
    ):
        if len(x.shape) != len(layout):
            raise ValueError(
                f"`{name}` must have the shape ({', '.join(layout)}). "
                f"Received shape: {tuple(x.shape)}"
            )
        check_same(name, x.shape, "logits", logits.shape)
    labels, label_lengths, logit_lengths = (
        ops.cast(x, "int32") for x in (labels, label_lengths, logit_lengths)
    )
    logits = ops.convert_to_tensor(logits)
    logits = ops.cast(logits, wide(keras.backend.standardize_dtype(logits.dtype)))
    _check_values(labels, logits, label_lengths, logit_lengths, blank)
    blank = blank % logits.shape[-1]

    frames = _within(logit_lengths, ops.shape(logits)[1])
    logits = ops.where(frames[..., None], logits, ops.zeros_like(logits))
    fits = ctc_feasible(labels, label_lengths, logit_lengths)
    # Where there is no label, or no path, the backends get one that is never the blank: those of
    # TensorFlow refuse a target without labels.
    usual = ops.logical_and(fits, label_lengths > 0)
    if not labels.shape[1]:  # none, or an unknown number
        labels = ops.pad(labels, ((0, 0), (0, 1)))
    known = ops.logical_and(usual[:, None], _within(label_lengths, ops.shape(labels)[1]))
    labels = ops.where(known, labels, 1 if blank == 0 else 0)
    losses = _backend_loss(
        labels,
        logits,
        ops.where(usual, label_lengths, 1),
        ops.maximum(logit_lengths, 1),
        blank,
    )
    silence = ops.logsumexp(logits, axis=-1) - logits[..., blank]
    silence = ops.sum(ops.where(frames, silence, ops.zeros_like(silence)), axis=-1)
    other = ops.where(fits, silence, 0.0 if zero_infinity else float("inf"))
    return ops.where(usual, losses, ops.cast(other, losses.dtype))


def ctc_feasible(labels, label_lengths, logit_lengths):
    """Return which targets fit into their frames: equal neighbours need a blank between them.

    Args:
        labels: Int tensor `(batch, length)`.
        label_lengths: Int tensor `(batch,)`.
        logit_lengths: Int tensor `(batch,)`.

    Returns:
        Boolean tensor `(batch,)`.
    """
    labels, label_lengths = ops.cast(labels, "int32"), ops.cast(label_lengths, "int32")
    equal = ops.equal(labels[:, 1:], labels[:, :-1])
    pairs = _within(label_lengths - 1, ops.shape(equal)[1])
    repeats = ops.sum(ops.cast(ops.logical_and(equal, pairs), "int32"), axis=-1)
    return ops.cast(logit_lengths, "int32") >= label_lengths + repeats


@keras.saving.register_keras_serializable(package="keras_readinglist")
class CTC(keras.losses.Loss):
    """The loss `ctc_loss` of labels that are filled up with blanks, from masked logits.

    Labels `(batch, length)` end at the first blank. Logits `(batch, frames, classes)` end where
    their Keras mask does, as a model's layers hand it on; without a mask all frames count.

    Args:
        blank: As in `ctc_loss`. Defaults to 0.
        zero_infinity: As in `ctc_loss`. Defaults to `False`.
        reduction: As in `keras.losses.Loss`.
        name: String.
        **kwargs: Further arguments of `keras.losses.Loss`.

    Example:
        >>> loss = CTC()
        >>> float(loss(np.array([[1, 0, 0]]), np.log([[[0.25, 0.75]]])))
        0.287...

    References:
        - [Graves et al., 2006](https://www.cs.toronto.edu/~graves/icml_2006.pdf), section 4.1
    """

    def __init__(
        self,
        blank=0,
        zero_infinity=False,
        reduction="sum_over_batch_size",
        name="ctc",
        **kwargs,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.blank, self.zero_infinity = blank, zero_infinity

    def __call__(self, y_true, y_pred, sample_weight=None):
        # Keras would weigh the losses by the mask, frame by frame.
        y_pred = {"logits": y_pred, "lengths": self.frames(y_pred)}
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred):
        labels, lengths = self.labels(y_true, self.blank)
        return ctc_loss(
            labels, y_pred["logits"], lengths, y_pred["lengths"], self.blank, self.zero_infinity
        )

    @staticmethod
    def labels(y_true, blank):
        """Return labels as an int tensor, and their lengths `(batch,)`."""
        labels = ops.cast(y_true, "int32")
        known = ops.cast(ops.not_equal(labels, blank), "int32")
        return labels, ops.sum(ops.cumprod(known, axis=-1), axis=-1)

    @staticmethod
    def frames(logits):
        """Return how many frames of logits count, `(batch,)`."""
        mask = getattr(logits, "_keras_mask", None)
        if mask is None:
            mask = ops.ones(ops.shape(logits)[:2], "bool")
        return ops.sum(ops.cast(mask, "int32"), axis=-1)

    def get_config(self):
        own = {"blank": self.blank, "zero_infinity": self.zero_infinity}
        return {**super().get_config(), **own}


def _within(lengths, size):
    """Return which places lie before the lengths, Boolean `(batch, size)`."""
    return ops.arange(size, dtype="int32")[None] < lengths[:, None]


def _check_values(labels, logits, label_lengths, logit_lengths, blank):
    """Raise a `ValueError` if a length or a label is out of range, wherever they are known."""
    classes = logits.shape[-1]
    if not -classes <= blank < classes:
        raise ValueError(f"`blank` must be one of {classes} classes. Received: blank={blank}")
    for name, lengths, size in (
        ("label_lengths", label_lengths, labels.shape[1]),
        ("logit_lengths", logit_lengths, logits.shape[1]),
    ):
        found = value(lengths)
        if found is not None and found.size and not 0 <= found.min() <= found.max() <= size:
            raise ValueError(f"`{name}` must lie between 0 and {size}. Received: {found.tolist()}")
    found, lengths = value(labels), value(label_lengths)
    if found is not None and lengths is not None:
        used = found[np.arange(found.shape[1]) < lengths[:, None]]
        wrong = (used < 0) | (used >= classes) | (used == blank % classes)
        if wrong.any():
            raise ValueError(
                f"`labels` must be classes from 0 to {classes - 1} other than the blank, "
                f"{blank % classes}. Received: {sorted(set(used[wrong].tolist()))}"
            )


def _backend_loss(labels, logits, label_lengths, logit_lengths, blank):
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        if not tf.config.list_physical_devices("GPU"):
            return _tensorflow_kernel(labels, logits, label_lengths, logit_lengths, blank)
    return ops.ctc_loss(labels, logits, label_lengths, logit_lengths, mask_index=blank)


def _tensorflow_kernel(labels, logits, label_lengths, logit_lengths, blank):
    """The loss by the operator for sparse labels.

    What Keras calls on TensorFlow is a loop of operators: 384 ms in place of 32, with gradient, for
    32 targets of 40 labels in 120 frames.
    """
    import tensorflow as tf

    known = tf.sequence_mask(label_lengths, tf.shape(labels)[1])
    sparse = tf.SparseTensor(
        tf.where(known), tf.boolean_mask(labels, known), tf.shape(labels, out_type="int64")
    )
    losses = tf.nn.ctc_loss(
        sparse,
        tf.cast(logits, "float32"),
        None,
        logit_lengths,
        logits_time_major=False,
        blank_index=blank,
    )
    return tf.cast(losses, logits.dtype)
