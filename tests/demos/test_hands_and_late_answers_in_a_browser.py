"""What a hand does on a board while an earlier answer is on its way is neither lost nor undone."""

import json
import time

import pytest

from demos.components.board import Square, board, pin
from demos.components.html import page
from demos.components.inputs import known, touched
from demos.exhibit import Context, Exhibit

pytestmark = [pytest.mark.gallery, pytest.mark.once]
SLOW = 0.6  # seconds until an answer
FIRST = [[0.5, 0.5], [0.52, 0.5]]  # the second lies over the first
PINS = """[...document.querySelectorAll('svg.touch [data-item]')].map(pin => {
  const box = pin.querySelector('circle + circle').getBoundingClientRect();
  const all = pin.closest('svg').getBoundingClientRect();
  const x = box.x + box.width / 2 - all.x, y = box.y + box.height / 2 - all.y;
  return [x / all.width, y / all.height];
})"""
KNOWN = "JSON.parse(document.querySelector('textarea').value)"
NEAR = """wanted => {{
  const found = {};
  return found.length === wanted.length && found.every(
    (at, k) => Math.hypot(at[0] - wanted[k][0], at[1] - wanted[k][1]) < 0.03);
}}"""


def drawn(text):
    square = Square()
    pins = [pin(k, square(at), str(k)) for k, at in enumerate(known(text))]
    return page(board(pins, label="Points", square=square, adds=True))


@pytest.fixture(scope="module")
def address():
    import gradio as gr

    from demos.components.layout import html

    def slow(text, item, x, y):
        time.sleep(SLOW)
        return touched(text, item, x, y, 20)

    with gr.Blocks() as blocks:
        text = gr.Textbox(json.dumps(FIRST), label="Points")
        picture = html(drawn(json.dumps(FIRST)), touch=True)
        context = Context(Exhibit("set2set", "", "", ""), blocks)
        context.event(text.change, drawn, text, picture)
        context.touch(picture, slow, text, text)
    url = blocks.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False)[1]
    yield url
    blocks.close()


@pytest.fixture
def tab(address, browser):
    tab = browser.new_page()
    tab.set_default_timeout(20_000)
    tab.goto(address)
    tab.wait_for_selector("[data-ready] svg.touch")
    yield tab
    tab.close()


def at(tab, x, y):
    box = tab.locator("svg.touch").bounding_box()
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def settled(tab, *places):
    """Wait until the server has points at these places of the picture, and the picture, too."""
    wanted = [[(500 * x - 20) / 460, (480 - 500 * y) / 460] for x, y in places]
    tab.wait_for_function(NEAR.format(KNOWN), arg=wanted)
    tab.wait_for_function(NEAR.format(PINS), arg=places)


def in_picture(point):
    return (20 + 460 * point[0]) / 500, (480 - 460 * point[1]) / 500


def test_clicks_in_quick_succession_all_count(tab):
    wanted = [(0.2, 0.2), (0.3, 0.7), (0.8, 0.25), (0.7, 0.8)]
    for place in wanted:
        tab.mouse.click(*at(tab, *place))
    settled(tab, *map(in_picture, FIRST), *wanted)


def test_what_is_dragged_stays_where_the_hand_left_it(tab):
    start, end = in_picture(FIRST[1]), (0.85, 0.3)
    tab.mouse.move(*at(tab, *start))
    tab.mouse.down()
    for k in range(1, 9):
        share = k / 8
        tab.mouse.move(*at(tab, *(a + share * (b - a) for a, b in zip(start, end, strict=True))))
        tab.wait_for_timeout(60)
    tab.mouse.up()
    for _ in range(12):  # older answers come meanwhile
        assert tab.evaluate(PINS)[1] == pytest.approx(end, abs=0.02)
        tab.wait_for_timeout(150)
    settled(tab, in_picture(FIRST[0]), end)


def test_of_two_things_over_each_other_the_nearer_is_taken(tab):
    start, end = in_picture(FIRST[0]), (0.2, 0.3)
    grip = 0.01  # left of its middle
    tab.mouse.move(*at(tab, start[0] - grip, start[1]))
    tab.mouse.down()
    tab.mouse.move(*at(tab, end[0] - grip, end[1]), steps=4)
    tab.mouse.up()
    settled(tab, end, in_picture(FIRST[1]))


def test_what_is_held_by_its_edge_moves_as_far_as_the_hand(tab):
    start, edge = in_picture(FIRST[0]), 0.045
    tab.mouse.move(*at(tab, start[0] - edge, start[1]))
    tab.mouse.down()
    tab.mouse.move(*at(tab, 0.3 - edge, 0.7), steps=4)
    tab.mouse.up()
    settled(tab, (0.3, 0.7), in_picture(FIRST[1]))
