"""The LSTMs that neural Turing machines are compared with."""

import keras

from keras_readinglist.applications.neural_turing_machines.algorithmic_model import AlgorithmicModel
from keras_readinglist.applications.neural_turing_machines.tasks import TASKS
from keras_readinglist.layers.precision import dense
from keras_readinglist.layers.recurrent import LSTM
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class LSTMSequenceModel(AlgorithmicModel):
    """The network that neural Turing machines are compared with: a stack of LSTMs.

    The paper's have three layers, of 256 units for copying, recall; 512 for repeat copies; 128 for
    n-grams and sorting.

    Args:
        task: As for `NTMSequenceModel`.
        units: Positive integer, the width of every layer. Defaults to 256.
        num_layers: Positive integer. Defaults to 3.
        **kwargs: Base model keyword arguments.

    Call arguments, Input shape and Output shape: as for `NTMSequenceModel`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = LSTMSequenceModel("associative_recall", units=8, num_layers=2)
        >>> model(model.generate_batch(2, rng=0, num_items=3)[0]).shape
        (2, 20, 6)

    References:
        - [Graves et al., 2014, Neural Turing Machines](https://arxiv.org/abs/1410.5401), table 3
    """

    def __init__(self, task="copy", units=256, num_layers=3, **kwargs):
        super().__init__(task, **kwargs)
        check_size("units", units)
        check_size("num_layers", num_layers)
        self.units, self.num_layers = units, num_layers
        options = {"return_sequences": True, "dtype": self.dtype_policy}
        self.stack = [LSTM(units, **options) for _ in range(num_layers)]
        self.head = keras.layers.Dense(TASKS[task].output_dim, dtype=self.dtype_policy)
        self.build((None, None, TASKS[task].input_dim))

    def build(self, sequences_shape):
        width = sequences_shape[-1]
        for layer in self.stack:
            layer.build((None, None, width))
            width = self.units
        self.head.build((None, None, width))

    def call(self, sequences, mask=None):
        for layer in self.stack:
            sequences = layer(sequences, mask=mask)
        return dense(self.head, sequences)

    def compute_output_shape(self, sequences_shape):
        return (*sequences_shape[:2], TASKS[self.task].output_dim)

    def get_config(self):
        names = ("units", "num_layers")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
