"""The tasks of neural Turing machines, with the sizes that they are trained on."""

from collections.abc import Callable
from dataclasses import dataclass

from keras_readinglist.datasets import algorithmic_tasks as data


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
