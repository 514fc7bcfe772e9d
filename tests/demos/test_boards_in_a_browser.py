"""Every board and every picture that can be touched: by mouse, finger and keyboard."""

import pytest

pytestmark = [pytest.mark.gallery, pytest.mark.once]
DRAGGED = {
    "cs231n": ("Training", '[data-item="26"]'),
    "pointer-networks": (None, '[data-item="0"]'),
    "mdl-tutorial": (None, '[data-item="0"]'),
    "relation-networks": (None, '[data-item="red"]'),
    "relational-rnns": (None, '[data-item="0"]'),
}
PRESSED = {
    "coffee-automaton": None,
    "complexodynamics": None,
    "kolmogorov-randomness": "Take the noise out",
    "neural-turing-machines": None,
    "pointer-networks": None,
    "mdl-tutorial": None,
    "scaling-laws": None,
}
STATE = "[...document.querySelectorAll('svg.touch')].map(n => n.outerHTML.length + n.innerHTML)"
STATE += ".join().replace(/class=.cross.*/, '')"


def opened(open_page, slug, name, **options):
    tab = open_page(slug, has_touch=True, reduced_motion="reduce", **options)
    if name:
        tab.get_by_role("tab", name=name).click()
    tab.wait_for_selector("svg.touch >> visible=true")
    return tab


def changed(tab, act):
    """Do something, and wait until what can be touched has changed."""
    tab.wait_for_timeout(300)
    before = tab.evaluate(STATE)
    act()
    tab.wait_for_function(f"before => {STATE} != before", arg=before)
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
        changed(tab, act)
    assert tab.locator(".refusal").count() == 0


@pytest.mark.parametrize("slug", PRESSED)
def test_places_are_pressed(open_page, slug):
    tab = opened(open_page, slug, PRESSED[slug])

    def by_key():
        tab.locator("svg.touch >> visible=true").first.focus()
        for key in ("ArrowRight", "ArrowDown", "Enter"):
            tab.keyboard.press(key)

    changed(tab, lambda: tab.mouse.click(*place(tab, 0.62, 0.3)))
    changed(tab, lambda: tab.touchscreen.tap(*place(tab, 0.31, 0.66)))
    changed(tab, by_key)
    assert tab.locator(".refusal").count() == 0
