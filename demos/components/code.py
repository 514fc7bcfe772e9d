"""Python on a page, in colours that can be read in both schemes."""

import builtins
import io
import keyword
import tokenize

from .html import el


def code(text):
    """Return Python as it stands, with a button that copies it.

    Args:
        text: Python that can be parsed.
    """
    lines, parts, at = text.splitlines(keepends=True), [], (1, 0)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = _kind(token)
        if kind:
            parts += [_between(lines, at, token.start), el("span", token.string, class_=kind)]
            at = token.end
    parts.append(_between(lines, at, (len(lines) + 1, 0)))
    copy = el("button", "Copy", type="button", data_copy=True)
    return el("div", copy, el("pre", el("code", parts), tabindex=0), class_="code")


def _kind(token):
    if token.type in (tokenize.COMMENT, tokenize.NUMBER):
        return {tokenize.COMMENT: "comment", tokenize.NUMBER: "number"}[token.type]
    if token.type == tokenize.STRING or tokenize.tok_name[token.type].startswith("FSTRING"):
        return "string"
    if token.type == tokenize.NAME and keyword.iskeyword(token.string):
        return "keyword"
    return "builtin" if token.type == tokenize.NAME and hasattr(builtins, token.string) else None


def _between(lines, start, end):
    """Return the text from one place `(row, column)` to another, rows from 1."""
    (row, column), (last, stop) = start, end
    if row == last:
        return lines[row - 1][column:stop] if row <= len(lines) else ""
    rest = lines[last - 1][:stop] if last <= len(lines) else ""
    return lines[row - 1][column:] + "".join(lines[row : last - 1]) + rest
