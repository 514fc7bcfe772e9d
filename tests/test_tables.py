"""What is generated and committed is up to date."""

import importlib.util
import pathlib

import pytest

from keras_readinglist import catalog

pytestmark = pytest.mark.once

ROOT = pathlib.Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("build", ROOT / "docs" / "build.py")
build = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(build)
ADVICE = "run `python docs/build.py --tables`"


def test_the_ledger_is_that_of_the_reports():
    assert (ROOT / "docs/claims.md").read_text(encoding="utf-8") == build.claims(), ADVICE


def test_readme_has_the_table_of_the_catalogue():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text == build.readme(), ADVICE
    assert all(f"| [{item.title}](" in text for item in catalog.ITEMS)
    built = sum(bool(item.recipe and item.exhibit) for item in catalog.ITEMS)
    assert f"{built} of 27 items are built" in text and text.count("| to come |") == 27 - built
