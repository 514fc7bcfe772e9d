"""Multi-head attention equals its equations and other implementations, and sees what it may."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.conversion import from_keras_attention, from_torch, to_keras_attention
from keras_readinglist.layers import MultiHeadAttention

RNG = np.random.default_rng(0)
QUERY = RNG.standard_normal((2, 3, 6)).astype("float32")
VALUE = RNG.standard_normal((2, 5, 4)).astype("float32")
MASK = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1]], bool)

PAIR = {"query": QUERY, "value": VALUE}
# Without biases: that of the keys changes no softmax, so it never learns.
SHARED = {"num_heads": 4, "key_dim": 2, "num_key_value_heads": 2, "value_dim": 3, "output_dim": 5}
CONTRACT = [
    (MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "use_bias": False}, PAIR, None),
    (MultiHeadAttention, {**SHARED, "use_bias": False}, PAIR, None),
]


def numpy(x):
    return np.asarray(ops.convert_to_numpy(x), "float64")


def oracle(layer, query, value, visible):
    """One query, one head at a time; `visible` is `(batch, queries, length)`."""
    w = {v.name: numpy(v) for v in layer.weights}
    d, e, h = layer.key_dim, layer.value_dim, layer.num_heads
    share = h // layer.num_key_value_heads
    q, k, v = (
        x @ w[f"{name}_kernel"] + w.get(f"{name}_bias", 0)
        for name, x in (("query", query), ("key", value), ("value", value))
    )
    read = np.zeros((*query.shape[:2], h * e))
    for b, i, head in np.ndindex(*query.shape[:2], h):
        seen = np.flatnonzero(visible[b, i])
        if not len(seen):
            continue
        group = head // share
        scores = k[b, seen][:, group * d : (group + 1) * d] @ q[b, i, head * d : (head + 1) * d]
        weights = np.exp(scores / np.sqrt(d) - (scores / np.sqrt(d)).max())
        values = v[b, seen][:, group * e : (group + 1) * e]
        read[b, i, head * e : (head + 1) * e] = weights @ values / weights.sum()
    return read @ w["output_kernel"] + w.get("output_bias", 0)


@pytest.mark.parametrize("scores", [False, True], ids=["fused", "by hand"])
@pytest.mark.parametrize("kind", ["all", "mask", "pairs", "causal"])
@pytest.mark.parametrize(
    "kwargs",
    [{}, {"use_bias": False, "value_dim": 5}, {"num_key_value_heads": 1, "output_dim": 7}],
    ids=["plain", "no bias", "shared"],
)
def test_equals_its_equations(kwargs, kind, scores):
    layer = MultiHeadAttention(2, 3, **kwargs)
    visible, options = np.ones((2, 3, 5), bool), {}
    if kind == "mask":
        visible &= MASK[:, None]
        options["value_mask"] = MASK
    elif kind == "pairs":
        visible = RNG.random((2, 3, 5)) < 0.5
        visible[0, 1] = False
        options["attention_mask"] = visible
    elif kind == "causal":
        visible &= MASK[:, None] & (np.arange(5) <= np.arange(3)[:, None])
        options |= {"value_mask": MASK, "use_causal_mask": True}
    options = {k: ops.convert_to_tensor(v) if k[-1] == "k" else v for k, v in options.items()}
    options["use_causal_mask"] = kind == "causal"
    got = layer(QUERY, VALUE, return_attention_scores=scores, **options)
    got, weights = got if scores else (got, None)
    np.testing.assert_allclose(numpy(got), oracle(layer, QUERY, VALUE, visible), atol=1e-5)
    if scores:
        some = visible.any(-1)[:, None].repeat(2, axis=1)
        np.testing.assert_allclose(numpy(weights).sum(-1), some, atol=1e-5)
        assert (numpy(weights)[~visible[:, None].repeat(2, axis=1)] == 0).all()


@pytest.mark.parametrize("kwargs", [{}, {"use_bias": False, "output_shape": 7}], ids=str)
def test_equals_the_layer_of_keras(kwargs):
    theirs = keras.layers.MultiHeadAttention(2, 3, **kwargs)
    wanted = numpy(theirs(QUERY, VALUE, use_causal_mask=True))
    ours = from_keras_attention(theirs)
    np.testing.assert_allclose(numpy(ours(QUERY, VALUE, use_causal_mask=True)), wanted, atol=1e-5)
    back = to_keras_attention(ours)
    np.testing.assert_allclose(numpy(back(QUERY, VALUE, use_causal_mask=True)), wanted, atol=1e-6)


def test_equals_the_layer_of_torch():
    torch = pytest.importorskip("torch")
    theirs = torch.nn.MultiheadAttention(6, 2, vdim=4, kdim=5, batch_first=True)
    key = RNG.standard_normal((2, 5, 5)).astype("float32")
    wanted, weights = theirs(
        *(torch.tensor(x) for x in (QUERY, key, VALUE)),
        key_padding_mask=torch.tensor(~MASK),
        average_attn_weights=False,
    )
    mask = ops.convert_to_tensor(MASK)
    ours = from_torch(theirs)
    got, seen = ours(QUERY, VALUE, key, value_mask=mask, return_attention_scores=True)
    np.testing.assert_allclose(numpy(got), wanted.detach().numpy(), atol=1e-5)
    np.testing.assert_allclose(numpy(seen), weights.detach().numpy(), atol=1e-5)


def test_what_is_masked_may_be_nan():
    """Neither the output nor the gradient of a weight takes notice."""
    layer = MultiHeadAttention(2, 3)
    wanted = numpy(layer(QUERY, VALUE, value_mask=ops.convert_to_tensor(MASK)))
    spoiled = np.where(MASK[..., None], VALUE, np.nan)
    got = numpy(layer(QUERY, spoiled, value_mask=ops.convert_to_tensor(MASK)))
    np.testing.assert_array_equal(got, wanted)


def test_the_masks_of_keras_are_used_and_handed_on():
    layer = MultiHeadAttention(2, 3)
    query, value = keras.Input((3, 6)), keras.Input((5, 4))
    masked = keras.layers.Masking(9.0)
    model = keras.Model([query, value], layer(masked(query), masked(value)))
    seen = np.array([[1, 0, 1], [1, 1, 1]], bool)
    marked = [np.where(m[..., None], x, 9.0) for m, x in ((seen, QUERY), (MASK, VALUE))]
    masks = {"query_mask": ops.convert_to_tensor(seen), "value_mask": ops.convert_to_tensor(MASK)}
    wanted = numpy(layer(QUERY, VALUE, **masks))
    got = model([x.astype("float32") for x in marked])
    np.testing.assert_allclose(numpy(got), wanted, atol=1e-6)
    assert (wanted[~seen] == 0).all()
    assert model.outputs[0]._keras_mask is not None


@pytest.mark.parametrize("size", [1, 2])
def test_steps_equal_the_whole(size):
    """Elements that come one by one, or in pairs, read what they would read together."""
    layer = MultiHeadAttention(2, 3)
    x = RNG.standard_normal((2, 4, 6)).astype("float32")
    whole, scores = layer(x, x, use_causal_mask=True, return_attention_scores=True)
    cache, pieces = layer.empty_cache(2, 5), []
    for begin in range(0, 4, size):
        new = ops.convert_to_tensor(x[:, begin : begin + size])
        piece, cache, seen = layer.step(new, cache, begin, return_attention_scores=True)
        pieces.append(numpy(piece))
        rows = numpy(scores)[:, :, begin : begin + size]
        np.testing.assert_allclose(numpy(seen)[..., :4], rows, atol=1e-5)
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), numpy(whole), atol=1e-5)


def test_keys_and_values_can_be_kept():
    layer = MultiHeadAttention(2, 3)
    wanted = numpy(layer(QUERY, VALUE))
    kept = layer.project_key_value(ops.convert_to_tensor(VALUE))
    np.testing.assert_allclose(numpy(layer(QUERY, projected_key_value=kept)), wanted, atol=1e-6)


def test_dropout_only_in_training():
    layer = MultiHeadAttention(2, 3, dropout=0.5, seed=1)
    calm = numpy(layer(QUERY, VALUE))
    np.testing.assert_array_equal(numpy(layer(QUERY, VALUE)), calm)
    assert np.abs(numpy(layer(QUERY, VALUE, training=True)) - calm).max() > 1e-3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MultiHeadAttention(0, 3), "`num_heads` must be a positive integer"),
        (lambda: MultiHeadAttention(3, 2, num_key_value_heads=2), "must divide `num_heads`"),
        (lambda: MultiHeadAttention(2, 3, dropout=1.0), "`dropout` must lie in"),
        (lambda: MultiHeadAttention(2, 3)(QUERY), "either `value` or `projected_key_value`"),
        (lambda: MultiHeadAttention(2, 3)(QUERY, VALUE[:1]), "`value` must have the same first"),
        (lambda: MultiHeadAttention(2, 3)(QUERY[0], VALUE), "`query` must have the shape"),
        (
            lambda: MultiHeadAttention(2, 3)(QUERY, VALUE, value_mask=MASK[:, :3]),
            "`value_mask` must have the same first 2 axes",
        ),
        (
            lambda: MultiHeadAttention(2, 3)(QUERY, VALUE, attention_mask=MASK),
            "`attention_mask` must have the shape",
        ),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
