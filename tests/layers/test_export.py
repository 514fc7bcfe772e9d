"""Layers are exported with a batch of unknown size, and with masks."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist import layers

X = np.random.default_rng(0).standard_normal((3, 4, 5)).astype("float32")


@pytest.mark.skipif(keras.config.backend() != "jax", reason="JAX has symbols for sizes")
@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.RelationalMemory(2, 4),
        lambda: layers.RelationNetwork((5,), (4,), 2),
        lambda: layers.Set2Set(),
    ],
)
def test_symbolic_batch(make):
    import jax
    from jax import export

    layer = make()
    layer.build(X.shape)
    weights = [v.value for v in layer.trainable_variables]
    others = [v.value for v in layer.non_trainable_variables]
    function = jax.jit(lambda x: layer.stateless_call(weights, others, x)[0])
    (batch,) = export.symbolic_shape("batch")
    exported = export.export(function)(jax.ShapeDtypeStruct((batch, *X.shape[1:]), "float32"))
    np.testing.assert_allclose(exported.call(X), function(X), atol=1e-6)


@pytest.mark.skipif(keras.config.backend() != "torch", reason="torch has a kernel for masks")
def test_a_masked_layer_of_torch():
    import torch

    inputs = keras.Input(X.shape[1:])
    model = keras.Model(inputs, layers.LSTM(4)(keras.layers.Masking()(inputs)))
    x = np.where(np.arange(4)[None, :, None] < np.array([4, 2, 3])[:, None, None], X, 0)
    x = ops.convert_to_tensor(x.astype("float32"))
    exported = torch.export.export(model, (x,), strict=False).module()
    np.testing.assert_allclose(
        ops.convert_to_numpy(exported(x)), ops.convert_to_numpy(model(x)), atol=1e-6
    )
