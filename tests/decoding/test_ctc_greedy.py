"""Greedy decoding of CTC collapses the best path, of whole utterances as of chunks."""

import itertools

import numpy as np
import pytest
from keras import ops

from keras_readinglist.decoding import CTCGreedySearch, ctc_greedy_decode

RNG = np.random.default_rng(0)


def by_hand(path, blank):
    return [label for label, _ in itertools.groupby(path) if label != blank]


@pytest.mark.parametrize("blank", [0, 2, -1])
def test_collapses_the_best_path(blank):
    logits = RNG.standard_normal((5, 20, 3)).astype("float32")
    lengths = np.array([20, 13, 1, 0, 7])
    for row, length in zip(logits, lengths, strict=True):
        row[length:] = np.nan
    for given in (logits, ops.convert_to_tensor(logits)):
        decoded = ctc_greedy_decode(given, lengths, blank)
        for labels, row, length in zip(decoded, logits, lengths, strict=True):
            assert labels.dtype == "int32"
            assert labels.tolist() == by_hand(row[:length].argmax(-1).tolist(), blank % 3)


def test_chunks_of_any_size_give_the_same():
    logits, search = RNG.standard_normal((3, 40, 3)), CTCGreedySearch()
    whole = ctc_greedy_decode(logits)
    for cuts in RNG.integers(0, 41, (20, 6)):
        state = search.start(3)
        for chunk in np.split(logits, np.sort(cuts), axis=1):
            state = search.step(state, chunk)
        assert [x.tolist() for x in search.finish(state)] == [x.tolist() for x in whole]


def test_a_state_is_not_changed_by_a_step():
    search = CTCGreedySearch()
    state = search.step(search.start(), np.eye(3)[[[1, 2]]])
    ends = [search.step(state, np.eye(3)[[[c]]]) for c in (1, 2)]
    assert [search.finish(end)[0].tolist() for end in ends] == [[1, 2, 1], [1, 2]]


def test_refusals():
    with pytest.raises(ValueError, match="`lengths` must be 2 integers between 0 and 3"):
        ctc_greedy_decode(np.zeros((2, 3, 4)), [3, 4])
