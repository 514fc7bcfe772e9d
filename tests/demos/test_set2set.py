"""The exhibit of sets: its arithmetic, its pictures and its refusals."""

import numpy as np
import pytest

from demos.exhibits import set2set as exhibit

GOOD = {"sort": ["3, 1, 2"], "shuffle": ["3, 1, 2"]}
BAD = {"sort": ["one, two"], "shuffle": ["1"]}


def test_the_default_page_shows_looks_pointers_and_both_answers():
    pictures, answers = exhibit.default()
    assert 'data-count="12"' in pictures and pictures.count("keeps this") == 4
    assert pictures.count("<line") == 7 and "reversed: the same" in pictures
    assert answers.count("reads") == 2 and exhibit.tour() == "sorted: -4, 7.5, 12, 15, 20, 26, 31"


def test_numbers_of_any_size_are_sorted_and_keep_what_is_kept():
    rng, right = np.random.default_rng(0), 0
    for _ in range(10):
        numbers = np.round(rng.normal(0, 10 ** rng.uniform(-3, 6), rng.integers(2, 9)), 6)
        found = exhibit.run(exhibit.SET, lambda model, x=numbers: exhibit.solve(x, model))
        right += numbers[found["answer"]].tolist() == sorted(numbers)
        assert found["distance"] < 1e-4 and found["pointing"].shape[1] == len(numbers)
        np.testing.assert_allclose(found["attention"].sum(axis=1), 1, atol=1e-5)
        lstm = exhibit.run(exhibit.LSTM, lambda model, x=numbers: exhibit.solve(x, model))
        assert lstm["attention"] is None and lstm["distance"] > 1e-3
    assert right >= 8


def test_shuffling_keeps_the_numbers():
    text = exhibit.shuffle("1e11, 2.25, -3", seed=1)
    assert sorted(exhibit.parse_numbers(text)) == [-3, 2.25, 1e11]
    assert len(exhibit.parse_numbers(exhibit.draw(15, seed=0))) == 15


@pytest.mark.once
@pytest.mark.parametrize(
    "text",
    ["", None, "1", "one, two", "1, nan", "1, inf", "2, 2, 2", "1 " * 16, "1, 1e300", "x" * 10**6],
)
def test_bad_numbers(text):
    with pytest.raises(ValueError, match="[a-z]{3,}"):
        exhibit.show(text)


def test_bad_count():
    with pytest.raises(ValueError, match="whole number from 2 to 15"):
        exhibit.draw(16)
