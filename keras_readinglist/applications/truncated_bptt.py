"""Training on streams: the state goes on from batch to batch, the gradient does not."""

import keras
from keras import ops

from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class TruncatedBPTT(keras.Model):
    r"""Trains a recurrent model on streams with truncated back-propagation through time.

    The states after a batch are kept in variables and are the initial states of the next batch,
    cut from the gradient. Every epoch of `fit`, `evaluate` and `predict` begin with the initial
    states of the model. Works on all backends; the wrapped model shares its weights and stays free
    of any fixed batch size.

    Args:
        model: A model with `call(ids, states, training, return_state)` and
            `initial_state(batch_size)`, such as `CharRNN`.
        batch_size: Positive integer, the number of streams.
        **kwargs: Base model keyword arguments.

    Call arguments:
        ids: Integer tensor `(batch_size, time)`.
        training: Boolean, passed on to the model.

    Input shape:
        `(batch_size, time)`, integers; see `datasets.StreamBatcher`.

    Output shape:
        That of the wrapped model.

    Raises:
        ValueError: If a batch has another number of rows: every row carries on its own stream.

    Example:
        >>> model = CharRNN(vocabulary="\nab", units=4, num_layers=1)
        >>> trainer = TruncatedBPTT(model, batch_size=2)
        >>> trainer.compile("adam", loss="sparse_categorical_crossentropy")
        >>> trainer(np.zeros((2, 5), "int32")).shape
        (2, 5, 3)

    References:
        - [Karpathy, 2015](https://karpathy.github.io/2015/05/21/rnn-effectiveness/)
    """

    def __init__(self, model, batch_size, **kwargs):
        super().__init__(**kwargs)
        self.model, self.batch_size = model, check_size("batch_size", batch_size)
        self.supports_jit = getattr(model, "supports_jit", True)
        self.carry = [
            self.add_weight(
                name=f"carry_{i}",
                shape=state.shape,
                dtype=keras.backend.standardize_dtype(state.dtype),
                initializer="zeros",
                trainable=False,
            )
            for i, state in enumerate(model.initial_state(self.batch_size))
        ]
        self.reset_states()
        self.built = True

    def call(self, ids, training=False):
        _check_rows(ids, self.batch_size)
        # A copy: torch forbids to overwrite what the backward pass still reads.
        states = [ops.copy(variable) for variable in self.carry]
        outputs, states = self.model(ids, states=states, training=training, return_state=True)
        for variable, state in zip(self.carry, states, strict=True):
            variable.assign(ops.stop_gradient(state))
        return outputs

    @property
    def rowwise(self):
        """The model whose outputs have a row for every row of its inputs: states are inputs of it.

        `distribution.DataParallel` gives a process some rows; the carried states are of all.
        """
        return self.model

    def reset_states(self):
        """Set the carried states to the initial states of the model."""
        for variable, state in zip(
            self.carry, self.model.initial_state(self.batch_size), strict=True
        ):
            variable.assign(state)

    def fit(self, *args, callbacks=None, **kwargs):
        """As `keras.Model.fit`, with the states reset before every epoch."""
        reset = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: self.reset_states())
        if isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks.append(reset)
        else:
            callbacks = [reset, *keras.tree.flatten(callbacks or [])]
        return super().fit(*args, callbacks=callbacks, **kwargs)

    def evaluate(self, *args, **kwargs):
        """As `keras.Model.evaluate`, with the states reset before."""
        self.reset_states()
        return super().evaluate(*args, **kwargs)

    def predict(self, *args, **kwargs):
        """As `keras.Model.predict`, with the states reset before."""
        self.reset_states()
        return super().predict(*args, **kwargs)

    def get_config(self):
        return {
            **super().get_config(),
            "model": keras.saving.serialize_keras_object(self.model),
            "batch_size": self.batch_size,
        }

    @classmethod
    def from_config(cls, config):
        model = keras.saving.deserialize_keras_object(config.pop("model"))
        return cls(model, **config)


def _check_rows(ids, batch_size):
    """Raise a `ValueError` unless there is a row for every stream."""
    rule = f"`batch_size` rows must be given at a time, one for each of {batch_size} streams."
    if ids.shape[0] is None:  # in a graph of TensorFlow
        import tensorflow as tf

        tf.debugging.assert_equal(tf.shape(ids)[0], batch_size, rule)
    elif ids.shape[0] != batch_size:
        raise ValueError(f"{rule} Received: inputs of shape {tuple(ids.shape)}")
