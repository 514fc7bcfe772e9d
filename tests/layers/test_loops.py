"""The loops with a cheaper gradient give what `ops.scan` gives, and its gradient."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers.recurrent import loops

RNG = np.random.default_rng(0)
X = RNG.standard_normal((5, 2, 3)).astype("float32")  # time first
STATE = RNG.standard_normal((2, 3)).astype("float32")
KERNEL, BIAS = RNG.standard_normal((3, 3)).astype("float32"), np.float32([0.1, -0.2, 0.3])
SCANS = {"products": loops.scan_storing_products, "weights": loops.scan_deferring_weights}
scans = pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS.keys())


def run(scan, kernel=KERNEL, bias=BIAS, state=STATE, x=X):
    """Two uses of the kernel a step, one of the bias, and an output that is not the state."""

    kernel, bias = ops.convert_to_tensor(kernel), ops.convert_to_tensor(bias)

    def body(states, x):
        z = loops.with_weights(lambda z, w, b: ops.matmul(z, w) + b, states[0] + x[0], kernel, bias)
        z = loops.with_weights(ops.matmul, ops.tanh(z), kernel)
        return [ops.tanh(z)], [z]

    last, outputs = scan(body, [ops.convert_to_tensor(state)], [ops.convert_to_tensor(x)])
    return last[0], outputs[0]


@scans
def test_values(scan):
    for got, expected in zip(run(scan), run(ops.scan), strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(got), ops.convert_to_numpy(expected), atol=1e-6
        )


@scans
@pytest.mark.skipif(keras.config.backend() != "jax", reason="elsewhere they are ops.scan")
def test_gradients(scan):
    import jax

    def loss(scan, *arguments):
        last, outputs = run(scan, *arguments)
        return (last**2).sum() + (outputs * np.arange(6).reshape(2, 3)).sum()

    arguments = KERNEL, BIAS, STATE, X
    got = jax.grad(loss, argnums=(1, 2, 3, 4))(scan, *arguments)
    for mine, expected in zip(
        got, jax.grad(loss, argnums=(1, 2, 3, 4))(ops.scan, *arguments), strict=True
    ):
        np.testing.assert_allclose(mine, expected, atol=1e-4, rtol=1e-4)


def test_outside_a_loop_weights_are_simply_applied():
    assert loops.with_weights(lambda x, w: x * w, 2, 3) == 6
