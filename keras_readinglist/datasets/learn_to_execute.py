"""Short Python programs and what they give: learning to execute."""

import numpy as np

from keras_readinglist.datasets.splits import by_hash

TASKS = ("add", "control", "program", "copy", "reverse", "double")
CURRICULA = ("baseline", "mix", "naive", "combined")
SPLITS = ("train", "validation", "test")
VOCABULARY = "\n '()*+-0123456789:<=>[]abefilnogrsx"


def learn_to_execute(
    batch_size,
    max_length=3,
    max_nesting=2,
    tasks=TASKS,
    curriculum="mix",
    progress=1.0,
    rng=None,
    split=None,
):
    """Draw programs and their results, as text.

    Every program is Python: some statements, and an expression in the last line. The tasks are
    `"add"`, sums and differences; `"control"`, conditional expressions; `"program"`, both and
    products, variables and loops, put into one another; and on strings of digits `"copy"`,
    `"reverse"` and `"double"`. A number is answered by its last `max_length` digits: its remainder
    by `10 ** max_length`, which is not negative.

    Args:
        batch_size: Positive integer.
        max_length: Positive integer, the most digits of a literal.
        max_nesting: Positive integer, the most operations of an expression. Strings have up to
            `max_length * max_nesting` digits.
        tasks: Sequence of task names; each is equally likely.
        curriculum: How hard a program is. `"baseline"`: as hard as allowed. `"mix"`: length and
            nesting uniform up to the most allowed. `"naive"`: both grow with `progress`.
            `"combined"`: one or the other, with equal chance.
        progress: Float in [0, 1], how far training has come.
        rng: `numpy.random.Generator` or a seed.
        split: `"train"`, `"validation"` or `"test"`, or `None` for all programs. No program is in
            two splits: a hash of its text puts 20 % of all into `"test"`, and 5 % into
            `"validation"`. Of four digits there are only 10,000 strings, so that training would
            otherwise meet nearly all that are tested.

    Returns:
        Pair of lists of strings, programs and results.

    Raises:
        ValueError: If an argument is out of range, or a split has no program of these sizes.

    Example:
        >>> programs, results = learn_to_execute(3, tasks=("reverse",), rng=0)
        >>> all(eval(p) == r for p, r in zip(programs, results))
        True

    References:
        - [Zaremba, Sutskever, 2014, Learning to execute](https://arxiv.org/abs/1410.4615)
        - [Santoro et al., 2018](https://arxiv.org/abs/1806.01822), section 4.2
    """
    _check(batch_size, max_length, max_nesting, tasks, curriculum, progress, split)
    rng = np.random.default_rng(rng)
    sizes = max_length, max_nesting
    grown = [1 + int(progress * (most - 1e-9)) for most in sizes]
    programs, results, rejected = [], [], 0
    while len(programs) < batch_size:
        program, result = _draw(rng, sizes, grown, tasks, curriculum)
        if split is None or split_of(program) == split:
            programs.append(program)
            results.append(result)
            rejected = 0
        elif (rejected := rejected + 1) == _TRIES:
            raise ValueError(
                f"`split` must have programs of these sizes; none of {_TRIES} is of {split!r}. "
                f"Received: max_length={max_length}, max_nesting={max_nesting}, tasks={tasks}"
            )
    return programs, results


def split_of(program):
    """Return the split of a program, by a hash of its text."""
    return by_hash(program, test=20, validation=5)


def _draw(rng, sizes, grown, tasks, curriculum):
    """Return one program and its result."""
    kind = curriculum
    if kind == "combined":
        kind = ("mix", "naive")[rng.integers(2)]
    length, nesting = grown if kind == "naive" else sizes
    if kind == "mix":
        length, nesting = (int(rng.integers(1, most + 1)) for most in sizes)
    task = tasks[rng.integers(len(tasks))]
    if task in _STRINGS:
        return _string(rng, length * nesting, task)
    program, value = _Writer(rng, length).write(task, nesting)
    return program, str(value % 10 ** sizes[0])


def longest(max_length, max_nesting, tasks=TASKS):
    """Return the most characters that programs and results can have, a pair."""
    digits = max_length * max_nesting
    inputs, outputs = 0, max_length
    sizes = {"copy": (2, 1), "reverse": (8, 1), "double": (4, 2)}
    for task in tasks:
        if task in sizes:
            extra, times = sizes[task]
            inputs, outputs = max(inputs, digits + extra), max(outputs, times * digits)
        else:
            # Of an operation: literals, and the characters around them.
            around = {"add": (1, 3), "control": (3, 13), "program": (3, 26)}[task]
            inputs = max(inputs, max_length + max_nesting * (around[0] * max_length + around[1]))
    return inputs, outputs


_TRIES = 10_000
_STRINGS = {"copy": ("", 1), "reverse": ("[::-1]", 1), "double": ("*2", 2)}


def _string(rng, length, task):
    digits = "".join(map(str, rng.integers(0, 10, length)))
    suffix, times = _STRINGS[task]
    return f"'{digits}'{suffix}", (digits[::-1] if task == "reverse" else digits) * times


class _Writer:
    """Builds one program from the inside: every operation takes the expression so far."""

    def __init__(self, rng, length):
        self.rng, self.length = rng, length
        self.lines, self.names = [], list("abefgilnors")

    def write(self, task, nesting):
        text, value = self.literal()
        for _ in range(nesting):
            text, value = getattr(self, f"_{task}")(text, value)
        return "\n".join([*self.lines, text]), value

    def literal(self):
        value = int(self.rng.integers(10 ** (self.length - 1), 10**self.length))
        value -= self.length == 1  # one digit: 0 to 9
        value = max(value, 0)
        return str(value), value

    def _add(self, text, value):
        other, number = self.literal()
        if self.rng.integers(2):
            return f"({text}+{other})", value + number
        return f"({text}-{other})", value - number

    def _control(self, text, value):
        (left, a), (right, b), (other, c) = (self.literal() for _ in range(3))
        sign = "<>"[self.rng.integers(2)]
        chosen = value if (a < b if sign == "<" else a > b) else c
        return f"({text} if {left}{sign}{right} else {other})", chosen

    def _program(self, text, value):
        kind = self.rng.integers(5)
        if kind == 0:
            return self._control(text, value)
        if kind == 1:
            factor = int(self.rng.integers(2, 10))
            return f"({text}*{factor})", value * factor
        if kind == 2:
            return self._loop(text, value)
        if kind == 3:
            return self._variable(text, value)
        return self._add(text, value)

    def _name(self):
        return self.names.pop(self.rng.integers(len(self.names)))

    def _loop(self, text, value):
        name, times, (other, number) = self._name(), int(self.rng.integers(2, 10)), self.literal()
        self.lines += [f"{name}={text}", f"for x in range({times}):{name}+={other}"]
        return name, value + times * number

    def _variable(self, text, value):
        name = self._name()
        self.lines.append(f"{name}={text}")
        return self._add(name, value)


def _check(batch_size, max_length, max_nesting, tasks, curriculum, progress, split):
    sizes = {"batch_size": batch_size, "max_length": max_length, "max_nesting": max_nesting}
    for name, value in sizes.items():
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}")
    if not tasks or set(tasks) - set(TASKS):
        raise ValueError(f"`tasks` must be some of {TASKS}. Received: tasks={tasks}")
    if max_nesting > 11:
        raise ValueError(f"`max_nesting` must be at most 11. Received: max_nesting={max_nesting}")
    if curriculum not in CURRICULA:
        raise ValueError(f"`curriculum` must be one of {CURRICULA}. Received: {curriculum!r}")
    if split is not None and split not in SPLITS:
        raise ValueError(f"`split` must be one of {SPLITS} or `None`. Received: {split!r}")
    if not 0 <= progress <= 1:
        raise ValueError(f"`progress` must lie in [0, 1]. Received: progress={progress}")
