"""Reader and writer of RNNsearch equal the printed equations, and padding changes nothing."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import AttentionGRUCell, RNNSearchDecoder, RNNSearchEncoder
from tests.layers.masked import check_hidden_nan

RNG = np.random.default_rng(0)
B, S, T, E, H, A, L = 3, 4, 5, 3, 4, 6, 5
SOURCE = RNG.standard_normal((B, S, E)).astype("float32")
WORDS = RNG.standard_normal((B, T, E)).astype("float32")
MEMORY = RNG.standard_normal((B, S, 2 * H)).astype("float32")
LAST = RNG.standard_normal((B, H)).astype("float32")
MASK = np.array([[1, 1, 1, 0], [1, 1, 1, 1], [1, 0, 0, 0]], bool)
WIDE = {"attention_initializer": "glorot_uniform", "score_initializer": "glorot_uniform"}
SIZES = {"units": H, "attention_units": A, "maxout_units": L, **WIDE}
STATES = pytest.mark.parametrize("readout_state", ["previous", "current"])

# Class, constructor arguments, inputs, mask; see test_conformance.
READ = {"words": WORDS, "memory": MEMORY, "last": LAST}
ALONE = {"words": WORDS, "memory": LAST[:, None], "last": LAST}
DROPPED = {"readout_state": "current", "dropout": 0.5, "seed": 1}
CONTRACT = [
    (RNNSearchEncoder, {"units": H}, SOURCE, MASK),
    (RNNSearchEncoder, {"units": H, "bidirectional": False}, SOURCE, None),
    (RNNSearchDecoder, SIZES, READ, None),
    (
        RNNSearchDecoder,
        {**SIZES, "readout_state": "current", "dropout": 0.5, "seed": 1},
        READ,
        None,
    ),
    (RNNSearchDecoder, {**SIZES, "attention_units": None}, ALONE, None),
]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(x, h, kernel, recurrent, bias, context=0):
    """One step as it is printed: the update gate multiplies the new state."""
    a, n = x @ kernel + bias + context, len(h)
    z = sigmoid(a[:n] + h @ recurrent[:, :n])
    r = sigmoid(a[n : 2 * n] + h @ recurrent[:, n : 2 * n])
    new = np.tanh(a[2 * n :] + (r * h) @ recurrent[:, 2 * n :])
    return (1 - z) * h + z * new


def shaken(layer):
    """Give a layer weights that are nowhere zero."""
    layer.set_weights([RNG.standard_normal(w.shape) / 2 for w in layer.get_weights()])
    return layer


def numpy(outputs):
    return [ops.convert_to_numpy(x) for x in outputs]


def tensors(*arrays):
    return [ops.convert_to_tensor(x) for x in arrays]


def decoder_oracle(layer, words, memory, last, mask=None):
    """Outputs and attention of section A.2.2, one step and one word after the other."""
    w = {v.path.removeprefix(f"{layer.name}/"): ops.convert_to_numpy(v) for v in layer.weights}
    w = {name: np.asarray(x, "float64") for name, x in w.items()}
    outputs, attention = np.zeros((B, T, L)), np.zeros((B, T, memory.shape[1]))
    for b in range(B):
        s = np.tanh(last[b] @ w["first/kernel"] + w["first/bias"])
        for i in range(T):
            seen = [j for j in range(memory.shape[1]) if mask is None or mask[b, j]]
            scores = np.zeros(len(seen))
            if layer.attention_units:
                scores = [
                    np.tanh(
                        s @ w["cell/attention/scorer_query"]
                        + memory[b, j] @ w["cell/attention/scorer_memory"]
                    )
                    @ w["cell/attention/scorer_vector"][:, 0]
                    for j in seen
                ]
            attention[b, i, seen] = np.exp(scores) / np.exp(scores).sum()
            c = sum(attention[b, i, j] * memory[b, j].astype("float64") for j in seen)
            y, before = words[b, i], s
            names = ("kernel", "recurrent_kernel", "bias")
            context = c @ w["cell/context_kernel"]
            s = gru(y, s, *(w[f"cell/{name}"] for name in names), context)
            shown = before if layer.readout_state == "previous" else s
            t = np.concatenate([shown, y, c]) @ w["readout/kernel"] + w["readout/bias"]
            outputs[b, i] = t.reshape(L, 2).max(axis=1)
    return outputs, attention


def test_the_reader_equals_the_printed_equations():
    layer = RNNSearchEncoder(H)
    layer.build(SOURCE.shape)
    annotations, last = numpy(shaken(layer)(*tensors(SOURCE), mask=ops.convert_to_tensor(MASK)))
    expected = np.zeros((B, S, 2 * H))
    for direction, half in (
        (layer.forward_layer, slice(0, H)),
        (layer.backward_layer, slice(H, None)),
    ):
        cell = [np.asarray(w, "float64") for w in direction.get_weights()]
        for b in range(B):
            h, places = np.zeros(H), np.flatnonzero(MASK[b])
            for j in places[::-1] if direction is layer.backward_layer else places:
                h = gru(SOURCE[b, j], h, *cell)
                expected[b, j, half] = h
    np.testing.assert_allclose(annotations, expected, atol=1e-5)
    np.testing.assert_allclose(last, expected[:, 0, H:], atol=1e-5)


def test_the_reader_is_the_unit_of_keras_with_a_negated_update_gate():
    layer = RNNSearchEncoder(H, bidirectional=False)
    layer.build(SOURCE.shape)
    reference = keras.layers.GRU(H, reset_after=False, return_sequences=True)
    reference.build(SOURCE.shape)
    reference.set_weights(
        [np.concatenate([-w[..., :H], w[..., H:]], -1) for w in shaken(layer).get_weights()]
    )
    np.testing.assert_allclose(*numpy([layer(SOURCE)[0], reference(SOURCE)]), atol=1e-5)


@STATES
@pytest.mark.parametrize("mask", [None, MASK], ids=["no mask", "mask"])
def test_the_writer_equals_the_printed_equations(readout_state, mask):
    layer = RNNSearchDecoder(**SIZES, readout_state=readout_state)
    layer.build(WORDS.shape, MEMORY.shape, LAST.shape)
    shown = None if mask is None else ops.convert_to_tensor(mask)
    got = numpy(shaken(layer)(*tensors(WORDS, MEMORY, LAST), memory_mask=shown))
    for x, y in zip(got, decoder_oracle(layer, WORDS, MEMORY, LAST, mask), strict=True):
        np.testing.assert_allclose(x, y, atol=2e-5)


def test_without_attention_one_vector_is_the_context():
    layer = RNNSearchDecoder(**{**SIZES, "attention_units": None})
    layer.build(WORDS.shape, (B, 1, H), LAST.shape)
    got = numpy(shaken(layer)(*tensors(WORDS, LAST[:, None], LAST)))
    for x, y in zip(got, decoder_oracle(layer, WORDS, LAST[:, None], LAST), strict=True):
        np.testing.assert_allclose(x, y, atol=2e-5)


@STATES
def test_step_by_step_is_the_same_for_every_beam(readout_state):
    layer = RNNSearchDecoder(**SIZES, readout_state=readout_state)
    outputs, attention = numpy(layer(*tensors(WORDS, MEMORY, LAST), memory_mask=MASK))
    read = layer.read(*tensors(MEMORY, LAST, MASK))
    states = ops.repeat(read["first"], 2, axis=0)
    for i in range(T):
        words = ops.convert_to_tensor(WORDS[:, i].repeat(2, axis=0))
        step, states, weights = layer.decode_step(words, states, read)
        for got, want in ((step, outputs), (weights, attention)):
            got = ops.convert_to_numpy(got).reshape(B, 2, -1)
            np.testing.assert_allclose(got, want[:, i, None].repeat(2, axis=1), atol=1e-5)


def test_what_is_masked_may_be_nan_and_has_no_gradient():
    def connect(source, words, mask):
        memory, last = RNNSearchEncoder(H)(source, mask=mask)
        return RNNSearchDecoder(**SIZES)(words, memory, last, memory_mask=mask)[0]

    check_hidden_nan(connect, SOURCE, WORDS, at=0, mask=MASK)


def test_nothing_to_read_gives_zeros_and_no_attention():
    nothing = ops.convert_to_tensor(np.zeros_like(MASK))
    memory, last = RNNSearchEncoder(H)(*tensors(SOURCE), mask=nothing)
    assert not ops.convert_to_numpy(memory).any() and not ops.convert_to_numpy(last).any()
    layer = RNNSearchDecoder(**SIZES)
    spoiled = ops.convert_to_tensor(np.full_like(MEMORY, np.nan))
    outputs, attention = numpy(layer(*tensors(WORDS), spoiled, last, memory_mask=nothing))
    assert np.isfinite(outputs).all() and not attention.any()


def test_the_cell_by_itself_is_a_step_of_the_writer():
    layer = RNNSearchDecoder(**SIZES, readout_state="current")
    layer.build(WORDS.shape, MEMORY.shape, LAST.shape)
    shaken(layer)
    read = layer.read(*tensors(MEMORY, LAST, MASK))
    first = read["first"]
    output, (state,) = layer.cell(*tensors(WORDS[:, 0]), [first], *tensors(MEMORY, MASK))
    _, expected, _ = layer.decode_step(*tensors(WORDS[:, 0]), first, read)
    np.testing.assert_allclose(*numpy([output, expected]), atol=1e-6)
    np.testing.assert_array_equal(*numpy([output, state]))
    copy = AttentionGRUCell.from_config(layer.cell.get_config())
    assert copy.get_config() == layer.cell.get_config()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: RNNSearchEncoder(0), "units"),
        (lambda: RNNSearchDecoder(0, A, L), "units"),
        (lambda: RNNSearchDecoder(H, 0, L), "attention_units"),
        (lambda: RNNSearchDecoder(H, A, 0), "maxout_units"),
        (lambda: RNNSearchDecoder(H, A, L, readout_state="next"), "readout_state"),
        (lambda: RNNSearchDecoder(H, A, L, dropout=1.0), "dropout"),
    ],
)
def test_bad_arguments(make, name):
    with pytest.raises(ValueError, match=f"`{name}` must"):
        make()


def test_bad_calls():
    with pytest.raises(ValueError, match="`words` must have the shape"):
        RNNSearchEncoder(H)(SOURCE[0])
    layer = RNNSearchDecoder(**SIZES)
    with pytest.raises(ValueError, match="`memory` must have the shape"):
        layer(WORDS, MEMORY[0], LAST)
    with pytest.raises(ValueError, match="`memory_mask` must have"):
        RNNSearchDecoder(**SIZES)(*tensors(WORDS, MEMORY, LAST, MASK[:, :2]))
