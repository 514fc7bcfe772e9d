"""Gradio's controls on our pages: number boxes, radios, uploads, several states that are one."""

import pytest

pytestmark = [pytest.mark.gallery, pytest.mark.once]


def box_of(tab, label):
    return tab.get_by_label(f"number input for {label}")


def test_an_emptied_number_box_computes_nothing_and_keeps_its_number(open_page):
    tab = open_page("coffee-automaton")
    tab.wait_for_selector(".player")
    box = box_of(tab, "Radius of what is poured")
    box.fill("")
    tab.wait_for_timeout(900)
    box.blur()
    assert box.input_value() == "0.15"
    assert tab.locator(".toast-wrap > *, .refusal").count() == 0


@pytest.mark.parametrize(("typed", "kept"), [("-3", "10"), ("1e300", "300"), ("99999", "300")])
def test_a_number_beyond_its_ends_moves_to_the_nearer(open_page, typed, kept):
    tab = open_page("understanding-lstms")
    tab.get_by_role("tab", name="How far back").click()
    box = box_of(tab, "Steps (trained on 100)")
    box.fill(typed)
    tab.wait_for_selector(f".callout:has-text('{kept} numbers are read')")
    assert box.input_value() == kept
    assert tab.locator(".toast-wrap > *, .refusal").count() == 0


def test_sliders_listen_to_the_arrow_keys(open_page):
    tab = open_page("understanding-lstms")
    tab.get_by_role("tab", name="How far back").click()
    tab.get_by_label("range slider for Steps (trained on 100)").focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("document.body.innerText.includes('110 numbers are read')")


def test_typing_waits_for_a_pause(open_page):
    tab = open_page("set2set")
    tab.wait_for_selector(".player")
    field = tab.get_by_label("Numbers, 2 to 15")
    field.fill("")
    field.press_sequentially("3, 1, x", delay=20)  # unreadable only at its end
    tab.wait_for_selector(".refusal:has-text('with commas between them')")
    assert tab.locator(".toast-wrap > *").count() == 0


def test_text_length_and_pattern_are_one_state(open_page):
    tab = open_page("neural-turing-machines")
    tab.wait_for_selector(".player")
    field = tab.get_by_label("Text: every character is a column")
    field.fill("Hello")
    length = box_of(tab, "Length (copies: trained on 1 to 20)")
    tab.wait_for_function("document.body.innerText.includes('5 columns (trained on')")
    tab.wait_for_timeout(500)
    assert length.input_value() == "5" and field.input_value() == "Hello"
    tab.get_by_role("button", name="New pattern").click()
    tab.wait_for_timeout(1500)
    assert field.input_value() != "Hello" and length.input_value() == "5"


def test_the_chosen_radio_stays_so_under_the_mouse(open_page):
    tab = open_page("complexodynamics")
    label = tab.locator("label.selected").first
    style = "getComputedStyle(document.querySelector('label.selected')).borderColor"
    before = tab.evaluate(style)
    label.hover()
    tab.wait_for_timeout(300)
    assert tab.evaluate(style) == before


def test_an_upload_is_read_refused_in_words_and_put_away(open_page, tmp_path):
    from PIL import Image

    good, bad = tmp_path / "good.webp", tmp_path / "bad.png"
    Image.new("RGB", (40, 40), "black").save(good)
    bad.write_bytes(b"no picture at all")
    tab = open_page("complexodynamics")
    tab.wait_for_selector(".player")
    picture = "document.querySelector('.picture .player').innerHTML"
    before = tab.evaluate(picture)
    upload = tab.locator("input[type=file]").first
    upload.set_input_files(good)
    tab.wait_for_function(f"before => {picture} != before", arg=before)
    upload.set_input_files(bad)
    tab.wait_for_selector(".refusal:has-text('not a picture that can be read here')")
    assert "/tmp" not in tab.inner_text("body")
    tab.get_by_label("Disc", exact=True).click()
    tab.wait_for_selector(".refusal", state="detached")


def test_text_keeps_its_colour_in_prose(open_page):
    for scheme in ("light", "dark"):
        tab = open_page("pointer-networks", scheme=scheme)
        tab.wait_for_selector(".callout b")
        inks = tab.evaluate(
            "['.callout b', '.callout', '.krl > h2'].map(s => getComputedStyle("
            "document.querySelector(s)).color)"
        )
        assert len(set(inks)) == 1


@pytest.mark.parametrize(
    ("slug", "tab", "chosen", "shown"),
    [
        ("kolmogorov-randomness", None, "A coin", "chain of order 0"),
        ("mdl-tutorial", "Which bins?", "Uniform", "A single bin"),
        ("relation-networks", "A story", "Counting", "How many things does Anna carry?"),
    ],
)
def test_a_choice_changes_text_and_picture(open_page, slug, tab, chosen, shown):
    page = open_page(slug)
    if tab:
        page.get_by_role("tab", name=tab).click()
    page.get_by_label(chosen, exact=True).click()
    page.wait_for_selector(f".callout:has-text('{shown}')")


@pytest.mark.parametrize(
    ("slug", "shown"),
    [
        ("relation-networks", "nearest|furthest from it? The truth: circle"),
        ("relational-rnns", "the 2nd farthest from A?"),
        ("neural-turing-machines", "10 columns 16 times"),
        ("pointer-networks", "Not the hull"),
        ("mdl-tutorial", "AIC chooses"),
        ("coffee-automaton", "adjusted hardly rose"),
        ("understanding-lstms", "gone after a single one"),
    ],
)
def test_where_it_fails_all_controls_change_at_once(open_page, slug, shown):
    page = open_page(slug)
    page.get_by_role("button", name="Show me where it fails").first.click()
    page.wait_for_selector(f".callout:has-text('{shown.rpartition('|')[2]}')")


@pytest.mark.parametrize("slug", ["relation-networks", "neural-turing-machines"])
def test_no_picture_keeps_white_paper_in_the_dark(open_page, slug):
    tab = open_page(slug, scheme="dark")
    tab.wait_for_selector(".picture svg")
    assert not tab.evaluate(
        """[...document.querySelectorAll('.picture svg rect')].some(node => {
          const box = node.getBoundingClientRect();
          return box.width > 200 && getComputedStyle(node).fill == 'rgb(255, 255, 255)';
        })"""
    )
