"""Neural Turing machines: addressing on the simplex, cell and layer equal to the equations."""

import json

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import ntm as machine
from keras_readinglist.layers.ntm import NTM, NTMCell

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 4, 5)).astype("float32")
MASK = np.array([[0, 1, 0, 1], [1, 1, 1, 1], [1, 1, 0, 0]], bool)
SMALL = {"memory_slots": 7, "memory_width": 3, "controller_units": 5, "output_dim": 4}
VARIANTS = {
    "plain": {},
    "feedforward": {"controller": "feedforward", "controller_layers": 2, "read_after_write": True},
    "many_heads": {"read_heads": 3, "write_heads": 2, "controller_layers": 2, "shift_range": 2},
    "content": {"addressing": "content", "output_dim": None, "write_heads": 2},
    "learned": {
        "memory_initializer": "learned",
        "weighting_initializer": "learned",
        "read_initializer": "learned",
        "output_dim": None,
    },
    "random": {
        "memory_initializer": "random",
        "weighting_initializer": "uniform",
        "shift_range": 3,
    },
}
variants = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())

# Class, constructor arguments, inputs, mask; see test_conformance.
CONTRACT = [
    (NTM, {"memory_slots": 5, "controller_units": 6, "return_sequences": True}, X, MASK),
    (
        NTM,
        {
            "memory_slots": 6,
            "memory_width": 3,
            "controller": "feedforward",
            "controller_units": 5,
            "read_heads": 2,
            "write_heads": 2,
            "output_dim": 3,
            "memory_initializer": "learned",
            "weighting_initializer": "learned",
            "read_initializer": "learned",
        },
        X,
        None,
    ),
]


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


def array(tensor):
    return np.array(ops.convert_to_numpy(tensor))


def layer(spread=1.0, **variant):
    """Return a built layer whose weights are large enough to matter."""
    built = NTM(**{**SMALL, "return_sequences": True, **variant})
    built.build(X.shape)
    built.set_weights([RNG.normal(0, spread, w.shape) for w in built.get_weights()])
    return built


def weightings(*shape):
    return RNG.dirichlet(np.ones(shape[-1]) / 2, shape[:-1]).astype("float32")


# The equations of section 3, for one example, one number after the other.


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def oracle_controller(layer, x, r, states):
    controller = layer.cell.controller
    seen = r @ array(controller.read_kernel)
    if not controller.state_sizes:
        for kernel, bias in zip(controller.kernels, controller.biases, strict=True):
            x, seen = np.tanh(x @ array(kernel) + array(bias) + seen), 0
        return x, states
    new = []
    for k, cell in enumerate(controller.cells):
        kernel, recurrent_kernel, bias = map(array, (cell.kernel, cell.recurrent_kernel, cell.bias))
        z = x @ kernel + states[2 * k] @ recurrent_kernel + bias + seen
        i, f, g, o = np.split(z, 4)
        c = sigmoid(f) * states[2 * k + 1] + sigmoid(i) * np.tanh(g)
        x, seen = sigmoid(o) * np.tanh(c), 0
        new += [x, c]
    return x, new


def oracle_address(cell, memory, w, key, strength, gate, shift, gamma):
    slots = len(memory)
    cosine = np.zeros(slots)
    for n in range(slots):
        norm = np.sqrt(memory[n] @ memory[n] + 1e-8) * np.sqrt(key @ key + 1e-8)
        cosine[n] = memory[n] @ key / norm
    content = softmax(strength * cosine)
    if cell.addressing == "content":
        return content
    blended = gate * content + (1 - gate) * w
    shifted = np.zeros(slots)
    for i in range(slots):
        for index, j in enumerate(range(-cell.shift_range, cell.shift_range + 1)):
            shifted[i] += blended[(i - j) % slots] * shift[index]
    return shifted**gamma / (shifted**gamma).sum()


def oracle_heads(cell, h, kernel, bias):
    raw = np.clip(h @ kernel + bias, -cell.clip_value, cell.clip_value)
    heads, writers, width, parts, at = cell.heads, cell.write_heads, cell.memory_width, {}, 0
    located = heads * (cell.addressing != "content")
    for name, count, size in (
        ("key", heads, width),
        ("add", writers, width),
        ("strength", heads, 1),
        ("gamma", located, 1),
        ("gate", located, 1),
        ("erase", writers, width),
        ("shift", located, 2 * cell.shift_range + 1),
    ):
        parts[name] = raw[at : at + size * count].reshape(count, size)
        at += size * count
    assert at == len(raw)
    told = []
    for k in range(heads):
        one = [np.tanh(parts["key"][k]), np.log1p(np.exp(parts["strength"][k, 0]))]
        where = [None] * 3
        if located:
            gate, gamma = sigmoid(parts["gate"][k, 0]), np.log1p(np.exp(parts["gamma"][k, 0]))
            where = [gate, softmax(parts["shift"][k]), 1 + gamma]
        told.append([*one, *where])
    return told, sigmoid(parts["erase"]), np.tanh(parts["add"])


def oracle_start(layer):
    cell = layer.cell
    slots, width = cell.memory_slots, cell.memory_width
    first = {v.name: array(v).astype("float64") for v in cell.weights if "initial" in v.name}
    memory = np.full((slots, width), 1e-6)
    if "initial_memory" in first:
        memory = np.tanh(first["initial_memory"])
    w = np.zeros((cell.heads, slots))
    w[:, 0] = 1
    if cell.weighting_initializer == "uniform":
        w[:] = 1 / slots
    if "initial_weighting" in first:
        w = np.array([softmax(z) for z in first["initial_weighting"]])
    reads = np.tanh(first.get("initial_read", np.zeros((cell.read_heads, width))))
    return memory, w, reads, [np.zeros(n) for n in cell.controller.state_sizes]


def oracle(layer, sequence):
    """Return outputs and weightings of one sequence."""
    cell, outputs, looks = layer.cell, [], []
    own = {v.name: array(v).astype("float64") for v in cell.weights}
    memory, w, reads, states = oracle_start(layer)
    for x in sequence.astype("float64"):
        h, states = oracle_controller(layer, x, reads.ravel(), states)
        heads, erase, add = oracle_heads(cell, h, own["heads_kernel"], own["heads_bias"])
        w = np.array([oracle_address(cell, memory, w[k], *told) for k, told in enumerate(heads)])
        written = memory.copy()
        for k in range(cell.write_heads):
            for n in range(cell.memory_slots):
                written[n] *= 1 - w[cell.read_heads + k, n] * erase[k]
        for k in range(cell.write_heads):
            for n in range(cell.memory_slots):
                written[n] += w[cell.read_heads + k, n] * add[k]
        seen = written if cell.read_after_write else memory
        reads = np.array(
            [sum(w[k, n] * seen[n] for n in range(len(seen))) for k in range(cell.read_heads)]
        )
        memory = written
        y = np.concatenate([h, reads.ravel()])
        if cell.output_dim:
            y = np.clip(y @ own["output_kernel"] + own["output_bias"], -20, 20)
        outputs.append(y)
        looks.append(w)
    return np.array(outputs), np.array(looks)


@variants
def test_equals_the_equations(variant):
    built = layer(**variant, return_attention=True)
    outputs, attention = built(X)
    for b in range(len(X)):
        expected, looks = oracle(built, X[b])
        np.testing.assert_allclose(array(outputs)[b], expected, atol=2e-5)
        np.testing.assert_allclose(array(attention["weightings"])[b], looks, atol=1e-5)


@variants
def test_layer_equals_keras_rnn_of_the_cell(variant):
    built = layer(**variant, return_state=True)
    cell = NTMCell(**{**SMALL, **variant})
    rnn = keras.layers.RNN(cell, return_sequences=True, return_state=True)
    rnn.build(X.shape)
    rnn.set_weights(built.get_weights())
    for mask in (None, MASK):
        mask = None if mask is None else ops.convert_to_tensor(mask)
        ours, theirs = built(X, mask=mask), rnn(ops.convert_to_tensor(X), mask=mask)
        for got, want in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(array(got), array(want), atol=1e-5)


@pytest.mark.parametrize("name", ["learned", "many_heads"])
def test_masked_steps_change_nothing(name):
    built = layer(**VARIANTS[name], return_state=True, return_attention=True)
    spoiled = np.where(MASK[..., None], X, np.float32("nan"))
    outputs, *states, attention = built(spoiled, mask=ops.convert_to_tensor(MASK))
    for b, kept in list(enumerate(MASK))[::2]:
        short, *last, seen = built(X[b : b + 1, kept])
        np.testing.assert_allclose(array(outputs)[b, kept], array(short)[0], atol=1e-5)
        look = array(attention["weightings"])[b, kept]
        np.testing.assert_allclose(look, array(seen["weightings"])[0], atol=1e-5)
        for got, want in zip(states, last, strict=True):
            np.testing.assert_allclose(array(got)[b], array(want)[0], atol=1e-5)
    outputs = array(outputs)
    np.testing.assert_array_equal(outputs[0, 2], outputs[0, 1])  # the output before
    assert (outputs[0, 0] == 0).all()


def test_states_carry_a_sequence_on():
    built = layer(return_state=True, read_heads=2)
    whole, *last = built(X)
    first, *states = built(X[:, :2])
    second, *end = built(X[:, 2:], initial_state=states)
    np.testing.assert_allclose(array(first), array(whole)[:, :2], atol=1e-6)
    np.testing.assert_allclose(array(second), array(whole)[:, 2:], atol=1e-5)
    for got, want in zip(end, last, strict=True):
        np.testing.assert_allclose(array(got), array(want), atol=1e-5)
    with pytest.raises(ValueError, match="`initial_state` must be 6 tensors of the shapes"):
        built(X, initial_state=states[1:])


CONTROLLERS = {
    "gru": lambda: keras.layers.GRUCell(6),
    "stack": lambda: keras.layers.StackedRNNCells([keras.layers.LSTMCell(6) for _ in range(2)]),
    "dense": lambda: keras.layers.Dense(6, activation="relu"),
    "network": lambda: keras.Sequential([keras.layers.Dense(9, "relu"), keras.layers.Dense(5)]),
}


@pytest.mark.parametrize("make", CONTROLLERS.values(), ids=CONTROLLERS.keys())
def test_any_keras_cell_or_layer_can_control(make, tmp_path):
    built = layer(0.3, controller=make())
    expected = array(built(X))
    assert expected.shape == (3, 4, 4)
    config = json.loads(json.dumps(built.get_config()))
    copy = NTM.from_config(config)
    copy.build(X.shape)
    copy.set_weights(built.get_weights())
    np.testing.assert_allclose(array(copy(X)), expected, atol=1e-6)
    model = keras.Sequential([keras.Input((None, 5)), built])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))


def test_an_lstm_given_as_a_cell_equals_ours():
    ours, theirs = layer(0.3), layer(controller=keras.layers.LSTMCell(5))
    kernel, recurrent_kernel, bias = ours.cell.controller.cells[0].get_weights()
    kernel = np.concatenate([kernel, array(ours.cell.controller.read_kernel)])
    theirs.cell.controller.cell.set_weights([kernel, recurrent_kernel, bias])
    for name in ("heads_kernel", "heads_bias", "output_kernel", "output_bias"):
        getattr(theirs.cell, name).assign(getattr(ours.cell, name))
    np.testing.assert_allclose(array(ours(X)), array(theirs(X)), atol=1e-5)


# Section 9 of the equations: what must hold for any parameters.


def on_the_simplex(w):
    w = array(w)
    assert (w >= 0).all()
    np.testing.assert_allclose(w.sum(axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("spread", [1.0, 1e3])
@pytest.mark.parametrize("slots", [3, 9])
def test_weightings_stay_on_the_simplex(spread, slots):
    built = layer(spread, memory_slots=slots, read_heads=2, return_attention=True)
    outputs, attention = built(X)
    assert np.isfinite(array(outputs)).all()
    on_the_simplex(attention["weightings"])
    assert np.abs(array(attention["add"])).max() <= 1


def test_addressing_of_extreme_parameters():
    memory = np.zeros((2, 5, 3), "float32")
    w = machine.content_addressing(
        memory, np.zeros((2, 1, 3), "float32"), np.full((2, 1), 20.0, "float32")
    )
    on_the_simplex(w)
    one_hot = np.eye(5, dtype="float32")[None, :1]
    on_the_simplex(machine.sharpen(one_hot, np.full((1, 1), 21.0, "float32")))
    on_the_simplex(machine.sharpen(weightings(2, 3, 5), np.full((2, 3), 21.0, "float32")))


def test_content_finds_the_most_similar_row():
    memory = RNG.standard_normal((2, 6, 4)).astype("float32")
    key = memory[:, [4, 1]] * 3 + 0.01
    w = array(machine.content_addressing(memory, key, np.full((2, 2), 1e4, "float32")))
    np.testing.assert_allclose(w, np.eye(6)[None, [4, 1]].repeat(2, 0), atol=1e-4)


def test_content_follows_a_permutation_of_rows():
    memory, key = RNG.standard_normal((1, 6, 4)), RNG.standard_normal((1, 2, 4))
    order, strength = RNG.permutation(6), np.full((1, 2), 3.0)
    w = array(machine.content_addressing(memory, key, strength))
    moved = array(machine.content_addressing(memory[:, order], key, strength))
    np.testing.assert_allclose(moved, w[..., order], atol=1e-6)


def test_a_closed_gate_keeps_the_weighting_exactly():
    before, content = weightings(2, 3, 7), weightings(2, 3, 7)
    w = machine.interpolate(content, before, np.zeros((2, 3), "float32"))
    w = machine.circular_shift(w, np.eye(3, dtype="float32")[None, [1, 1, 1]].repeat(2, 0))
    np.testing.assert_array_equal(array(w), before)
    kept = machine.sharpen(w, np.ones((2, 3), "float32"))
    np.testing.assert_allclose(array(kept), before, atol=1e-6)
    opened = machine.interpolate(content, before, np.ones((2, 3), "float32"))
    np.testing.assert_array_equal(array(opened), content)


@pytest.mark.parametrize("reach", [1, 2])
def test_shifts(reach):
    w = weightings(2, 3, 6)
    for index, j in enumerate(range(-reach, reach + 1)):
        shift = np.zeros((2, 3, 2 * reach + 1), "float32")
        shift[..., index] = 1
        moved = array(machine.circular_shift(w, shift))
        np.testing.assert_array_equal(moved, np.roll(w, j, axis=-1))
    shift = weightings(2, 3, 2 * reach + 1)
    moved = array(machine.circular_shift(w, shift))
    np.testing.assert_allclose(moved.sum(axis=-1), 1, atol=1e-6)
    rotated = array(machine.circular_shift(np.roll(w, 2, axis=-1), shift))
    np.testing.assert_allclose(rotated, np.roll(moved, 2, axis=-1), atol=1e-6)
    around = w
    for _ in range(6):
        around = array(machine.circular_shift(around, np.eye(3, dtype="float32")[None, [2] * 3]))
    np.testing.assert_array_equal(around, w)


def test_sharpening():
    w = weightings(4, 2, 9)
    sharp = array(machine.sharpen(w, np.full((4, 2), 3.0, "float32")))
    assert (sharp.argmax(axis=-1) == w.argmax(axis=-1)).all()

    def entropy(p):
        return -(p * np.log(p + 1e-20)).sum(axis=-1)

    assert (entropy(sharp) < entropy(w)).all()


def test_reading():
    memory = RNG.standard_normal((2, 5, 3)).astype("float32")
    rows = array(machine.memory_read(memory, np.eye(5, dtype="float32")[None].repeat(2, 0)))
    np.testing.assert_array_equal(rows, memory)
    read = array(machine.memory_read(memory, weightings(2, 4, 5)))
    assert (read <= memory.max(axis=1, keepdims=True) + 1e-6).all()
    assert (read >= memory.min(axis=1, keepdims=True) - 1e-6).all()


def test_writing():
    memory = RNG.standard_normal((2, 5, 3)).astype("float32")
    add, ones = RNG.standard_normal((2, 1, 3)).astype("float32"), np.ones((2, 1, 3), "float32")
    at = np.eye(5, dtype="float32")[None, 2:3].repeat(2, 0)
    written = array(machine.memory_write(memory, at, ones, add))
    np.testing.assert_allclose(written[:, 2], add[:, 0], atol=1e-6)
    np.testing.assert_array_equal(written[:, [0, 1, 3, 4]], memory[:, [0, 1, 3, 4]])
    untouched = machine.memory_write(memory, 0 * at, ones, add)
    np.testing.assert_array_equal(array(untouched), memory)
    w, erase = weightings(2, 3, 5), RNG.random((2, 3, 3)).astype("float32")
    add = RNG.standard_normal((2, 3, 3)).astype("float32")
    order = [2, 0, 1]
    np.testing.assert_allclose(
        array(machine.memory_write(memory, w, erase, add)),
        array(machine.memory_write(memory, w[:, order], erase[:, order], add[:, order])),
        atol=1e-6,
    )


def copying_machine(slots, width=8):
    """Return a machine without memory in its controller whose weights are set by hand.

    The write head moves on by one row at every step and stores the input, and a flag beside it.
    The read head waits on row 0 until the delimiter comes; from then on the flag that it reads
    tells it to move on. The output is the row read before.
    """
    built = NTM(
        slots,
        width + 1,
        "feedforward",
        controller_units=2 * width + 2,
        output_dim=width,
        return_sequences=True,
    )
    built.build((None, None, width + 1))
    cell, sure = built.cell, 40.0
    bits, reads = slice(0, width), slice(width, 2 * width)
    reading, one = 2 * width, 2 * width + 1  # units: are we reading?, and a constant
    kernel, read_kernel = np.zeros((width + 1, 2 * width + 2)), np.zeros((width + 1, 2 * width + 2))
    bias = np.zeros(2 * width + 2)
    kernel[:width, bits], bias[bits] = sure * np.eye(width), -sure / 2
    read_kernel[:width, reads] = sure * np.eye(width)
    kernel[width, reading] = read_kernel[width, reading] = sure
    bias[reading], bias[one] = -sure / 2, sure
    cell.controller.kernels[0].assign(kernel)
    cell.controller.biases[0].assign(bias)
    cell.controller.read_kernel.assign(read_kernel)
    heads = np.zeros((2 * width + 2, int(cell.heads_bias.shape[0])))
    at = 2 * (width + 1)  # behind the keys
    heads[bits, at : at + width] = sure * np.eye(width)  # what is added: the input
    heads[one, at + width] = sure  # and the flag
    at += width + 1 + 4  # behind strengths and sharpening
    heads[one, at : at + 2] = -sure  # both gates are closed: no addressing by content
    heads[one, at + 2 : at + width + 3] = sure  # erase
    at += width + 3
    heads[reading, at : at + 3] = [-sure, -sure, sure]  # read head: stay, or move on
    heads[one, at : at + 3] = [-sure, 0, 0]
    heads[one, at + 3 : at + 6] = [-sure, -sure, sure]  # write head: always move on
    cell.heads_kernel.assign(heads)
    output = np.zeros((cell.features, width))
    output[reads] = 10 * np.eye(width)
    cell.output_kernel.assign(output)
    return built


@pytest.mark.parametrize(("slots", "length"), [(8, 1), (8, 5), (8, 8), (33, 33)])
def test_a_machine_set_by_hand_copies_any_length(slots, length):
    vectors = RNG.integers(0, 2, (2, length, 8)).astype("float32")
    vectors[0, 0] = 0  # an empty vector is one, too
    inputs = np.zeros((2, 2 * length + 1, 9), "float32")
    inputs[:, :length, :8], inputs[:, length, 8] = vectors, 1
    outputs = array(copying_machine(slots)(inputs))
    np.testing.assert_array_equal(outputs[:, length + 1 :] > 0, vectors > 0.5)
    assert np.abs(outputs[:, length + 1 :]).min() > 9


@pytest.mark.parametrize("controller", ["lstm", "feedforward"])
def test_no_gradient_is_dead_or_infinite(controller):
    built = NTM(**SMALL, controller=controller, return_sequences=True)
    model = keras.Sequential([keras.Input((None, 5)), built])
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    before = built.get_weights()
    model.train_on_batch(X[:, :3], RNG.standard_normal((3, 3, 4)))
    for variable, old in zip(built.weights, before, strict=True):
        new = array(variable)
        assert np.isfinite(new).all() and (new != old).any(), variable.path


def test_two_hundred_steps_at_a_large_rate_stay_finite():
    built = NTM(**SMALL, return_sequences=True)
    model = keras.Sequential([keras.Input((None, 5)), built])
    model.compile(keras.optimizers.Adam(1e-2), loss="mse")
    targets = RNG.standard_normal((3, 3, 4))
    losses = [float(model.train_on_batch(X[:, :3], targets)) for _ in range(200)]
    assert np.isfinite(losses).all() and losses[-1] < losses[0] / 2


def test_single_step_and_single_sequence():
    built = layer()
    alone = array(built(X[:1, :1]))
    np.testing.assert_allclose(alone, array(built(X))[:1, :1], atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    full = layer(0.3, return_attention=True)
    mixed = layer(0.3, return_attention=True, dtype=policy)
    mixed.set_weights(full.get_weights())
    (expected, looks), (got, seen) = full(X), mixed(X)
    assert keras.backend.standardize_dtype(got.dtype) == policy.removeprefix("mixed_")
    assert keras.backend.standardize_dtype(seen["weightings"].dtype) == "float32"
    np.testing.assert_allclose(array(ops.cast(got, "float32")), array(expected), atol=2e-2)
    np.testing.assert_allclose(array(seen["weightings"]), array(looks["weightings"]), atol=2e-2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"memory_slots": 2}, "`memory_slots` must be at least 2 \\* shift_range"),
        ({"memory_slots": 4, "shift_range": 2}, "`memory_slots` must be at least"),
        ({"memory_slots": 0}, "`memory_slots` must be a positive"),
        ({"memory_width": -1}, "`memory_width` must be a positive"),
        ({"read_heads": 0}, "`read_heads` must be a positive"),
        ({"write_heads": 0}, "`write_heads` must be a positive"),
        ({"controller_units": 0}, "`controller_units` must be a positive"),
        ({"controller_layers": 0}, "`controller_layers` must be a positive"),
        ({"output_dim": 0}, "`output_dim` must be a positive"),
        ({"shift_range": 0}, "`shift_range` must be a positive"),
        ({"controller": "gru"}, "`controller` must be"),
        ({"controller": 3}, "`controller` must be"),
        ({"memory_initializer": "zeros"}, "`memory_initializer` must be one of"),
        ({"weighting_initializer": "x"}, "`weighting_initializer` must be one of"),
        ({"read_initializer": "x"}, "`read_initializer` must be one of"),
        ({"addressing": "location"}, "`addressing` must be one of"),
        ({"clip_value": 0}, "`clip_value` must be positive"),
    ],
)
def test_bad_arguments(arguments, message):
    for make in (NTM, NTMCell):
        with pytest.raises(ValueError, match=message):
            make(**arguments)


def test_bad_inputs():
    with pytest.raises(ValueError, match="`sequences` must have the shape"):
        NTM(**SMALL)(X[0])
    wide = NTM(**SMALL, controller=keras.Sequential([keras.layers.Dense(9)]))
    with pytest.raises(ValueError, match="`controller_units` must be the width"):
        wide(X)
