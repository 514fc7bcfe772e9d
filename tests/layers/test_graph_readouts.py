"""Read-outs of graphs know no order, and distances know neither place nor direction."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import DistanceBins, GatedReadout, GaussianDistance, GraphPooling
from keras_readinglist.layers.message_passing import pair_distances

RNG = np.random.default_rng(0)
STATE = RNG.standard_normal((3, 5, 4)).astype("float32")
NODE = RNG.standard_normal((3, 5, 2)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [0, 1, 1, 0, 1], [0, 0, 0, 1, 0]], bool)
DISTANCE = RNG.uniform(0.5, 7, (2, 5, 5)).astype("float32")
# The nodes of the three graphs in a mixed order, and a graph without nodes between them.
ROWS = RNG.permutation(np.argwhere(MASK))
FLAT, FLAT_NODE = STATE[tuple(ROWS.T)], NODE[tuple(ROWS.T)]
SETS = {"segment_ids": np.array([0, 2, 3], "int32")[ROWS[:, 0]], "num_segments": 4}
# Class, constructor arguments, inputs, mask; see test_conformance.
BOTH = {"state": STATE, "node": NODE}
CONTRACT = [
    (GatedReadout, {"units": 3}, BOTH, MASK),
    (GatedReadout, {"units": 3, "hidden_units": (6,)}, STATE, MASK),
    (GraphPooling, {"mode": "max"}, STATE, MASK),
    (DistanceBins, {"edges": [1.0, 3.0]}, DISTANCE, None),
    (GaussianDistance, {"num": 4}, DISTANCE, None),
]


def call(layer, *arrays, mask=None, **sets):
    if sets:
        sets = {**sets, "segment_ids": ops.convert_to_tensor(sets["segment_ids"])}
    mask = None if mask is None else ops.convert_to_tensor(mask)
    tensors = [None if x is None else ops.convert_to_tensor(x) for x in arrays]
    return ops.convert_to_numpy(layer(*tensors, mask=mask, **sets))


def drawn(layer):
    layer.build(STATE.shape, NODE.shape)
    layer.set_weights([RNG.standard_normal(w.shape) for w in layer.get_weights()])
    return layer


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_a_gated_sum_equals_its_equation():
    layer = drawn(GatedReadout(3))
    gate, shift, kernel, bias = (np.asarray(w, "float64") for w in layer.get_weights())
    got = call(layer, STATE, NODE, mask=MASK)
    for b, shown in enumerate(MASK):
        expected = sum(
            sigmoid(np.concatenate([h, x]) @ gate + shift) * (h @ kernel + bias)
            for h, x in zip(STATE[b, shown], NODE[b, shown], strict=True)
        )
        np.testing.assert_allclose(got[b], expected, atol=1e-5)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_pooling(mode):
    expected = [getattr(np, mode)(STATE[b, shown], axis=0) for b, shown in enumerate(MASK)]
    np.testing.assert_allclose(call(GraphPooling(mode), STATE, mask=MASK), expected, atol=1e-6)


LAYERS = {
    "gated": lambda: drawn(GatedReadout(3, (6,))),
    **{mode: lambda mode=mode: GraphPooling(mode) for mode in ("sum", "mean", "max")},
}


@pytest.mark.parametrize("kind", LAYERS)
def test_both_layouts_agree_and_a_graph_without_nodes_is_zero(kind):
    layer = LAYERS[kind]()
    more, flat_more = ((NODE,), (FLAT_NODE,)) if kind == "gated" else ((), ())
    dense = call(layer, STATE, *more, mask=MASK)
    flat = call(layer, FLAT, *flat_more, **SETS)
    np.testing.assert_allclose(flat[[0, 2, 3]], dense, atol=1e-5)
    assert (flat[1] == 0).all()
    assert (call(layer, STATE, *more, mask=MASK & False) == 0).all()


@pytest.mark.parametrize("kind", LAYERS)
def test_padding_may_be_anything_and_order_does_not_matter(kind):
    layer, order = LAYERS[kind](), RNG.permutation(5)
    more, spoiled = ((NODE,), np.where(MASK[..., None], STATE, np.float32(np.nan)))
    more = more if kind == "gated" else ()
    expected = call(layer, STATE, *more, mask=MASK)
    np.testing.assert_array_equal(call(layer, spoiled, *more, mask=MASK), expected)
    moved = call(layer, STATE[:, order], *(x[:, order] for x in more), mask=MASK[:, order])
    np.testing.assert_allclose(moved, expected, atol=1e-6)


def test_distances_of_turned_and_moved_points():
    points = RNG.standard_normal((2, 6, 3)).astype("float32")
    turn = np.linalg.qr(RNG.standard_normal((3, 3)))[0]
    got = ops.convert_to_numpy(pair_distances(points))
    expected = np.linalg.norm(points[:, :, None] - points[:, None], axis=-1)
    np.testing.assert_allclose(got, expected, atol=1e-5)
    moved = (points @ turn + 3).astype("float32")
    np.testing.assert_allclose(ops.convert_to_numpy(pair_distances(moved)), got, atol=1e-5)


class Distances(keras.layers.Layer):
    """The distances as a layer, to be differentiated."""

    def call(self, points):
        return pair_distances(points)


def test_the_gradient_of_a_distance_of_zero_is_finite():
    from keras_readinglist.gradients import Differentiable

    points = np.zeros((1, 3, 3), "float32")
    layer = Distances()
    layer.build(points.shape)
    _, (slope,) = Differentiable(layer, ops.sum).gradients(points)
    assert np.isfinite(slope).all()


def test_bumps_and_bins():
    layer = GaussianDistance(num=3, start=1, stop=3, width=0.5)
    got = ops.convert_to_numpy(layer(np.array([1.0, 2.5], "float32")))
    centres = np.array([1, 2, 3])
    expected = np.exp(-((np.array([[1.0], [2.5]]) - centres) ** 2) / (2 * 0.25))
    np.testing.assert_allclose(got, expected, atol=1e-6)
    bins = ops.convert_to_numpy(DistanceBins()(np.array([[0.1, 1.99], [2.0, 6.5]], "float32")))
    assert bins.shape == (2, 2, 10)
    assert bins.argmax(axis=-1).tolist() == [[0, 0], [1, 9]] and (bins.sum(axis=-1) == 1).all()
    layer = DistanceBins([1.0, 2.0])
    assert DistanceBins.from_config(layer.get_config()).edges == [1.0, 2.0]
    assert layer.compute_output_shape((None, 4)) == (None, 4, 3)
    assert layer(keras.KerasTensor((None, 4))).shape == (None, 4, 3)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: GatedReadout(0), "units"),
        (lambda: GatedReadout(2, (0,)), "hidden_units"),
        (lambda: GraphPooling("median"), "mode"),
        (lambda: GaussianDistance(start=2, stop=1), "start"),
        (lambda: GaussianDistance(width=0), "width"),
        (lambda: DistanceBins([2.0, 1.0]), "edges"),
        (lambda: call(GraphPooling(), STATE, segment_ids=SETS["segment_ids"]), "`state` must have"),
        (lambda: call(GraphPooling(), FLAT), "`state` must have"),
        (lambda: call(GraphPooling(), FLAT, **{**SETS, "num_segments": 3}), "segment_ids"),
        (lambda: call(drawn(GatedReadout(3)), STATE, NODE[:2]), "`node` must have"),
    ],
)
def test_bad_input_is_refused(make, match):
    with pytest.raises(ValueError, match=match):
        make()
