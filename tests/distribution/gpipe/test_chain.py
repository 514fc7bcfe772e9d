"""Where a model may be cut, what its pieces cost, and that they give what the model gives."""

import keras
import numpy as np
import pytest

from keras_readinglist.applications import ResNet
from keras_readinglist.distribution import chain_of, link_costs, measure_links, split_links
from keras_readinglist.information.scaling import forward_flops_per_token
from keras_readinglist.layers import TransformerEncoderBlock


def names(model):
    return [link.name for link in chain_of(model)]


def transformer(mask_zero=False):
    inputs = keras.Input((16,), dtype="int32")
    x = keras.layers.Embedding(20, 8, mask_zero=mask_zero, name="embedding")(inputs)
    for number in range(3):
        x = TransformerEncoderBlock(2, 32, causal=True, name=f"block{number}")(x)
    return keras.Model(inputs, keras.layers.Dense(20, name="logits")(x))


def residual():
    """Return a model with an edge around two layers, and a layer that is used twice."""
    inputs = keras.Input((4,))
    x = keras.layers.Dense(4, name="stem")(inputs)
    inside = keras.layers.Dense(4, name="inside")(keras.layers.Dense(4)(x))
    x = keras.layers.Add(name="add")([x, inside])
    x = keras.layers.Dense(4, name="after")(keras.layers.ReLU()(x))
    shared = keras.layers.Dense(4, name="shared")
    x = shared(keras.layers.Dense(4, name="between")(shared(x)))
    return keras.Model(inputs, keras.layers.Dense(2, name="out")(x))


def test_residual_edges_and_shared_layers_are_not_cut():
    assert names(residual()) == ["stem", "inside", "after", "shared", "out"]
    assert names(transformer()) == ["embedding", "block0", "block1", "block2", "logits"]
    assert names(transformer(mask_zero=True)) == ["logits"]  # a mask would have to cross


def test_sequential_models_and_nets_of_this_package_are_chains():
    layers = keras.layers
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="a"), layers.ReLU(),
                              layers.Dense(2, name="b"), layers.Softmax()])  # fmt: skip
    assert names(model) == ["a", "b"]
    resnet = ResNet([1, 1], [4, 8], "basic", stem="cifar", classes=3, input_shape=(8, 8, 1))
    assert len(names(resnet)) == 5


@pytest.mark.parametrize("sizes", [[5], [1, 4], [2, 1, 2], [1] * 5])
def test_cells_give_what_the_model_gives(sizes):
    model = residual()
    x = expected = np.random.default_rng(0).standard_normal((3, 4)).astype("float32")
    cells = split_links(chain_of(model), sizes)
    for cell in cells:
        x = cell(x)
    expected = keras.ops.convert_to_numpy(model(expected))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(x), expected, atol=1e-6)
    assert {id(v) for c in cells for v in c.variables} == {id(v) for v in model.variables}


def test_several_inputs_are_allowed_at_the_ends():
    first, second = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    x = keras.layers.Dense(4)(keras.layers.Concatenate()([first, second]))
    model = keras.Model({"a": first, "b": second}, keras.layers.Dense(1)(x))
    head, tail = split_links(chain_of(model), [1, 1])
    given = {"a": np.ones((2, 3), "float32"), "b": np.ones((2, 2), "float32")}
    outputs = [keras.ops.convert_to_numpy(y) for y in (tail(head(given)), model(given))]
    np.testing.assert_allclose(*outputs, atol=1e-6)


def test_costs_are_those_of_the_formulas():
    costs = measure_links(chain_of(transformer()), batch_size=3)
    per_token = forward_flops_per_token(3, 8, n_ctx=16, d_ff=32)
    # The law counts half of the attention's products: a token reads only those before it.
    whole = 3 * 16 * (per_token + 2 * 3 * 16 * 8)
    assert sum(cost.flops for cost in costs[1:4]) == whole
    assert costs[0].flops == 0 and costs[4].flops == 3 * 16 * 2 * 8 * 20
    assert [cost.output_bytes for cost in costs] == [4 * 3 * 16 * 8] * 4 + [4 * 3 * 16 * 20]
    conv = keras.layers.Conv2D(4, 3, strides=2, padding="same")
    model = keras.Sequential([keras.Input((8, 8, 2)), conv, keras.layers.BatchNormalization()])
    assert link_costs(model) == [2 * (9 * 2 * 4) * 16, 0]
    assert link_costs(model, "params") == [76, 16]
    assert link_costs(model, "memory", batch_size=2) == [4 * (76 + 2 * 64), 4 * (16 + 2 * 64)]


def test_a_loop_over_time_counts_every_step():
    lstm = keras.Sequential([keras.Input((10, 3)), keras.layers.LSTM(4)])
    assert link_costs(lstm) == [2 * 10 * (3 * 16 + 4 * 16)]


def test_time_is_measured():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)])
    assert min(link_costs(model, "time")) > 0


def test_what_is_no_chain_is_refused():
    class Own(keras.Model):
        pass

    with pytest.raises(ValueError, match="must be functional or sequential"):
        chain_of(Own())
    with pytest.raises(ValueError, match="cut after `stem`, `inside`, `after`, `shared`"):
        split_links(chain_of(residual()), [2, 4])
    with pytest.raises(ValueError, match="`method` must be one of"):
        link_costs(residual(), "weight")
    with pytest.raises(ValueError, match="shapes are known"):
        link_costs(keras.Sequential([keras.Input((None, 3)), keras.layers.Dense(2)]))
