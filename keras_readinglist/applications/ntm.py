"""Models that execute small algorithms on sequences of bits (Graves et al., 2014)."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from keras_readinglist.datasets import algorithmic_tasks as data
from keras_readinglist.decoding.compiled import Compiled
from keras_readinglist.layers.ntm import NTM
from keras_readinglist.layers.recurrent import LSTM
from keras_readinglist.layers.validation import check_size
from keras_readinglist.presets import PresetMixin


@dataclass(frozen=True)
class Task:
    """A task and the sizes that it is trained on.

    Args:
        draw: Function `(batch_size, rng=..., **sizes)` that draws episodes.
        input_dim: Positive integer, the number of input channels.
        output_dim: Positive integer, the number of target channels.
        sizes: The smallest and largest training size, by argument of `draw`.
        steps: Lengths of episodes to pad to in training, so that only these are compiled.
    """

    draw: Callable
    input_dim: int
    output_dim: int
    sizes: dict[str, tuple[int, int]]
    steps: tuple[int, ...]


TASKS = {
    "copy": Task(data.copy_task, 9, 8, {"length": (1, 20)}, (7, 11, 21, 41)),
    "repeat_copy": Task(
        data.repeat_copy_task, 10, 9, {"length": (1, 10), "repeats": (1, 10)}, (12, 27, 52, 112)
    ),
    "associative_recall": Task(
        data.associative_recall_task, 8, 6, {"num_items": (2, 6)}, (16, 20, 24, 28, 32)
    ),
    "ngrams": Task(data.dynamic_ngrams_task, 1, 1, {"length": (200, 200)}, (200,)),
    "priority_sort": Task(
        data.priority_sort_task, 10, 8, {"num_vectors": (20, 20), "num_sorted": (16, 16)}, (37,)
    ),
}


class AlgorithmicModel(PresetMixin, keras.Model):
    """What the models share: the task, its episodes, training and measuring."""

    def __init__(self, task="copy", **kwargs):
        super().__init__(**kwargs)
        if task not in TASKS:
            raise ValueError(f"`task` must be one of {tuple(TASKS)}. Received: task={task!r}")
        self.task = task

    def generate_batch(self, batch_size, rng=None, **sizes):
        """Draw a batch for `fit`; sizes that are not given are drawn from the training range.

        Args:
            batch_size: Positive integer.
            rng: `numpy.random.Generator` or a seed.
            **sizes: Arguments of the task's generator, such as `length`.

        Returns:
            `(x, y, sample_weight)`, padded at the end to one of a few lengths as long as the
            episodes are no longer than in training. Only answers have a weight.
        """
        task, rng = TASKS[self.task], np.random.default_rng(rng)
        drawn = {name: int(rng.integers(a, b + 1)) for name, (a, b) in task.sizes.items()}
        episode = task.draw(batch_size, rng=rng, **{**drawn, **sizes})
        steps = episode[0].shape[1]
        steps = next((padded for padded in task.steps if padded >= steps), steps)
        inputs, targets, mask = data.pad_time(episode, steps)
        return inputs, targets, mask.astype("float32")

    def compile_default(self, optimizer=None):
        """Compile with the cross-entropy per bit of the answer, in nats.

        Args:
            optimizer: A Keras optimizer. Defaults to that of the paper, `graves_rmsprop`, with a
                bound of 10 on the gradient's norm.
        """
        self.compile(
            optimizer=optimizer or graves_rmsprop(global_clipnorm=10.0),
            loss=keras.losses.BinaryCrossentropy(
                from_logits=True, reduction="mean_with_sample_weight"
            ),
        )

    def answer(self, episode):
        """Return the bits that are written where answers are due.

        Args:
            episode: `(inputs, targets, mask)`, as a generator or an episode function of
                `datasets.algorithmic_tasks` returns it; every sequence has as many answers.

        Returns:
            Array `(batch, answers, bits)` of zeros and ones.
        """
        inputs, _, mask = episode
        logits = np.asarray(self.predict_on_batch(inputs), "float32")
        return (logits[mask].reshape(len(inputs), -1, logits.shape[-1]) > 0).astype("float32")

    def evaluate_lengths(self, lengths, sequences=64, batch_size=16, seed=0):
        """Measure how well random episodes of given sizes are answered.

        Args:
            lengths: List of integers, values of the task's first size, or of dictionaries of
                sizes. Sizes that are not given have their largest training value.
            sequences: Positive integer, how many episodes of each size.
            batch_size: Positive integer.
            seed: Integer.

        Returns:
            List of dictionaries: `"bits"`, the cost in bits per sequence; `"wrong_bits"` per
            sequence, at a threshold of 1/2; `"wrong_by_channel"`, the same by target channel;
            `"exact"`, the share of sequences without a wrong bit; `"chance"`, half the number of
            bits.
        """
        check_size("sequences", sequences)
        task = TASKS[self.task]
        measured = []
        for length in lengths:
            largest = {name: high for name, (_, high) in task.sizes.items()}
            sizes = length if isinstance(length, dict) else {next(iter(task.sizes)): length}
            rng = np.random.default_rng((seed, *(int(v) for v in sizes.values())))
            inputs, targets, mask = task.draw(sequences, rng=rng, **{**largest, **sizes})
            logits = self.predict(inputs, batch_size=batch_size, verbose=0)
            measured.append(measure_bits(logits, targets, mask))
        return measured

    def get_config(self):
        return {**super().get_config(), "task": self.task}


def graves_rmsprop(learning_rate=1e-4, **kwargs):
    """Return RMSProp in the form of Graves.

    `n = 0.95 n + 0.05 g^2`, `m = 0.95 m + 0.05 g`, `d = 0.9 d - rate g / sqrt(n - m^2 + 1e-4)`
    ([Graves, 2013](https://arxiv.org/abs/1308.0850), Eq. 38 to 45).

    Args:
        learning_rate: Float or schedule. Defaults to 1e-4.
        **kwargs: Further arguments of `keras.optimizers.RMSprop`.
    """
    return keras.optimizers.RMSprop(
        learning_rate, rho=0.95, momentum=0.9, epsilon=1e-4, centered=True, **kwargs
    )


def measure_bits(logits, targets, mask):
    """Return cost and errors per sequence; see `AlgorithmicModel.evaluate_lengths`."""
    logits = np.asarray(logits, "float64")
    due = mask[..., None]
    cost = (np.logaddexp(0, logits) - targets * logits) * due / np.log(2)
    wrong = ((logits > 0) != (targets > 0.5)) & due
    return {
        "bits": float(cost.sum() / len(mask)),
        "wrong_bits": float(wrong.sum() / len(mask)),
        "wrong_by_channel": (wrong.sum(axis=(0, 1)) / len(mask)).tolist(),
        "exact": float(1 - wrong.any(axis=(1, 2)).mean()),
        "chance": float(mask.sum() * targets.shape[-1] / len(mask) / 2),
    }


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

    @functools.cached_property
    def _traced(self):
        def trace(batch):
            logits, _, attention = self.ntm.trace(batch["inputs"])
            return {"logits": logits, **attention}

        return Compiled(trace, self)

    def attention(self, sequences):
        """Return the logits and everything that the heads did.

        Args:
            sequences: Float array `(batch, time, input channels)`.

        Returns:
            Dictionary of arrays `(batch, time, ...)`: `"logits"`, and what `layers.NTM` gives with
            `return_attention`.
        """
        return self._traced(inputs=np.asarray(sequences, "float32"))

    def get_config(self):
        config = self.ntm.get_config()
        return {**super().get_config(), **{name: config[name] for name in self.ntm_kwargs}}

    @classmethod
    def from_config(cls, config):
        if isinstance(config.get("controller"), dict):
            controller = keras.saving.deserialize_keras_object(config["controller"])
            config = {**config, "controller": controller}
        return cls(**config)


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

    Call arguments, input shape and output shape: as for `NTMSequenceModel`.

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
        return self.head(sequences)

    def compute_output_shape(self, sequences_shape):
        return (*sequences_shape[:2], TASKS[self.task].output_dim)

    def get_config(self):
        names = ("units", "num_layers")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
