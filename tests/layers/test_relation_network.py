"""Relation networks equal a loop over all tuples, in every form, and see only what is there."""

import itertools
import json

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers import (
    AppendCoordinates,
    FeatureMapToObjects,
    PairwiseRelation,
    RelationNetwork,
)
from keras_readinglist.layers.relation_network import pieces

RNG = np.random.default_rng(0)
OBJECTS = RNG.standard_normal((4, 5, 3)).astype("float32")
CONDITION = RNG.standard_normal((4, 7)).astype("float32")
QUESTIONS = RNG.standard_normal((4, 2, 7)).astype("float32")
MASK = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0]], bool)

# Class, constructor arguments, inputs, mask; see test_conformance.
MAPS = RNG.standard_normal((3, 4, 2, 3)).astype("float32")
RELATED = {"objects": OBJECTS[:3], "condition": CONDITION[:3]}
RELATION = {"g_units": (6, 4), "f_units": (5,), "output_dim": 3}
# Rectifiers of many pairs have kinks everywhere: central differences need smooth functions.
SMOOTH = {**RELATION, "activation": "tanh", "last_activation": "tanh"}
TRIPLES = {"units": (5, 4), "arity": 3, "aggregate": "mean", "last_activation": None}
CONTRACT = [
    (AppendCoordinates, {}, MAPS, None),
    (FeatureMapToObjects, {}, MAPS, None),
    (PairwiseRelation, {"units": (6, 4)}, OBJECTS[:3], MASK[:3]),
    (PairwiseRelation, {"units": (6, 4), "chunk_size": 2, "include_self": False}, RELATED, None),
    (PairwiseRelation, TRIPLES, OBJECTS[:3], MASK[:3]),
    (RelationNetwork, {**SMOOTH, "f_dropout": 0.0}, OBJECTS[:3], MASK[:3]),
    (RelationNetwork, {**SMOOTH, "f_dropout": 0.4, "aggregate": "mean"}, RELATED, None),
]


def make(seed=1, objects=OBJECTS, condition=QUESTIONS, units=(6, 9, 4), **kwargs):
    layer = PairwiseRelation(units, **kwargs)
    layer.build(objects.shape, None if condition is None else condition.shape)
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.uniform(-0.6, 0.6, w.shape) for w in layer.get_weights()])
    return layer


def tensor(array):
    return None if array is None else ops.convert_to_tensor(array)


def call(layer, objects=OBJECTS, condition=QUESTIONS, mask=None):
    return ops.convert_to_numpy(
        layer(tensor(objects), condition=tensor(condition), mask=tensor(mask))
    )


def oracle(layer, objects=OBJECTS, condition=QUESTIONS, mask=None):
    """The sum by Eq. 1, one tuple of objects at a time, over concatenations."""
    kernels = [ops.convert_to_numpy(k).astype("float64") for k in layer.kernels]
    biases = [ops.convert_to_numpy(b).astype("float64") for b in layer.biases]
    asked = np.zeros((len(objects), 1, 0)) if condition is None else condition
    asked = asked[:, None] if asked.ndim == 2 else asked
    total = np.zeros((*asked.shape[:2], layer.units[-1]))
    for b, q in np.ndindex(total.shape[:2]):
        count = 0
        for chosen in itertools.product(range(objects.shape[1]), repeat=layer.arity):
            if mask is not None and not mask[b, list(chosen)].all():
                continue
            if not layer.include_self and len(set(chosen)) < layer.arity:
                continue
            x = np.concatenate([*(objects[b, i] for i in chosen), asked[b, q]])
            for k, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
                x = x @ kernel + bias
                linear = k == len(kernels) - 1 and layer.last_activation.__name__ == "linear"
                x = x if linear else np.maximum(x, 0)
            total[b, q] += x
            count += 1
        if layer.aggregate == "mean" and count:
            total[b, q] /= count
    return total[:, 0] if condition is None or condition.ndim == 2 else total


FORMS = [
    {},
    {"factorized": False},
    {"chunk_size": 1},
    {"chunk_size": 2},
    {"chunk_size": 5, "factorized": False},
    {"aggregate": "mean"},
    {"aggregate": "mean", "last_activation": None, "chunk_size": 3},
    {"last_activation": None},
    {"last_activation": None, "units": (4,)},
    {"include_self": False},
    {"include_self": False, "last_activation": None, "aggregate": "mean"},
    {"include_self": False, "chunk_size": 2},
    {"activation": "relu", "units": (5,)},
]


@pytest.mark.parametrize("mask", [None, MASK], ids=["no mask", "mask"])
@pytest.mark.parametrize("kwargs", FORMS, ids=str)
def test_equals_the_double_loop(kwargs, mask):
    layer = make(**kwargs)
    expected = oracle(layer, mask=mask)
    np.testing.assert_allclose(call(layer, mask=mask), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kwargs", [*FORMS[:4], {"include_self": False}], ids=str)
def test_triples_equal_the_triple_loop(kwargs):
    layer = make(arity=3, **kwargs)
    expected = oracle(layer, mask=MASK)
    np.testing.assert_allclose(call(layer, mask=MASK), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("condition", [None, CONDITION], ids=["none", "one"])
@pytest.mark.parametrize("kwargs", [{}, {"factorized": False}, {"arity": 3}], ids=str)
def test_without_questions(kwargs, condition):
    layer = make(condition=condition, **kwargs)
    got, expected = call(layer, condition=condition), oracle(layer, condition=condition)
    np.testing.assert_allclose(got, expected, atol=1e-5, rtol=1e-5)


def test_one_object():
    one = OBJECTS[:, :1]
    for kwargs in ({}, {"chunk_size": 3}):
        layer = make(**kwargs)
        np.testing.assert_allclose(call(layer, one), oracle(layer, one), atol=1e-5)
    assert not call(make(include_self=False), one).any()


def gradients(layer, objects, condition):
    """Gradients of a projection of the output, of all weights and of both inputs."""
    projection = np.random.default_rng(2).standard_normal(layer.units[-1]).astype("float32")
    function = Differentiable(layer, lambda y: ops.sum(y * tensor(projection)))
    of_weights, of_inputs = function.gradients(objects, condition)
    return [*of_weights, *of_inputs]


@pytest.mark.parametrize(
    "kwargs",
    [{"factorized": False}, {"chunk_size": 1}, {"chunk_size": 2}, {"chunk_size": 5}],
    ids=str,
)
def test_gradients_do_not_depend_on_the_form(kwargs):
    plain = gradients(make(), OBJECTS, QUESTIONS)
    assert all(np.abs(g).max() > 0 for g in plain)
    for got, expected in zip(gradients(make(**kwargs), OBJECTS, QUESTIONS), plain, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.skipif(keras.config.backend() != "jax", reason="only JAX takes blocks of examples")
@pytest.mark.parametrize("mask", [None, MASK], ids=["no mask", "mask"])
def test_blocks_of_examples_change_nothing(monkeypatch, mask):
    whole = call(make(), mask=mask), gradients(make(), OBJECTS, QUESTIONS)
    monkeypatch.setattr(pieces, "_CACHE", 2 * 2 * 25 * 9 * 4)  # two examples at a time
    assert pieces._examples_per_block(OBJECTS, np.zeros((4, 2, 5, 6)), 9) == 2
    blocks = call(make(), mask=mask), gradients(make(), OBJECTS, QUESTIONS)
    for got, expected in zip(keras.tree.flatten(blocks), keras.tree.flatten(whole), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5, rtol=1e-5)


def test_both_objects_and_the_question_get_gradients():
    *_, objects, condition = gradients(make(include_self=False), OBJECTS, QUESTIONS)
    assert (np.abs(objects).max(axis=-1) > 0).all()
    assert (np.abs(condition).max(axis=-1) > 0).all()


@pytest.mark.parametrize("arity", [2, 3])
def test_order_of_objects_does_not_matter(arity):
    layer = make(arity=arity)
    order = RNG.permutation(5)
    shuffled = call(layer, OBJECTS[:, order], mask=MASK[:, order])
    np.testing.assert_allclose(shuffled, call(layer, mask=MASK), atol=1e-5, rtol=1e-5)


def test_roles_within_a_pair_matter():
    swapped = make()
    kernel, *others = swapped.get_weights()
    swapped.set_weights([np.concatenate([kernel[3:6], kernel[:3], kernel[6:]]), *others])
    terms, reverse = (relations(layer) for layer in (make(), swapped))
    assert np.abs(terms - reverse).max() > 0.1
    np.testing.assert_allclose(terms, np.swapaxes(reverse, 2, 3), atol=1e-5)


def relations(layer, **kwargs):
    kwargs = {name: tensor(value) for name, value in kwargs.items()}
    return ops.convert_to_numpy(
        layer.relations(tensor(OBJECTS), condition=tensor(QUESTIONS), **kwargs)
    )


@pytest.mark.parametrize("kwargs", [{}, {"factorized": False}, {"include_self": False}], ids=str)
def test_relations_are_the_terms_of_the_sum(kwargs):
    layer = make(**kwargs)
    terms = relations(layer, mask=MASK)
    assert terms.shape == (4, 2, 5, 5, 4)
    expected = call(layer, mask=MASK)
    np.testing.assert_allclose(terms.sum(axis=(2, 3)), expected, atol=1e-5, rtol=1e-5)


def test_self_pairs():
    itself = np.einsum("bqiik->bqk", relations(make()))
    difference = call(make()) - call(make(include_self=False))
    np.testing.assert_allclose(difference, itself, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("garbage", [1e6, np.nan])
@pytest.mark.parametrize("kwargs", [{}, {"chunk_size": 2}, {"factorized": False}], ids=str)
def test_masked_objects_are_not_there(kwargs, garbage):
    layer = make(**kwargs)
    spoiled = np.where(MASK[..., None], OBJECTS, np.float32(garbage))
    np.testing.assert_array_equal(call(layer, spoiled, mask=MASK), call(layer, mask=MASK))
    short = call(layer, OBJECTS[:1, [0, 1, 3]], QUESTIONS[:1])
    np.testing.assert_allclose(call(layer, mask=MASK)[:1], short, atol=1e-5, rtol=1e-5)
    assert not call(layer, mask=MASK)[2].any()


@pytest.mark.parametrize("aggregate", ["sum", "mean"])
def test_every_object_twice(aggregate):
    layer = make(aggregate=aggregate)
    ratio = {"sum": 4, "mean": 1}[aggregate]
    twice = call(layer, np.concatenate([OBJECTS, OBJECTS], axis=1))
    np.testing.assert_allclose(twice, ratio * call(layer), atol=1e-4, rtol=1e-5)


def test_half_precision_sums_beyond_its_range():
    many = np.ones((2, 64, 3), "float32")
    layer = PairwiseRelation((4, 4), dtype="mixed_float16", kernel_initializer="ones")
    outputs = layer(tensor(many))
    assert keras.backend.standardize_dtype(outputs.dtype) == "float32"
    np.testing.assert_allclose(ops.convert_to_numpy(outputs), 64 * 64 * 24, rtol=1e-3)
    network = RelationNetwork((4, 4), (4,), 2, dtype="mixed_float16", kernel_initializer="ones")
    assert np.isfinite(ops.convert_to_numpy(network(tensor(many)))).all()


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_is_close(policy):
    got, expected = call(make(dtype=policy)), call(make())
    np.testing.assert_allclose(got, expected, atol=2e-2 * np.abs(expected).max())


def network(**kwargs):
    keras.utils.set_random_seed(0)
    layer = RelationNetwork((6, 4), (5, 8), 3, seed=1, **kwargs)
    layer.build(OBJECTS.shape, QUESTIONS.shape)
    return layer


def test_network_is_f_of_the_sum():
    layer = network(aggregate="mean")
    x = oracle(layer.relation, mask=MASK)
    for dense in layer.hidden:
        x = np.maximum(x @ ops.convert_to_numpy(dense.kernel), 0)
    np.testing.assert_allclose(
        call(layer, mask=MASK), x @ ops.convert_to_numpy(layer.out.kernel), atol=1e-5
    )
    nothing = layer.conclude(ops.zeros((1, 4)))
    np.testing.assert_allclose(
        call(layer, mask=MASK)[2, :1], ops.convert_to_numpy(nothing), atol=1e-6
    )


def test_dropout_only_in_training():
    layer = network()
    np.testing.assert_array_equal(call(layer), call(layer))
    trained = layer(tensor(OBJECTS), condition=tensor(QUESTIONS), training=True)
    assert np.abs(ops.convert_to_numpy(trained) - call(layer)).max() > 0


def test_kernels_of_one_shape_start_different():
    layer = RelationNetwork((4, 4, 4), (4, 4), 4)
    layer.build((None, 3, 2))
    squares = [w for w in layer.get_weights() if w.shape == (4, 4)]
    assert len(squares) == 6 and len({w.tobytes() for w in squares}) == 6


def test_coordinates():
    maps = RNG.standard_normal((2, 3, 5, 4)).astype("float32")
    found = ops.convert_to_numpy(AppendCoordinates()(tensor(maps)))
    np.testing.assert_array_equal(found[..., :4], maps)
    for i, j in np.ndindex(3, 5):
        expected = [np.linspace(-1, 1, 3)[i], np.linspace(-1, 1, 5)[j]]
        np.testing.assert_allclose(found[:, i, j, 4:], [expected] * 2, atol=1e-6)
    objects = ops.convert_to_numpy(FeatureMapToObjects()(tensor(found)))
    np.testing.assert_array_equal(objects[:, 1 * 5 + 2], found[:, 1, 2])
    single = ops.convert_to_numpy(AppendCoordinates()(tensor(maps[:, :1])))
    np.testing.assert_array_equal(single[..., 4], -1)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"units": ()}, "`units` must be a sequence of positive integers. Received: units=()"),
        ({"units": (4, 0)}, "`units` must be a sequence of positive integers"),
        ({"aggregate": "max"}, "`aggregate` must be one of .* Received: aggregate='max'"),
        ({"arity": 4}, r"`arity` must be one of \(2, 3\). Received: arity=4"),
        ({"chunk_size": 0}, "`chunk_size` must be a positive integer. Received: chunk_size=0"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        PairwiseRelation(**kwargs)


@pytest.mark.parametrize("kwargs", [{}, {"chunk_size": 2}, {"last_activation": None}], ids=str)
def test_float64_stays_float64(kwargs, float64):
    smooth = {"activation": "tanh", "last_activation": "tanh", "dtype": "float64"}
    layer = make(aggregate="mean", **{**smooth, **kwargs})
    objects, questions = (RNG.standard_normal(a.shape) for a in (OBJECTS, QUESTIONS))
    coordinates = AppendCoordinates(dtype="float64")(RNG.standard_normal((1, 4, 2, 3)))
    np.testing.assert_allclose(
        ops.convert_to_numpy(coordinates)[0, :, 0, 3], np.linspace(-1, 1, 4), atol=1e-15
    )
    whole = RelationNetwork((6, 4), (5,), 3, **smooth)
    for answer in (call(layer, objects, questions), call(whole, objects, questions)):
        assert answer.dtype == "float64"
    for tested in (layer, whole):
        nudged = [call(tested, objects + step, questions) for step in (1e-9, -1e-9, 1e-5, -1e-5)]
        slopes = (nudged[0] - nudged[1]) / 2e-9, (nudged[2] - nudged[3]) / 2e-5
        np.testing.assert_allclose(*slopes, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kwargs", [{}, {"chunk_size": 2}, {"arity": 3}], ids=str)
def test_no_objects_and_no_examples(kwargs):
    layer = make(**kwargs)
    assert not call(layer, OBJECTS[:, :0]).any()
    assert call(layer, OBJECTS[:0], QUESTIONS[:0]).shape == (0, 2, 4)
    whole = network()
    nothing = ops.convert_to_numpy(whole.conclude(ops.zeros((4, 2, 4))))
    np.testing.assert_allclose(call(whole, OBJECTS[:, :0]), nothing, atol=1e-6)


@pytest.mark.parametrize("network", [False, True])
def test_a_mask_of_keras_counts_beside_a_condition(network):
    layer = RelationNetwork((6, 4), (5,), 3) if network else PairwiseRelation((6, 4))
    objects, condition = keras.Input((5, 3)), keras.Input((7,))
    outputs = layer(keras.layers.Masking()(objects), condition=condition)
    model = keras.Model([objects, condition], outputs)
    shown = np.where(MASK[..., None], OBJECTS, 0)
    got = model.predict([shown, CONDITION], verbose=0)
    np.testing.assert_allclose(got, call(layer, OBJECTS, CONDITION, MASK), atol=1e-5, rtol=1e-5)


def test_frozen_stays_frozen(tmp_path):
    layer = RelationNetwork((6, 4), (5,), 3, trainable=False)
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, layer(inputs))
    assert not model.trainable_variables
    model.save(tmp_path / "model.keras")
    assert not keras.saving.load_model(tmp_path / "model.keras").trainable_variables


def test_sizes_may_be_integers_of_numpy():
    sizes = np.array([6, 4])
    layer = RelationNetwork(list(sizes), [np.int64(5)], np.int32(3), chunk_size=np.int64(2))
    assert layer(tensor(OBJECTS)).shape == (4, 3)
    json.dumps(layer.get_config())


def test_bad_calls():
    for layer in (make(condition=CONDITION), network()):
        for arguments, name in (
            ((OBJECTS[..., :2], QUESTIONS), "objects"),
            ((OBJECTS, QUESTIONS[..., :2]), "condition"),
            ((OBJECTS, QUESTIONS, MASK[:2]), "mask"),
            ((OBJECTS, QUESTIONS, MASK[..., None]), "mask"),
        ):
            with pytest.raises(ValueError, match=f"`{name}` must have"):
                call(layer, *arguments)
    with pytest.raises(ValueError, match="`feature_map` must have the shape"):
        FeatureMapToObjects()(OBJECTS)
    layer = make(condition=CONDITION)
    with pytest.raises(ValueError, match="built with a `condition`"):
        call(layer, condition=None)
    with pytest.raises(ValueError, match="built without a `condition`"):
        call(make(condition=None), condition=CONDITION)
    with pytest.raises(ValueError, match="`condition` must have the same first axis as `objects`"):
        call(layer, condition=CONDITION[:3])
    with pytest.raises(ValueError, match="`objects` must have the shape"):
        call(layer, OBJECTS[0], CONDITION)
    with pytest.raises(ValueError, match="`condition` must have the shape"):
        call(layer, condition=CONDITION[0])
    with pytest.raises(ValueError, match="`objects` must have the shape"):
        PairwiseRelation().build((None, 3))
    with pytest.raises(ValueError, match="`f_dropout` must lie in"):
        RelationNetwork((2,), (2,), 2, f_dropout=1.0)
    with pytest.raises(ValueError, match="`feature_map` must have the shape"):
        AppendCoordinates().build((None, 3, 3))
