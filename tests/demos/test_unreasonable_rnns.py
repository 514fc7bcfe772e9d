"""The exhibit of character networks: what it writes, shows and trains, and its refusals."""

import re

import pytest

from demos.exhibits import unreasonable_rnns as exhibit

GOOD = {
    "write": ["ROMEO:\n", "Shakespeare", 50, 0.5, 0, 1.0],
    "look": ["To be, or not to be", "Shakespeare", "surprise"],
    "train": ["abcd efgh\n" * 60, 0],
}
BAD = {
    "write": ["\U0001f600", "Shakespeare", 50, 0.5, 0, 1.0],
    "look": ["x" * 100_000, "Shakespeare", "surprise"],
    "train": ["short", 10],
}
HUGE = "x" * 1_000_000


def test_character_exhibit():
    *_, last = exhibit.write("ROMEO:\n", "Shakespeare", 40, 0.5, 0, 1.0, seed=0)
    assert "bits per character" in last
    assert "title=" in exhibit.look_inside("To be,\nor not", "Shakespeare", "surprise")
    choices = dict(exhibit.readable_cells("Shakespeare"))
    cell = next(value for name, value in choices.items() if "position in line" in name)
    assert "cell" in exhibit.look_inside("To be,\nor not", "Shakespeare", cell)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: exhibit.clean("\U0001f600", "Shakespeare"), "never saw these"),
        (lambda: exhibit.clean(HUGE, "Shakespeare"), "may have 2000 characters"),
        (lambda: exhibit.clean("a", "Latin"), "Choose one of"),
        (lambda: exhibit.look_inside("", "Shakespeare", None), "at least a line"),
        (lambda: exhibit.look_inside("abcdef", "Shakespeare", "9:9"), "layer:unit"),
        (lambda: exhibit.look_inside("abcdef", "Shakespeare", "x"), "layer:unit"),
        (lambda: next(exhibit.train_here("short")), "300 to 100,000"),
        (lambda: next(exhibit.train_here(None)), "300 to 100,000"),
    ],
)
def test_bad_input_is_answered_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.slow
def test_training_on_own_text_lowers_the_loss():
    pictures = list(exhibit.train_here("abcd efgh\n" * 60, seconds=2))
    curve = re.search(r'<polyline points="([^"]+)"', pictures[-1])[1].split()
    first, last = (float(curve[k].split(",")[1]) for k in (0, -1))
    assert last > first  # heights are counted downwards
