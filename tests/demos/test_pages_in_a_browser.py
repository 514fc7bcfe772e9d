"""Every page in a real browser, at two widths and in two schemes."""

import pytest

from demos.exhibit import FAILS
from keras_readinglist import catalog

pytestmark = [pytest.mark.gallery, pytest.mark.once]
PAGES = ["", *(item.slug for item in catalog.ITEMS if item.exhibit)]
LOOKS = ((1280, "light"), (1280, "dark"), (375, "light"), (375, "dark"))
DARK = {"light": "false", "dark": "true"}
STAGE = ".picture .krl svg, .picture .krl .mono"
# Texts of pictures that are smaller on the screen than 12 pixels.
SMALL = """[...document.querySelectorAll('.krl svg text')].filter(node => {
  if (node.closest('.thumbnail, .map') || !node.getBoundingClientRect().height) return false;
  const {a, b} = node.getScreenCTM();  // of words that stand aslant, too
  return Math.hypot(a, b) * parseFloat(getComputedStyle(node).fontSize) < 11.8;
}).map(node => node.textContent)"""
# Whatever a keyboard reaches although the closed sidebar hides it.
HIDDEN = """[...document.querySelectorAll('.sidebar:not(.open) a')].filter(
  node => getComputedStyle(node).visibility == 'visible').length"""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page or "home")
def test_pages(url, open_page, page):
    tab = open_page("", width=1280)
    errors, requested = [], []
    tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("request", lambda request: requested.append(request.url))
    tab.goto(url + page, wait_until="load")
    for width, scheme in LOOKS:
        tab.set_viewport_size({"width": width, "height": 800})
        tab.emulate_media(color_scheme=scheme)
        first = STAGE if page else ".krl .thumbnail svg"
        tab.wait_for_selector(first, state="visible", timeout=60_000)  # before any click
        tab.wait_for_function(f"(document.querySelector('.dark') !== null) == {DARK[scheme]}")
        assert tab.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        assert tab.evaluate(SMALL) == []
        box = tab.locator(first).first.bounding_box()
        assert box["y"] <= (300 if width == 1280 else 420)
        assert width < 1280 or not page or box["y"] + box["height"] <= 705
    assert tab.evaluate(HIDDEN) == 0
    if page:
        assert tab.get_by_role("button", name=FAILS).first.is_visible()
    name = catalog.find(page).title if page else ""
    tab.wait_for_function("title => document.title.startsWith(title)", arg=name)
    assert "The reading list" in tab.title()
    assert not errors
    assert all(address.startswith((url, "data:", "blob:")) for address in requested)


def test_the_keyboard_reaches_an_exhibit_from_the_home_page(open_page):
    tab = open_page("")
    for _ in range(20):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.closest('.cards, svg') !== null"):
            break
    else:
        pytest.fail("no exhibit has the focus")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".krl .try", timeout=60_000)
