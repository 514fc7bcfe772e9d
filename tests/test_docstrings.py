"""The examples of the docstrings run."""

import doctest
import importlib
import pkgutil

import keras
import numpy as np
import pytest

import keras_readinglist
from keras_readinglist import applications, datasets, information, layers

MODULES = [
    module.name
    for module in pkgutil.walk_packages(keras_readinglist.__path__, "keras_readinglist.")
    if not module.name.startswith(("keras_readinglist.demos", "keras_readinglist.cli"))
]
PUBLIC = {"np": np, "keras": keras}
for namespace in (layers, applications, datasets, information):
    PUBLIC |= {name: getattr(namespace, name) for name in namespace.__all__}


@pytest.mark.skipif(keras.config.backend() != "jax", reason="examples are run on JAX alone")
@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failures, _ = doctest.testmod(module, extraglobs=PUBLIC | vars(module), optionflags=flags)
    assert failures == 0
