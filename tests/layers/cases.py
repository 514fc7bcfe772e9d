"""The cases of all layers, found in the `CONTRACT` of the tests beside this file."""

import importlib
import pathlib

import pytest

FILES = sorted(pathlib.Path(__file__).parent.glob("test_*.py"))
OWN = ("test_conformance", "test_golden")


def found():
    """Return a list of `(class, constructor arguments, inputs, mask, number of the case)`."""
    cases, counts = [], {}
    for path in FILES:
        if path.stem in OWN:
            continue
        module = importlib.import_module(f"{__package__}.{path.stem}")
        for layer_class, *case in getattr(module, "CONTRACT", ()):
            number = counts[layer_class] = counts.get(layer_class, -1) + 1
            cases.append((layer_class, *case, number))
    return cases


CASES = found()
every_case = pytest.mark.parametrize(
    ("layer_class", "kwargs", "inputs", "mask", "number"),
    CASES,
    ids=[f"{layer_class.__name__}-{number}" for layer_class, *_, number in CASES],
)
