"""What is counted is what formulas say, for models of Keras and of ours."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_readinglist.applications import DecoderLM
from keras_readinglist.information import (
    count_flops,
    count_params,
    forward_flops_per_token,
    non_embedding_params,
)


def test_a_decoder_costs_what_the_paper_says():
    model = DecoderLM(50, num_layers=2, d_model=16, num_heads=2, context=12)
    tokens = np.ones((3, 12), "int32")
    # The paper counts one of attention's two products, and the table that is looked up.
    expected = forward_flops_per_token(2, 16, 12, n_vocab=50) - 4 * 16 + 2 * 2 * 12 * 16
    assert count_flops(model, tokens) == 3 * 12 * expected

    small = 2 * (4 * 16 + 5 * 16 + 4 * 16) + 2 * 16  # biases and normalizations
    assert count_params(model) == non_embedding_params(2, 16) + small
    assert count_params(model, embedding=True) == count_params(model) + (50 + 12) * 16


@pytest.mark.skipif(keras.config.backend() != "jax", reason="XLA counts what it compiles")
def test_a_decoder_costs_what_xla_says():
    import jax

    # XLA counts additions too, of which a `gelu` has many.
    model = DecoderLM(50, 1, 256, num_heads=4, context=12, activation="relu")
    tokens = np.ones((1, 12), "int32")
    compiled = jax.jit(lambda x: model(x)).lower(tokens).compile()
    assert count_flops(model, tokens) == pytest.approx(compiled.cost_analysis()["flops"], rel=0.02)


def test_places_are_counted():
    convolutions = [layers.Conv2D(4, 3, strides=2), layers.DepthwiseConv2D(3)]
    convolutions.append(layers.Conv2DTranspose(5, 2, strides=2))
    model = keras.Sequential([keras.Input((9, 9, 2)), *convolutions])
    expected = 16 * 9 * 2 * 4 + 4 * 9 * 4 + 4 * 4 * 4 * 5
    assert count_flops(model, np.zeros((3, 9, 9, 2), "float32")) == 2 * 3 * expected

    shared = layers.Dense(4)
    inputs = keras.Input((4,))
    twice = keras.Model(inputs, shared(shared(inputs)))
    assert count_flops(twice, np.zeros((3, 4), "float32")) == 2 * 2 * 3 * 16
    assert count_flops(shared, np.zeros((3, 4), "float32")) == 2 * 3 * 16

    text = keras.Sequential([keras.Input((6,)), layers.Embedding(9, 3), layers.LSTM(5)])
    assert count_flops(text, np.zeros((2, 6), "int32")) == 2 * 2 * 6 * (3 + 5) * 20
    assert count_params(text) == 4 * 5 * (3 + 5 + 1)


def test_a_model_that_is_not_built_is_refused():
    for count in (count_params, lambda model: count_flops(model, np.zeros((1, 2)))):
        with pytest.raises(ValueError, match="`model` must be built"):
            count(layers.Dense(2))
