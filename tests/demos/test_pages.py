"""What exhibits compute, the map, and bad input, without a browser."""

import json
import re

import numpy as np
import pytest

from demos import home, theme
from demos.app import discover, numbers
from demos.components import charts
from demos.components.text import coloured_text
from demos.exhibits import pointer_networks, understanding_lstms, unreasonable_rnns
from keras_readinglist import catalog

HUGE = "x" * 1_000_000


def test_every_exhibit_is_an_item_with_all_its_parts():
    found = discover()
    assert [e.slug for e in found] == [i.slug for i in catalog.ITEMS if i.exhibit]
    for exhibit in found:
        assert exhibit.layout and exhibit.run_tour
        assert set(exhibit.presets) <= {n for item in catalog.ITEMS for n in item.presets}
        assert 3 <= len(re.findall(r"[.:;?] ", exhibit.what_you_see + " "))


def test_the_map_shows_27_items_and_links_only_to_what_is_built():
    html = home.html()
    built = {item.slug for item in catalog.ITEMS if item.exhibit}
    assert set(re.findall(r'href="\./([a-z0-9-]+)"', html)) == built
    assert html.count("<rect") == 27
    assert html.count("marker-end") == sum(len(item.builds_on) for item in catalog.ITEMS)
    assert html.count("coming") >= 27 - len(built)
    assert len(set(home.places().values())) == 27


def test_nothing_is_loaded_from_elsewhere():
    texts = [home.html(), theme.CSS, *map(str, pointer_networks.default())]
    for text in texts:
        assert not re.search(r"(src|@import|url\()\s*=?\s*['\"(]?https?:", text)


def contrast(a, b):
    def luminance(colour):
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_text():
    colours = {name: (light, dark) for name, light, dark in theme._VARIABLES}
    for name in ("ink", "faint", *catalog.ROOMS):
        for column in (0, 1):
            assert contrast(colours[name][column], colours["panel"][column]) >= 4.5, name


def test_numbers_are_honest():
    assert "Not measured yet" in numbers(catalog.find("alexnet"))
    for item in catalog.ITEMS:
        report = catalog.report(item.slug)
        if report:
            shown = numbers(item)
            assert all(claim["verdict"] in shown for claim in report["claims"])


def test_pictures():
    assert charts.colour_of(-1) == charts.colour_of(-9) == "rgb(103,169,235)"
    assert charts.colour_of(0) == "rgb(247,247,247)"
    assert "&lt;b&gt;" in charts.strips({"f": ([0.5] * 3, 0, 1)}, ["<b>", "a", "b"], "x")
    assert "<script>" not in coloured_text("<script>", [0] * 8, 0, 1)
    assert charts.lines({"a": ([1, 0], "red")}, "l", "x", "y").count("<polyline") == 1
    assert charts.bars([0.2, 0.8], ["a", "b"], "l").count("<rect") == 2


def test_pointer_exhibit_solves_all_tasks():
    for task in pointer_networks.TASKS:
        text = json.dumps(np.random.default_rng(0).random((5, 2)).tolist())
        board, pictures = pointer_networks.show(text, task, 2)
        assert board.count("<circle") == 5 and "Step 2 of" in pictures


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "needs at least 3"),
        ("", "needs at least 3"),
        ("[[0.1, 0.2]]", "takes 3 to 20 points"),
        ("[[0, 2], [1, 1], [0, 0]]", "between 0 and 1"),
        ("[[NaN, 0], [1, 1], [0, 0]]", "between 0 and 1"),
        ("[1, 2, 3]", "pairs of numbers"),
        ('{"a": 1}', "pairs of numbers"),
        ("hello", "pairs of numbers"),
        (HUGE, "pairs of numbers"),
        (json.dumps([[0.5, 0.5]] * 60), "takes 3 to 20 points"),
    ],
)
def test_pointer_exhibit_refuses_bad_points(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        pointer_networks.parse_points(text, "Convex hull")


def test_pointer_exhibit_other_bad_input():
    with pytest.raises(ValueError, match="Choose one of"):
        pointer_networks.parse_points("[[0, 0]]", "Sorting")
    assert len(json.loads(pointer_networks.random_cloud(None))) == 8
    assert len(json.loads(pointer_networks.random_cloud(10**9))) == 20


def test_character_exhibit():
    *_, last = unreasonable_rnns.write("ROMEO:\n", "Shakespeare", 40, 0.5, 0, 1.0, seed=0)
    assert "bits per character" in last
    assert "title=" in unreasonable_rnns.look_inside("To be,\nor not", "Shakespeare", "surprise")
    choices = dict(unreasonable_rnns.readable_cells("Shakespeare"))
    cell = next(value for name, value in choices.items() if "position in line" in name)
    assert "cell" in unreasonable_rnns.look_inside("To be,\nor not", "Shakespeare", cell)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: unreasonable_rnns.clean("\U0001f600", "Shakespeare"), "never saw these"),
        (lambda: unreasonable_rnns.clean(HUGE, "Shakespeare"), "may have 2000 characters"),
        (lambda: unreasonable_rnns.clean("a", "Latin"), "Choose one of"),
        (lambda: unreasonable_rnns.look_inside("", "Shakespeare", None), "at least a line"),
        (lambda: unreasonable_rnns.look_inside("abcdef", "Shakespeare", "9:9"), "layer:unit"),
        (lambda: unreasonable_rnns.look_inside("abcdef", "Shakespeare", "x"), "layer:unit"),
        (lambda: next(unreasonable_rnns.train_here("short")), "300 to 100,000"),
        (lambda: next(unreasonable_rnns.train_here(None)), "300 to 100,000"),
        (lambda: understanding_lstms.look("", 1, 0, 1), "Type a few words"),
        (lambda: understanding_lstms.look(HUGE, 1, 0, 1), "may have 200 characters"),
        (lambda: understanding_lstms.look("abc", 3, 0, 1), "Layer is a whole number"),
        (lambda: understanding_lstms.look("abc", 1, None, 1), "Unit is a whole number"),
        (lambda: understanding_lstms.look("\u4e2d", 1, 0, 1), "never saw"),
        (lambda: understanding_lstms.add_numbers(None, 0), "Length is a whole number"),
        (lambda: understanding_lstms.add_numbers(9999, 0), "Length is a whole number"),
    ],
)
def test_bad_input_is_answered_in_words(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_lstm_exhibit_fills_in_true_equations():
    html = understanding_lstms.look("ROMEO:\n", 1, 5, 3)
    row = re.search(r"= ([-\d.]+) · ([-\d.]+) \+ ([-\d.]+) · ([-\d.]+) .*?<b>= ([-\d.]+)", html)
    f, c, i, g, result = map(float, row.groups())
    assert f * c + i * g == pytest.approx(result, abs=5e-3)
    assert "squared error" in understanding_lstms.add_numbers(20, 1)


@pytest.mark.slow
def test_training_on_own_text_lowers_the_loss():
    pictures = list(unreasonable_rnns.train_here("abcd efgh\n" * 60, seconds=4))
    assert len(pictures) >= 2 and "<polyline" in pictures[-1]
