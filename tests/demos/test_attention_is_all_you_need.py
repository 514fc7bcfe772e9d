"""The exhibit of the Transformer: what it shows, and what it refuses."""

import re

import numpy as np
import pytest

from demos.exhibits import attention_is_all_you_need as exhibit

GOOD = {"translate": ["I am tired.", exhibit.ENCODER, 1, 2, 2, 0.5]}
BAD = {"translate": ["", exhibit.CROSS, 1, 1, 4, 0.6]}


@pytest.mark.parametrize("kind", exhibit.KINDS)
def test_every_word_has_a_row_and_every_head_a_picture(kind):
    large, small, _ = exhibit.show("She reads an old book.", kind, 2, 3, 2)
    rows = re.findall(r'<g class="row".*?</g></g>', large)
    assert len(rows) > 2 and len({row.count("<rect") for row in rows}) == 1
    assert small.count("block ") == 8 and small.count('stroke="var(--krl-ink)"') == 1


def test_no_word_looks_at_one_that_is_not_written():
    ids = exhibit.read_sentence("She reads an old book.")

    def look(model):
        written = exhibit.searched(ids, 1, 0.0, model).pieces(0)
        return exhibit.attended(ids, written, model)

    maps = exhibit.run(exhibit.MODEL, look)
    own = maps["decoder"]
    assert own.shape[-1] == own.shape[-2] and np.abs(np.triu(own, 1)).max() == 0
    for name, scores in maps.items():
        np.testing.assert_allclose(scores.sum(-1), 1, atol=1e-4, err_msg=name)


def test_the_beam_is_ranked_by_its_score():
    table = exhibit.show("She reads an old book.", beam_size=4, penalty=1.0)[2]
    cells = re.findall(r"<td>([^<]*)</td>", table)
    scores = [float(score) for score in cells[3::4]]
    assert len(scores) == 4 and scores == sorted(scores, reverse=True)


def test_the_tree_has_a_node_for_every_beam_and_its_bold_path_is_the_answer():
    large, said, beam = exhibit.show("She reads an old book.", beam_size=3)
    answer = re.search(r"<b>([^<]*)</b>", said)[1]
    columns = re.findall(r'<g data-at="\d+">(.*?)(?=<g data-at|</svg>)', beam)
    assert len(columns) > 5 and {column.count("<rect") for column in columns} == {3}
    bold = [re.findall(r'font-weight="bold">([^<]*)<', column) for column in columns]
    assert all(len(names) == 1 for names in bold) and bold[-1] in (["end"], ["·"])
    written = "".join(names[0] for names in bold if names[0] not in ("end", "·"))
    assert written.lower() == answer.replace(" ", "").lower()
    assert beam.count("log-probability") == 3 * len(columns)


def test_a_step_of_the_tree_tells_what_is_kept():
    steps = {
        "tokens": np.array([[[4, 2, 2, 2], [5, 4, 2, 2]]]),
        "parents": np.array([[[0, 1, 0, -1], [0, 0, 1, -1]]]),
        "log_p": np.array([[[-1.0, -2.5, -2.5, 0], [-2.0, -2.75, -3.0, 0]]]),
    }
    tree = exhibit.Tree(steps, ["", "", "", "", "\u2581un", "\u2581deux"])
    assert [tree.text(k) for k in range(2)] == ["deux", "un un"]
    assert [tree.pieces(k).tolist() for k in range(2)] == [[5, 2], [4, 4, 2]]
    drawn = exhibit.beam_tree(tree)
    assert "Piece 3: of all that could follow, the 2" in drawn and "Piece 4" not in drawn
    assert "un un: log-probability -2.75" in drawn


@pytest.mark.parametrize("text", ["Tom 🙂 is here.", "Naïve café", "1 + 1 = 2", "a" * 30])
def test_unusual_sentences_are_answered(text):
    large, _, _ = exhibit.show(text, beam_size=1)
    assert "nan" not in large and 'class="row"' in large


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (None, "is empty"),
        ("🙂🙂", "no letter"),
        ("这是", "no letter"),
        ("x" * 10**6, "may have 200 characters"),
        ("go " * 60, "is too long"),
    ],
)
def test_bad_sentences(text, words):
    with pytest.raises(ValueError, match=words):
        exhibit.show(text)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"beam_size": 9}, "whole number from 1 to 8"),
        ({"block": 3}, "whole number from 1 to 2"),
        ({"head": 0}, "whole number from 1 to 4"),
        ({"kind": "all"}, "Choose one of"),
        ({"penalty": 3}, "number from 0 to 2"),
        ({"penalty": None}, "number from 0 to 2"),
        ({"penalty": "much"}, "number from 0 to 2"),
    ],
)
def test_bad_options(options, words):
    with pytest.raises(ValueError, match=words):
        exhibit.show("I am tired.", **options)
