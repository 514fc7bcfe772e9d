"""Boards, players, fields and refusals under a real hand: mouse, finger and keyboard."""

import pytest

pytestmark = [pytest.mark.gallery, pytest.mark.once]
PINS = "document.querySelectorAll('.picture [data-item]').length"


@pytest.fixture
def tab(open_page):
    tab = open_page("pointer-networks", has_touch=True)
    tab.wait_for_selector(".picture [data-item]")
    tab.wait_for_selector("[data-ready]", state="attached")  # by then the board is listened to
    return tab


def place(tab, selector):
    box = tab.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def on_board(tab, x, y):
    box = tab.locator(".picture svg.touch").bounding_box()
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def wait_for_pins(tab, count):
    tab.wait_for_function(f"{PINS} == {count}")


def wait_until_near(tab, item, at):
    tab.wait_for_function(
        """([item, x, y]) => {
          const g = document.querySelector(`.picture [data-item="${item}"] circle + circle`);
          const box = g.getBoundingClientRect();
          return Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y) < 6;
        }""",
        arg=[item, *at],
    )


def test_clicks_and_taps_add_and_remove_points(tab):
    before = tab.evaluate(PINS)
    tab.mouse.click(*on_board(tab, 0.7, 0.6))
    wait_for_pins(tab, before + 1)
    tab.touchscreen.tap(*on_board(tab, 0.15, 0.15))
    wait_for_pins(tab, before + 2)
    tab.mouse.dblclick(*place(tab, '[data-item="0"] circle + circle'))
    wait_for_pins(tab, before + 1)


def test_points_are_dragged_by_mouse_finger_and_keyboard(tab):
    target = on_board(tab, 0.5, 0.2)
    tab.mouse.move(*place(tab, '[data-item="0"] circle + circle'))
    tab.mouse.down()
    tab.mouse.move(*target, steps=8)
    tab.mouse.up()
    wait_until_near(tab, 0, target)
    tab.wait_for_timeout(3000)  # an answer on its way would take the board from under the finger
    target = on_board(tab, 0.3, 0.8)
    start, session = place(tab, '[data-item="1"] circle + circle'), tab.context.new_cdp_session(tab)
    for kind, at in (("touchStart", start), ("touchMove", target), ("touchEnd", None)):
        points = [{"x": at[0], "y": at[1]}] if at else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    wait_until_near(tab, 1, target)
    tab.locator('[data-item="2"]').focus()
    x, y = place(tab, '[data-item="2"] circle + circle')
    step = 15 * tab.locator(".picture svg.touch").bounding_box()["width"] / 500
    for _ in range(3):
        tab.keyboard.press("ArrowLeft")
    wait_until_near(tab, 2, (x - 3 * step, y))
    assert tab.evaluate("document.activeElement.dataset.item") == "2"


def test_the_keyboard_adds_a_point(tab):
    before = tab.evaluate(PINS)
    tab.locator(".picture svg.touch").focus()
    for key in ("ArrowRight", "ArrowUp", "Enter"):
        tab.keyboard.press(key)
    wait_for_pins(tab, before + 1)


def test_a_player_is_stepped_scrubbed_and_played(tab):
    tab.keyboard.press("Escape")
    tab.click(".player [data-do=back]")  # which also ends its playing
    slider = tab.locator(".player input[type=range]")
    slider.focus()
    tab.keyboard.press("Home")
    assert tab.inner_text(".player output").startswith("1 /")
    pictures = ".player svg", "[data-follow=pointer]:not(.player) svg"
    first = [tab.inner_html(picture) for picture in pictures]
    tab.keyboard.press("ArrowRight")
    tab.click(".player [data-do=on]")
    assert tab.inner_text(".player output").startswith("3 /")
    for picture, before in zip(pictures, first, strict=True):  # both move
        assert tab.inner_html(picture) != before
    assert tab.inner_text(".said").startswith("Step 3")
    tab.click(".player [data-do=play]")
    tab.wait_for_function("document.querySelector('.player output').textContent[0] == '5'")
    tab.keyboard.press("Space")
    now = tab.inner_text(".player output")
    tab.wait_for_timeout(900)
    assert tab.inner_text(".player output") == now


def test_a_refusal_stands_by_the_field_and_greys_the_old_result(tab):
    tab.get_by_text("Advanced").click()
    field = tab.get_by_label("Points, as pairs")
    field.fill("[[0.1, 0.2], [7, 7], [0.5, 0.5]]")
    tab.wait_for_selector(".refusal:has-text('between 0 and 1')")
    tab.wait_for_timeout(300)
    assert float(tab.evaluate("getComputedStyle(document.querySelector('.picture')).opacity")) < 0.5
    assert tab.locator(".toast-wrap .error, .toast-body.error").count() == 0
    field.fill("[[0.1, 0.2], [0.7, 0.7], [0.5, 0.1]]")
    wait_for_pins(tab, 3)
    tab.wait_for_selector(".refusal", state="detached")


def test_a_cleared_board_shows_its_first_points(tab):
    tab.get_by_role("button", name="Clear").click()
    wait_for_pins(tab, 0)
    tab.mouse.click(*on_board(tab, 0.4, 0.4))
    wait_for_pins(tab, 1)
    assert "2 more" in tab.inner_text(".controls")
