"""A stack is its blocks one after the other, wherever they lie."""

import pathlib

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers import (
    PipelinedStack,
    SequenceBatchNormalization,
    TransformerEncoderBlock,
)
from tests import virtual_devices

X = np.random.default_rng(0).standard_normal((3, 5, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]], bool)


def block(**kwargs):
    return TransformerEncoderBlock(2, 6, **kwargs)


# Class, constructor arguments, inputs, mask; see test_conformance.
# So that gradients can be checked anywhere: those of biases of keys are zero.
SMOOTH = {"norm_first": True, "activation": "tanh", "use_bias": False}
PLAIN = {"num_blocks": 3, "num_microbatches": 1, "axis": "cells", "rematerialize": False}
CONTRACT = [
    (PipelinedStack, {"block": block(**SMOOTH), "num_blocks": 2, "num_microbatches": 2}, X, MASK),
    (PipelinedStack, {"block": keras.layers.Dense(4, "tanh"), **PLAIN}, X, None),
]


def array(x):
    return ops.convert_to_numpy(x)


def test_blocks_are_applied_one_after_the_other():
    blocks = [block() for _ in range(2)]
    for each in blocks:
        each.build(X.shape)
    stack = PipelinedStack(block, 2, 2)  # a function that makes one
    stack.build(X.shape)
    of_blocks = zip(*(each.weights for each in blocks), strict=True)
    for weight, variables in zip(stack.weights, of_blocks, strict=True):
        weight.assign(np.stack([array(v) for v in variables]))
    mask, signal = ops.convert_to_tensor(MASK), X
    for each in blocks:
        signal = Differentiable(each, None, mask=mask).outputs(signal)
    for training in (False, True):
        found = Differentiable(stack, None, mask=mask, training=training).outputs(X)
        np.testing.assert_allclose(array(found)[MASK], array(signal)[MASK], atol=1e-5)


def test_what_is_computed_again_has_the_same_gradient():
    stacks = [PipelinedStack(block(), 2, 2, rematerialize=again) for again in (False, True)]
    for stack in stacks:
        stack.build(X.shape)
    stacks[1].set_weights(stacks[0].get_weights())
    kept, again = (
        Differentiable(s, lambda y: ops.sum(ops.sin(y)), training=True).gradients(X) for s in stacks
    )
    for got, want in zip(kept[0] + kept[1], again[0] + again[1], strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_blocks_of_one_seed_drop_differently():
    ones = np.ones((2, 200), "float32")
    dropped = {}
    for count in (1, 2):
        stack = PipelinedStack(keras.layers.Dropout(0.5, seed=1), count, 1)
        dropped[count] = array(stack(ones, training=True))
        assert not np.array_equal(dropped[count], array(stack(ones, training=True)))
        np.testing.assert_array_equal(array(stack(ones)), ones)
    assert 0.35 < (dropped[1] > 0).mean() < 0.65
    assert 0.15 < (dropped[2] > 0).mean() < 0.35  # of equal draws half would be kept


def test_blocks_are_regularized_and_constrained_one_by_one():
    unit = keras.layers.Dense(
        4,
        kernel_regularizer=keras.regularizers.OrthogonalRegularizer(),
        kernel_constraint="unit_norm",
    )
    stack = PipelinedStack(unit, 3, 1)
    stack(X)
    kernel = stack.weights[0]
    one_by_one = [unit.kernel_regularizer(ops.convert_to_tensor(k)) for k in array(kernel)]
    assert float(array(sum(stack.losses))) == pytest.approx(float(array(sum(one_by_one))), rel=1e-4)
    norms = np.linalg.norm(array(kernel.constraint(kernel.value)), axis=1)
    np.testing.assert_allclose(norms, 1, atol=1e-5)


def test_blocks_start_differently():
    stack = PipelinedStack(keras.layers.Dense(4), 2, 1)
    stack.build(X.shape)
    kernels = array(stack.weights[0])
    assert kernels.shape == (2, 4, 4) and not np.allclose(*kernels)
    assert [weight.name for weight in stack.weights] == ["stacked_kernel_0", "stacked_bias_1"]


@keras.saving.register_keras_serializable(package="tests")
class Charged(keras.layers.Layer):
    def call(self, inputs):
        self.add_loss(ops.sum(inputs))
        return inputs

    def compute_output_shape(self, inputs_shape):
        return inputs_shape


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"block": "dense"}, "`block` must be a layer, or make one. Received: block='dense'"),
        ({"block": list}, "`block` must be a layer"),
        ({"num_blocks": 0}, "`num_blocks` must be a positive integer. Received: num_blocks=0"),
        ({"num_microbatches": 1.5}, "`num_microbatches` must be a positive integer"),
        ({"axis": 0}, "`axis` must be the name of an axis"),
        ({"block": keras.layers.Dense(5)}, "`block` must keep the shape of its input"),
        ({"block": SequenceBatchNormalization()}, "no state but that of dropout.*moving_mean"),
        ({"block": Charged()}, "`block` must add no losses"),
    ],
)
def test_bad_arguments(kwargs, message):
    given = {"block": keras.layers.Dense(4), "num_blocks": 2, "num_microbatches": 1, **kwargs}
    with pytest.raises(ValueError, match=message):
        PipelinedStack(**given)(X)


def test_a_stage_axis_is_not_ignored():
    mesh = keras.distribution.DeviceMesh((1,), ("stage",), ["cpu:0"])
    layout = keras.distribution.LayoutMap(mesh)
    stack = PipelinedStack(keras.layers.Dense(4), 2, 1)
    with keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="stage").scope():
        if keras.config.backend() == "jax":  # one stage: nothing to pass on
            assert stack(X).shape == X.shape
            return
        with pytest.raises(ValueError, match="axis `stage` of a distribution on JAX only"):
            stack(X)


@pytest.mark.skipif(keras.config.backend() != "jax", reason="pipelines of one program")
def test_pipelines_over_four_devices():
    tests = pathlib.Path(__file__).parent / "pipelined" / "four_devices.py"
    virtual_devices.run(4, "-m", "pytest", "-q", str(tests), JAX_ENABLE_X64="1")
