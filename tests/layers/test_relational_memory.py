"""The relational memory equals plain loops, and keeps the invariants of the paper."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import RelationalMemory, RelationalMemoryCell
from keras_readinglist.layers.relational_memory import layer as layer_module
from keras_readinglist.testing import gradient_check

RNG = np.random.default_rng(0)
B, T, D = 3, 4, 5
X = RNG.standard_normal((B, T, D)).astype("float32")
ROWS = RNG.standard_normal((B, T, 2, D)).astype("float32")
MASK = np.array([[1, 1, 0, 1], [1, 1, 1, 1], [0, 1, 0, 0]], bool)
BASE = {"mem_slots": 3, "head_size": 4, "num_heads": 2}
VARIANTS = {
    "unit": {},
    "memory": {"gate_style": "memory", "forget_bias": 0.5, "input_bias": -0.3},
    "no gates": {"gate_style": None},
    "two blocks": {"num_blocks": 2},
    "shared blocks": {"num_blocks": 2, "share_blocks": True, "attention_mlp_layers": 3},
    "one slot": {"mem_slots": 1, "num_blocks": 2},
    "key size": {"key_size": 3, "attention_mlp_layers": 1},
    "output gate": {"output_gate": True, "gate_style": "memory"},
    "output gate, unit": {"output_gate": True, "num_blocks": 2},
}
variants = pytest.mark.parametrize("kwargs", VARIANTS.values(), ids=VARIANTS.keys())

# Class, constructor arguments, inputs, mask; see test_conformance.
SLOTS = {"mem_slots": 2, "head_size": 8, "num_heads": 2, "attention_mlp_layers": 1}
GATED = {**SLOTS, "gate_style": "memory", "output_gate": True, "return_attention": True}
CONTRACT = [
    (
        RelationalMemory,
        {**SLOTS, "return_sequences": True, "return_state": True},
        X[:, :3],
        MASK[:, :3],
    ),
    (RelationalMemory, GATED, X[:, :3], None),
]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def norm(row, w, name):
    mean = sum(row) / len(row)
    variance = sum((a - mean) ** 2 for a in row) / len(row)
    return (row - mean) / np.sqrt(variance + 1e-5) * w[f"{name}_gain"] + w[f"{name}_offset"]


def linear(row, w, name):
    return row @ w[f"{name}_kernel"] + w[f"{name}_bias"]


def attend(z, w, block, cell):
    """Return what every row of `z` reads from all rows, and its attention by head."""
    key, size = cell.key_size, 2 * cell.key_size + cell.head_size
    qkv = [norm(linear(row, w, f"qkv_{block}"), w, f"qkv_norm_{block}") for row in z]
    reads, weights = [], np.zeros((cell.num_heads, len(z), len(z)))
    for i in range(len(z)):
        heads = []
        for h in range(cell.num_heads):
            mine = [row[h * size : (h + 1) * size] for row in qkv]
            scores = np.array([mine[i][:key] @ other[key : 2 * key] for other in mine])
            a = np.exp(scores / np.sqrt(key))
            weights[h, i] = a / a.sum()
            heads.append(
                sum(p * other[2 * key :] for p, other in zip(weights[h, i], mine, strict=True))
            )
        reads.append(np.concatenate(heads))
    return reads, weights


def oracle_step(cell, w, rows, states):
    """One step of one example; return the new states, the attentions and the gates."""
    memory, inputs = states[-1], [linear(x, w, "input") for x in rows]
    z, attentions = [*memory, *inputs], []
    for block in range(cell.num_blocks):
        own = 0 if cell.share_blocks else block
        reads, weights = attend(z, w, own, cell)
        attentions.append(weights[:, : cell.mem_slots])
        z = [
            norm(row + read, w, f"attention_norm_{own}") for row, read in zip(z, reads, strict=True)
        ]
        for j, row in enumerate(z):
            hidden = row
            for layer in range(cell.attention_mlp_layers):
                hidden = linear(hidden, w, f"mlp_{layer}")
                if layer < cell.attention_mlp_layers - 1:
                    hidden = np.maximum(hidden, 0)
            z[j] = norm(row + hidden, w, f"mlp_norm_{own}")
    candidate = np.array(z[: cell.mem_slots])
    if cell.gate_style is None:
        return [candidate], attentions, []
    new, gates = np.zeros_like(memory), []
    for s in range(cell.mem_slots):
        read = states[0][s] if cell.output_gate else np.tanh(memory[s])
        g = linear(sum(inputs), w, "gate_input") + linear(read, w, "gate_memory")
        g = np.split(g, cell.num_gates)
        g[0], g[1] = g[0] + cell.input_bias, g[1] + cell.forget_bias
        gates.append([sigmoid(gate) for gate in g])
        new[s] = gates[-1][0] * np.tanh(candidate[s]) + gates[-1][1] * memory[s]
    if not cell.output_gate:
        return [new], attentions, gates
    output = np.array([gates[s][2] * np.tanh(new[s]) for s in range(cell.mem_slots)])
    return [output, new], attentions, gates


def oracle(layer, x, mask=None, initial=None):
    """Return outputs and last states, flat, and attention and gates of every step."""
    cell = layer.cell
    w = {v.name: np.asarray(ops.convert_to_numpy(v), "float64") for v in cell.weights}
    x = np.asarray(x if x.ndim == 4 else x[:, :, None], "float64")
    outputs, lasts, attentions, gates = [], [], [], []
    for b in range(len(x)):
        memory = np.zeros((cell.mem_slots, cell.width))
        for s in range(min(memory.shape)):
            memory[s, s] = 1
        states = [memory] if not cell.output_gate else [np.zeros_like(memory), memory]
        if initial is not None:
            states = [s[b].reshape(memory.shape) for s in initial]
        for t in range(x.shape[1]):
            new, a, g = oracle_step(cell, w, x[b, t], states)
            states = states if mask is not None and not mask[b, t] else new
            outputs.append(states[0].ravel())
            attentions.append(a)
            gates.append(g)
        lasts.append([state.ravel() for state in states])
    time = (len(x), x.shape[1])
    last = [np.array(state) for state in zip(*lasts, strict=True)]
    return np.array(outputs).reshape(*time, -1), last, attentions, gates


def build(kwargs, x=X, unroll=True, **more):
    """Return a layer with random weights, unrolled: JAX is quicker without a loop to compile."""
    layer = RelationalMemory(**{**BASE, **kwargs}, unroll=unroll, **more)
    layer.build(x.shape)
    rng = np.random.default_rng(1)
    layer.set_weights([w + 0.3 * rng.standard_normal(w.shape) for w in layer.get_weights()])
    return layer


def numpy(outputs):
    return [np.array(ops.convert_to_numpy(o)) for o in keras.tree.flatten(outputs)]


def run(layer, x, **kwargs):
    kwargs = {k: keras.tree.map_structure(ops.convert_to_tensor, v) for k, v in kwargs.items()}
    return numpy(layer(ops.convert_to_tensor(x), **kwargs))


@variants
def test_equals_plain_loops(kwargs):
    gates = kwargs.get("gate_style", "unit") is not None
    layer = build(
        kwargs, return_sequences=True, return_state=True, return_attention=True, return_gates=gates
    )
    states = len(layer.cell.state_size)
    outputs, *last = run(layer, X)
    expected, expected_last, attention, expected_gates = oracle(layer, X)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    for got, want in zip(last[:states], expected_last, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)
    weights = last[states]
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(weights.reshape(B * T, *weights.shape[2:]), attention, atol=1e-5)
    names = ("forget", "input", "output")[: layer.cell.num_gates]  # sorted, as in a tree
    for got, name in zip(last[states + 1 :], names, strict=True):
        place = ("input", "forget", "output").index(name)
        want = np.array([[slot[place] for slot in step] for step in expected_gates])
        np.testing.assert_allclose(got.reshape(want.shape), want, atol=1e-5)


@pytest.mark.parametrize("name", ["unit", "no gates", "output gate, unit"])
def test_two_rows_a_mask_and_initial_states(name):
    layer = build(VARIANTS[name], ROWS, False, return_sequences=True, return_state=True)
    initial = [RNG.standard_normal((B, s)).astype("float32") for s in layer.cell.state_size]
    outputs, *last = run(layer, ROWS, initial_state=initial, mask=MASK)
    expected, states, _, _ = oracle(layer, ROWS, MASK, initial)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    for got, want in zip(last, states, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)


@pytest.mark.parametrize("name", ["two blocks", "output gate"])
def test_keras_rnn_around_the_cell_and_the_loop_give_the_same(name):
    layer = build(VARIANTS[name], return_sequences=True)
    expected = run(layer, X, mask=MASK)[0]
    copy = RelationalMemory.from_config({**layer.get_config(), "unroll": False})
    rnn = keras.layers.RNN(RelationalMemoryCell(**{**BASE, **VARIANTS[name]}), True, True)
    for other in (copy, rnn):
        other.build(X.shape)
        other.set_weights(layer.get_weights())
    np.testing.assert_allclose(run(copy, X, mask=MASK)[0], expected, atol=1e-5)
    outputs, *states = run(rnn, X, mask=MASK)
    assert [s.shape[-1] for s in states] == rnn.cell.state_size
    np.testing.assert_allclose(outputs[:, -1], expected[:, -1], atol=1e-5)


def test_a_training_step_is_the_same_with_and_without_a_loop():
    start, trained = build({}).get_weights(), []
    for unroll in (True, False):
        layer = build({}, unroll=unroll)
        layer.set_weights(start)
        inputs = keras.Input((T, D))
        model = keras.Model(inputs, layer(inputs))
        model.compile(keras.optimizers.SGD(0.1), "mse")
        model.train_on_batch(X, np.ones((B, 3 * 8), "float32"))
        trained.append(layer.get_weights())
    for unrolled, looped in zip(*trained, strict=True):
        np.testing.assert_allclose(looped, unrolled, atol=1e-6)


@pytest.mark.skipif(keras.config.backend() != "jax", reason="only JAX has several loops")
@pytest.mark.parametrize("name", ["memory", "two blocks", "shared blocks", "output gate, unit"])
def test_gradients_of_few_rows_and_of_many_are_the_same(name, monkeypatch):
    import jax

    keras.utils.set_random_seed(0)
    memory = RelationalMemory(**{**BASE, **VARIANTS[name]}, return_sequences=True)
    memory.build(X.shape)
    weights = [RNG.uniform(-1, 1, w.shape).astype("float32") for w in memory.get_weights()]
    states = [RNG.standard_normal((B, size)).astype("float32") for size in memory.cell.state_size]

    def loss(weights, x, states, mask):
        outputs, _ = memory.stateless_call(weights, [], x, initial_state=states, mask=mask)
        return (outputs * np.cos(np.arange(outputs.size)).reshape(outputs.shape)).sum()

    gradients = []
    for few in (0, 100):
        monkeypatch.setattr(layer_module, "FEW_ROWS", few)
        gradient = jax.jit(jax.grad(loss, argnums=(0, 1, 2)))
        gradients.append(jax.tree.leaves(gradient(weights, X, states, MASK)))
    for many, few in zip(*gradients, strict=True):
        np.testing.assert_allclose(few, many, atol=1e-4, rtol=1e-4)


def test_a_cell_may_have_a_weight_of_its_own_in_a_step():
    class Scaled(RelationalMemoryCell):
        def build(self, inputs_shape, states_shape=None):
            super().build(inputs_shape)
            self.scale = self.add_weight(name="scale", shape=(self.width,), initializer="ones")

        def step(self, projected, states, details=None):
            return [self.scale * s for s in super().step(projected, states, details)]

    memory = type("ScaledMemory", (RelationalMemory,), {"cell_class": Scaled})(**BASE)
    model = keras.Sequential([keras.Input((T, D)), memory])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.train_on_batch(X[:2], np.ones((2, 24), "float32"))  # few rows
    assert (numpy(memory.cell.scale)[0] != 1).all()


def test_the_cell_takes_a_matrix_and_gives_one_back():
    cell = RelationalMemoryCell(**BASE)
    flat = cell.get_initial_state(B)
    matrix = [ops.reshape(flat[0], (B, 3, 8))]
    np.testing.assert_array_equal(numpy(matrix)[0][0], np.eye(3, 8))
    x = ops.convert_to_tensor(X[:, 0])
    output, states = cell(x, flat)
    same, matrices = cell(x, matrix)
    assert tuple(matrices[0].shape) == (B, 3, 8)
    np.testing.assert_array_equal(*numpy([output, same]))
    np.testing.assert_array_equal(numpy(matrices)[0].reshape(B, -1), numpy(states)[0])


@pytest.mark.parametrize("name", ["two blocks", "output gate"])
def test_permuting_the_slots_permutes_the_memory(name):
    layer = build(VARIANTS[name], return_state=True)
    slots, width = layer.cell.mem_slots, layer.cell.width
    order = RNG.permutation(slots)
    initial = [RNG.standard_normal((B, slots, width)).astype("float32") for _ in
               layer.cell.state_size]  # fmt: skip
    _, *states = run(layer, X, initial_state=initial)
    _, *permuted = run(layer, X, initial_state=[s[:, order] for s in initial])
    for got, want in zip(permuted, states, strict=True):
        want = want.reshape(B, slots, width)[:, order].reshape(B, -1)
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_gates_keep_or_write():
    memory = RNG.standard_normal((B, 3, 8)).astype("float32")
    for bias, name in ((50.0, "keep"), (-50.0, "write")):
        layer = build({"forget_bias": bias, "input_bias": -bias})
        output = run(layer, X[:, :1], initial_state=memory)[0].reshape(memory.shape)
        if name == "keep":
            np.testing.assert_allclose(output, memory, atol=1e-6)
        else:
            free = RelationalMemory(**BASE, gate_style=None)
            free.build(X.shape)
            free.set_weights(layer.get_weights()[: len(free.weights)])
            candidate = run(free, X[:, :1], initial_state=memory)[0]
            np.testing.assert_allclose(output.reshape(B, -1), np.tanh(candidate), atol=1e-6)


@pytest.mark.parametrize("mlp_layers", [1, 2, 4])
def test_number_of_parameters(mlp_layers):
    layer = build({"key_size": 3, "attention_mlp_layers": mlp_layers})
    f, p = 8, 2 * (2 * 3 + 4)
    expected = D * f + f + (f * p + p + 2 * p) + mlp_layers * (f * f + f) + 4 * f
    assert layer.count_params() == expected + 2 * (f * 2 * f + 2 * f)


def test_initial_memory():
    with pytest.warns(UserWarning, match="`mem_slots` exceeds the width"):
        cell = RelationalMemoryCell(mem_slots=3, head_size=2)
    state = numpy(cell.get_initial_state(2))[0].reshape(2, 3, 2)
    np.testing.assert_array_equal(state, np.tile([[[1, 0], [0, 1], [0, 0]]], (2, 1, 1)))


def test_padding_chunks_and_samples():
    layer = build({}, return_sequences=True, return_state=True)
    outputs, state = run(layer, X)
    padded = np.concatenate([X, np.full((B, 3, D), np.nan, "float32")], axis=1)
    mask = np.arange(T + 3)[None].repeat(B, 0) < T
    frozen, last = run(layer, padded, mask=mask)
    np.testing.assert_allclose(frozen[:, :T], outputs, atol=1e-6)
    np.testing.assert_allclose(frozen[:, T:], np.repeat(outputs[:, -1:], 3, 1), atol=1e-6)
    np.testing.assert_allclose(last, state, atol=1e-6)
    first, carried = run(layer, X[:, :2])
    second, carried = run(layer, X[:, 2:], initial_state=carried)
    np.testing.assert_allclose(np.concatenate([first, second], 1), outputs, atol=1e-6)
    np.testing.assert_allclose(carried, state, atol=1e-6)
    for b in range(B):
        np.testing.assert_allclose(run(layer, X[b : b + 1])[0][0], outputs[b], atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_keeps_the_memory_in_float32(policy):
    layer = RelationalMemory(**BASE, return_state=True, dtype=policy)
    x = ops.convert_to_tensor(RNG.standard_normal((2, 500, D)).astype("float32"))
    output, state = layer(x)
    assert keras.backend.standardize_dtype(output.dtype) == layer.compute_dtype
    assert keras.backend.standardize_dtype(state.dtype) == "float32"
    assert np.isfinite(ops.convert_to_numpy(state)).all()
    again = layer(x[:, :1], initial_state=state)[1]
    assert keras.backend.standardize_dtype(again.dtype) == "float32"


@pytest.mark.parametrize("name", ["shared blocks"])
def test_gradients_reach_inputs_and_all_weights(name):
    keras.utils.set_random_seed(0)
    layer = RelationalMemory(**{**BASE, **VARIANTS[name]}, unroll=True)
    # Layer norms of few numbers bend strongly: a small step, and an error to match.
    report = gradient_check(layer, X[:, :2], samples=3, step=4e-3, tolerance=0.03)
    assert report.ok, report


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [({"mem_slots": 0}, "`mem_slots` must be"), ({"head_size": 1.5}, "`head_size` must be"),
     ({"num_heads": -1}, "`num_heads` must be"), ({"num_blocks": 0}, "`num_blocks` must be"),
     ({"attention_mlp_layers": 0}, "`attention_mlp_layers` must be"),
     ({"key_size": 0}, "`key_size` must be"), ({"gate_style": "slot"}, "`gate_style` must be"),
     ({"gate_style": None, "output_gate": True}, "`output_gate` needs"),
     ({"gate_style": None, "return_gates": True}, "`return_gates` needs")],
)  # fmt: skip
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        RelationalMemory(**{**BASE, **kwargs})


def test_bad_shapes():
    with pytest.raises(ValueError, match="`sequences` must have the shape"):
        RelationalMemory(**BASE)(X[0])
    with pytest.raises(ValueError, match="`inputs` must have the shape"):
        RelationalMemoryCell(**BASE).build((B,))
    with pytest.raises(ValueError, match="`unroll` needs a known number of steps"):
        RelationalMemory(**BASE, unroll=True).build((None, None, D))
    with pytest.raises(ValueError, match=r"`initial_state` must be 1 tensors"):
        build({})(X, initial_state=np.zeros((B, 7), "float32"))
