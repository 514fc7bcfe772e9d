"""The veil over a result on its way: words, time, who is before, and the button that stops it."""

import time

import pytest

from demos import app, theme, waiting
from demos.exhibit import Context, Exhibit

pytestmark = [pytest.mark.gallery, pytest.mark.once]
VEIL, STOP = ".veil .words", ".veil button"
COUNTED = []


@pytest.fixture(scope="module")
def page():
    import gradio as gr

    from demos.components.layout import html, picture_side

    def sleepy(seconds):
        time.sleep(float(seconds))
        return f"slept {seconds}"

    def steps(seconds):
        for k in range(100):
            time.sleep(float(seconds))
            yield f"step {k}"

    def counted(seconds):
        for k in range(round(float(seconds) / 0.1)):
            waiting.go_on()
            COUNTED.append(k)
            time.sleep(0.1)
        return f"counted to {k}"

    with gr.Blocks() as blocks:
        seconds = gr.Textbox(label="Seconds")
        whole, stream, count = map(gr.Button, ("Whole", "Stream", "Count"))
        with picture_side():
            drawn = html("nothing yet", min_height=200)
        context = Context(Exhibit("set2set", "", "", ""), blocks)
        context.event(whole.click, sleepy, seconds, drawn, doing="Sleeping")
        context.event(stream.click, steps, seconds, drawn, doing="Walking")
        context.event(count.click, counted, seconds, drawn, doing="Counting")
        context.stop_button()
    blocks.queue(default_concurrency_limit=4)
    url = blocks.launch(prevent_thread_lock=True, quiet=True, css=theme.CSS, ssr_mode=False,
                        head=f"<script>{app.SCRIPT}</script>")[1]  # fmt: skip
    yield url
    blocks.close()


@pytest.fixture
def visit(page, browser):
    tabs = []

    def visit(button, seconds):
        tab = browser.new_page()
        tabs.append(tab)
        tab.set_default_timeout(20_000)
        tab.goto(page)
        ask(tab, button, seconds)
        return tab

    yield visit
    for tab in tabs:
        tab.close()


def ask(tab, button, seconds):
    tab.get_by_label("Seconds").fill(seconds)
    tab.wait_for_timeout(600)  # what is typed waits for a pause
    tab.evaluate("window.veils = 0; new MutationObserver(() => {"
                 "window.veils += document.querySelectorAll('.veil').length"
                 "}).observe(document.body, {childList: true, subtree: true})")  # fmt: skip
    tab.get_by_role("button", name=button, exact=True).click()


def test_a_slow_answer_is_veiled_and_next_time_its_length_is_known(visit):
    tab = visit("Whole", "3")
    tab.wait_for_selector(f"{VEIL}:text-is('Sleeping')")
    tab.wait_for_selector(STOP)
    tab.wait_for_selector("text=slept 3")
    tab.wait_for_selector(VEIL, state="detached")
    ask(tab, "Whole", "2")
    tab.wait_for_selector(f"{VEIL}:has-text('Sleeping, about 3 s')")
    tab.wait_for_selector("text=slept 2")


def test_what_is_computed_can_be_stopped(visit):
    tab = visit("Whole", "60")
    tab.click(STOP)
    tab.wait_for_selector(".stopped")
    assert tab.locator(VEIL).count() == 0 and "nothing yet" in tab.inner_text("body")
    ask(tab, "Stream", "0.6")  # others are answered
    tab.wait_for_selector("text=step 1")
    tab.wait_for_selector(f"{VEIL}:has-text('Walking')")
    assert tab.locator(".stopped").count() == 0
    tab.click(STOP)
    tab.wait_for_selector(VEIL, state="detached")
    tab.wait_for_timeout(500)
    seen = tab.inner_text(".picture")
    tab.wait_for_timeout(1000)
    assert tab.inner_text(".picture") == seen


def test_a_thread_whose_visitor_stopped_it_computes_no_further(visit):
    tab, other = visit("Count", "60"), visit("Stream", "2")
    tab.click(STOP)
    tab.wait_for_selector(".stopped")
    tab.wait_for_timeout(1000)
    before = len(COUNTED)
    tab.wait_for_timeout(1000)
    assert 0 < len(COUNTED) == before
    other.wait_for_selector("text=step 1")  # which was not stopped
    ask(tab, "Count", "0.5")
    tab.wait_for_selector("text=counted to 4")


def test_a_second_visitor_is_told_to_wait(visit):
    first, second = visit("Whole", "5"), visit("Whole", "0")
    second.wait_for_selector(f"{VEIL}:has-text('Another visitor is answered first')")
    second.wait_for_selector("text=slept 0")
    first.wait_for_selector("text=slept 5")


def test_a_quick_answer_is_not_veiled(visit):
    tab = visit("Whole", "0")
    tab.wait_for_selector("text=slept 0")
    tab.wait_for_timeout(600)
    assert tab.evaluate("window.veils") == 0
    hidden = "[...document.querySelectorAll('[data-testid=status-tracker].hide')].every("
    assert tab.evaluate(f"{hidden} n => getComputedStyle(n).opacity == '0')")
