"""The exhibit of relational memory: its pictures, its arithmetic and its refusals."""

import json

import numpy as np
import pytest

from demos.exhibits import relational_rnns as exhibit

FOUR = "[[-0.7, 0.6], [0.8, 0.7], [0.1, -0.2], [-0.4, -0.8]]"
GOOD = {"ask": [FOUR, "A", "farthest"], "execute": ["'12'[::-1]"]}
BAD = {"ask": ["[[0, 0]]", "A", "farthest"], "execute": ["print(1)"]}


def test_the_default_page_shows_the_board_and_two_rankings():
    picture, answers = exhibit.default()
    assert picture.count("data-item") == 4 and 'data-count="4"' in picture
    assert answers.count("<tr>") == 4 and answers.count("fill-opacity") >= 4 * 5
    assert "What" not in exhibit.tour() and exhibit.tour().startswith("farthest from A")


def test_the_relational_memory_ranks_random_points():
    points = [json.loads(exhibit.random_points(seed)) for seed in range(30)]
    model = exhibit.MODELS["relational memory"][0]
    right = 0
    for cloud in points:
        cloud = exhibit.parse_points(json.dumps(cloud))
        p, _ = exhibit.run(model, lambda m, cloud=cloud: exhibit.ask(cloud, 1, m))
        right += (p.argmax(1) == exhibit.ranking(cloud[None], [range(4)], [1])[0]).mean()
    assert right / len(points) > 0.8


def test_a_drag_moves_a_point():
    moved = np.array(json.loads(exhibit.move(exhibit.DEFAULT, "2", 0.0, 0.0)))
    before = np.array(json.loads(exhibit.DEFAULT))
    assert (moved != before).any(axis=1).tolist() == [False, False, True, False]
    assert json.loads(exhibit.move(exhibit.DEFAULT, 1, 5, 5))[1] == [1, 1]


def test_a_tie_is_no_answer():
    third = np.array([[0.34, 0.33, 0.33, 0.0]] * 4)
    table = str(exhibit.answers_table([0, 1, 2, 3], {"LSTM": third}))
    assert table.count("a tie") == 4 and "✓" not in table and "✗" not in table


@pytest.mark.once
@pytest.mark.parametrize(
    "text",
    ["", "[]", "nonsense", "[[0, 0]]", "[[9, 0], [0, 0], [0, 1], [1, 0]]", None, "x" * 10**6],
)
def test_bad_points(text):
    with pytest.raises(ValueError, match="[a-z]{3,}"):
        exhibit.show(text, "A", "farthest")


def test_bad_choices():
    for point in ("E", "AB", "", None):
        with pytest.raises(ValueError, match="The point is one of: A, B, C, D"):
            exhibit.show(exhibit.DEFAULT, point, "farthest")
    with pytest.raises(ValueError, match="one of"):
        exhibit.show(exhibit.DEFAULT, "A", None)
    with pytest.raises(ValueError, match="A place is a number"):
        exhibit.move(exhibit.DEFAULT, 0, float("nan"), 0)
