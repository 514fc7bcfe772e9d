"""Sequence to sequence with attention and a fixed dictionary."""

import keras
from keras import ops

from keras_readinglist.applications.pointer_networks.fixed_dictionary import FixedDictionary
from keras_readinglist.layers.pointer_attention import PointerAttention
from keras_readinglist.layers.precision import dense, matmul
from keras_readinglist.layers.recurrent import steps


@keras.saving.register_keras_serializable(package="keras_readinglist")
class AttentionSeq2SeqBaseline(FixedDictionary):
    """The second comparison model: attention blends the memory instead of pointing into it.

    `d'_i = sum_j softmax(u_i)_j e_j`; `[d_i, d'_i]` gives the scores of a fixed dictionary, and
    is fed to the next step (section 2.2).

    Args, Call arguments, Input shape, Output shape, Raises: as for `Seq2SeqBaseline`.

    Example:
        >>> model = AttentionSeq2SeqBaseline(max_points=6, units=8)
        >>> model.generate(np.random.rand(2, 6, 2))[0].shape
        (2, 7)

    References:
        - [Vinyals et al., 2015](https://arxiv.org/abs/1506.03134), section 2.2
    """

    def _writer_width(self):
        return self.input_dim + 2 * self.units  # the point, and [d, d'] of the step before

    def _head_width(self):
        return 2 * self.units

    def _build_scores(self):
        super()._build_scores()
        self.attention = PointerAttention(self.units, dtype=self.dtype_policy)
        self.attention.build((None, None, self.units), (None, None, self.units))

    def _memory(self, encoded, mask):
        projected = self.attention.project_memory(encoded)
        return {**super()._memory(encoded, mask), "projected_memory": projected}

    def _read(self, points, mask):
        memory, states = super()._read(points, mask)
        return memory, [ops.concatenate([states[0], ops.zeros_like(states[0])], -1), states[1]]

    def _step(self, x, memory, states):
        """Return the new `[[d, d'], c]`."""
        blended, c = states
        cell = self.writer.cell
        z = cell.project(ops.concatenate([x, ops.cast(blended, x.dtype)], axis=-1))
        d, c = cell.step(z, [blended[:, : self.units], c])
        query = ops.cast(d[:, None], memory["memory"].dtype)
        weights = ops.softmax(self.attention(query, **memory))
        context = matmul(weights, ops.cast(memory["memory"], weights.dtype))[:, 0]
        return [ops.concatenate([d, ops.cast(context, d.dtype)], axis=-1), c]

    def _write(self, inputs, memory, states):
        states = [ops.cast(s, self.writer.cell.state_dtype) for s in states]
        history, _ = steps.run(lambda x, s: self._step(x, memory, s), inputs, states)
        return dense(self.head, history[0])

    def _write_step(self, inputs, memory, states):
        states = self._step(inputs[:, 0], memory, states)
        return dense(self.head, states[0][:, None])[:, 0], states
