"""The map, the pieces of pages, and the inputs of endpoints, without a server."""

import dataclasses
import json
import re

import pytest
from markupsafe import escape

from demos import app, home, theme
from demos.app import discover
from demos.components import inputs
from demos.components.html import joined
from demos.exhibit import FAULT, friendly, shown
from demos.ledger import ledger
from keras_readinglist import catalog
from tests.demos.endpoints import BAD, GOOD

pytestmark = pytest.mark.once


def test_every_exhibit_is_an_item_with_all_its_parts():
    found = discover()
    assert [e.slug for e in found] == [i.slug for i in catalog.ITEMS if i.exhibit]
    for exhibit in found:
        assert exhibit.layout and exhibit.run_tour and exhibit.code
        assert set(exhibit.presets) <= {n for item in catalog.ITEMS for n in item.presets}
        assert 3 <= len(re.findall(r"[.:;?] ", exhibit.what_you_see + " "))


def test_the_home_page_shows_27_items_and_links_only_to_what_is_built():
    html = home.html(discover())
    built = {item.slug for item in catalog.ITEMS if item.exhibit}
    assert set(re.findall(r'href="\./([a-z0-9-]+)"', html)) == built
    drawn = str(home.map_svg())
    assert drawn.count("<rect") == 27
    assert drawn.count("marker-end") == sum(len(item.builds_on) for item in catalog.ITEMS)
    assert len(set(home.places().values())) == 27
    assert html.count('class="thumbnail"') == len(built) and html.count("<svg") == 1 + len(built)
    for item in catalog.ITEMS:  # in full
        assert html.count(str(escape(item.title))) >= 2


def crossings(path, boxes):
    """Return the boxes that an arrow of upright and level lines runs through."""
    corners, found = [], set()
    for command, numbers in re.findall(r"([MHVQ])([^MHVQ]*)", path):
        values = [float(v) for v in re.findall(r"-?[\d.]+", numbers)]
        x, y = corners[-1] if corners else (0, 0)
        steps = {"M": values, "H": [values[0], y], "V": [x, values[0]], "Q": values[2:]}
        corners.append(tuple((steps[command])[:2]))
    for (x1, y1), (x2, y2) in zip(corners[:-1], corners[1:], strict=True):
        for share in (0.02, 0.25, 0.5, 0.75, 0.98):
            x, y = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
            found |= {b for b in boxes if b[0] + 2 < x < b[0] + 200 and b[1] + 2 < y < b[1] + 72}
    return found


def test_arrows_of_the_map_cross_no_box():
    boxes = list(home.places().values())
    paths = re.findall(r'<path d="([^"]+)"[^>]*marker-end', str(home.map_svg()))
    assert len(paths) > 20
    for path in paths:
        assert not crossings(path, boxes), path


def test_nothing_is_loaded_from_elsewhere():
    for text in (home.html(discover()), theme.CSS, app.SCRIPT):
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
    for name in ("ink", "faint", "exact", "low", "high", *catalog.ROOMS):
        for column in (0, 1):
            assert contrast(colours[name][column], colours["panel"][column]) >= 4.5, name


def test_contrast_of_controls():
    found = theme.theme()
    for scheme, paper in (("", "#ffffff"), ("_dark", "#1f232a")):
        fill = getattr(found, f"button_primary_background_fill{scheme}")
        assert contrast(fill, getattr(found, f"button_primary_text_color{scheme}")) >= 4.5
        for name in ("slider_color", "input_border_color", "checkbox_border_color"):
            assert contrast(getattr(found, name + scheme), paper) >= 3, name + scheme


def test_the_ledger_is_honest():
    unmeasured = dataclasses.replace(catalog.find("alexnet"), slug="not-measured")
    assert "Not measured yet" in joined(ledger(unmeasured))
    for item in catalog.ITEMS:
        report = catalog.report(item.slug)
        if report:
            shown = joined(ledger(item))
            assert all(claim["verdict"] in shown for claim in report["claims"])
            # One picture, and the table folded away.
            assert shown.count('class="ledger"') == 1 and "<svg" in shown
            assert re.findall("<details[^>]*>", shown) == ["<details>"]
            assert shown.index("<svg") < shown.index("<details>") < shown.index("<table")


def test_choices_are_made_exactly():
    assert inputs.choice("b", "abc") == "b" and inputs.choice(64.0, (64.0, 32)) == 64
    for value in ("", "ab", None, ["a"], {"a": 1}, 1):
        with pytest.raises(ValueError, match="Letter is one of: a, b, c"):
            inputs.choice(value, "abc", "Letter")


def test_numbers_of_controls():
    assert inputs.number("2.5", 0, 3, "x") == 2.5 and inputs.whole_number(3.0, 0, 3, "x") == 3
    assert [inputs.clipped(v, 2, 9, "x") for v in (None, -5, 4.7, 1e999)] == [2, 2, 4, 9]
    for read in (inputs.number, inputs.whole_number, inputs.clipped):
        for value in (float("nan"), "x", [1, 2], {"a": 1}):
            with pytest.raises(ValueError, match="x is a (whole )?number from 0 to 3"):
                read(value, 0, 3, "x")
    for read in (inputs.number, inputs.whole_number):
        for value in (-1, 10**5000, float("inf"), None):
            with pytest.raises(ValueError, match="x is a (whole )?number from 0 to 3"):
                read(value, 0, 3, "x")


def test_rows_of_numbers():
    assert inputs.number_rows("[[1, 2], [3, 4.5]]", 2, 99, "w").tolist() == [[1, 2], [3, 4.5]]
    for text in (None, "", "  ", "[]"):
        assert inputs.number_rows(text, 3, 99, "w").shape == (0, 3)
    deep, long = "[" * 90 + "1" + "]" * 90, "[[1, " + "9" * 400 + "]]"
    for text in ("5", "[1, 2]", "[[1]]", "[[1, [2]]]", "{}", "[" * 9_000, deep, long, "[[1, {}]]"):
        with pytest.raises(ValueError, match="^w$"):
            inputs.number_rows(text, 2, 10_000, "w")


def test_cells():
    assert inputs.cells("[[0, 7], [3, 3]]", 8, 99).tolist() == [[0, 7], [3, 3]]
    for text in ("[[0, 8]]", "[[-1, 0]]", "[[1e999, 0]]", "[[NaN, 0]]"):
        with pytest.raises(ValueError, match="counted from 0 to 7"):
            inputs.cells(text, 8, 99)


def test_clicks_are_appended():
    assert json.loads(inputs.appended("[1, 2]", 3, 2)) == [2, 3]
    for text in (None, "", "nonsense", "5", '{"a": 1}'):
        assert json.loads(inputs.appended(text, [1, 2], 5)) == [[1, 2]]


def test_touches_of_a_board():
    assert json.loads(inputs.touched("[[0, 0]]", None, 0.51234, 1, 9)) == [[0, 0], [0.512, 1]]
    assert json.loads(inputs.touched("[[0, 0], [1, 1]]", "1", 0.5, 0.5, 9)) == [[0, 0], [0.5, 0.5]]
    assert json.loads(inputs.touched("[[0, 0], [1, 1]]", "0", None, None, 9)) == [[1, 1]]
    assert json.loads(inputs.touched("nonsense", None, 0, 0, 9)) == [[0, 0]]
    with pytest.raises(ValueError, match="The point is a whole number"):
        inputs.touched("[[0, 0]]", "7", 0, 0, 9)


def test_text_can_be_encoded():
    assert inputs.plain_text("Où\U0001f600\ud800") == "Où\U0001f600\ufffd"
    assert inputs.plain_text(None) == "" and inputs.plain_text(0) == "0"


def test_only_refusals_are_shown(capsys):
    import gradio as gr

    def plain(x):
        return 1 / x

    def generator(x):
        yield 1 / x

    for handler in (lambda x: friendly(plain)(x), lambda x: list(friendly(generator)(x))):
        with pytest.raises(gr.Error) as caught:
            handler(0)
        assert caught.value.message == FAULT and caught.value.print_exception
        handler(1)
    with pytest.raises(gr.Error, match="Choose one of: a"):
        friendly(inputs.choice)("b", "a")


def test_on_a_page_a_refusal_stands_in_the_note():
    import gradio as gr

    def plain(x):
        return inputs.choice(x, "ab"), 2

    assert shown(plain, 2)("a") == ("a", 2, "")
    *old, note = shown(plain, 2)("c")
    assert [value == gr.skip() for value in old] == [True, True]
    assert 'role="alert"' in note and "Choose one of: a, b." in note
    assert shown(lambda x: x, 1)("a") == ("a", "")

    def stream(x):
        yield 1
        yield inputs.choice(x, "ab")

    assert list(shown(stream, 1)("b")) == [(1, ""), ("b", "")]
    assert "Choose one of" in list(shown(stream, 1)("c"))[-1][-1]


# Anything that may stand in for what an endpoint takes, by the type that it takes.
TEXTS = (
    "",
    "\u00b2 \u2460 \u0661",
    "Где Anna?",
    "\ud800" * 20,
    "[[1e999, 0], [0, 0], [0, 1], [1, 1]]",
    "[[NaN, 0], [0, 0], [0, 1], [1, 1]]",
    "[[1" + "0" * 400 + ", 0]]",
    "[" * 1_100,
    "-" * 1_100 + "1",
    '[{"a": null}]',
    "null",
    "1e400, 2",
)
NUMBERS = (float("nan"), float("inf"), -float("inf"), 10**400, -(10**9), 1e308, "ten", "\u00b2")
TYPES = (None, [], [[1, 2], [3]], {"a": 1})
# Words of exceptions and of the library, which say nothing to a visitor.
BETRAYING = (
    "`",
    "Received",
    "Traceback",
    "Error",
    "division",
    "convert",
    "to integer",
    "has no attribute",
    "object is not",
    "recursion",
    "unhashable",
    "invalid literal",
    "not supported",
    "out of bounds",
    "codec",
    "broadcast",
    "dtype",
    "shape (",
    "inhomogeneous",
    "NoneType",
    "argument",
    "ambiguous",
    "unpack",
    "is not in",
    "non-negative",
    "too large",
    "delimiter",
)


@pytest.fixture(scope="module")
def handlers():
    found = app.build().fns.values()
    return {f"/{each.api_name}": each.fn.__wrapped__ for each in found if is_public(each)}


def is_public(event):
    return event.api_visibility == "public" and event.fn is not None


def answer(handler, arguments):
    """Call a handler, a stream until its first answer; return the message of a refusal."""
    try:
        found = handler(*arguments)
        if hasattr(found, "__next__"):
            next(found, None)
    except ValueError as error:
        return str(error)
    return None


def test_every_endpoint_has_its_inputs(handlers):
    assert set(GOOD) == set(handlers) and set(BAD) <= set(GOOD)


@pytest.mark.parametrize("endpoint", GOOD)
def test_anything_gets_an_answer_or_a_sentence(handlers, endpoint):
    good = GOOD[endpoint]
    for place, usual in enumerate(good):
        others = TEXTS if isinstance(usual, str) else NUMBERS
        for value in (*others, *TYPES):
            message = answer(handlers[endpoint], [*good[:place], value, *good[place + 1 :]])
            if message is not None:
                assert len(message.split()) >= 4, (place, value)
                assert not [word for word in BETRAYING if word in message], (place, value, message)
