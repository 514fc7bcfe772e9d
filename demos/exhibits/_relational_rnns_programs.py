"""The programs tab of the relational memory exhibit: type a small program, and watch the result."""

import ast
import re
import zlib
from functools import cache

from ..components.html import callout, el, faint, page, table
from ..components.inputs import plain_text
from ..components.layout import choices_row, control_side, html, picture_side, stage
from ..components.player import player
from ..exhibit import FAILS, run

MODELS = {
    "relational memory": "relational_rnn_programs",
    "LSTM": "relational_rnn_programs_lstm",
}
PROGRAM = "'123'[::-1]"
DIGITS = 2


def result(program):
    """Return what a program of the exhibit gives; `ValueError` in plain words for others."""
    program = plain_text(program).strip()
    text = re.fullmatch(r"'([0-9]{1,4})'(\[::-1\]|\*2)?", program)
    if text:
        digits, suffix = text.groups()
        return {None: digits, "*2": digits * 2}.get(suffix, digits[::-1])
    literals = re.findall(r"[0-9]+", program)
    sum_like = re.fullmatch(r"[0-9+()\-]{1,40}", program)
    if not sum_like or max(map(len, literals), default=9) > DIGITS:
        raise ValueError(
            "Type a string of up to 4 digits, like '123', '123'[::-1] or '123'*2, or a sum of "
            "numbers below 100, like ((12+34)-5)."
        )
    if any(digits != str(int(digits)) for digits in literals) or len(literals) > 3:
        raise ValueError("A sum has up to three numbers, none of which begins with 0.")
    try:
        value = _value(ast.parse(program, mode="eval").body)
    except SyntaxError as error:
        raise ValueError("Python cannot read this sum: look at its brackets.") from error
    return str(value % 10**DIGITS)


def _value(node):
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        left, right = _value(node.left), _value(node.right)
        return left + right if isinstance(node.op, ast.Add) else left - right
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    raise ValueError("A sum has numbers, +, - and brackets only.")


def write(program, model):
    """Return the characters that a model writes and the probability of each, end included."""
    if len(program) > model.input_length:
        raise ValueError(f"A program may have {model.input_length} characters here.")
    p = model.probabilities([program])[0]
    classes = p.argmax(axis=1).tolist()
    length = classes.index(0) + 1 if 0 in classes else len(classes)
    symbols = ["end", *model.tokenizer.vocabulary]
    return [(symbols[k], float(p[t, k])) for t, k in enumerate(classes[:length])]


def execute(program):
    """Yield what both networks write, under a player, as HTML."""
    program = plain_text(program).strip()
    truth = result(program)
    written = {
        name: run(preset, lambda model: write(program, model)) for name, preset in MODELS.items()
    }
    yield _written(program, truth, written)


def _written(program, truth, written):
    count = max(map(len, written.values()))
    expected = [*truth, "end"]
    rows = [[el("b", "truth"), *(el("b", symbol) for symbol in expected)]]
    for name, characters in written.items():
        cells = []
        for t, (symbol, p) in enumerate(characters):
            right = t < len(expected) and symbol == expected[t]
            colour = "var(--krl-structure)" if right else "var(--krl-high)"
            mark = el("b", symbol, style=f"font-size:22px;color:{colour}")
            sure = el("span", f"{'✓' if right else '✗'} {p:.0%}", class_="faint")
            cells.append(el("div", mark, el("br"), sure, data_at=t))
        rows.append([el("b", name), *cells])
    said = [f"{name}: {_judged(truth, found)}" for name, found in written.items()]
    name = f"program-{zlib.crc32(program.encode())}"
    moving = player(table(None, rows), count=count, label="Character written", name=name, start=-1,
                    play=True, slow=True)  # fmt: skip
    note = "Below every character: its probability. Sums are answered by their last "
    note += f"{DIGITS} digits, as a remainder by {10**DIGITS}."
    head = el("p", f"{program} = {truth}", class_="mono")
    return page(head, moving, callout(el("b", "; ".join(said), "."), kind="verdict"), faint(note))


def _judged(truth, characters):
    text = "".join(symbol for symbol, _ in characters if symbol != "end")
    return "right" if text == truth else f"wrong, it writes {text or 'nothing'}"


@cache
def default():
    """Return what the tab shows before any click."""
    return list(execute(PROGRAM))[-1]


def tab(ctx):
    """Lay out the tab."""
    import gradio as gr

    with stage():
        with picture_side():
            written = html()
        with control_side():
            program = gr.Textbox(PROGRAM, label="A string operation or a sum")
            ctx.note()
            go = gr.Button("Execute", variant="primary")
            examples = choices_row()
    with examples:
        known = {p: [p] for p in ("'1234'", "'47'*2", "'29'*2", "(12+34)")}
        ctx.choices({**known, FAILS: ["'4729'[::-1]"]}, [program])
    ctx.at_first(default, written)
    ctx.event(
        [go.click, program.change],
        execute,
        program,
        written,
        verb="execute",
        doing="Both networks run the program",
    )
