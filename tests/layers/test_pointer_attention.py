"""Pointer attention equals its equation, and points only at what is there."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import PointerAttention, additive_attention
from keras_readinglist.layers.pointer_attention import log_probabilities
from tests.layers.masked import check_hidden_nan

RNG = np.random.default_rng(0)
QUERY = RNG.standard_normal((2, 3, 4)).astype("float32")
MEMORY = RNG.standard_normal((2, 5, 6)).astype("float32")
MASK = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1]], bool)

# Class, constructor arguments, inputs, mask; see test_conformance.
PAIR = {"query": QUERY, "memory": MEMORY}
CLIPPED = {"units": 5, "glimpses": 1, "use_bias": True, "logit_clip": 2.0}
CONTRACT = [
    (PointerAttention, {"units": 7}, PAIR, None),
    (PointerAttention, CLIPPED, PAIR, None),
]


def call(layer, query=QUERY, memory=MEMORY, mask=None):
    tensors = [ops.convert_to_tensor(t) for t in (query, memory)]
    mask = None if mask is None else ops.convert_to_tensor(mask)
    return ops.convert_to_numpy(layer(*tensors, memory_mask=mask))


def oracle(layer, query, memory, mask=None):
    """The scores by Eq. 3, one pair at a time."""
    w = {v.name: np.asarray(ops.convert_to_numpy(v), "float64") for v in layer.weights}
    scores = np.zeros((len(query), query.shape[1], memory.shape[1]))
    for b, i in np.ndindex(scores.shape[:2]):
        d = query[b, i].astype("float64")
        for k in range(layer.glimpses + 1):
            name = f"glimpse_{k}" if k < layer.glimpses else "pointer"
            u = np.full(memory.shape[1], -1e9)
            for j, e in enumerate(memory[b]):
                if mask is None or mask[b, j]:
                    hidden = e @ w[f"{name}_memory"] + d @ w[f"{name}_query"]
                    hidden = hidden + w.get(f"{name}_bias", 0)
                    u[j] = np.tanh(hidden) @ w[f"{name}_vector"][:, 0]
            if k < layer.glimpses:
                a = np.exp(u - u.max())
                d = (a / a.sum()) @ memory[b] @ w[f"{name}_value"]
        if layer.logit_clip:
            u = np.where(u > -1e8, layer.logit_clip * np.tanh(u), u)
        scores[b, i] = np.where(u > -1e8, u / layer.temperature, u)
    return scores


@pytest.mark.parametrize(
    "kwargs",
    [{}, {"use_bias": True}, {"glimpses": 2}, {"logit_clip": 3.0, "temperature": 2.0}],
    ids=str,
)
@pytest.mark.parametrize("mask", [None, MASK], ids=["no mask", "mask"])
def test_equals_its_equation(kwargs, mask):
    layer = PointerAttention(7, **kwargs)
    got = call(layer, mask=mask)
    np.testing.assert_allclose(got, oracle(layer, QUERY, MEMORY, mask), atol=1e-5)


def test_probabilities():
    scores = call(PointerAttention(7), mask=MASK)
    p = np.exp(ops.convert_to_numpy(log_probabilities(ops.convert_to_tensor(scores))))
    np.testing.assert_allclose(p.sum(-1), 1, atol=1e-6)
    assert (p[0][:, ~MASK[0]] == 0).all()
    nothing = call(PointerAttention(7), mask=np.zeros_like(MASK))
    assert np.isneginf(
        ops.convert_to_numpy(log_probabilities(ops.convert_to_tensor(nothing)))
    ).all()


@pytest.mark.skipif(keras.config.backend() != "jax", reason="only JAX computes so")
def test_one_query_at_a_time_is_the_same():
    tensors = [ops.convert_to_tensor(t) for t in (QUERY, MEMORY[..., :4], QUERY[0, :1].T)]
    together = additive_attention._all_queries_at_once(*tensors)
    one_by_one = additive_attention._one_query_at_a_time(*tensors)
    np.testing.assert_allclose(
        ops.convert_to_numpy(one_by_one), ops.convert_to_numpy(together), atol=1e-6
    )


def test_a_mask_for_every_query():
    layer = PointerAttention(7)
    mask = RNG.random((2, 3, 5)) < 0.7
    scores = call(layer, mask=mask)
    assert (scores[~mask] == -1e9).all()
    np.testing.assert_allclose(scores[mask], call(layer)[mask], atol=1e-6)


def test_permuting_the_memory_permutes_the_scores():
    layer, order = PointerAttention(7, glimpses=1), RNG.permutation(5)
    np.testing.assert_allclose(
        call(layer, memory=MEMORY[:, order]), call(layer)[..., order], atol=1e-5
    )


def test_padding_changes_nothing():
    layer = PointerAttention(7, glimpses=1)
    padded = np.concatenate([MEMORY, np.full((2, 4, 6), 9, "float32")], axis=1)
    mask = np.arange(9)[None].repeat(2, 0) < 5
    np.testing.assert_allclose(
        call(layer, memory=padded, mask=mask)[..., :5], call(layer), atol=1e-5
    )


@pytest.mark.parametrize("kwargs", [{}, {"glimpses": 1}], ids=str)
def test_what_is_masked_may_be_nan_and_has_no_gradient(kwargs):
    def connect(query, memory, mask):
        return ops.softmax(PointerAttention(7, **kwargs)(query, memory, memory_mask=mask))

    check_hidden_nan(connect, QUERY, MEMORY, at=1, mask=MASK)
    spoiled = np.where(MASK[..., None], MEMORY, np.float32(np.nan))
    layer = PointerAttention(7)
    layer(QUERY, MEMORY)
    projected = layer.project_memory(spoiled, MASK)
    got = layer(QUERY, MEMORY, memory_mask=MASK, projected_memory=projected)
    np.testing.assert_allclose(ops.convert_to_numpy(got), call(layer, mask=MASK), atol=1e-6)


def test_a_glimpse_at_nothing_sees_zeros():
    layer = PointerAttention(7, glimpses=1)
    refused = call(layer, mask=np.zeros_like(MASK))
    assert (refused == -1e9).all()
    scores = layer._scores(layer.scorers[1], ops.zeros((2, 3, 4)), layer.project_memory(MEMORY)[1])
    mask = np.zeros((2, 3, 5), bool)
    mask[:, 1:] = True  # the first query sees nothing, the others all
    layer_scores = call(layer, mask=mask)
    assert (layer_scores[:, 0] == -1e9).all() and np.isfinite(ops.convert_to_numpy(scores)).all()
    np.testing.assert_allclose(layer_scores[:, 1:], call(layer)[:, 1:], atol=1e-6)


def test_float64_stays_float64(float64):
    layer = PointerAttention(7, glimpses=1, logit_clip=3.0, dtype="float64")
    query, memory = RNG.standard_normal(QUERY.shape), RNG.standard_normal(MEMORY.shape)
    got = call(layer, query, memory)
    assert got.dtype == "float64"
    np.testing.assert_allclose(got, oracle(layer, query, memory), atol=1e-12)


def test_kernels_of_one_shape_start_different():
    layer = PointerAttention(4, glimpses=1)
    layer.build((None, None, 4), (None, None, 4))
    squares = [w for w in layer.get_weights() if w.shape == (4, 4)]
    assert len(squares) == 5 and len({w.tobytes() for w in squares}) == 5


def test_no_queries_and_no_memory():
    layer = PointerAttention(7, glimpses=1)
    assert call(layer, QUERY[:, :0]).shape == (2, 0, 5)
    assert call(layer, memory=MEMORY[:, :0]).shape == (2, 3, 0)
    assert call(layer, QUERY[:0], MEMORY[:0]).shape == (0, 3, 5)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"query": QUERY[..., :2]}, "query"),
        ({"query": QUERY[0]}, "query"),
        ({"memory": MEMORY[..., :2]}, "memory"),
        ({"query": np.concatenate([QUERY, QUERY])}, "query"),
        ({"mask": MASK[:, :2]}, "memory_mask"),
        ({"mask": MASK[0]}, "memory_mask"),
        ({"mask": np.ones((2, 4, 5), bool)}, "memory_mask"),
    ],
)
def test_bad_calls(arguments, name):
    layer = PointerAttention(7)
    call(layer)
    with pytest.raises(ValueError, match=f"`{name}` must have"):
        call(layer, **arguments)


@pytest.mark.parametrize(
    ("kwargs", "name"),
    [({"units": 0}, "units"), ({"units": 2, "glimpses": -1}, "glimpses"),
     ({"units": 2, "logit_clip": 0.0}, "logit_clip"),
     ({"units": 2, "temperature": -1}, "temperature")],
)  # fmt: skip
def test_bad_arguments(kwargs, name):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        PointerAttention(**kwargs)
