"""Equations of the pages become MathML, and code stays what it is."""

import importlib.util
import pathlib
import re

import pytest

pytestmark = pytest.mark.once

DOCS = pathlib.Path(__file__).parents[1] / "docs"
SPEC = importlib.util.spec_from_file_location("mathml", DOCS / "mathml.py")
mathml = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(mathml)


def test_equations_in_lines_and_in_blocks():
    text = mathml.equations_to_mathml("A $w^c_n$ of\n\n$$\\sum_i a_i \\cdot\n b$$\n\nand *x*.")
    assert text.count('display="inline"') == 1 and text.count('display="block"') == 1
    assert "<msubsup>" in text and "&#x02211;" in text and "*x*" in text and "$" not in text


def test_code_keeps_its_dollars():
    text = "`$HOME` and ``a $b$ c`` cost"
    assert mathml.equations_to_mathml(text) == text


def test_nothing_in_an_equation_is_emphasis():
    assert "*" not in mathml.equations_to_mathml("$q^*_t * r_t$")


def test_what_cannot_be_read_is_named():
    with pytest.raises(ValueError, match=r"The equation .x\^. cannot be read"):
        mathml.equations_to_mathml("$x^$")


@pytest.mark.parametrize("page", sorted(DOCS.glob("papers/*.py")), ids=lambda page: page.stem)
def test_every_equation_of_the_pages_is_read(page):
    cells = page.read_text(encoding="utf-8").split("# %%")
    for cell in (c for c in cells if c.startswith(" [markdown]")):
        text = mathml.equations_to_mathml("\n".join(line[2:] for line in cell.splitlines()[1:]))
        prose = re.sub(r"`[^`]*`", "", text)
        assert "$" not in prose and not re.search(r"\\[a-zA-Z]", prose)
