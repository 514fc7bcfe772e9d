"""The gallery needs gradio; without it these tests are skipped with that reason."""

import os
import shutil

import pytest

pytest.importorskip("gradio", reason="the gallery's extra is not installed")


@pytest.fixture(scope="session")
def url():
    """Return the address of a served gallery."""
    from demos import app

    gallery = app.launch(port=None, browser=False, block=False)
    yield gallery.local_url
    gallery.close()


@pytest.fixture(scope="session")
def browser():
    """Return a Chromium, if one is installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = [os.environ.get("KERAS_READINGLIST_CHROMIUM"), *map(shutil.which, names)]
    path = next(filter(None, found), None)
    if path is None:
        pytest.skip("no Chromium is installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    flags = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=flags.split())
        yield chromium
        chromium.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep the report of a test for its fixtures."""
    report = yield
    if report.when == "call":
        item.report = report
    return report


@pytest.fixture
def open_page(url, browser, request):
    """Return a function that opens a page of the gallery in a tab.

    What pages asked for and said is printed if the test fails.
    """
    tabs, said = [], []

    def open_page(slug, width=1280, height=800, scheme="light", **options):
        tab = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme, **options
        )
        tabs.append(tab)
        tab.on("request", lambda r: said.append(f"{r.url} {r.post_data_buffer or ''}"[:300]))
        tab.on("console", lambda message: said.append(message.text[:300]))
        tab.set_default_timeout(120_000)  # the first answer may wait for what is compiled
        tab.goto(url + slug, wait_until="load")
        tab.wait_for_selector(".krl h1")
        return tab

    yield open_page
    for tab in tabs:
        tab.close()
    if getattr(request.node, "report", None) and request.node.report.failed:
        print(*(line for line in said if "/assets/" not in line), sep="\n")
