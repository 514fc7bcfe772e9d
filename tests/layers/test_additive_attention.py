"""Additive attention equals its equation, and what is masked does not count."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import AdditiveAttention
from tests.layers.masked import check_hidden_nan

RNG = np.random.default_rng(0)
QUERY = RNG.standard_normal((2, 3, 4)).astype("float32")
VALUE = RNG.standard_normal((2, 5, 6)).astype("float32")
KEY = RNG.standard_normal((2, 5, 3)).astype("float32")
MASK = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1]], bool)
PER_QUERY = RNG.random((2, 3, 5)) < 0.6
WIDE = {"kernel_initializer": "glorot_uniform", "score_initializer": "glorot_uniform"}

# Class, constructor arguments, inputs, mask; see test_conformance.
PAIR = {"query": QUERY, "value": VALUE}
CONTRACT = [
    (AdditiveAttention, {"units": 7, **WIDE}, PAIR, None),
    (
        AdditiveAttention,
        {"units": 7, "use_bias": True, "return_attention_scores": True, **WIDE},
        {**PAIR, "key": KEY},
        None,
    ),
    (AdditiveAttention, {"units": 7, "dropout": 0.5, "seed": 1, **WIDE}, PAIR, None),
]


def attend(layer, query=QUERY, value=VALUE, **kwargs):
    tensors = map(ops.convert_to_tensor, (query, value))
    kwargs = {k: v if isinstance(v, bool) else ops.convert_to_tensor(v) for k, v in kwargs.items()}
    return [ops.convert_to_numpy(x) for x in layer(*tensors, **kwargs)]


def oracle(layer, query, value, key=None, mask=None):
    """Output and weights, one pair of a query and a key after the other."""
    w = {v.name: np.asarray(ops.convert_to_numpy(v), "float64") for v in layer.weights}
    key = value if key is None else key
    outputs, weights = np.zeros((*query.shape[:2], value.shape[2])), np.zeros((2, 3, 5))
    for b, i in np.ndindex(query.shape[:2]):
        seen = [j for j in range(value.shape[1]) if mask is None or mask[b, i, j]]
        scores = []
        for j in seen:
            hidden = key[b, j] @ w["scorer_memory"] + query[b, i] @ w["scorer_query"]
            scores.append(np.tanh(hidden + w.get("scorer_bias", 0)) @ w["scorer_vector"][:, 0])
        for j, e in zip(seen, np.exp(scores), strict=True):
            weights[b, i, j] = e / np.exp(scores).sum()
            outputs[b, i] += weights[b, i, j] * value[b, j]
    return outputs, weights


@pytest.mark.parametrize("kwargs", [{}, {"use_bias": True}], ids=str)
@pytest.mark.parametrize("key", [None, KEY], ids=["values are keys", "keys"])
@pytest.mark.parametrize("mask", [None, MASK, PER_QUERY], ids=["no mask", "mask", "per query"])
def test_equals_its_equation(kwargs, key, mask):
    layer = AdditiveAttention(7, return_attention_scores=True, **WIDE, **kwargs)
    given = {} if mask is None else {"value_mask": mask}
    given |= {} if key is None else {"key": key}
    full = mask[:, None].repeat(3, 1) if mask is MASK else mask
    got = attend(layer, **given)
    for x, y in zip(got, oracle(layer, QUERY, VALUE, key, full), strict=True):
        np.testing.assert_allclose(x, y, atol=1e-6)
    if full is not None:
        assert (got[1][~full] == 0).all()


def test_the_causal_mask_and_the_mask_of_queries():
    layer = AdditiveAttention(7, return_attention_scores=True, **WIDE)
    past = np.broadcast_to(np.tri(3, 5, dtype=bool), (2, 3, 5))
    _, weights = attend(layer, value_mask=MASK, use_causal_mask=True)
    np.testing.assert_allclose(
        weights, oracle(layer, QUERY, VALUE, None, past & MASK[:, None])[1], atol=1e-6
    )
    shown = np.array([[1, 0, 1], [1, 1, 0]], bool)
    spoiled = np.where(shown[..., None], QUERY, np.float32(np.nan))
    for got, want in zip(attend(layer, spoiled, query_mask=shown), attend(layer), strict=True):
        np.testing.assert_allclose(got[shown], want[shown], atol=1e-6)
        assert (got[~shown] == 0).all()


def test_nothing_to_see_is_zero():
    layer = AdditiveAttention(7, return_attention_scores=True, **WIDE)
    for got in attend(layer, value_mask=np.zeros_like(MASK)):
        assert (got == 0).all()
    assert (attend(layer, value=VALUE[:, :0])[0] == 0).all()


def test_it_begins_uniform_and_all_weights_move_after_one_step():
    layer = AdditiveAttention(7, return_attention_scores=True)
    _, weights = attend(layer, value_mask=MASK)
    np.testing.assert_allclose(weights[0], np.tile(MASK[0] / 3, (3, 1)), atol=1e-6)
    query, value = keras.Input((3, 4)), keras.Input((5, 6))
    model = keras.Model([query, value], layer(query, value)[0])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    before = layer.get_weights()
    for moved in (["scorer_vector"], ["scorer_memory", "scorer_query", "scorer_vector"]):
        model.train_on_batch([QUERY, VALUE], np.ones((2, 3, 6), "float32"))
        changed = [
            v.name
            for v, old in zip(layer.weights, before, strict=True)
            if (ops.convert_to_numpy(v) != old).any()
        ]
        assert sorted(changed) == moved


def test_what_is_masked_may_be_nan_and_has_no_gradient():
    def connect(query, value, mask):
        return AdditiveAttention(7, **WIDE)(query, value, value_mask=mask)

    check_hidden_nan(connect, QUERY, VALUE, at=1, mask=MASK)


def test_projected_keys_are_used():
    layer = AdditiveAttention(7, return_attention_scores=True, **WIDE)
    want = attend(layer)
    keys = ops.convert_to_numpy(layer.project_key(VALUE))
    for got, expected in zip(attend(layer, projected_key=keys), want, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-6)
    assert np.abs(attend(layer, projected_key=-keys)[1] - want[1]).max() > 1e-3


def test_the_masks_of_keras_are_taken():
    layer = AdditiveAttention(7, **WIDE)
    hidden = np.where(MASK[..., None], VALUE, np.float32(0))
    query, value = keras.Input((3, 4)), keras.Input((5, 6))
    model = keras.Model([query, value], layer(query, keras.layers.Masking(0.0)(value)))
    got = model.predict_on_batch([QUERY, hidden])
    layer.return_attention_scores = True
    np.testing.assert_allclose(got, attend(layer, value_mask=MASK)[0], atol=1e-6)


@pytest.mark.parametrize(
    ("kwargs", "name"), [({"units": 0}, "units"), ({"units": 2, "dropout": 1.0}, "dropout")]
)
def test_bad_arguments(kwargs, name):
    with pytest.raises(ValueError, match=f"`{name}` must"):
        AdditiveAttention(**kwargs)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"query": QUERY[..., :2]}, "query"),
        ({"value": VALUE[0]}, "value"),
        ({"value_mask": MASK[:, :2]}, "value_mask"),
        ({"query_mask": MASK}, "query_mask"),
    ],
)
def test_bad_calls(arguments, name):
    layer = AdditiveAttention(7, return_attention_scores=True)
    attend(layer)
    with pytest.raises(ValueError, match=f"`{name}` must have"):
        attend(layer, **arguments)
