"""Equations of the pages as MathML, which browsers draw by themselves, without a script."""

import re

from latex2mathml.converter import convert

# What stands between backticks is code, and its dollars are no equation.
EQUATION = re.compile(
    r"(?P<code>`+[^`]*`+)|\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$\n]+(?:\n[^$\n]+)?)\$", re.DOTALL
)


def equations_to_mathml(markdown):
    """Return Markdown whose `$...$` and `$$...$$` are MathML.

    Args:
        markdown: String, a cell of a page.

    Raises:
        ValueError: If an equation cannot be read.
    """
    return EQUATION.sub(_replace, markdown)


def _replace(match):
    if match["code"]:
        return match["code"]
    block = match["block"] is not None
    latex = " ".join((match["block"] or match["inline"]).split())
    try:
        mathml = convert(latex, display="block" if block else "inline")
    except Exception as error:
        raise ValueError(f"The equation {latex!r} cannot be read: {error}") from error
    # Markdown must not take a star or a low line of an equation for emphasis.
    return mathml.replace("*", "&#42;").replace("_", "&#95;")
