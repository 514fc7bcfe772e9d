"""What may import what, what is public, and what importing the package costs."""

import ast
import graphlib
import importlib
import os
import pathlib
import re
import subprocess
import sys

import keras
import pytest

import keras_readinglist

pytestmark = pytest.mark.once

ROOT = pathlib.Path(keras_readinglist.__file__).parent
HEAVY = {"tensorflow", "torch", "jax", "gradio", "matplotlib", "scipy", "tensorflow_datasets"}
BASE = {"backend", "gradients", "softmax"}  # what everything may import
ALLOWED = {
    "backend": set(),
    "gradients": {"backend"},
    "softmax": set(),
    "flops": set(),
    "memory": set(),
    "initializers": BASE,
    "layers": BASE | {"initializers"},
    "losses": BASE | {"layers"},
    "schedules": BASE,
    "optimizers": BASE,
    "metrics": BASE | {"losses"},
    "tokenizers": BASE,
    "presets": BASE,
    "chemistry": BASE,
    "datasets": BASE | {"chemistry"},
    "decoding": BASE | {"layers"},
    "conversion": BASE | {"layers"},
    "testing": BASE | {"layers"},
    "visualization": BASE | {"decoding", "layers"},
    "callbacks": BASE | {"layers"},
    "information": BASE | {"flops"},
    "distribution": BASE | {"flops", "layers"},
    "applications": BASE
    | {
        "chemistry",
        "conversion",
        "datasets",
        "decoding",
        "information",
        "layers",
        "optimizers",
        "presets",
        "tokenizers",
        "visualization",
    },
    "recipes": BASE
    | {"applications", "callbacks", "chemistry", "datasets", "decoding", "distribution"}
    | {"information", "layers", "losses", "memory", "metrics", "optimizers", "presets", "schedules"}
    | {"testing", "tokenizers", "visualization"},
    "catalog": {"presets", "recipes"},
    "cli": {"applications", "catalog", "datasets", "presets", "recipes"},
}
NAMESPACES = [
    name
    for name in keras_readinglist.__all__
    if hasattr(getattr(keras_readinglist, name), "__all__")
]


def imports(path):
    """Yield `(module, whether at module level)` of every import of a file."""
    tree = ast.parse(path.read_text())
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, id(node) in top
            yield from ((f"{node.module}.{alias.name}", id(node) in top) for alias in node.names)


def files(part=""):
    return sorted((ROOT / part).rglob("*.py"))


def part_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def test_dependencies_point_one_way():
    graphlib.TopologicalSorter(ALLOWED).prepare()  # raises if there is a circle
    for path in files():
        part = part_of(path)
        if part in ("__init__", "demos"):
            continue
        assert part in ALLOWED, f"say what {part} may import"
        for module, _ in imports(path):
            names = module.split(".")
            assert names[0] not in ("demos", "benchmarks"), f"{path} imports {module}"
            if names[0] == "keras_readinglist" and len(names) > 1 and names[1] != part:
                assert names[1] in ALLOWED[part], f"{path} imports {module}"


def test_no_backend_and_no_private_keras_at_module_level():
    for path in files():
        if "demos" in path.parts:
            continue
        for module, at_top in imports(path):
            assert not module.startswith("keras.src"), path
            assert not (at_top and module.split(".")[0] in HEAVY), f"{path} imports {module}"


def test_importing_the_package_is_light():
    code = (
        "import sys, keras; before = set(sys.modules); import keras_readinglist.layers, "
        "keras_readinglist.applications, keras_readinglist.catalog; "
        "print(' '.join(m for m in set(sys.modules) - before if '.' not in m))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(answer.stdout.split()) & (HEAVY - {"jax"})


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_public_names_are_sorted_documented_and_registered(namespace):
    module = importlib.import_module(f"keras_readinglist.{namespace}")
    assert list(module.__all__) == sorted(set(module.__all__))
    for name in module.__all__:
        thing = getattr(module, name)
        if not callable(thing):
            continue
        assert thing.__doc__, name
        if isinstance(thing, type) and issubclass(thing, keras.layers.Layer):
            registered = keras.saving.get_registered_name(thing)
            assert registered == f"keras_readinglist>{name}"


def test_the_page_on_architecture_names_what_exists():
    text = (ROOT.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = [name for name in re.findall(r"`([\w/.]+(?:\.py|/))`", text) if "<" not in name]
    assert len(named) > 20
    for name in named:
        assert (ROOT / name).exists() or (ROOT.parent / name).exists(), name
    parts = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or path.is_dir()}
    parts -= {"__init__", "__pycache__", "cli", "conversion", "pretrained", "testing", "catalog"}
    assert all(f"{part}/" in text or f"{part}.py" in text for part in parts)
