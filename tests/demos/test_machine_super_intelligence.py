"""The exhibit on machine intelligence: what it computes, and what it refuses."""

import numpy as np
import pytest

from demos.exhibits import machine_super_intelligence as exhibit

pytestmark = pytest.mark.once
GOOD = {
    "play": [",.#", "40", "Random", "Q(λ)", 0, "[]"],
    "test": ["Random", "Freq", 10],
}
BAD = {
    "play": ["[,.#", "40", "Random", "Q(λ)", 0, "[]"],
    "test": ["Random", "Random", 10],
}


def played(*arguments):
    """Return all that is shown of a world."""
    return "".join(exhibit.play(*arguments))


def test_the_world_that_adds_up_pays_the_sum():
    rows = exhibit.lived(exhibit.SUM, [4, 0, 3, 2, 2])
    sums = 2 + np.cumsum([2, -2, 1, 0, 0])
    assert [row["reward"] for row in rows[1:]] == (50 * (sums % 5 - 2)).tolist()
    assert [row["seen"] for row in rows[1:]] == (sums % 5).tolist()


def test_who_remembers_beats_the_agents_where_they_see_nothing():
    best = [4, *[2] * 22]
    rows = exhibit.lived(exhibit.HIDDEN, best)
    assert all(row["reward"] == 100 and row["seen"] == 2 for row in rows[1:])
    said = exhibit.verdict(rows, ["Q(λ)", "HLQ"], exhibit.HIDDEN, 0)
    assert "You are ahead" in said and "only who remembers" in said


def test_a_page_shows_the_last_cycles_and_all_curves():
    shown = played(",.#", "4" * 30, "Freq", "Q(λ)", 0)
    assert shown.count("<polyline") == 3 and 'data-count="20"' in shown
    assert "Cycle 30: you did 4, got +100" in shown
    assert "Press a button" in played(",.#", "", "Freq", "Q(λ)", 0)
    assert played(",.#", "4", "Freq", "Freq", 0).count("<polyline") == 2


def test_a_drawn_world_can_be_played():
    for seed in range(3):
        assert "<svg" in played(exhibit.draw(seed), "0123", "Random", "Freq", seed)


def test_a_world_counts_after_ten_cycles_and_when_it_is_left():
    assert "Score" not in played(",.#", "4" * 9, "Random", "Freq")
    assert "Score over 1 world<" in played(",.#", "4" * 10, "Random", "Freq")
    program, moves, past, seed = exhibit.leave(7, ",.#", "4" * 10, 3, "[]")
    assert (program, moves, seed) == (exhibit.draw(7), "", 7)
    assert exhibit.past_of(past) == [(",.#", [4] * 10, 3)]
    shown = played(",.#", "0" * 10, "Random", "Freq", 0, past)
    # 100 in one world and -100 in the other, and chance between them.
    assert "Score over 2 worlds" in shown and "+0.0" in shown
    assert exhibit.leave(8, ",.#", "4", 7, past)[2] == past


def test_a_planner_is_a_rival():
    shown = played(",.#", "4", "MC-AIXI", "Freq")
    assert shown.count("<polyline") == 3 and "MC-AIXI" in shown
    with pytest.raises(ValueError, match="Choose one of"):
        exhibit.test("MC-AIXI", "Freq", 10)


def test_chance_scores_nothing():
    shown = exhibit.test("Random", "Freq", 40)
    assert "0.0 ± 0.0" in shown and "Freq is better than Random" in shown


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("", "40", "Random", "Freq"), "1 to 80 symbols"),
        (("[,.#", "40", "Random", "Freq"), "brackets in pairs"),
        (("hello", "40", "Random", "Freq"), "only the symbols"),
        (("," * 1000, "40", "Random", "Freq"), "1 to 80 symbols"),
        (("+[],.#", "40", "Random", "Freq"), "does not end in time"),
        ((",.#", "47", "Random", "Freq"), "digits from 0 to 4"),
        ((",.#", "4" * 61, "Random", "Freq"), "Up to 60 actions"),
        ((",.#", "4", "Me", "Freq"), "Choose one of"),
        ((",.#", "4", "Freq", None), "Choose one of"),
        ((",.#", "4", "Freq", "Freq", -1), "The seed"),
        ((",.#", "4", "Freq", "Freq", 0, "worlds"), "Worlds so far"),
        ((",.#", "4", "Freq", "Freq", 0, "[[1, 2]]"), "Worlds so far"),
        ((",.#", "4", "Freq", "Freq", 0, "{}"), "Worlds so far"),
        ((",.#", "4", "Freq", "Freq", 0, '[["[", "4", 0]]'), "brackets in pairs"),
    ],
)
def test_bad_worlds_are_refused_in_words(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        played(*arguments)


@pytest.mark.parametrize("worlds", [None, 5, 10_000])
def test_bad_tests_are_refused_in_words(worlds):
    with pytest.raises(ValueError, match="number of worlds"):
        exhibit.test("Random", "Freq", worlds)
