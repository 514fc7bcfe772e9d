"""Neural Turing machine that learns an algorithm (Graves et al., 2014)."""

import keras
import numpy as np

from keras_readinglist.applications.neural_turing_machines.algorithmic_model import AlgorithmicModel
from keras_readinglist.applications.neural_turing_machines.tasks import TASKS
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers.ntm import NTM
from keras_readinglist.layers.precision import wide


@keras.saving.register_keras_serializable(package="keras_readinglist")
class NTMSequenceModel(AlgorithmicModel):
    """Neural Turing machine that learns an algorithm from examples.

    The paper's figures: after training on up to 20 vectors, copies of 50 almost without mistakes,
    of 120 with a few and one vector doubled; repeat copies of twice the length or number, though
    the count is lost; recall among 12 items almost perfect, among 15 with less than one bit lost.

    Args:
        task: `"copy"` (default), `"repeat_copy"`, `"associative_recall"`, `"ngrams"` or
            `"priority_sort"`.
        **kwargs: Arguments of `layers.NTM`, such as `memory_slots`, `controller` or `read_heads`,
            and `name`, `dtype`.

    Call arguments:
        sequences: Float tensor `(batch, time, input channels)`.
        mask: Boolean tensor `(batch, time)` or `None`.

    Input shape:
        `(batch, time, input channels)`.

    Output shape:
        `(batch, time, target channels)`, logits.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = NTMSequenceModel("copy", memory_slots=16, memory_width=8, controller_units=12)
        >>> model.compile_default()
        >>> x, y, weights = model.generate_batch(4, rng=0, length=3)
        >>> history = model.fit(x, y, sample_weight=weights, verbose=0)
        >>> from keras_readinglist.datasets import copy_task
        >>> model.answer(copy_task(2, length=5, rng=0)).shape
        (2, 5, 8)
        >>> model.attention(x)["weightings"].shape  # one read and one write head
        (4, 7, 2, 16)

    References:
        - [Graves et al., 2014, Neural Turing Machines](https://arxiv.org/abs/1410.5401)
    """

    def __init__(self, task="copy", name=None, dtype=None, trainable=True, **ntm_kwargs):
        super().__init__(task, name=name, dtype=dtype, trainable=trainable)
        self.ntm_kwargs = ntm_kwargs
        self.ntm = NTM(
            output_dim=TASKS[task].output_dim,
            return_sequences=True,
            dtype=self.dtype_policy,
            **ntm_kwargs,
        )
        self.build((None, None, TASKS[task].input_dim))

    def build(self, sequences_shape):
        self.ntm.build(sequences_shape)

    def call(self, sequences, mask=None):
        return self.ntm(sequences, mask=mask)

    def compute_output_shape(self, sequences_shape):
        return (*sequences_shape[:2], TASKS[self.task].output_dim)

    @compiled
    def _trace(self, inputs):
        logits, _, attention = self.ntm.trace(inputs)
        return {"logits": logits, **attention}

    def attention(self, sequences):
        """Return the logits and everything that the heads did.

        Args:
            sequences: Float array `(batch, time, input channels)`.

        Returns:
            Dictionary of arrays `(batch, time, ...)`: `"logits"`, and what `layers.NTM` gives with
            `return_attention`.
        """
        return self._trace(inputs=np.asarray(sequences, wide(self.compute_dtype)))

    def get_config(self):
        config = self.ntm.get_config()
        return {**super().get_config(), **{name: config[name] for name in self.ntm_kwargs}}

    @classmethod
    def from_config(cls, config):
        if isinstance(config.get("controller"), dict):
            controller = keras.saving.deserialize_keras_object(config["controller"])
            config = {**config, "controller": controller}
        return cls(**config)
