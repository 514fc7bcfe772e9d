"""The field in closed form is the box in which the gradient is not zero."""

import keras
import numpy as np
import pytest

from keras_readinglist.layers import ContextModule, DilatedConv2D, ReflectPadding2D
from keras_readinglist.visualization import (
    empirical_receptive_field,
    influence,
    receptive_field,
)

RNG = np.random.default_rng(0)
POSITIVE = keras.initializers.RandomUniform(0.1, 1, seed=0)


def conv(size=3, **kwargs):
    return DilatedConv2D(1, size, kernel_initializer=POSITIVE, **kwargs)


STACKS = {
    "plain": lambda: [conv(), conv(5)],
    "dilated": lambda: [conv(dilation_rate=r, padding="same") for r in (1, 2, 3)],
    "rectangles": lambda: [conv((3, 1), dilation_rate=(2, 1)), conv((1, 4))],
    "strides": lambda: [conv(strides=2), conv(3), conv(2, strides=2)],
    "pools": lambda: [conv(), keras.layers.MaxPooling2D(2), conv(dilation_rate=2)],
    "even and same": lambda: [conv(4, padding="same"), conv(2, padding="reflect")],
    "padding": lambda: [ReflectPadding2D(((1, 2), (3, 0))), keras.layers.ReLU(), conv()],
    "zeros": lambda: [keras.layers.ZeroPadding2D(2), conv(5)],
    "averages": lambda: [keras.layers.AveragePooling2D(3, strides=1, padding="same"), conv()],
    "context": lambda: [ContextModule(1, dilations=(1, 2, 1), initializer=POSITIVE)],
}


@pytest.mark.parametrize("make", STACKS.values(), ids=STACKS.keys())
def test_the_closed_form_is_what_the_gradient_finds(make):
    model = keras.Sequential([keras.Input((32, 32, 1)), *make()])
    place = 6 if model.output_shape[1] > 16 else 2
    x = (
        RNG.uniform(0.5, 1, (40, 32, 32, 1))
        if "Pool" in str(model.layers)
        else np.ones((1, 32, 32, 1))
    )
    found = empirical_receptive_field(model, x, (place, place))
    for axis, box in enumerate(found):
        field = receptive_field(model, axis)
        assert box.stop - box.start == field.size
        assert (box.start + box.stop - 1) / 2 == field.offset + place * field.stride


@pytest.mark.parametrize(
    ("dilations", "size"), [((1, 1, 2, 4, 8, 1), 35), ((1, 1, 2, 4, 8, 16, 1), 67)]
)
def test_the_context_module_sees_all_of_its_square(dilations, size):
    module = ContextModule(1, dilations=dilations, initializer=POSITIVE)
    module.build((None, None, None, 1))
    assert receptive_field(module) == (size, 1, 0)
    side = size + 2
    assert (influence(module, np.ones((1, side, side, 1))) > 0).sum() == size**2


def test_gaps_are_seen():
    """Rates of 2 alone never see the neighbours of a pixel."""
    model = keras.Sequential([keras.Input((17, 17, 1)), conv(dilation_rate=2, padding="same")])
    assert (influence(model, np.ones((1, 17, 17, 1))) > 0).sum() == 9


def test_refusals():
    with pytest.raises(ValueError, match="field of a Flatten is not known"):
        receptive_field([keras.layers.Flatten()])
    silent = keras.Sequential([keras.Input((5, 5, 1)), keras.layers.ReLU()])
    with pytest.raises(ValueError, match="No pixel has an influence"):
        empirical_receptive_field(silent, -np.ones((1, 5, 5, 1)))
