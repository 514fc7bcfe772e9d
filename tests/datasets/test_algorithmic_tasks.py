"""The tasks of neural Turing machines: shapes, where answers are due, and what they are."""

import numpy as np
import pytest

from keras_readinglist.datasets import algorithmic_tasks as tasks

pytestmark = pytest.mark.once

DRAWS = {
    "copy": lambda rng: tasks.copy_task(50, 7, rng=rng),
    "repeat_copy": lambda rng: tasks.repeat_copy_task(50, 4, 3, rng=rng),
    "recall": lambda rng: tasks.associative_recall_task(50, 5, rng=rng),
    "ngrams": lambda rng: tasks.dynamic_ngrams_task(50, 40, rng=rng),
    "sort": lambda rng: tasks.priority_sort_task(50, 9, 6, rng=rng),
}
SHAPES = {
    "copy": ((50, 15, 9), (50, 15, 8), 7),
    "repeat_copy": ((50, 18, 10), (50, 18, 9), 13),
    "recall": ((50, 28, 8), (50, 28, 6), 3),
    "ngrams": ((50, 40, 1), (50, 40, 1), 35),
    "sort": ((50, 16, 10), (50, 16, 8), 6),
}


@pytest.mark.parametrize("name", DRAWS)
def test_every_task(name):
    inputs, targets, mask = DRAWS[name](0)
    shape, target_shape, answers = SHAPES[name]
    assert inputs.shape == shape and targets.shape == target_shape
    assert inputs.dtype == targets.dtype == "float32" and mask.dtype == bool
    assert (mask.sum(axis=1) == answers).all()
    assert name == "ngrams" or (targets[~mask] == 0).all()
    assert name == "ngrams" or (inputs[mask] == 0).all()  # nothing is shown while it answers
    bits = targets[..., :8][mask]
    assert set(np.unique(bits)) == {0, 1}
    assert abs(bits.mean() - 0.5) < 0.12
    for got, want in zip(DRAWS[name](0), (inputs, targets, mask), strict=True):
        np.testing.assert_array_equal(got, want)
    assert (DRAWS[name](1)[0] != inputs).any()
    padded = tasks.pad_time((inputs, targets, mask), shape[1] + 3)
    assert padded[0].shape[1] == padded[2].shape[1] == shape[1] + 3
    assert padded[2].sum() == mask.sum()


def test_copy():
    inputs, targets, mask = tasks.copy_task(3, 4, width=5, rng=0)
    np.testing.assert_array_equal(targets[mask].reshape(3, 4, 5), inputs[:, :4, :5])
    assert (inputs[..., 5].argmax(axis=1) == 4).all() and inputs[..., 5].sum() == 3


def test_repeat_copy():
    inputs, targets, mask = tasks.repeat_copy_task(2, 3, 4, rng=0)
    answers = targets[mask].reshape(2, 13, 9)
    for k in range(4):
        np.testing.assert_array_equal(answers[:, 3 * k : 3 * k + 3, :8], inputs[:, :3, :8])
    assert (answers[:, -1] == np.eye(9)[8]).all() and answers[..., 8].sum() == 2
    counts = [tasks.repeat_copy_task(1, 1, r, rng=0)[0][0, 1, 9] for r in range(1, 11)]
    assert abs(np.mean(counts)) < 1e-6 and abs(np.std(counts) - 1) < 1e-6


def test_recall():
    inputs, targets, mask = tasks.associative_recall_task(200, 4, rng=0)
    items = inputs[:, :16].reshape(200, 4, 4, 8)
    assert (items[:, :, 0, 6] == 1).all() and (items[:, :, 1:, 6:] == 0).all()
    assert (inputs[:, 16, 7] == 1).all() and (inputs[:, 20, 7] == 1).all()
    query, answer = inputs[:, 17:20, :6], targets[mask].reshape(200, 3, 6)
    found = (items[:, :, 1:, :6] == query[:, None]).all(axis=(2, 3))
    assert found.any(axis=1).all()
    asked = found.argmax(axis=1)
    np.testing.assert_array_equal(answer, items[np.arange(200), asked + 1, 1:, :6])
    assert set(asked) == {0, 1, 2}  # never the last, for nothing follows it


def test_ngrams_and_their_best_predictor():
    inputs, targets, mask = tasks.dynamic_ngrams_task(400, 200, rng=0)
    bits = targets[..., 0].astype(int)
    np.testing.assert_array_equal(inputs[:, 1:, 0], bits[:, :-1])
    p = tasks.optimal_ngram_predictor(bits)
    seen = {}
    for step, bit in enumerate(bits[0]):  # the definition, for one sequence
        expected = 0.5
        if step >= 5:
            counts = seen.setdefault(tuple(bits[0, step - 5 : step]), [0, 0])
            expected = (counts[1] + 0.5) / (sum(counts) + 1)
            counts[bit] += 1
        assert p[0, step] == pytest.approx(expected)
    chosen = np.where(bits == 1, p, 1 - p)
    cost = -np.log2(chosen)[mask].sum() / 400
    assert 120 < cost < 150  # of 195 bits
    # No constant mixture with a coin is better: the predictor is calibrated.
    for mix in (0.05, -0.02):
        mixed = (1 - mix) * chosen + mix / 2
        assert -np.log2(np.maximum(mixed, 1e-9))[mask].sum() / 400 > cost


def test_sorting():
    inputs, targets, mask = tasks.priority_sort_task(5, 9, 6, rng=0)
    answers = targets[mask].reshape(5, 6, 8)
    for b in range(5):
        best = sorted(range(9), key=lambda k: -inputs[b, k, 8])[:6]
        np.testing.assert_array_equal(answers[b], inputs[b, best, :8])
    assert np.abs(inputs[:, :9, 8]).max() <= 1 and inputs[:, :9, 8].min() < -0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tasks.copy_task(0, 3), "`batch_size` must be"),
        (lambda: tasks.copy_task(1, 0), "`length` must be"),
        (lambda: tasks.copy_task(1, 2.5), "`length` must be"),
        (lambda: tasks.repeat_copy_task(1, 2, 0), "`repeats` must be"),
        (lambda: tasks.associative_recall_task(1, 1), "`num_items` must be an integer of at least"),
        (lambda: tasks.dynamic_ngrams_task(1, 5), "`length` must be an integer of at least 6"),
        (lambda: tasks.priority_sort_task(1, 3, 4), "`num_sorted` must be at most"),
        (lambda: tasks.pad_time(tasks.copy_task(1, 3), 6), "`steps` must be at least 7"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()
