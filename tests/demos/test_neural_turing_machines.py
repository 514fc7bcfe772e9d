"""The copy machine: what a visitor draws, what is due, and bad input."""

import json

import numpy as np
import pytest

from demos.exhibits import _neural_turing_machines_tape as tapes
from demos.exhibits import neural_turing_machines as exhibit
from keras_readinglist.applications import LSTMSequenceModel, NTMSequenceModel

TASKS = tuple(exhibit.BITS)
GOOD = {
    "solve": ["[1, 2, 3, 4, 5, 6]", "Associative recall", 1],
    "pattern": ["Associative recall", 12],
}
BAD = {"solve": ["nonsense", "Copy", 1], "pattern": ["Copy", 10**9]}


def test_a_text_becomes_columns():
    vectors = exhibit.parse_pattern(exhibit.text_pattern("Hi", exhibit.COPY), exhibit.COPY)
    assert vectors.tolist() == [[0, 1, 0, 0, 1, 0, 0, 0], [0, 1, 1, 0, 1, 0, 0, 1]]
    recalled = json.loads(exhibit.text_pattern("abcdefgh", exhibit.RECALL))
    assert len(recalled) == 6 and max(recalled) < 64
    assert len(json.loads(exhibit.text_pattern("x" * 500, exhibit.COPY))) == 120


def test_a_click_turns_one_bit_over():
    pattern = exhibit.toggled("[0, 255]", exhibit.COPY, 1, 0)
    assert json.loads(pattern) == [0, 127]
    assert json.loads(exhibit.toggled(pattern, exhibit.COPY, 0.6, 0.1)) == [0, 255]
    assert json.loads(exhibit.toggled(pattern, exhibit.COPY, 0, 1)) == [1, 127]


@pytest.mark.parametrize("task", TASKS)
def test_random_patterns_are_valid(task):
    for length in (1, 20, 120):
        vectors = exhibit.parse_pattern(exhibit.random_pattern(task, length, 0), task)
        fewest, most = exhibit.COLUMNS[task]
        assert fewest <= len(vectors) <= most
        (inputs, _, mask), steps = exhibit.episode_of(vectors, task, 1)
        assert inputs.shape[1] == exhibit._STEPS[task] and not mask[0, steps:].any()


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("task", TASKS)
def test_solves_with_any_models(task, heads):
    name = exhibit.PRESETS[task].removeprefix("ntm_").replace("recall", "associative_recall")
    machine = NTMSequenceModel(
        name,
        memory_slots=8,
        memory_width=4,
        controller_units=6,
        read_heads=heads,
        write_heads=heads,
    )
    lstm = LSTMSequenceModel(name, units=5, num_layers=1)
    vectors = exhibit.parse_pattern(exhibit.random_pattern(task, 9, 0), task)
    episode, steps = exhibit.episode_of(vectors, task, 1)
    found = exhibit.solve(episode, steps, machine.attention, lstm.predict_on_batch)
    assert found["due"].shape == found["machine"].shape == found["lstm"].shape
    assert found["weightings"].shape == (steps, 2 * heads, 8)
    html = tapes.machine(found)
    assert html.count("translate(") >= 2 * heads and f"{heads} write" in html
    sentence = exhibit.verdict(found, len(vectors), task)
    wrong = int((found["machine"] != found["due"]).sum())
    assert f"Machine: {wrong} of {found['due'].size} bits wrong" in sentence


def test_repeats_are_counted_without_the_end_mark():
    for columns in (1, 4):
        vectors = np.ones((columns, 8), "float32")
        (_, targets, mask), _ = exhibit.episode_of(vectors, exhibit.REPEAT, 3)
        due = targets[mask]
        sentence = exhibit.verdict(dict.fromkeys(("due", "machine", "lstm"), due), columns,
                                   exhibit.REPEAT)  # fmt: skip
        assert sentence.startswith(f"{columns} columns 3 times, then the end mark")


def test_the_tape_is_cut_where_no_head_was():
    weightings = np.zeros((3, 1, 10))
    weightings[range(3), 0, [9, 0, 1]] = 1
    assert tapes.visited_rows(weightings).tolist() == [9, 0, 1]
    assert tapes.visited_rows(np.zeros((3, 1, 4))).tolist() == [0, 1, 2, 3]


def test_wrong_bits_are_marked():
    bits = np.array([[1.0, 0.0], [1.0, 1.0]])
    same, other = (tapes.bit_colours(bits, due).tolist() for due in (bits, 1 - bits))
    assert same == tapes.bit_colours(bits).tolist() != other


def test_heads_erase_before_they_add():
    weights = np.array([[[1.0, 0.0], [0.5, 0.5]]])  # one step, two heads, two rows
    erase, add = np.array([[[1.0], [0.5]]]), np.array([[[2.0], [4.0]]])
    found = tapes.memories(weights, erase, add)
    np.testing.assert_allclose(found[0, :, 0], [4.0, 2.0], atol=1e-5)


@pytest.mark.once
@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: exhibit.parse_pattern("hello", exhibit.COPY), "whole numbers from 0 to 255"),
        (lambda: exhibit.parse_pattern('{"a": 1}', exhibit.COPY), "whole numbers"),
        (lambda: exhibit.parse_pattern("[1.5]", exhibit.COPY), "whole numbers"),
        (lambda: exhibit.parse_pattern("[true]", exhibit.COPY), "whole numbers"),
        (lambda: exhibit.parse_pattern("[256]", exhibit.COPY), "from 0 to 255"),
        (lambda: exhibit.parse_pattern("[64, 1, 1, 1, 1, 1]", exhibit.RECALL), "from 0 to 63"),
        (lambda: exhibit.parse_pattern(None, exhibit.COPY), "takes 1 to 120 columns"),
        (lambda: exhibit.parse_pattern("[1]" * 9**6, exhibit.COPY), "whole numbers"),
        (lambda: exhibit.parse_pattern(str([1] * 121), exhibit.COPY), "There are 121"),
        (lambda: exhibit.parse_pattern("[1,1,1,1,1,1,1]", exhibit.RECALL), "multiple of it"),
        (lambda: exhibit.parse_pattern("[1]", "Sorting"), "Choose one of"),
        (lambda: exhibit.toggled("nonsense", exhibit.COPY, 0, 0), "whole numbers from 0 to 255"),
        (lambda: exhibit.random_pattern("Sorting", 3), "Choose one of"),
        (lambda: exhibit.random_pattern(exhibit.COPY, None), "length is a whole number"),
        (lambda: exhibit.random_pattern(exhibit.COPY, 10**9), "length is a whole number"),
        (lambda: exhibit.text_pattern("", exhibit.COPY), "at least 1 characters"),
        (lambda: exhibit.text_pattern(None, exhibit.RECALL), "at least 6 characters"),
        (lambda: exhibit.episode_of(np.ones((6, 6)), exhibit.RECALL, 2), "asked about is a"),
        (lambda: exhibit.episode_of(np.ones((6, 6)), exhibit.RECALL, None), "asked about is a"),
        (lambda: exhibit.episode_of(np.ones((6, 8)), exhibit.REPEAT, 21), "number of repeats is"),
        (lambda: exhibit.parse_pattern(str([1] * 21), exhibit.REPEAT), "takes 1 to 20 columns"),
    ],
)
def test_bad_input_is_answered_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
