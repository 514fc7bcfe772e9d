"""Pointer networks (Vinyals et al., 2015)."""

import keras
from keras import ops

from keras_readinglist.applications.pointer_networks.set_to_sequence import SetToSequence
from keras_readinglist.layers.pointer_attention import PointerAttention


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PointerNetwork(SetToSequence):
    """Answers with pointers to its own inputs, for inputs of any number.

    An LSTM reads the points; another, begun with its last state, writes. At each step the scores
    `u_ij = v . tanh(W1 e_j + W2 d_i)` are a distribution over the inputs and a learned end symbol
    `e_0`; the next input of the decoder is the point that was named (section 2.3).

    The paper's figures: convex hulls of 10 points 87.0 %, of 50 points 69.6 % exact; Delaunay
    triangulations of 5 points 80.7 %; tours of 10 cities of mean length 2.88 (shortest 2.87).

    Args:
        units: Positive integer, the width of both LSTMs and of the scorer. Defaults to 256.
        input_dim: Positive integer, the dimension of a point. Defaults to 2.
        encoder: `"lstm"`, or `"bilstm"` with `units / 2` in each direction.
        glimpses: Non-negative integer; see `PointerAttention`.
        logit_clip: Positive float or `None`; see `PointerAttention`.
        **kwargs: Base model keyword arguments.

    Call arguments:
        inputs: Dictionary of `"inputs"`, float `(batch, n, input_dim)`; `"mask"`, Boolean
            `(batch, n)`; and `"targets"`, classes `(batch, m)`, for teacher forcing.
        training: Boolean, unused.

    Input shape:
        As above.

    Output shape:
        `(batch, m, n + 1)`, scores; class 0 ends, class `j + 1` points at input `j`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.applications.pointer_networks import pointer_loss, training_batch
        >>> from keras_readinglist.datasets import convex_hull_batch
        >>> model = PointerNetwork(units=8)
        >>> points, mask, hulls = convex_hull_batch(4, 6, rng=0)
        >>> x, y, weights = training_batch(points, mask, hulls)
        >>> model.compile("adam", loss=pointer_loss())
        >>> history = model.fit(x, y, sample_weight=weights, verbose=0)
        >>> indices, log_probability = model.generate(points, mask, constraint="no_repeat")
        >>> indices.shape
        (4, 7)

    References:
        - [Vinyals et al., 2015, Pointer Networks](https://arxiv.org/abs/1506.03134)
    """

    def __init__(
        self, units=256, input_dim=2, encoder="lstm", glimpses=0, logit_clip=None, **kwargs
    ):
        self.glimpses, self.logit_clip = glimpses, logit_clip
        super().__init__(units, input_dim, encoder, **kwargs)

    def _build_scores(self):
        self.pointer = PointerAttention(
            self.units,
            glimpses=self.glimpses,
            logit_clip=self.logit_clip,
            dtype=self.dtype_policy,
        )
        self.pointer.build((None, None, self.units), (None, None, self.units))
        self.end_symbol = self.add_weight(
            name="end_symbol", shape=(self.units,), initializer="glorot_uniform"
        )

    def _num_symbols(self, num_points):
        return num_points + 1

    def _memory(self, encoded, mask):
        end = ops.broadcast_to(self.end_symbol, (ops.shape(encoded)[0], 1, self.units))
        memory = ops.concatenate([ops.cast(end, encoded.dtype), encoded], axis=1)
        mask = ops.concatenate([ops.ones_like(mask[:, :1]), mask], axis=1)
        projected = self.pointer.project_memory(memory)
        return {"memory": memory, "memory_mask": mask, "projected_memory": projected}

    def _write(self, inputs, memory, states):
        decoded = self.writer(inputs, initial_state=states)[0]
        return self.pointer(decoded, **memory)

    def _write_step(self, inputs, memory, states):
        decoded, *states = self.writer(inputs, initial_state=states)
        return self.pointer(decoded, **memory)[:, 0], states

    def get_config(self):
        return {**super().get_config(), "glimpses": self.glimpses, "logit_clip": self.logit_clip}
