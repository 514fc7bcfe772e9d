"""The programs tab of the relational memory exhibit: type a small program, and watch the result."""

import ast
import re
import time
from functools import cache
from html import escape

from ..components.inputs import plain_text
from ..exhibit import run

MODELS = {
    "relational memory": "relational_rnn_programs",
    "LSTM": "relational_rnn_programs_lstm",
}
PROGRAM = "'4729'[::-1]"
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
    """Yield what both networks write, a character more every time, as HTML."""
    program = plain_text(program).strip()
    truth = result(program)
    written = {
        name: run(preset, lambda model: write(program, model)) for name, preset in MODELS.items()
    }
    longest = max(map(len, written.values()))
    for step in range(1, longest + 1):
        yield _written(program, truth, written, step)
        if step < longest:
            time.sleep(0.1)


def _written(program, truth, written, step):
    rows = []
    for name, characters in written.items():
        shown = characters[:step]
        expected = [*truth, "end"]
        cells = []
        for t, (symbol, p) in enumerate(shown):
            right = t < len(expected) and symbol == expected[t]
            colour = "var(--krl-structure)" if right else "var(--krl-vision)"
            cells.append(
                f'<td style="text-align:center"><span style="font-size:20px;color:{colour}">'
                f'<b>{escape(symbol)}</b></span><br><span class="faint">{p:.0%}'
                f"{'' if right else ' ✗'}</span></td>"
            )
        rows.append(f"<tr><td><b>{name}</b></td>{''.join(cells)}</tr>")
    return (
        f'<div class="krl"><p class="mono">{escape(program)} = {escape(truth)}</p>'
        f'<div class="scroll"><table>{"".join(rows)}</table></div>'
        '<p class="faint">Below every character: its probability. Sums are answered by their last '
        f"{DIGITS} digits, as a remainder by {10**DIGITS}.</p></div>"
    )


@cache
def default():
    """Return what the tab shows before any click."""
    return list(execute(PROGRAM))[-1]


def tab(ctx):
    """Lay out the tab."""
    import gradio as gr

    with gr.Row():
        program = gr.Textbox(PROGRAM, label="A string operation or a sum", scale=3)
        go = gr.Button("Execute", variant="primary", scale=1)
    written = gr.HTML()
    ctx.at_first(default, written)
    ctx.event(go.click, execute, program, written, verb="execute")
    ctx.event(program.submit, execute, program, written)
    gr.Examples(
        [[p] for p in ("'1234'", "'987'[::-1]", "'305'*2", "(12+34)", "((70-45)+8)")],
        program,
        label="Examples",
        api_visibility="private",
    )
