"""The picture of an alignment: words of pieces, and what lights up."""

import re

import numpy as np
import pytest

from demos.components.alignment import alignment, by_words, joined_words

pytestmark = pytest.mark.once

SOURCE = ["▁the", "▁wh", "ite", "▁cat", ".", "▁end"]
TARGET = ["▁l'", "ami", "▁bl", "anc", "▁!"]


def test_pieces_become_words():
    assert joined_words(SOURCE) == [[0], [1, 2], [3], [4], [5]]
    assert joined_words(TARGET) == [[0], [1], [2, 3], [4]]
    assert joined_words(["▁don", "'t"]) == [[0, 1]] and joined_words([]) == []


def test_words_have_the_sum_of_what_was_read_and_the_mean_of_what_was_written():
    weights = np.random.default_rng(0).dirichlet(np.ones(6), 5)
    table, target, source = by_words(weights, TARGET, SOURCE)
    assert target == ["l'", "ami", "blanc", "!"]
    assert source == ["the", "white", "cat", ".", "end"]
    np.testing.assert_allclose(table.sum(axis=1), 1)
    assert table[2, 1] == pytest.approx(weights[2:4, 1:3].sum() / 2)


def test_a_row_lights_the_words_that_it_looks_at():
    weights = np.array([[0.9, 0.1, 0.0], [0.05, 0.05, 0.9]])
    drawn = str(alignment(weights, ["un", "<b>"], ["a", "b", "c"], "A pair"))
    rows = re.findall(r'<g class="row".*?</g></g>', drawn)
    assert len(rows) == 2 and drawn.count("<rect") == 6
    assert "un looks at a with 90%" in rows[0] and "&lt;b&gt; looks at c" in rows[1]
    lit = [re.findall(r">(\w)</text>", row.partition('class="lit"')[2]) for row in rows]
    assert lit == [["a", "b"], ["c"]]
    assert re.findall(r'fill-opacity="([\d.]+)"', rows[0]) == ["0.9", "0.1", "0"]
