"""What a step hands to the next has the types and sizes that a loop began with."""

import keras
import pytest
from keras import ops

from keras_readinglist.decoding.carry import keep_types


def test_types_are_kept():
    kept = keep_types({"h": ops.ones((2, 3), "float32")}, {"h": ops.zeros((2, 3), "float16")})
    assert kept["h"].dtype == ops.zeros((), "float16").dtype
    assert ops.convert_to_numpy(kept["h"]).tolist() == [[1.0] * 3] * 2


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="others know all sizes")
def test_sizes_that_tensorflow_forgot_are_kept():
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None, 3))])
    def run(inputs):
        def body(t, state):
            return keep_types(state + inputs, state)

        return ops.fori_loop(0, 4, body, ops.zeros((1, 3)))

    assert run(ops.ones((1, 3))).numpy().tolist() == [[4.0] * 3]
