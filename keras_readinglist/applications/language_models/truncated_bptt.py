"""Training on streams: the state goes on from batch to batch, the gradient does not."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_readinglist")
class TruncatedBPTT(keras.Model):
    r"""Trains a recurrent model on streams with truncated back-propagation through time.

    The states after a batch are kept in variables and are the initial states of the next batch,
    cut from the gradient. They are zeros at the start of an epoch. Works in `fit` on all backends;
    the wrapped model shares its weights and stays free of any fixed batch size.

    Args:
        model: A model with `call(ids, states, training, return_state)` and
            `initial_state(batch_size)`, such as `CharRNN`.
        batch_size: Positive integer, the number of streams.
        **kwargs: Base model keyword arguments.

    Input shape:
        `(batch_size, time)`, integers; see `datasets.StreamBatcher`.

    Output shape:
        That of the wrapped model.

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
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(
                f"`batch_size` must be a positive integer. Received: batch_size={batch_size}"
            )
        self.model, self.batch_size = model, batch_size
        self.supports_jit = getattr(model, "supports_jit", True)
        self.carry = [
            self.add_weight(
                name=f"carry_{i}",
                shape=state.shape,
                dtype=keras.backend.standardize_dtype(state.dtype),
                initializer="zeros",
                trainable=False,
            )
            for i, state in enumerate(model.initial_state(batch_size))
        ]
        self.built = True

    def call(self, ids, training=False):
        # A copy: torch forbids to overwrite what the backward pass still reads.
        states = [ops.copy(variable) for variable in self.carry]
        outputs, states = self.model(ids, states=states, training=training, return_state=True)
        for variable, state in zip(self.carry, states, strict=True):
            variable.assign(ops.stop_gradient(state))
        return outputs

    def reset_states(self):
        """Set the carried states to zero."""
        for variable in self.carry:
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))

    def fit(self, *args, callbacks=None, **kwargs):
        """As `keras.Model.fit`, with the states set to zero before every epoch."""
        reset = keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: self.reset_states())
        return super().fit(*args, callbacks=[reset, *(callbacks or ())], **kwargs)

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
