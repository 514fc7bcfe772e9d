"""The served gallery: every endpoint, good and bad input, many visitors, and a real browser."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from demos import app
from keras_readinglist import catalog

pytestmark = pytest.mark.gallery
PAGES = ["", *(item.slug for item in catalog.ITEMS if item.exhibit)]
POINTS = "[[0.1, 0.2], [0.9, 0.15], [0.8, 0.8], [0.3, 0.9], [0.5, 0.4]]"
SCENE = (
    "red square 14 16\ngreen circle 33 22\nblue square 58 12\norange circle 20 55\n"
    "grey square 44 45\nyellow circle 64 62"
)
FOUR = "[[-0.7, 0.6], [0.8, 0.7], [0.1, -0.2], [-0.4, -0.8]]"
GOOD = {
    "/neural_turing_machines_solve": ["[72, 105, 33]", "Copy", 1],
    "/neural_turing_machines_pattern": ["Associative recall", 12],
    "/kolmogorov_randomness_explain": ["to be or not to be, that is the question"],
    "/kolmogorov_randomness_denoise": ["[[10, 10]]", 10, -1],
    "/kolmogorov_randomness_family": ["a: abcabcabcabc\nb: abcabcabcabd\nc: 0123456789012"],
    "/mdl_tutorial_curve": [POINTS, "Normalized maximum likelihood", -1],
    "/mdl_tutorial_sequence": ["abababab" * 4, "BIC"],
    "/mdl_tutorial_histogram": ["1 2 3, 4.5; 9 8 7"],
    "/coffee_automaton_mix": ["Stirred", 32, 4, ""],
    "/coffee_automaton_pour": ["Interacting", 32, 4, "[[0.5, 0.5, 0.2]]"],
    "/complexodynamics_describe": ["Disc", 0, None, ""],
    "/pointer_networks_solve": [POINTS, "Convex hull", 1],
    "/pointer_networks_cloud": [6],
    "/relation_networks_ask": [SCENE, "red", "What shape is it?", None],
    "/relation_networks_scene": [],
    "/relation_networks_story": ["Anna went to the kitchen.", "Where is Anna?"],
    "/relation_networks_write": ["Counting"],
    "/unreasonable_rnns_write": ["ROMEO:\n", "Shakespeare", 50, 0.5, 0, 1.0],
    "/unreasonable_rnns_look": ["To be, or not to be", "Shakespeare", "surprise"],
    "/unreasonable_rnns_train": ["abcd efgh\n" * 60, 10],
    "/understanding_lstms_look": ["ROMEO:\n", 1, 5, 3],
    "/understanding_lstms_busiest": ["ROMEO:\n", 1],
    "/understanding_lstms_add": [50, 1],
    "/relational_rnns_ask": [FOUR, "A", "farthest"],
    "/relational_rnns_execute": ["'12'[::-1]"],
    "/set2set_sort": ["3, 1, 2"],
    "/set2set_shuffle": ["3, 1, 2"],
}
BAD = {
    "/neural_turing_machines_solve": ["nonsense", "Copy", 1],
    "/neural_turing_machines_pattern": ["Copy", 10**9],
    "/kolmogorov_randomness_explain": ["short"],
    "/kolmogorov_randomness_denoise": ["nonsense", 10, -1],
    "/kolmogorov_randomness_family": ["one line alone"],
    "/mdl_tutorial_curve": ["[[0, 1]]", "BIC", 0],
    "/mdl_tutorial_sequence": ["abc", "BIC"],
    "/mdl_tutorial_histogram": ["one two three"],
    "/coffee_automaton_mix": ["Stirred", 32, 4, "milk"],
    "/coffee_automaton_pour": ["Boiling", 32, 4, ""],
    "/complexodynamics_describe": ["Disc", 0, None, "nonsense"],
    "/pointer_networks_solve": ["nonsense", "Convex hull", 1],
    "/relation_networks_ask": ["nonsense", "red", "What shape is it?", None],
    "/relation_networks_story": ["Anna went to the moon.", "Where is Anna?"],
    "/relation_networks_write": ["Riddle"],
    "/unreasonable_rnns_write": ["\U0001f600", "Shakespeare", 50, 0.5, 0, 1.0],
    "/unreasonable_rnns_look": ["x" * 100_000, "Shakespeare", "surprise"],
    "/unreasonable_rnns_train": ["short", 10],
    "/understanding_lstms_look": ["", 1, 5, 3],
    "/understanding_lstms_add": [50_000, 1],
    "/relational_rnns_ask": ["[[0, 0]]", "A", "farthest"],
    "/relational_rnns_execute": ["print(1)"],
    "/set2set_sort": ["one, two"],
    "/set2set_shuffle": ["1"],
}


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
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (375, "light")])
def test_pages_in_a_browser(url, browser, page, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    tab = context.new_page()
    errors, requested = [], []
    tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on(
        "request",
        lambda r: None if r.url.startswith((url, "data:", "blob:")) else requested.append(r.url),
    )
    tab.goto(url + page, wait_until="load")
    picture = ".krl .rooms a" if (page == "" and width == 375) else ".krl svg, .krl .mono"
    tab.wait_for_selector(picture, state="visible", timeout=60_000)  # before any click
    assert not errors
    assert all(address.startswith((url, "data:", "blob:")) for address in requested)
    assert tab.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    context.close()


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
