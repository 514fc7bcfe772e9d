"""The recurrent core equals its equations, Keras and torch, and keeps its invariants."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist import conversion, layers
from keras_readinglist.layers import recurrent
from keras_readinglist.layers.recurrent import steps
from tests.layers.masked import check_hidden_nan

RNG = np.random.default_rng(0)
B, T, D, H = 3, 5, 4, 6
X = RNG.standard_normal((B, T, D)).astype("float32")
MASK = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 0, 0]], bool)
RIGHT = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]], bool)

VARIANTS = {
    "rnn": (layers.SimpleRNN, {}),
    "lstm": (layers.LSTM, {}),
    "no bias": (layers.LSTM, {"use_bias": False}),
    "peephole": (layers.LSTM, {"peephole": True}),
    "output peephole": (layers.LSTM, {"peephole": ("o",)}),
    "coupled": (layers.LSTM, {"coupled": True}),
    "coupled peephole": (layers.LSTM, {"coupled": True, "peephole": True}),
    "projection": (layers.LSTM, {"projection_units": 3}),
    "gru": (layers.GRU, {}),
    "gru reset before": (layers.GRU, {"reset_after": False}),
    "gru olah": (layers.GRU, {"update_convention": "olah"}),
}
variants = pytest.mark.parametrize(
    ("layer_class", "kwargs"), VARIANTS.values(), ids=VARIANTS.keys()
)

# Of every layer: class, constructor arguments, inputs, mask; see test_conformance.
SEQUENCES = {"units": 6, "return_sequences": True}
CONTRACT = [
    (layers.LSTM, SEQUENCES, X, MASK),
    (layers.LSTM, {**SEQUENCES, "peephole": True, "return_state": True}, X, MASK),
    (layers.LSTM, {"units": 6, "coupled": True, "projection_units": 3}, X, None),
    (layers.GRU, {"units": 6}, X, MASK),
    (layers.GRU, {"units": 6, "dropout": 0.4, "recurrent_dropout": 0.3, "seed": 1}, X, None),
    (layers.GRU, {**SEQUENCES, "reset_after": False}, X, None),
    (layers.SimpleRNN, SEQUENCES, X, MASK),
]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def oracle(layer, x, mask=None, initial=None, backwards=False):
    """Run a layer's equations with plain loops in float64; return outputs and last states."""
    cell = layer.cell
    w = {v.name: np.asarray(ops.convert_to_numpy(v), "float64") for v in cell.weights}
    kernel, recurrent = w["kernel"], w["recurrent_kernel"]
    bias = w.get("bias", np.zeros(kernel.shape[1]))
    outputs = np.zeros((len(x), x.shape[1], cell.output_size))
    last = [np.zeros((len(x), size)) for size in cell.state_size]
    for b in range(len(x)):
        state = [np.zeros(size) if initial is None else initial[k][b]
                 for k, size in enumerate(cell.state_size)]  # fmt: skip
        order = range(x.shape[1])[::-1] if backwards else range(x.shape[1])
        for place, t in enumerate(order):
            if mask is None or mask[b, t]:
                state = one_step(layer, w, kernel, recurrent, bias, x[b, t], state)
            outputs[b, place] = state[0]
        for k, value in enumerate(state):
            last[k][b] = value
    return outputs, last


def one_step(layer, w, kernel, recurrent, bias, x, state):
    cell, h, n = layer.cell, state[0], layer.cell.units
    if isinstance(layer, layers.SimpleRNN):
        return [np.tanh(x @ kernel + h @ recurrent + bias)]
    if isinstance(layer, layers.GRU):
        b_in, b_re = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
        a, u = x @ kernel + b_in, h @ recurrent + b_re
        z, r = sigmoid(a[:n] + u[:n]), sigmoid(a[n : 2 * n] + u[n : 2 * n])
        inner = r * u[2 * n :] if cell.reset_after else (r * h) @ recurrent[:, 2 * n :]
        g = np.tanh(a[2 * n :] + inner)
        return [z * h + (1 - z) * g if cell.update_convention == "keras" else (1 - z) * h + z * g]
    a, c = x @ kernel + h @ recurrent + bias, state[1]
    names = "fgo" if cell.coupled else "ifgo"
    parts = dict(zip(names, np.split(a, len(names)), strict=True))
    p = {gate: w.get(f"peephole_{gate}", 0.0) for gate in "ifo"}
    f = sigmoid(parts["f"] + p["f"] * c)
    i = 1 - f if cell.coupled else sigmoid(parts["i"] + p["i"] * c)
    c = f * c + i * np.tanh(parts["g"])
    h = sigmoid(parts["o"] + p["o"] * c) * np.tanh(c)  # the output gate sees the new cell
    return [h @ w["projection_kernel"] if cell.projection_units else h, c]


def build(layer_class, kwargs, **more):
    layer = layer_class(H, return_sequences=True, return_state=True, **kwargs, **more)
    layer.build(X.shape)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.standard_normal(w.shape) * 0.5 for w in layer.get_weights()])
    return layer


def numpy(outputs):
    return [np.array(ops.convert_to_numpy(o)) for o in outputs]


@variants
@pytest.mark.parametrize(
    ("mask", "backwards"),
    [(None, False), (RIGHT, False), (MASK, True)],
    ids=["plain", "right padding", "any mask, backwards"],
)
def test_equals_plain_loops(layer_class, kwargs, mask, backwards):
    layer = build(layer_class, kwargs, go_backwards=backwards)
    initial = [RNG.standard_normal((B, s)).astype("float32") for s in layer.cell.state_size]
    tensors = [ops.convert_to_tensor(s) for s in initial]
    kept = None if mask is None else ops.convert_to_tensor(mask)
    outputs, *last = numpy(layer(ops.convert_to_tensor(X), initial_state=tensors, mask=kept))
    expected, states = oracle(layer, X, mask, initial, backwards)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    for got, want in zip(last, states, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)


@pytest.mark.parametrize(
    ("ours", "theirs", "kwargs"),
    [
        (layers.SimpleRNN, keras.layers.SimpleRNN, {}),
        (layers.LSTM, keras.layers.LSTM, {}),
        (layers.LSTM, keras.layers.LSTM, {"use_bias": False}),
        (layers.GRU, keras.layers.GRU, {}),
        (layers.GRU, keras.layers.GRU, {"reset_after": False}),
    ],
)
def test_weights_of_keras_give_the_outputs_and_updates_of_keras(ours, theirs, kwargs):
    models = []
    for layer_class in (theirs, ours):
        layer = layer_class(H, return_sequences=True, **kwargs)
        model = keras.Sequential([keras.Input((T, D)), layer])
        if models:
            model.set_weights(models[0].get_weights())
        models.append(model)
    np.testing.assert_allclose(*(m.predict(X, verbose=0) for m in models), atol=1e-6)
    target = RNG.standard_normal((B, T, H)).astype("float32")
    for model in models:
        model.compile(optimizer=keras.optimizers.SGD(1.0), loss="mse")
        model.fit(X, target, verbose=0)
    for a, b in zip(*(m.get_weights() for m in models), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@variants
def test_cell_stepped_equals_layer(layer_class, kwargs):
    layer = build(layer_class, kwargs)
    states = layer.cell.get_initial_state(B)
    stepped = []
    for t in range(T):
        output, states = layer.cell(ops.convert_to_tensor(X[:, t]), states)
        stepped.append(numpy([output])[0])
    outputs, *last = numpy(layer(ops.convert_to_tensor(X)))
    np.testing.assert_allclose(np.stack(stepped, axis=1), outputs, atol=1e-6)
    for got, want in zip(numpy(states), last, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-6)


@variants
def test_cells_run_in_keras_rnn_with_masks(layer_class, kwargs):
    layer = build(layer_class, kwargs)
    wrapped = keras.layers.RNN(layer.cell, return_sequences=True)
    mask = ops.convert_to_tensor(RIGHT)
    got = numpy([wrapped(ops.convert_to_tensor(X), mask=mask)])[0]
    want = numpy(layer(ops.convert_to_tensor(X), mask=mask))[0]
    np.testing.assert_allclose(got, want, atol=1e-6)


def test_bidirectional():
    layer = keras.layers.Bidirectional(layers.LSTM(H, return_sequences=True))
    mask = ops.convert_to_tensor(RIGHT)
    outputs = numpy([layer(ops.convert_to_tensor(X), mask=mask)])[0]
    backward = layer.backward_layer
    expected, _ = oracle(backward, X, RIGHT, backwards=True)
    np.testing.assert_allclose(outputs[..., H:], expected[:, ::-1], atol=1e-5)


def test_special_cases_of_the_variants():
    x = ops.convert_to_tensor(X)
    plain = build(layers.LSTM, {})
    peephole = layers.LSTM(H, peephole=True, return_sequences=True)
    peephole.build(X.shape)
    peephole.set_weights([*plain.get_weights(), *[np.zeros(H)] * 3])
    np.testing.assert_allclose(*numpy([peephole(x), plain(x)[0]]), atol=1e-6)

    coupled = build(layers.LSTM, {"coupled": True})
    tied = layers.LSTM(H, return_sequences=True)
    tied.build(X.shape)
    f_first = [np.concatenate([-w[..., :H], w], axis=-1) for w in coupled.get_weights()]
    tied.set_weights(f_first)
    np.testing.assert_allclose(*numpy([coupled(x)[0], tied(x)]), atol=1e-6)

    keras_gru, olah = build(layers.GRU, {}), build(layers.GRU, {"update_convention": "olah"})
    negated = [np.concatenate([-w[..., :H], w[..., H:]], -1) for w in keras_gru.get_weights()]
    olah.set_weights(negated)
    np.testing.assert_allclose(*numpy([keras_gru(x)[0], olah(x)[0]]), atol=1e-6)


def test_open_forget_gate_keeps_the_cell_exactly():
    layer = layers.LSTM(2, return_sequences=True, return_state=True)
    layer.build((1, 1000, 1))
    bias = np.repeat([-200.0, 200.0, 0.0, 0.0], 2)  # i = 0, f = 1
    layer.set_weights([np.zeros((1, 8)), np.zeros((2, 8)), bias])
    cell = ops.convert_to_tensor(np.array([[0.3, -1.7]], "float32"))
    zeros = ops.zeros((1, 2))
    _, _, c = layer(ops.ones((1, 1000, 1)), initial_state=[zeros, cell])
    np.testing.assert_array_equal(*numpy([c, cell]))


@variants
def test_splitting_a_sequence_changes_nothing(layer_class, kwargs):
    layer = build(layer_class, kwargs)
    whole, *last = numpy(layer(ops.convert_to_tensor(X)))
    first, *states = layer(ops.convert_to_tensor(X[:, :2]))
    second, *end = layer(ops.convert_to_tensor(X[:, 2:]), initial_state=states)
    joined = np.concatenate(numpy([first, second]), axis=1)
    np.testing.assert_allclose(joined, whole, atol=1e-6)
    for got, want in zip(numpy(end), last, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-6)


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn", "peephole"])
def test_masked_nan_reaches_neither_outputs_nor_updates(name):
    layer_class, kwargs = VARIANTS[name]

    def connect(inputs, mask):
        outputs = layer_class(H, return_sequences=True, **kwargs)(inputs, mask=mask)
        return ops.sum(outputs, axis=1)

    check_hidden_nan(connect, X, at=0, mask=MASK)


def test_zero_output_for_mask_and_masks_that_are_all_false():
    layer = layers.LSTM(H, return_sequences=True, zero_output_for_mask=True)
    outputs = numpy([layer(ops.convert_to_tensor(X), mask=ops.convert_to_tensor(MASK))])[0]
    assert (outputs[~MASK] == 0).all() and (outputs[MASK] != 0).any()
    nothing = layer(ops.convert_to_tensor(X), mask=ops.convert_to_tensor(np.zeros_like(MASK)))
    assert (numpy([nothing])[0] == 0).all()


@variants
def test_lengths_of_zero_and_one(layer_class, kwargs):
    layer = build(layer_class, kwargs)
    state = [ops.convert_to_tensor(RNG.standard_normal((B, s)).astype("float32"))
             for s in layer.cell.state_size]  # fmt: skip
    outputs, *last = layer(ops.convert_to_tensor(X[:, :0]), initial_state=state)
    assert tuple(outputs.shape) == (B, 0, layer.cell.output_size)
    for got, want in zip(numpy(last), numpy(state), strict=True):
        np.testing.assert_array_equal(got, want)
    assert tuple(layer(ops.convert_to_tensor(X[:1, :1]))[0].shape)[:2] == (1, 1)


@pytest.mark.parametrize("name", ["lstm", "coupled peephole", "gru", "gru reset before", "rnn"])
def test_gates_explain_the_outputs(name):
    layer_class, kwargs = VARIANTS[name]
    layer = build(layer_class, kwargs, return_gates=True)
    outputs, *_, gates = layer(ops.convert_to_tensor(X))
    gates = dict(zip(gates, numpy(gates.values()), strict=True))
    outputs = numpy([outputs])[0]
    np.testing.assert_allclose(gates["h"], outputs, atol=1e-6)
    if "c" in gates:
        before = np.concatenate([np.zeros((B, 1, H)), gates["c"][:, :-1]], axis=1)
        cell = gates["f"] * before + gates["i"] * gates["g"]
        np.testing.assert_allclose(gates["c"], cell, atol=1e-6)
        np.testing.assert_allclose(outputs, gates["o"] * np.tanh(cell), atol=1e-5)


def test_mixed_precision_keeps_states_in_float32():
    layer = layers.LSTM(1, dtype="mixed_bfloat16", return_state=True)
    layer.build((1, 400, 1))
    # i = 1, f = 1, g = tanh(1/256): in bfloat16 the sum would stop growing at 1.
    kernel = np.array([[0, 0, 1 / 256, 0]])
    layer.set_weights([kernel, np.zeros((1, 4)), np.array([50.0, 50.0, 0.0, 0.0])])
    *_, c = layer(ops.ones((1, 400, 1)))
    assert float(ops.cast(c, "float32")[0, 0]) == pytest.approx(400 / 256, rel=0.01)


def test_no_output_depends_on_the_future():
    layer = build(layers.LSTM, {})
    changed = X.copy()
    changed[:, 3] += 1
    before, after = (numpy(layer(ops.convert_to_tensor(x)))[0] for x in (X, changed))
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert (before[:, 3:] != after[:, 3:]).any()


on_torch = pytest.mark.skipif(keras.config.backend() != "torch", reason="torch has the fast path")


@on_torch
def test_the_fast_path_of_torch_equals_the_portable_loop():
    from keras_readinglist.layers.recurrent import fused

    for layer_class in (layers.LSTM, layers.GRU):
        layer = build(layer_class, {})
        x = ops.convert_to_tensor(X)
        states = layer.cell.initial_states(B)
        for mask in (None, ops.convert_to_tensor(RIGHT)):
            fast, last = fused.run_fused(layer.cell, x, states, mask)
            history, slow_last = steps.run(layer.cell.step, layer.cell.project(x), states, mask)
            np.testing.assert_allclose(*numpy([fast, history[0]]), atol=1e-6)
            for a, b in zip(numpy(last), numpy(slow_last), strict=True):
                np.testing.assert_allclose(a, b, atol=1e-6)
        assert fused.run_fused(layer.cell, x, states, ops.convert_to_tensor(MASK)) is None


@on_torch
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layer_class", [layers.LSTM, layers.GRU])
def test_the_single_step_of_torch_equals_the_portable_one(layer_class, dtype):
    import torch

    layer = build(layer_class, {"dtype": dtype})
    for weight in layer.weights:  # the bias too, whose initial value is zero
        weight.assign(np.random.default_rng(1).normal(size=weight.shape))
    x = torch.tensor(X[:, :1], dtype=getattr(torch, dtype), requires_grad=True)
    noise = np.random.default_rng(2).normal(size=(2, B, layer.units))
    states = [torch.tensor(n, dtype=x.dtype) for n in noise[: len(layer.cell.state_size)]]
    for mask in (None, torch.arange(B)[:, None] != 1):
        fast = layer._run(x, states, mask, False, False)[:2]
        history, last = layer._loop(x, states, mask, None)
        for a, b in zip(keras.tree.flatten(fast), [history[0], *last], strict=True):
            tolerance = 1e-6 if dtype == "float32" else 1e-12
            np.testing.assert_allclose(*numpy([a, b]), atol=tolerance)
            gradients = [torch.autograd.grad(y.sum(), x, retain_graph=True)[0] for y in (a, b)]
            np.testing.assert_allclose(*numpy(gradients), atol=10 * tolerance)


def test_what_a_user_writes_is_used():
    """A function called like one of Keras, and methods of a cell, also where a kernel is faster."""

    def tanh(z):  # LeCun's
        return 1.7159 * ops.tanh(2 * z / 3)

    class Own(layers.LSTMCell):
        def project(self, inputs):
            return 2 * super().project(inputs)

    class Stepped(layers.GRUCell):
        def step(self, z, states, factors=None):
            return [0.5 * h for h in super().step(z, states, factors)]

    for layer in (
        layers.LSTM(H, activation=tanh),
        type("OwnLSTM", (layers.LSTM,), {"cell_class": Own})(H),
        type("OwnGRU", (layers.GRU,), {"cell_class": Stepped})(H),
    ):
        got = numpy([layer(X)])[0]
        want = numpy([keras.layers.RNN(layer.cell)(ops.convert_to_tensor(X))])[0]
        np.testing.assert_allclose(got, want, atol=1e-5)
        plain = (layers.LSTM if layer.cell.gates == 4 else layers.GRU)(H)
        plain.build(X.shape)
        plain.set_weights(layer.get_weights())
        assert np.abs(got - numpy([plain(X)])[0]).max() > 1e-2


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_gates_beside_recurrent_dropout_are_those_that_were_used(name):
    layer_class, kwargs = VARIANTS[name]
    layer = layer_class(H, return_gates=True, recurrent_dropout=0.5, seed=1, **kwargs)
    gates = layer(X, training=True)[1]
    gates = {key: numpy([track])[0] for key, track in gates.items()}
    h, first = gates["h"], np.zeros((B, 1, H))
    if name == "lstm":
        c = gates["c"]
        before = np.concatenate([first, c[:, :-1]], axis=1)
        np.testing.assert_allclose(gates["f"] * before + gates["i"] * gates["g"], c, atol=1e-5)
        np.testing.assert_allclose(gates["o"] * np.tanh(c), h, atol=1e-5)
    else:
        before = np.concatenate([first, h[:, :-1]], axis=1)
        mixed = gates["z"] * before + (1 - gates["z"]) * gates["g"]
        np.testing.assert_allclose(mixed, h, atol=1e-5)


@pytest.mark.parametrize("stacked", [False, True])
def test_keras_rnn_draws_the_dropout_of_inputs_once(stacked):
    """Of a cell that copies its inputs: what is dropped at one step is dropped at all."""

    class Copy(layers.SimpleRNNCell):
        def step(self, z, states, factors=None):
            return [z]

    options = {"kernel_initializer": "identity", "recurrent_regularizer": "l2"}
    cell = Copy(D, dropout=0.5, recurrent_dropout=0.1, seed=1, **options)
    cell = keras.layers.StackedRNNCells([cell, Copy(D, **options)]) if stacked else cell
    inputs = keras.Input((None, D))
    model = keras.Model(inputs, keras.layers.RNN(cell, return_sequences=True)(inputs))
    ones = ops.ones((B, T, D))
    first, second = (numpy([model(ones, training=True)])[0] for _ in range(2))
    assert set(np.unique(first)) == {0.0, 2.0} and (first != second).any()
    np.testing.assert_array_equal(first, np.repeat(first[:, :1], T, axis=1))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(X, X, verbose=0)  # no tracer leaves the loop
    assert np.isfinite(model.predict(X, verbose=0)).all()


def test_gates_of_a_projected_layer_have_the_declared_shapes():
    layer = layers.LSTM(H, projection_units=3, return_gates=True)
    declared = layer.compute_output_shape(X.shape)[1]
    for name, track in layer(X)[1].items():
        assert tuple(track.shape) == declared[name], name


def test_the_initial_values_of_a_bias_differ():
    cell = layers.LSTMCell(H, bias_initializer="random_normal")
    cell.build((None, D))
    blocks = numpy([cell.bias])[0].reshape(4, H)
    assert (blocks[1] == 1).all() and len({tuple(block) for block in blocks}) == 4


def test_functions_of_tensors_equal_the_layers():
    for layer_class, function, kwargs in (
        (layers.SimpleRNN, recurrent.rnn_sequence, {}),
        (layers.LSTM, recurrent.lstm_sequence, {}),
        (layers.GRU, recurrent.gru_sequence, {"reset_after": False}),
    ):
        layer = build(layer_class, kwargs)
        x = ops.convert_to_tensor(X)
        kernel, inner, bias = map(ops.convert_to_tensor, layer.get_weights())
        mask = ops.convert_to_tensor(MASK)
        outputs, last = function(ops.matmul(x, kernel) + bias, inner, mask=mask, **kwargs)
        expected, *states = layer(x, mask=mask)
        for got, want in zip(numpy([outputs, *last]), numpy([expected, *states]), strict=True):
            np.testing.assert_allclose(got, want, atol=1e-6)
    *_, gates = recurrent.lstm_sequence(np.ones((1, 3, 8)), np.ones((2, 8)), return_gates=True)
    np.testing.assert_allclose(*numpy([gates["h"], gates["o"] * ops.tanh(gates["c"])]), atol=1e-6)


def test_functions_of_tensors_take_arrays_and_check_them():
    x, kernel = RNG.standard_normal((B, T, 12)), RNG.standard_normal((3, 12))
    state, mask = [RNG.standard_normal((1, 3)) for _ in range(2)], RIGHT
    peephole = {"o": np.ones(3)}
    given = {"peephole": peephole, "mask": mask}
    for go_backwards in (False, True):
        given["go_backwards"] = go_backwards
        outputs, last = recurrent.lstm_sequence(x, kernel, state, **given)
        tensors = keras.tree.map_structure(ops.convert_to_tensor, [x, kernel, state])
        same, _ = recurrent.lstm_sequence(*tensors, **given)
        np.testing.assert_array_equal(*numpy([outputs, same]))
        if keras.config.backend() != "jax":
            assert keras.backend.standardize_dtype(outputs.dtype) == "float64"
        single = keras.tree.map_structure(lambda a: a.astype("float32"), [x, kernel, state])
        rounded, _ = recurrent.lstm_sequence(*single, **given)
        assert keras.backend.standardize_dtype(rounded.dtype) == "float32"
        np.testing.assert_allclose(*numpy([rounded, outputs]), atol=1e-5)
    spoiled = np.where(RIGHT[..., None], x, np.nan)
    clean, _ = recurrent.gru_sequence(x[..., :9], kernel[:, :9], mask=RIGHT)
    np.testing.assert_array_equal(
        *numpy([recurrent.gru_sequence(spoiled[..., :9], kernel[:, :9], mask=RIGHT)[0], clean])
    )
    for wrong, name in (
        (lambda: recurrent.gru_sequence(x, kernel), "recurrent_kernel"),
        (lambda: recurrent.lstm_sequence(x[..., :9], kernel), "x_proj"),
        (lambda: recurrent.lstm_sequence(x, kernel, [np.ones((7, 3))] * 2), "initial_state"),
        (lambda: recurrent.lstm_sequence(x, kernel, mask=RIGHT[:2]), "mask"),
    ):
        with pytest.raises(ValueError, match=f"`{name}` must"):
            wrong()


@pytest.mark.skipif(keras.config.backend() == "tensorflow", reason="shares no process with torch")
@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_weights_of_torch_give_the_outputs_of_torch(cell):
    torch = pytest.importorskip("torch")
    module = getattr(torch.nn, cell)(D, H, batch_first=True)
    layer = conversion.from_torch(module, return_sequences=True)
    expected = module(torch.tensor(X))[0].detach().numpy()
    np.testing.assert_allclose(numpy([layer(ops.convert_to_tensor(X))])[0], expected, atol=1e-6)
    back = conversion.to_torch(layer)(torch.tensor(X))[0].detach().numpy()
    np.testing.assert_allclose(back, expected, atol=1e-6)
    with pytest.raises(ValueError, match="one layer and direction"):
        conversion.from_torch(getattr(torch.nn, cell)(D, H, num_layers=2))
    with pytest.raises(ValueError, match="no counterpart in torch"):
        conversion.to_torch(build(layers.LSTM, {"peephole": True}))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.LSTM(0), "`units` must be a positive integer. Received: units=0"),
        (lambda: layers.LSTM(2, peephole="x"), "`peephole` must be"),
        (lambda: layers.LSTM(2, coupled=True, peephole="i"), "`peephole` must not name 'i'"),
        (lambda: layers.LSTM(2, dropout=1.0), r"`dropout` must lie in \[0, 1\)"),
        (lambda: layers.GRU(2, recurrent_dropout=-1), "`recurrent_dropout` must lie"),
        (lambda: layers.GRU(2, update_convention="cho"), "`update_convention` must be"),
        (lambda: layers.LSTM(2, projection_units=0), "`projection_units` must be"),
        (lambda: layers.LSTM(2)(np.ones((2, 3), "float32")), r"Received shape: \(2, 3\)"),
        (lambda: layers.LSTM(2)(X, initial_state=[ops.zeros((3, 5))] * 2), "`initial_state` must"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
