"""The served gallery: every endpoint, good and bad input, many visitors, and a real browser."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from demos import app
from keras_readinglist import catalog
from tests.demos.endpoints import BAD, GOOD

pytestmark = [pytest.mark.gallery, pytest.mark.once]
PAGES = ["", *(item.slug for item in catalog.ITEMS if item.exhibit)]
LOOKS = ((375, "light"), (1280, "light"), (1280, "dark"))
DARK = {"light": "false", "dark": "true"}


@pytest.fixture(scope="module")
def url():
    gallery = app.launch(port=None, browser=False, block=False)
    yield gallery.local_url
    gallery.close()


@pytest.fixture(scope="module")
def client(url):
    from gradio_client import Client

    return Client(url, verbose=False)


def test_every_public_endpoint_is_tested(client):
    found = set(client.view_api(return_format="dict")["named_endpoints"])
    assert found == set(GOOD)


@pytest.mark.parametrize("endpoint", [e for e in GOOD if not e.endswith("train")])
def test_endpoints_answer(client, endpoint):
    assert client.predict(*GOOD[endpoint], api_name=endpoint)


@pytest.mark.parametrize("endpoint", BAD)
def test_bad_input_gets_a_readable_message(client, endpoint):
    with pytest.raises(Exception) as caught:  # noqa: B017
        client.predict(*BAD[endpoint], api_name=endpoint)
    message = str(caught.value)
    assert len(message.split()) >= 4 and "verbose error" not in message


def test_sixteen_visitors_get_the_same_answers(client):
    def ask(k):
        return client.predict(*GOOD["/pointer_networks_solve"][:2], k % 3 + 1, api_name=endpoint)

    endpoint = "/pointer_networks_solve"
    alone = [ask(k) for k in range(3)]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(ask, range(16)))
    assert together == [alone[k % 3] for k in range(16)]


def chromium():
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("KERAS_READINGLIST_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )


@pytest.fixture(scope="module")
def browser():
    if chromium() is None:
        pytest.skip("no Chromium is installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    flags = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=flags.split())
        yield found
        found.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page or "home")
def test_pages_in_a_browser(url, browser, page):
    tab = browser.new_page()
    errors, requested = [], []
    tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("request", lambda request: requested.append(request.url))
    for width, scheme in LOOKS:
        tab.set_viewport_size({"width": width, "height": 800})
        tab.emulate_media(color_scheme=scheme)
        if not requested:
            tab.goto(url + page, wait_until="load")
        picture = ".krl .rooms a" if (page == "" and width == 375) else ".krl svg, .krl .mono"
        tab.wait_for_selector(picture, state="visible", timeout=60_000)  # before any click
        tab.wait_for_function(f"(document.querySelector('.dark') !== null) == {DARK[scheme]}")
        assert tab.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert not errors
    assert all(address.startswith((url, "data:", "blob:")) for address in requested)
    tab.close()


def test_a_click_on_the_board_adds_a_point(url, browser):
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto(url + "pointer-networks", wait_until="load")
    tab.wait_for_selector(".krl.board polygon", timeout=60_000)
    before = tab.locator(".krl.board circle").count()
    box = tab.locator(".krl.board svg").bounding_box()
    tab.mouse.click(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.6)
    tab.wait_for_function(f"document.querySelectorAll('.krl.board circle').length == {before + 1}")
    tab.close()


def test_the_keyboard_reaches_an_exhibit_from_the_map(url, browser):
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto(url, wait_until="load")
    tab.wait_for_selector(".krl svg a")
    for _ in range(20):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.closest('svg') !== null"):
            break
    else:
        pytest.fail("no exhibit on the map has the focus")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".krl .try", timeout=60_000)
    tab.close()
