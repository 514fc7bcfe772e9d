"""Every board and every picture that can be touched: by mouse, finger and keyboard."""

import pytest

pytestmark = [pytest.mark.gallery, pytest.mark.once]
DRAGGED = {
    "cs231n": ("Training", '[data-item="26"]'),
    "dilated-convolutions": ("Fill the outlines", '[data-item="1"]'),
    "gpipe": (None, '[data-item="1"]'),
    "mdl-weights": (None, '[data-item="39"]'),
    "pointer-networks": (None, '[data-item="0"]'),
    "mdl-tutorial": (None, '[data-item="0"]'),
    "relation-networks": (None, '[data-item="red"]'),
    "relational-rnns": (None, '[data-item="0"]'),
    "message-passing": (None, '[data-item="0"]'),
    "rnn-regularization": ("Where dropout strikes", '[data-item="0"]'),
}
PRESSED = (
    ("alexnet", None),
    ("coffee-automaton", None),
    ("complexodynamics", None),
    ("cs231n", "Looking in"),
    ("dilated-convolutions", "What one pixel sees"),
    ("kolmogorov-randomness", "Take the noise out"),
    ("mdl-tutorial", None),
    ("neural-turing-machines", None),
    ("pointer-networks", None),
    ("resnet", None),
    ("scaling-laws", None),
    ("scaling-laws", "Spend"),
    ("variational-lossy-autoencoder", None),
)
# What can be touched, without the cross that the keyboard moves.
STATE = """[...document.querySelectorAll('svg.touch')].map(
  node => node.outerHTML.length + node.innerHTML.replace(/class=.cross.*/, '')).join()"""
# What the answer has changed, rather than the hand.
ANSWER = """[...document.querySelectorAll('.stage .krl')].map(
  node => node.innerHTML.replace(/ (transform|class)="[^"]*"/g, '')).join()"""

# Nothing moves down any more, as a page does while it is laid out.
STILL = """() => {
  const tops = [...document.querySelectorAll('svg.touch')].map(n => n.getBoundingClientRect().y);
  const before = window.tops;
  window.tops = tops.join();
  return before === window.tops;
}"""


def opened(open_page, slug, name, **options):
    tab = open_page(slug, has_touch=True, reduced_motion="reduce", **options)
    if name:
        tab.get_by_role("tab", name=name).click()
    tab.wait_for_selector("svg.touch >> visible=true")
    tab.wait_for_selector("[data-ready] svg.touch >> visible=true")  # a touch before this is lost
    tab.locator("svg.touch >> visible=true").first.scroll_into_view_if_needed()
    tab.wait_for_function(STILL, polling=500)
    return tab


def changed(tab, act, what=STATE):
    """Do something, and wait until what can be touched, or what is said of it, has changed."""
    tab.wait_for_timeout(300)
    before = tab.evaluate(what)
    act()
    tab.wait_for_function(f"before => {what} != before", arg=before)
    tab.wait_for_timeout(900)  # and the answer has come


def middle(tab, selector):
    box = tab.locator(f"{selector} >> visible=true").first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def place(tab, x, y):
    box = tab.locator("svg.touch >> visible=true").first.bounding_box()
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


@pytest.mark.parametrize("slug", DRAGGED)
def test_things_are_dragged(open_page, slug):
    name, item = DRAGGED[slug]
    tab = opened(open_page, slug, name)

    def by_mouse():
        tab.mouse.move(*middle(tab, item))
        tab.mouse.down()
        tab.mouse.move(*place(tab, 0.8, 0.42), steps=6)
        tab.mouse.up()

    def by_finger():
        session = tab.context.new_cdp_session(tab)
        start, end = middle(tab, item), place(tab, 0.22, 0.36)
        for kind, at in (("touchStart", start), ("touchMove", end), ("touchEnd", None)):
            points = [{"x": at[0], "y": at[1]}] if at else []
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def by_key():
        tab.locator(item).first.focus()
        tab.keyboard.press("Shift+ArrowRight")

    for act in (by_mouse, by_finger, by_key):
        changed(tab, act, ANSWER)
    assert tab.locator(".refusal").count() == 0


@pytest.mark.parametrize(("slug", "name"), PRESSED)
def test_places_are_pressed(open_page, slug, name):
    tab = opened(open_page, slug, name)

    def by_key():
        tab.locator("svg.touch >> visible=true").first.focus()
        for key in ("ArrowRight", "ArrowDown", "Enter"):
            tab.keyboard.press(key)

    changed(tab, lambda: tab.mouse.click(*place(tab, 0.62, 0.3)))
    changed(tab, lambda: tab.touchscreen.tap(*place(tab, 0.31, 0.66)))
    changed(tab, by_key)
    assert tab.locator(".refusal").count() == 0


@pytest.mark.parametrize("slug", ["gpipe", "message-passing"])
def test_a_page_does_not_scroll_under_a_finger_that_drags(open_page, slug):
    tab = opened(open_page, slug, None, width=375, is_mobile=True)
    session, (x, y) = tab.context.new_cdp_session(tab), middle(tab, '[data-item="0"]')
    before, place_before = tab.evaluate("scrollY"), (x, y)
    for k in range(8):
        points = [{"x": x + 8 * k, "y": y - 12 * k}]
        kind = "touchMove" if k else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        tab.wait_for_timeout(50)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    tab.wait_for_timeout(500)
    assert tab.evaluate("scrollY") == before
    assert middle(tab, '[data-item="0"]') != place_before
