"""Sequence to sequence with a fixed dictionary."""

import keras

from keras_readinglist.applications.pointer_networks.fixed_dictionary import FixedDictionary
from keras_readinglist.layers.precision import dense


@keras.saving.register_keras_serializable(package="keras_readinglist")
class Seq2SeqBaseline(FixedDictionary):
    """The first comparison model: an LSTM encoder and decoder with a fixed output dictionary.

    Args:
        max_points: Positive integer, the largest number of points.
        units: Positive integer, the width of both LSTMs. Defaults to 256.
        input_dim: Positive integer, the dimension of a point. Defaults to 2.
        encoder: `"lstm"` or `"bilstm"`.
        **kwargs: Base model keyword arguments.

    Call arguments: as for `PointerNetwork`.

    Input shape:
        As for `PointerNetwork`.

    Output shape:
        `(batch, m, max_points + 1)`.

    Raises:
        ValueError: If there are more than `max_points` points.

    Example:
        >>> model = Seq2SeqBaseline(max_points=6, units=8)
        >>> model.generate(np.random.rand(2, 6, 2))[0].shape
        (2, 7)

    References:
        - [Vinyals et al., 2015](https://arxiv.org/abs/1506.03134), section 2.1
        - [Sutskever et al., 2014](https://arxiv.org/abs/1409.3215)
    """

    def _write(self, inputs, memory, states):
        return dense(self.head, self.writer(inputs, initial_state=states)[0])

    def _write_step(self, inputs, memory, states):
        decoded, *states = self.writer(inputs, initial_state=states)
        return dense(self.head, decoded)[:, 0], states
