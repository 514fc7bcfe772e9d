"""The examples of the docstrings run, and what is public is documented in full."""

import doctest
import importlib
import inspect
import pkgutil

import keras
import numpy as np
import pytest

import keras_readinglist
from keras_readinglist import applications, layers

MODULES = [
    module.name
    for module in pkgutil.walk_packages(keras_readinglist.__path__, "keras_readinglist.")
    if not module.name.startswith(("keras_readinglist.demos", "keras_readinglist.cli"))
]
NAMESPACES = [
    importlib.import_module(f"keras_readinglist.{name}")
    for name in (
        "layers",
        "applications",
        "callbacks",
        "chemistry",
        "datasets",
        "decoding",
        "distribution",
        "information",
        "metrics",
        "tokenizers",
        "visualization",
    )
]
PUBLIC = {"np": np, "keras": keras, "ops": keras.ops}
for namespace in NAMESPACES:
    PUBLIC |= {name: getattr(namespace, name) for name in namespace.__all__}
BASE = {"self", "name", "dtype", "trainable"}  # arguments of every Keras layer
CLASSES = [
    getattr(namespace, name)
    for namespace in (layers, applications)
    for name in namespace.__all__
    if inspect.isclass(getattr(namespace, name))
    and issubclass(getattr(namespace, name), keras.layers.Layer)
]
FUNCTIONS = [
    getattr(namespace, name)
    for namespace in NAMESPACES
    for name in namespace.__all__
    if inspect.isfunction(getattr(namespace, name))
]


@pytest.mark.skipif(keras.config.backend() != "jax", reason="examples are run on JAX alone")
@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failures, _ = doctest.testmod(module, extraglobs=PUBLIC | vars(module), optionflags=flags)
    assert failures == 0


@pytest.mark.once
@pytest.mark.parametrize("thing", CLASSES, ids=lambda thing: thing.__name__)
def test_classes_have_all_sections(thing):
    text = inspect.getdoc(thing)
    sections = ["Args", "Call arguments", "Input shape", "Output shape", "Raises", "Example:"]
    missing = [section for section in [*sections, "References:"] if section not in text]
    assert not missing
    own = set()
    if "__init__" in vars(thing):  # what is inherited is documented there
        parameters = inspect.signature(thing.__init__).parameters.values()
        own = {p.name for p in parameters if p.kind is not p.VAR_KEYWORD} - BASE
    assert not [name for name in own if f"{name}:" not in text and f"`{name}`" not in text]


@pytest.mark.once
@pytest.mark.parametrize("thing", FUNCTIONS, ids=lambda thing: thing.__name__)
def test_functions_name_their_arguments(thing):
    text = inspect.getdoc(thing)
    parameters = inspect.signature(thing).parameters
    assert not [name for name in parameters if f"{name}:" not in text and f"`{name}`" not in text]
    assert "Return" in text or "Yield" in text or inspect.signature(thing).return_annotation is None
