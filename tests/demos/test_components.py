"""The pieces that pages are made of: escaped, readable, and right at every step."""

import json
import re
from html import unescape

import numpy as np
import pytest

from demos.components import axes, board, charts, heat, images, text
from demos.components.code import code
from demos.components.html import callout, el, page, side_by_side, table
from demos.components.player import following, player, settled
from demos.shipped import skeleton

pytestmark = pytest.mark.once
EVIL = '<script>"&'


def steps_of(markup):
    """Return what moves, a list of dictionaries from attributes to values."""
    return [
        json.loads(found.replace("&#34;", '"'))
        for found in re.findall(r'data-steps="([^"]*)"', str(markup))
    ]


def test_everything_is_escaped():
    for made in (
        el("p", EVIL, title=EVIL),
        table([EVIL], [[EVIL]]),
        callout(EVIL, kind="refusal"),
        side_by_side([(EVIL, EVIL)]),
        charts.bars([0.1], [EVIL], EVIL),
        charts.lines({EVIL: ([1, 2], "red"), "b": ([1, 2], "red")}, EVIL, EVIL, EVIL),
        heat.heat_map([[0.5]], [EVIL], [EVIL], EVIL),
        text.coloured_text(EVIL, [0] * len(EVIL), 0, 1, EVIL),
        player(el("p", EVIL), count=2, label=EVIL, captions=[EVIL, EVIL]),
        board.board(label=EVIL),
        images.grid_picture(np.eye(2), EVIL),
    ):
        assert "<script" not in str(made) and 'title="<' not in str(made)
    assert page(None, [EVIL, [el("b", 1.50)]]).endswith("<b>1.5</b></div>")


def test_attributes():
    assert el("br", class_="a", hidden=False, title=None) == '<br class="a">'
    assert el("input", disabled=True, x_y=0.12345) == '<input disabled x-y="0.123">'
    assert el("p", style={"font_size": "2px", "color": None}) == '<p style="font-size:2px"></p>'


def test_what_moves_stands_at_its_first_step_and_settles_at_any():
    circle = el("circle", r=3, steps={"cx": [1.0, 2.5, 4.0]})
    assert steps_of(circle) == [{"cx": ["1", "2.5", "4"]}] and ' cx="1"' in circle
    moved = settled(circle, 1)
    assert ' cx="2.5"' in moved and ' cx="1"' not in moved and steps_of(moved) == steps_of(circle)
    assert settled(el("text", x=9, y=1, steps={"x": [1, 2]}), 1).count(" x=") == 1
    named = settled(el("text", steps={"#text": ["a", EVIL]}), 1)
    assert named.endswith("&lt;script&gt;&#34;&amp;</text>")
    assert ">b<" in settled(el("text", steps={"#text": ["a", "b"]}), 7)  # the last for ever


def test_a_player_opens_where_it_is_told():
    picture = el("circle", steps={"r": [1, 2, 3]})
    made = player(picture, el("hr"), count=3, label="Step", start=-1, captions=["a", "b", "c"])
    assert ' r="3"' in made and "3 / 3" in made and ">c</p>" in made
    assert made.index("<circle") < made.index('type="range"') < made.index("<hr")
    plays = re.compile(r" data-play[ >]")
    assert not plays.search(made)
    assert plays.search(player("x", count=1, label="s", play=True))
    assert ' r="2"' in following(picture, name="n", start=1)


@pytest.mark.parametrize("scale", ["linear", "log", "root"])
@pytest.mark.parametrize("ends", [(0.5, 2710), (1, 1), (-0.0, 1e-3), (3, 5.2)])
def test_ticks_are_numbers_that_people_write(scale, ends):
    axis = axes.Axis(*ends, 10, 390, scale)
    ticks = axis.ticks()
    assert 1 <= len(ticks) <= 8
    assert all(9.9 <= place <= 390.1 or scale == "root" for place, _ in ticks)
    assert not [word for _, word in ticks if "e" in word]


def test_numbers_as_text():
    found = [axes.number_text(v) for v in (0, 2710, 0.315, 1e-9, -3.0, 12.34)]
    assert found == ["0", "2,710", "0.315", "10⁻⁹", "-3", "12.3"]


def test_rounded_sums_add_up():
    rng = np.random.default_rng(0)
    for parts in rng.normal(size=(50, 3)):
        found, total = axes.rounded_sum(parts)
        assert sum(found) == pytest.approx(total, abs=1e-9)
        assert np.abs(np.array(found) - parts).max() < 0.0021
    assert axes.rounded_sum([0.01664, 0.29866])[0] == pytest.approx([0.017, 0.298])


def test_type_is_large_enough_for_a_phone():
    pictures = [
        charts.bars(np.full((2, 21), 0.5), [str(k) for k in range(21)], "l", steps=True),
        charts.lines({"a": ([1, 2], "red"), "b": ([3, 4], "red")}, "l", "x", "y"),
        charts.stacked_bars({"a": ([1, 2], "red")}, "xy", "l", 1),
        charts.histogram([0, 1, 3], [0.2, 0.1], "l"),
        charts.ranking([[0.5, 0.1]], [["a", "b"]], "l"),
    ]
    for picture in pictures:
        width = float(re.search(r'viewBox="0 0 ([\d.]+)', picture)[1])
        sizes = [float(v) for v in re.findall(r'font-size="([\d.]+)"', picture)]
        assert min(sizes) * min(327 / width, 1.2) >= 12


def test_charts_hold_their_data():
    assert charts.lines({"a": ([1, 0], "red")}, "l", "x", "y").count("<polyline") == 1
    assert charts.bars([0.2, 0.8], ["a", "b"], "l").count("<rect") == 2
    moving = steps_of(charts.bars([[0.2, 1], [0.5, 0]], ["a", "b"], "l", [0, 1], steps=True))
    assert {"height": ["20", "50"], "y": ["108", "78"], "opacity": [1, "0.4"]} in moving
    framed = charts.stacked_bars({"a": ([1, 2], "red"), "b": ([3, 1], "blue")}, "xy", "l", 1)
    assert framed.count("stroke-width") == 1 and ">4<" in framed
    cursor = charts.lines({"a": ([0, 10], "red")}, "l", "x", "y", cursor=np.array([0, 0.5, 1]))
    assert len(steps_of(cursor)[0]["cx"]) == 3


def test_colours():
    assert heat.colour_of(-1) == heat.colour_of(-9) == "rgb(103,169,235)"
    assert heat.colour_of(0) == "rgb(247,247,247)"
    assert heat.colour_of(1, 1, 1) == heat.colour_of(-1)


def test_a_board_knows_its_coordinates():
    square = board.Square(x=(-1, 1), y=(-1, 1))
    assert square((0, 0)) == (250, 250) and square((1, 1)) == (480, 20)
    assert board.Square(y=(1, 0))((0, 0)) == (20, 20)
    made = board.board(board.pin(3, (100, 50), "C"), label="l", square=square, adds=True)
    assert 'data-ends="-1 1 -1 1"' in made and 'data-item="3"' in made and "cross" in made


def test_any_picture_is_read():
    import io

    from PIL import Image

    def file(image, kind):
        buffer = io.BytesIO()
        image.save(buffer, kind)
        return buffer.getvalue()

    black = Image.new("RGB", (30, 20), "black")
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP"):
        assert images.read_picture(file(black, kind)).shape == (20, 30)
        assert images.read_picture(file(black, kind)).max() < 0.1
    clear = Image.new("RGBA", (30, 20), (0, 0, 0, 0))
    assert images.read_picture(file(clear, "PNG")).min() == 1  # the white page behind it
    deep = Image.fromarray(np.full((9, 9), 65535, np.uint16))
    assert images.read_picture(file(deep, "PNG")).min() == 1


@pytest.mark.parametrize(
    "data", [None, b"", b"no picture", "text", 5, b"\x89PNG\r\n\x1a\n" + b"x" * 50]
)
def test_what_is_no_picture_is_refused_in_words(data):
    with pytest.raises(ValueError, match="not a picture that can be read here"):
        images.read_picture(data)


def test_skeletons_forget_digits_alone():
    assert skeleton("a 1.25 b -3e-05") == skeleton("a 7 b 2")
    assert skeleton("right") != skeleton("wrong")


def test_code_is_coloured_and_stays_what_it_is():
    text = 'for k in range(3):\n    print(f"{k} <b>", """a\nb""")  # say\n\nx = None\n'
    shown = str(code(text))
    inside = re.search("<code>(.*)</code>", shown, re.S)[1]
    assert unescape(re.sub("<[^>]+>", "", inside)) == text
    kinds = re.findall('<span class="(.*?)">(.*?)</span>', inside, re.S)
    assert kinds[:4] == [("keyword", "for"), ("keyword", "in"), ("builtin", "range"),
                         ("number", "3")]  # fmt: skip
    assert kinds[-1] == ("keyword", "None") and ("comment", "# say") in kinds
