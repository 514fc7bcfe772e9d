"""What may import what, what is public, and what importing the package costs."""

import ast
import importlib
import os
import pathlib
import subprocess
import sys

import keras
import pytest

import keras_readinglist

pytestmark = pytest.mark.once

ROOT = pathlib.Path(keras_readinglist.__file__).parent
HEAVY = {"tensorflow", "torch", "jax", "gradio", "matplotlib", "scipy", "tensorflow_datasets"}
FORBIDDEN = {
    "layers": {"applications", "recipes", "datasets", "information", "demos", "presets"},
    "decoding": {"applications", "recipes", "datasets", "information", "demos"},
    "metrics": {"applications", "recipes", "demos"},
    "datasets": {"applications", "layers", "recipes", "demos"},
    "information": {"applications", "layers", "recipes", "demos"},
    "applications": {"recipes", "demos"},
    "recipes": {"demos"},
    "testing": {"recipes", "demos", "applications"},
}
NAMESPACES = (
    "applications",
    "datasets",
    "decoding",
    "information",
    "layers",
    "metrics",
    "optimizers",
    "schedules",
    "testing",
)


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


@pytest.mark.parametrize("part", FORBIDDEN)
def test_dependencies_point_one_way(part):
    paths = files(part)
    assert paths
    for path in paths:
        for module, _ in imports(path):
            names = module.split(".")
            if names[0] == "keras_readinglist" and len(names) > 1:
                assert names[1] not in FORBIDDEN[part], f"{path} imports {module}"
            assert names[0] not in ("demos", "benchmarks"), f"{path} imports {module}"


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
        if isinstance(thing, dict):
            continue
        assert thing.__doc__, name
        if isinstance(thing, type) and issubclass(thing, keras.layers.Layer):
            registered = keras.saving.get_registered_name(thing)
            assert registered == f"keras_readinglist>{name}"
            assert "Example" in thing.__doc__ or name in ("PeepholeLSTMCell", "CoupledLSTMCell")
