"""Nth farthest and learning to execute: the answers are right."""

import time

import numpy as np
import pytest

from keras_readinglist.datasets import learn_to_execute, nth_farthest
from keras_readinglist.datasets.learn_to_execute import (
    CURRICULA,
    SPLITS,
    TASKS,
    VOCABULARY,
    longest,
    split_of,
)
from keras_readinglist.datasets.nth_farthest import floor_accuracy, ranking

pytestmark = pytest.mark.once


def parts(inputs, count, dim):
    one_hot = inputs[..., dim:].reshape(*inputs.shape[:2], 3, count)
    assert (one_hot.sum(-1) == 1).all()
    labels, n, m = one_hot.argmax(-1).transpose(2, 0, 1)
    assert (n == n[:, :1]).all() and (m == m[:, :1]).all()
    return inputs[..., :dim], labels, n[:, 0], m[:, 0]


def test_the_nth_farthest_is_the_nth_farthest():
    count, dim = 5, 3
    inputs, answers = nth_farthest(1000, count, dim, rng=0)
    for vectors, labels, n, m, answer in zip(*parts(inputs, count, dim), answers, strict=True):
        assert sorted(labels) == list(range(count))
        centre = vectors[list(labels).index(m)]
        by_distance = sorted(range(count), key=lambda k: -sum((vectors[k] - centre) ** 2))
        assert labels[by_distance[n]] == answer
        if n == count - 1:
            assert answer == m


def test_floor_and_chance():
    inputs, answers = nth_farthest(20_000, 4, 2, rng=1)
    _, labels, n, m = parts(inputs, 4, 2)
    assert np.abs(np.bincount(answers) / len(answers) - 0.25).max() < 0.02
    trivial = np.where(n == 3, m, (m + 1) % 4)
    assert (trivial == answers).mean() == pytest.approx(floor_accuracy(4), abs=0.02)
    assert floor_accuracy(8) == 0.25


def test_choices_and_ranking():
    inputs, answers = nth_farthest(200, 4, 2, rng=1, choices=1)
    vectors, labels, n, m = parts(inputs, 4, 2)
    assert (n == 0).all()
    ranked = ranking(vectors, labels, m)
    np.testing.assert_array_equal(ranked[:, 0], answers)
    np.testing.assert_array_equal(ranked[:, -1], m)


def test_a_large_batch_is_fast_and_seeded():
    seconds = []
    for _ in range(5):
        began = time.process_time()
        inputs, _ = nth_farthest(1600, rng=0)
        seconds.append(time.process_time() - began)
    assert min(seconds) < 0.02  # 4 ms on a quiet machine
    np.testing.assert_array_equal(inputs, nth_farthest(1600, rng=0)[0])


@pytest.mark.parametrize(
    ("kwargs", "name"),
    [({"num_objects": 1}, "num_objects"), ({"dim": 0}, "dim"), ({"choices": 0}, "choices"),
     ({"choices": 9}, "choices"), ({"batch_size": 0}, "batch_size")],
)  # fmt: skip
def test_bad_arguments_of_nth_farthest(kwargs, name):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        nth_farthest(**{"batch_size": 2, **kwargs})


def run_python(program):
    *statements, last = program.split("\n")
    names = {}
    exec("\n".join(statements), names)
    return eval(last, names)


@pytest.mark.parametrize("curriculum", CURRICULA)
@pytest.mark.parametrize("task", TASKS)
def test_python_gives_the_same_results(task, curriculum):
    programs, results = learn_to_execute(300, 3, 3, (task,), curriculum, progress=0.5, rng=0)
    longest_input, longest_output = longest(3, 3, (task,))
    for program, result in zip(programs, results, strict=True):
        value = run_python(program)
        assert result == (value if isinstance(value, str) else str(value % 1000))
        assert set(program + result) <= set(VOCABULARY)
        assert len(program) <= longest_input and len(result) <= longest_output


def test_curricula_differ_in_difficulty():
    def mean(**kwargs):
        programs, _ = learn_to_execute(300, 5, 3, rng=0, **kwargs)
        return np.mean([len(p) for p in programs])

    hardest = mean(curriculum="baseline")
    assert mean(curriculum="naive", progress=0.0) < mean(curriculum="mix") < hardest
    assert mean(curriculum="naive", progress=1.0) == hardest
    programs, _ = learn_to_execute(20, 5, 3, rng=0)
    assert programs == learn_to_execute(20, 5, 3, rng=0)[0]


def test_no_program_is_in_two_splits():
    tasks = ("add", "copy", "reverse", "double")
    drawn = {
        split: set(learn_to_execute(3_000, 2, 2, tasks, "mix", rng=0, split=split)[0])
        for split in SPLITS
    }
    assert sum(map(len, drawn.values())) == len(set().union(*drawn.values()))
    every, _ = learn_to_execute(4_000, 2, 2, tasks, "baseline", rng=1)
    shares = [np.mean([split_of(program) == split for program in every]) for split in SPLITS]
    np.testing.assert_allclose(shares, [0.75, 0.05, 0.2], atol=0.02)
    with pytest.raises(ValueError, match="`split` must have programs of these sizes"):
        learn_to_execute(1, 1, 1, ("copy",), rng=0, split="validation")


@pytest.mark.parametrize(
    ("kwargs", "name"),
    [({"max_length": 0}, "max_length"), ({"max_nesting": 12}, "max_nesting"),
     ({"tasks": ("divide",)}, "tasks"), ({"tasks": ()}, "tasks"),
     ({"curriculum": "hard"}, "curriculum"), ({"progress": 2}, "progress"),
     ({"split": "dev"}, "split")],
)  # fmt: skip
def test_bad_arguments_of_learn_to_execute(kwargs, name):
    with pytest.raises(ValueError, match=f"`{name}` must"):
        learn_to_execute(**{"batch_size": 2, **kwargs})
