"""An application in its smallest form, as the checks that all applications share take it."""

import importlib
import pathlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A small application, what it is trained on, and what it does.

    Test files keep theirs as `CASES`, by the name of the class; a variant has a name behind a dash.

    Args:
        make: Function that builds the model from `dtype` and `trainable`.
        inputs: NumPy array or dictionary of arrays, whose first axis is a batch of at least two.
        targets: NumPy array, what `fit` takes.
        jobs: What the model does end to end: functions `(model, inputs)`, by name.
        loss: What it is trained with; `None` for the cross-entropy of classes.
        rows: Whether any number of rows may be given.
        double: Whether float64 stays; the dense layer of Keras rounds it on torch.
    """

    make: Callable
    inputs: Any
    targets: Any
    jobs: dict[str, Callable] = field(default_factory=dict)
    loss: Any = None
    rows: bool = True
    double: bool = True


def all_cases():
    """Return the `CASES` of all test files of this folder."""
    here, found = pathlib.Path(__file__).parent, {}
    for file in sorted(here.rglob("test_*.py")):
        parts = file.relative_to(here).with_suffix("").parts
        if parts != ("test_conformance",):
            module = importlib.import_module(".".join(["tests", "applications", *parts]))
            found |= getattr(module, "CASES", {})
    return found
