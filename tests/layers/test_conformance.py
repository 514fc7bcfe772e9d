"""Every public layer keeps the contract of a Keras layer, and has right gradients."""

import keras
import pytest

from keras_readinglist import layers
from keras_readinglist.testing import check_layer, gradient_check
from tests.layers.cases import CASES, every_case


@pytest.mark.once
def test_every_public_layer_has_a_case():
    public = {name for name in layers.__all__ if not name.endswith("Cell")}
    assert public == {layer_class.__name__ for layer_class, *_ in CASES}


@every_case
def test_contract(layer_class, kwargs, inputs, mask, number):
    policies = ("mixed_bfloat16", "mixed_float16") if number == 0 else ()
    check_layer(layer_class, kwargs, inputs, masked=mask, policies=policies)


@every_case
def test_gradients(layer_class, kwargs, inputs, mask, number):
    keras.utils.set_random_seed(0)
    arrays = inputs.values() if isinstance(inputs, dict) else [inputs]
    report = gradient_check(layer_class(**kwargs), *arrays, samples=3)
    assert report.ok, report
