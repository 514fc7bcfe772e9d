"""Models that execute small algorithms on sequences of bits (Graves et al., 2014)."""

import keras
import numpy as np

from keras_readinglist.applications.neural_turing_machines.tasks import TASKS
from keras_readinglist.datasets import algorithmic_tasks as data
from keras_readinglist.layers.validation import check_size
from keras_readinglist.optimizers import graves_rmsprop
from keras_readinglist.presets import PresetMixin


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
        logits = self.predict_on_batch(inputs)
        due = int(mask[:1].sum())
        return (logits[mask].reshape(len(inputs), due, logits.shape[-1]) > 0).astype("float32")

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
