"""What can be read and used on every page stands out from what lies behind it, in both schemes."""

from pathlib import Path

import pytest

from keras_readinglist import catalog

pytestmark = [pytest.mark.gallery, pytest.mark.once]
PAGES = ["", *(item.slug for item in catalog.ITEMS if item.exhibit)]
FAINT = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
STILL = "*,*::before,*::after{transition:none!important;animation:none!important}"


def test_text_and_controls_stand_out(url, open_page):
    tab = open_page("", height=2000, reduced_motion="reduce")
    faint = {}
    for page in PAGES:
        tab.goto(url + page, wait_until="load")
        tab.wait_for_selector(".picture .krl" if page else ".krl .thumbnail svg")
        tab.add_style_tag(content=STILL)
        names = tab.locator("[role=tab]:visible").all()
        for name in names or [None]:
            if name:
                name.click()
            for scheme in ("light", "dark"):
                tab.evaluate(
                    "dark => document.body.classList.toggle('dark', dark)", scheme == "dark"
                )
                for what, ratio in tab.evaluate(FAINT):
                    faint.setdefault(f"{page} {scheme}: {what}", round(ratio, 2))
    assert not faint
