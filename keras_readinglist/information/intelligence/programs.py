"""Programs of the BF reference machine: checked, simplified, interpreted, compiled."""

import re

SYMBOLS = "<>+-.,%[]#"
HALF_TAPE = 100_000
HISTORY = 25
# Python refuses code nested deeper than 20; such programs are interpreted.
_DEEPEST = 15
_USELESS = re.compile(r"\+-|-\+|<>|><|\[\]")


class OverTime(Exception):
    """A cycle took more instructions than a machine allows."""


def brackets(program):
    """Return the partner of every bracket of a program.

    Args:
        program: String over `<>+-.,%[]#`.

    Returns:
        Dictionary from position to position, both ways.

    Raises:
        ValueError: If a symbol is unknown or a bracket has no partner.

    Example:
        >>> brackets("[,.]")
        {3: 0, 0: 3}
    """
    partner, opened = {}, []
    for place, symbol in enumerate(program):
        if symbol not in SYMBOLS:
            raise ValueError(f"`program` has only symbols of {SYMBOLS}. Received: {symbol!r}")
        if symbol == "[":
            opened.append(place)
        elif symbol == "]":
            if not opened:
                raise ValueError(f"`program` must balance its brackets. Received: {program!r}")
            partner[place] = opened.pop()
            partner[partner[place]] = place
    if opened:
        raise ValueError(f"`program` must balance its brackets. Received: {program!r}")
    return partner


def draw_program(rng):
    """Draw a program from the machine's own prior: instruction by instruction, uniformly.

    A closing bracket (or `#`, which counts as one) without a partner ends the program.
    """
    symbols, depth = [], 0
    while True:
        for index in rng.integers(0, len(SYMBOLS), 32):
            symbol = "]" if SYMBOLS[index] == "#" else SYMBOLS[index]
            if symbol == "]":
                depth -= 1
            elif symbol == "[":
                depth += 1
            if depth < 0:
                return "".join(symbols) + "#"
            symbols.append(symbol)


def simplify(program):
    """Remove what undoes itself, as `+-` and `[]` do, until nothing is left to remove.

    Example:
        >>> simplify("+<[]>-,.#")
        ',.#'
    """
    shorter = _USELESS.sub("", program)
    while shorter != program:
        program, shorter = shorter, _USELESS.sub("", shorter)
    return program


def interpret(program, machine, tape, pointer, inputs, outputs, draw, trace=None):
    """Run one cycle instruction by instruction.

    Args:
        program: String, balanced.
        machine: `BFMachine`.
        tape: Dictionary from place to symbol, changed; absent cells hold the middle symbol.
        pointer: Integer, place on the work tape.
        inputs: The last 25 actions, newest first.
        outputs: List of the output cells, changed.
        draw: Function without arguments that returns a float in [0, 1), for `%`.
        trace: List that receives `(place in the program, pointer)` per instruction, or `None`.

    Returns:
        The pointer and the number of instructions.

    Raises:
        OverTime: If the cycle does not end in time.
    """
    partner, size, middle = brackets(program), machine.symbols, machine.middle
    place = steps = read = written = 0
    while written < len(outputs) and place < len(program):
        symbol, cell = program[place], tape.get(pointer, middle)
        steps += 1
        if steps == machine.max_steps:
            raise OverTime
        if trace is not None:
            trace.append((place, pointer))
        if symbol == "#":
            break
        if symbol in "<>":
            pointer += 1 if symbol == ">" else -1
            pointer = 0 if abs(pointer) > HALF_TAPE else pointer
        elif symbol in "+-":
            tape[pointer] = (cell + (1 if symbol == "+" else -1)) % size
        elif symbol == ".":
            outputs[written] = cell
            written += 1
        elif symbol == ",":
            tape[pointer] = inputs[read] if read < HISTORY else middle
            read += read < HISTORY
        elif symbol == "%":
            tape[pointer] = int(draw() * size)
        elif symbol == "[" and cell == middle:
            place = partner[place]
        elif symbol == "]" and cell != middle:
            place = partner[place]
        place += 1
    return pointer, steps


def compile_program(program, machine):
    """Translate a program to a Python function that runs one cycle.

    Runs of `+-` and of `<>` become one addition, and instructions are counted block by block.
    The function takes what `interpret` takes after `machine`, except `trace`.
    """
    brackets(program)
    depth = deepest = 0
    for symbol in program:
        depth += (symbol == "[") - (symbol == "]")
        deepest = max(deepest, depth)
    if deepest > _DEEPEST:
        return lambda *state: interpret(program, machine, *state)
    scope = {"OverTime": OverTime}
    exec(_source(program, machine), scope)
    return scope["cycle"]


def _source(program, machine):
    size, middle, wrap = machine.symbols, machine.middle, HALF_TAPE + 1
    lines = ["def cycle(T, p, I, O, draw):", f" x = T.get(p, {middle}); n = i = o = 0"]
    ending = f"if n >= {machine.max_steps}: raise OverTime"
    depth, cost = 1, 0

    def say(text):
        lines.append(" " * depth + text)

    body, end, _ = program.partition("#")
    for part in re.findall(r"[+-]+|<+|>+|[.,%\[\]]", body):
        kind = part[0]
        cost += len(part)
        if kind in "+-":
            say(f"x = (x + {part.count('+') - part.count('-')}) % {size}")
        elif kind == ">":
            say(f"T[p] = x; p += {len(part)}")
            say(f"if p > {HALF_TAPE}: p -= {wrap}")
            say(f"x = T.get(p, {middle})")
        elif kind == "<":
            say(f"T[p] = x; p -= {len(part)}")
            say(f"if p < -{HALF_TAPE}: p += {wrap}")
            say(f"x = T.get(p, {middle})")
        elif kind == "%":
            say(f"x = int(draw() * {size})")
        elif kind == ",":
            say(f"if i < {HISTORY}: x = I[i]; i += 1")
            say(f"else: x = {middle}")
        else:
            say(f"n += {cost}")
            cost = 0
            if kind == ".":
                say("O[o] = x; o += 1")
                say(f"if o == {machine.observation_cells + 1}:")
                say(f" {ending}")
                say(" T[p] = x; return p, n")
            elif kind == "[":
                say(f"while x != {middle}:")
                depth += 1
            else:
                say(ending)
                depth -= 1
    say(f"n += {cost + len(end)}")
    say(ending)
    say("T[p] = x; return p, n")
    return "\n".join(lines)
