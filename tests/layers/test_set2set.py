"""Repeated attention to a set equals its equations, and knows no order."""

import types

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.conversion import from_torch_geometric
from keras_readinglist.layers import NoInputLSTMCell, ProcessBlock, Set2Set

RNG = np.random.default_rng(0)
UNITS = 4
MEMORY = RNG.standard_normal((3, 6, UNITS)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1, 1], [0, 1, 1, 0, 1, 0], [0, 0, 0, 1, 0, 0]], bool)
# The shown elements of the three sets in a mixed order, and an empty set between them.
ROWS = RNG.permutation(np.argwhere(MASK))
NODES = MEMORY[ROWS[:, 0], ROWS[:, 1]]
SEGMENTS = np.array([0, 2, 3])[ROWS[:, 0]]

# Class, constructor arguments, inputs, mask; see test_conformance.
PROJECTED = {"units": 3, "project": True, "return_sequence": True, "return_attention": True}
CONTRACT = [
    (ProcessBlock, {"units": 4, "steps": 2}, MEMORY, MASK),
    (ProcessBlock, {"units": 4, "steps": 3, "num_layers": 2}, MEMORY, None),
    (Set2Set, {}, MEMORY, MASK),
    (Set2Set, PROJECTED, MEMORY, MASK),
]


def lstm(z, c):
    i, f, g, o = np.split(z, 4)
    i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
    c = f * c + i * np.tanh(g)
    return o * np.tanh(c), c


def oracle(layer, memory):
    """All `q*` and the attention of one set, one number after the other (Eqs. 3 to 7)."""
    weights = [np.asarray(w, "float64") for w in layer.get_weights()]
    state, cells = np.zeros(2 * UNITS), [np.zeros(UNITS)] * layer.num_layers
    hidden = [np.zeros(UNITS)] * layer.num_layers
    queries, attention = [], []
    for _ in range(layer.steps):
        x = state
        for k in range(layer.num_layers):
            if layer.num_layers == 1:
                kernel, bias = weights
                z = x @ kernel + bias
            else:
                kernel, recurrent, bias = weights[3 * k : 3 * k + 3]
                z = x @ kernel + hidden[k] @ recurrent + bias
            x, cells[k] = lstm(z, cells[k])
            hidden[k] = x
        scores = np.array([m @ x for m in memory])
        a = np.exp(scores - scores.max())
        a = a / a.sum()
        state = np.concatenate([x, sum(w * m for w, m in zip(a, memory, strict=True))])
        queries.append(state)
        attention.append(a)
    return np.array(queries), np.array(attention)


def made(num_layers=1, steps=3):
    keras.utils.set_random_seed(0)
    block = ProcessBlock(UNITS, steps, num_layers)
    block.build((None, None, UNITS))
    block.set_weights([RNG.uniform(-1, 1, w.shape) for w in block.get_weights()])
    return block


def call(layer, memory=MEMORY, mask=None, **segments):
    if "segment_ids" in segments:
        segments["segment_ids"] = ops.convert_to_tensor(segments["segment_ids"])
    mask = None if mask is None else ops.convert_to_tensor(mask)
    outputs = layer(ops.convert_to_tensor(memory), mask=mask, **segments)
    return keras.tree.map_structure(ops.convert_to_numpy, outputs)


@pytest.mark.parametrize("num_layers", [1, 2])
def test_equals_its_equations(num_layers):
    block = made(num_layers)
    queries, attention = call(block, np.where(MASK[..., None], MEMORY, np.float32(np.nan)), MASK)
    for b, shown in enumerate(MASK):
        expected = oracle(block, MEMORY[b, shown])
        np.testing.assert_allclose(queries[b], expected[0], atol=1e-5)
        np.testing.assert_allclose(attention[b][:, shown], expected[1], atol=1e-5)
        assert (attention[b][:, ~shown] == 0).all()


@pytest.mark.parametrize("num_layers", [1, 2])
def test_segments_are_sets(num_layers):
    block = made(num_layers)
    dense, _ = call(block, mask=MASK)
    queries, attention = call(block, NODES, segment_ids=SEGMENTS, num_segments=4)
    np.testing.assert_allclose(queries[[0, 2, 3]], dense, atol=1e-5)
    for s in (0, 2, 3):
        np.testing.assert_allclose(attention[:, SEGMENTS == s].sum(axis=1), 1, atol=1e-6)
    assert np.isfinite(queries[1]).all() and (queries[1][:, UNITS:] == 0).all()  # the empty set


def test_masked_elements_of_segments_do_not_count():
    block = made()
    shown = np.arange(len(NODES)) % 3 > 0
    spoiled = np.where(shown[:, None], NODES, np.float32(np.nan))
    got, _ = call(block, spoiled, mask=shown, segment_ids=SEGMENTS, num_segments=4)
    expected, _ = call(block, NODES[shown], segment_ids=SEGMENTS[shown], num_segments=4)
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_the_order_of_a_set_does_not_matter():
    block, order = made(), RNG.permutation(6)
    queries, attention = call(block, mask=MASK)
    shuffled, moved = call(block, MEMORY[:, order], MASK[:, order])
    np.testing.assert_allclose(shuffled, queries, atol=1e-6)
    np.testing.assert_allclose(moved, attention[:, :, order], atol=1e-6)


def test_sets_do_not_matter_to_one_another():
    block = made()
    together, _ = call(block, NODES, segment_ids=SEGMENTS, num_segments=4)
    alone = NODES[SEGMENTS == 2]
    queries, _ = call(block, alone, segment_ids=np.zeros(len(alone), int), num_segments=1)
    np.testing.assert_allclose(queries[0], together[2], atol=1e-5)


def test_equal_elements_get_equal_attention_and_a_single_one_all():
    block = made()
    _, attention = call(block, np.repeat(MEMORY[:, :1], 5, axis=1))
    np.testing.assert_allclose(attention, 0.2, atol=1e-6)
    queries, attention = call(block, MEMORY[:, :1])
    assert (attention == 1).all()
    np.testing.assert_allclose(queries[:, :, UNITS:], MEMORY[:, :1].repeat(3, 1), atol=1e-6)


def test_a_set_without_elements_answers_with_zeros():
    queries, attention = call(made(), mask=MASK & False)
    assert (attention == 0).all() and (queries[:, :, UNITS:] == 0).all()


def test_no_steps_read_nothing():
    queries, attention = call(ProcessBlock(UNITS, 0))
    assert queries.shape == (3, 0, 2 * UNITS) and attention.shape == (3, 0, 6)
    assert (call(Set2Set(processing_steps=0)) == np.zeros((3, 2 * UNITS))).all()
    segments = {"segment_ids": SEGMENTS, "num_segments": 4}
    assert (call(Set2Set(processing_steps=0), NODES, **segments) == np.zeros((4, 8))).all()


def test_set2set_is_the_last_step():
    layer = Set2Set(return_sequence=True, return_attention=True)
    sequence, attention = call(layer, mask=MASK)
    last = Set2Set()
    last.build(MEMORY.shape)
    last.set_weights(layer.get_weights())
    np.testing.assert_allclose(call(last, mask=MASK), sequence[:, -1], atol=1e-6)
    assert sequence.shape == (3, 3, 8) and attention.shape == (3, 3, 6)


def test_symbolic_segments():
    nodes = keras.Input((4,), name="nodes")
    graph = keras.Input((), dtype="int32", name="graph")
    layer = Set2Set(return_attention=True)
    outputs = layer(nodes, segment_ids=graph, num_segments=4)
    assert outputs[0].shape == (4, 8) and outputs[1].shape == (3, None)


def test_the_cell():
    cell = NoInputLSTMCell(UNITS, unit_forget_bias=False)
    assert sum(w.size for w in (cell.build(), cell.get_weights())[1]) == 8 * 16 + 4 * 4
    assert not cell.get_weights()[1].any()
    copy = NoInputLSTMCell.from_config(cell.get_config())
    copy.build()
    copy.set_weights(cell.get_weights())
    state, c = MEMORY[:, :2].reshape(3, 8), MEMORY[:, 2]
    got = [ops.convert_to_numpy(x) for x in copy(state, c)]
    kernel, bias = (np.asarray(w, "float64") for w in cell.get_weights())
    for b in range(3):
        for value, expected in zip(got, lstm(state[b] @ kernel + bias, c[b]), strict=True):
            np.testing.assert_allclose(value[b], expected, atol=1e-5)
    fresh = NoInputLSTMCell(UNITS)
    fresh.build()
    assert fresh.get_weights()[1].tolist() == [0] * 4 + [1] * 4 + [0] * 8


class Array(np.ndarray):
    """What `from_torch_geometric` reads of a tensor."""

    def numpy(self, force):
        return np.asarray(self)


@pytest.mark.parametrize("num_layers", [1, 2])
def test_the_usual_form_has_an_equal_here(num_layers):
    """The form of torch_geometric: `q*` is the input and `q` the state once more, 12 d^2."""

    def drawn(*shape):
        return RNG.uniform(-1, 1, shape).astype("float32").view(Array)

    state = {}
    for k in range(num_layers):
        state[f"weight_ih_l{k}"] = drawn(4 * UNITS, UNITS if k else 2 * UNITS)
        state[f"weight_hh_l{k}"] = drawn(4 * UNITS, UNITS)
        state[f"bias_ih_l{k}"], state[f"bias_hh_l{k}"] = drawn(4 * UNITS), drawn(4 * UNITS)
    inner = types.SimpleNamespace(num_layers=num_layers, state_dict=lambda: state)
    module = types.SimpleNamespace(in_channels=UNITS, processing_steps=3, lstm=inner)
    got = call(from_torch_geometric(module))
    for b, memory in enumerate(MEMORY.astype("float64")):
        x = np.zeros(2 * UNITS)
        hidden = cells = [np.zeros(UNITS)] * num_layers
        hidden, cells = list(hidden), list(cells)
        for _ in range(3):
            for k in range(num_layers):
                z = state[f"weight_ih_l{k}"] @ x + state[f"weight_hh_l{k}"] @ hidden[k]
                z = np.asarray(z + state[f"bias_ih_l{k}"] + state[f"bias_hh_l{k}"])
                x, cells[k] = lstm(z, cells[k])
                hidden[k] = x
            a = np.exp(memory @ x)
            x = np.concatenate([x, a @ memory / a.sum()])
        np.testing.assert_allclose(got[b], x, atol=1e-5)


@pytest.mark.skipif(keras.config.backend() != "torch", reason="torch_geometric needs torch")
@pytest.mark.parametrize("steps", [1, 6])
def test_equals_torch_geometric(steps):
    geometric = pytest.importorskip("torch_geometric.nn")
    import torch

    module = geometric.Set2Set(UNITS, steps)
    order = np.argsort(SEGMENTS, kind="stable")
    nodes, graph = torch.tensor(NODES[order]), torch.tensor(SEGMENTS[order])
    expected = module(nodes, graph, dim_size=4).numpy(force=True)
    layer = from_torch_geometric(module)
    got = call(layer, NODES, segment_ids=SEGMENTS, num_segments=4)
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize("num_layers", [1, 2])
def test_float64_stays_float64(num_layers, float64):
    block = ProcessBlock(UNITS, 3, num_layers, dtype="float64")
    block.build((None, None, UNITS))
    block.set_weights([RNG.uniform(-1, 1, w.shape) for w in block.get_weights()])
    memory = RNG.standard_normal((2, 5, UNITS))
    queries, attention = call(block, memory)
    for b in range(2):
        expected = oracle(block, memory[b])
        np.testing.assert_allclose(queries[b], expected[0], atol=1e-12)
        np.testing.assert_allclose(attention[b], expected[1], atol=1e-12)
    segments = {"segment_ids": np.repeat([0, 1], 5), "num_segments": 2}
    flat, _ = call(block, memory.reshape(10, UNITS), **segments)
    np.testing.assert_allclose(flat, queries, atol=1e-12)
    layer = Set2Set(3, project=True, dtype="float64")
    assert call(layer, memory).dtype == "float64"
    nudged = call(layer, memory + 1e-10) - call(layer, memory - 1e-10)
    assert 0 < np.abs(nudged).max() < 1e-8


def test_the_mask_of_keras_counts_beside_segments():
    inputs, graph = keras.Input((UNITS,)), keras.Input((), dtype="int32")
    # Rows are steps to `Masking` only with a batch: here the elements are its batch.
    masked = keras.layers.Masking()(inputs[:, None])[:, 0]
    rows, shown = ops.convert_to_tensor(NODES), np.arange(len(NODES)) % 3 > 0
    layer = Set2Set()
    expected = call(layer, NODES, shown, segment_ids=SEGMENTS, num_segments=4)
    got = layer(rows, memory_mask=shown, segment_ids=SEGMENTS, num_segments=4)
    np.testing.assert_allclose(ops.convert_to_numpy(got), expected, atol=1e-6)
    assert layer(masked, segment_ids=graph, num_segments=4).shape == (4, 2 * UNITS)


@pytest.mark.parametrize("make", [lambda **k: ProcessBlock(UNITS, 2, 2, **k), Set2Set])
def test_frozen_stays_frozen(make, tmp_path):
    layer = make(trainable=False)
    inputs = keras.Input((None, UNITS))
    model = keras.Model(inputs, layer(inputs))
    assert not model.trainable_variables
    model.save(tmp_path / "model.keras")
    assert not keras.saving.load_model(tmp_path / "model.keras").trainable_variables


def test_no_elements_and_no_sets():
    for block in (made(), made(2)):
        queries, attention = call(block, MEMORY[:, :0])
        assert attention.shape == (3, 3, 0) and (queries[:, :, UNITS:] == 0).all()
        queries, attention = call(block, MEMORY[:0])
        assert queries.shape == (0, 3, 2 * UNITS) and attention.shape == (0, 3, 6)
        none = {"segment_ids": SEGMENTS[:0], "num_segments": 2}
        queries, attention = call(block, NODES[:0], **none)
        assert queries.shape == (2, 3, 2 * UNITS) and (queries[:, :, UNITS:] == 0).all()


def built(layer, shape=MEMORY.shape):
    layer.build(shape)
    return layer


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: call(built(Set2Set()), MEMORY[..., :2]), "`memory` must have a last axis of 4"),
        (lambda: call(made(), MEMORY[..., :2]), "`memory` must have a last axis of 4"),
        (lambda: call(made(), MEMORY, MASK[:2]), "`mask` must have the same first 2 axes"),
        (lambda: call(made(), MEMORY, MASK[..., None]), "`mask` must have the first 2 axes"),
        (
            lambda: call(Set2Set(), NODES, segment_ids=SEGMENTS[:3], num_segments=4),
            "`segment_ids` must have the same first axis as `memory`",
        ),
        (
            lambda: call(Set2Set(), NODES, segment_ids=SEGMENTS, num_segments=3),
            "`segment_ids` must be at least 0 and less than num_segments=3.* from 0 to 3",
        ),
        (
            lambda: call(Set2Set(), NODES, segment_ids=SEGMENTS - 1, num_segments=3),
            "`segment_ids` must be at least 0",
        ),
        (
            lambda: call(Set2Set(), NODES, segment_ids=SEGMENTS * 1.0, num_segments=4),
            "`segment_ids` must be integers",
        ),
        (
            lambda: call(Set2Set(), NODES, segment_ids=SEGMENTS, num_segments=0),
            "`num_segments` must be a positive",
        ),
        (lambda: NoInputLSTMCell(0), "`units` must be"),
        (lambda: NoInputLSTMCell(3)(np.zeros((2, 5)), np.zeros((2, 3))), "`query_and_answer` must"),
        (lambda: ProcessBlock(0, 1), "`units` must be"),
        (lambda: ProcessBlock(3, -1), "`steps` must be"),
        (lambda: ProcessBlock(3, 1, num_layers=0), "`num_layers` must be"),
        (lambda: ProcessBlock(3, 1)(MEMORY), "`memory` must have the width"),
        (lambda: Set2Set(project=True), "`units` must be given"),
        (lambda: Set2Set(3)(MEMORY), "`units` must be the width of the memory"),
        (lambda: Set2Set(processing_steps=1.5), "`processing_steps` must be"),
        (lambda: Set2Set()(NODES), "`memory` must have the shape"),
        (lambda: Set2Set()(NODES, segment_ids=SEGMENTS), "`memory` must have the shape"),
        (lambda: Set2Set()(MEMORY, num_segments=3), "`memory` must have the shape"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
