"""Dropout of recurrent layers strikes where the modes say, and nowhere else."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist import layers
from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers.recurrent import dropout, stack
from keras_readinglist.layers.recurrent.cells import recurrent_cell

RNG = np.random.default_rng(0)
B, T, D, H = 3, 6, 4, 5
X = RNG.standard_normal((B, T, D)).astype("float32")
MASK = np.array([[1, 1, 0, 1, 0, 1], [1] * 6, [0, 1, 1, 0, 0, 0]], bool)
DROPPING = [mode for mode in stack.MODES if mode != "none"]
STACK = {"units": H, "dropout": 0.4, "seed": 1}
CONTRACT = [
    (layers.RecurrentStack, {**STACK, "return_state": True}, X, MASK),
    *(
        (layers.RecurrentStack, {**STACK, "num_layers": 1, "dropout_mode": mode}, X, MASK)
        for mode in ("naive_recurrent", "variational", "recurrent_update")
    ),
    (
        layers.RecurrentStack,
        {**STACK, "num_layers": 1, "cell": "gru", "input_dropout": 0.1},
        X,
        None,
    ),
    (layers.LockedDropout, {"rate": 0.4}, X, None),
]


def numpy(x):
    return np.array(ops.convert_to_numpy(x))


def made(**kwargs):
    made = layers.RecurrentStack(**{"units": H, "seed": 1, "return_state": True, **kwargs})
    made.build(X.shape)
    rng = np.random.default_rng(2)
    made.set_weights([rng.standard_normal(w.shape) * 0.4 for w in made.get_weights()])
    return made


def same(got, want):
    for a, b in zip(got, want, strict=True):
        np.testing.assert_array_equal(numpy(a), numpy(b))


@pytest.mark.parametrize("cell", list(stack.CELLS))
def test_without_dropout_it_is_its_layers(cell):
    plain = made(cell=cell, dropout_mode="none", dropout=0.5)
    x, states = ops.convert_to_tensor(X), []
    for layer in plain.recurrent:
        x, *carried = layer(x)
        states += carried
    for mode in stack.MODES:
        if cell == "rnn" and mode == "recurrent_update":
            continue
        same(made(cell=cell, dropout=0.5, dropout_mode=mode)(X, training=False), [x, *states])
        same(made(cell=cell, dropout=0.0, dropout_mode=mode)(X, training=True), [x, *states])
    same(plain(X, training=True), [x, *states])


@pytest.mark.parametrize("mode", DROPPING)
def test_states_split_a_sequence_anywhere(mode):
    whole = made(dropout_mode=mode)
    outputs, *last = whole(X)
    first, *states = whole(X[:, :2])
    second, *end = whole(X[:, 2:], initial_state=states)
    joined = np.concatenate([numpy(first), numpy(second)], axis=1)
    np.testing.assert_allclose(joined, numpy(outputs), atol=1e-6)
    for a, b in zip(end, last, strict=True):
        np.testing.assert_allclose(numpy(a), numpy(b), atol=1e-6)


def struck(mode, num_layers, monkeypatch, factor=0.5):
    """Return the gradient of the last output for every input, of linear layers whose every mask is
    a factor, against that without dropout."""
    for module in (dropout, recurrent_cell):
        monkeypatch.setattr(
            module, "keep_factors", lambda shape, rate, seed, dtype: ops.full(shape, factor, dtype)
        )

    def slopes(**kwargs):
        linear = made(cell="rnn", num_layers=num_layers, activation="linear", **kwargs)

        loss = Differentiable(linear, lambda y: ops.sum(y[0][:, -1]), training=True)
        return numpy(loss.of_inputs(X)[0])

    ratio = slopes(dropout_mode=mode) / slopes(dropout_mode="none")
    np.testing.assert_allclose(ratio, ratio[:1, :, :1] * np.ones(ratio.shape), rtol=1e-3)
    return np.log(ratio[0, ::-1, 0]) / np.log(factor)


@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_what_is_remembered_is_struck_once_a_layer_and_once_more(num_layers, monkeypatch):
    strikes = struck("non_recurrent", num_layers, monkeypatch)
    np.testing.assert_allclose(strikes, np.full(T, num_layers + 1), atol=1e-3)


@pytest.mark.parametrize("mode", ["naive_recurrent", "variational"])
def test_recurrent_dropout_strikes_at_every_step(mode, monkeypatch):
    strikes = struck(mode, 2, monkeypatch)
    np.testing.assert_allclose(strikes, np.arange(T) + 3, atol=1e-3)


def test_what_the_first_layer_carries_is_free_of_randomness():
    zeros = np.zeros((B, T, D), "float32")
    states = [RNG.standard_normal((B, H)).astype("float32") for _ in range(4)]
    cells = {}
    for mode in DROPPING:
        for seed in (1, 2):
            _, _, c, *_ = made(dropout_mode=mode, seed=seed)(zeros, states, training=True)
            cells[mode, seed] = numpy(c)
    same([cells["non_recurrent", 1]], [cells["non_recurrent", 2]])
    for mode in ("naive_recurrent", "variational", "recurrent_update"):
        assert (cells[mode, 1] != cells[mode, 2]).any(), mode


def recorded(mode, monkeypatch, calls=2):
    """Return all factors that are drawn in some calls, by call."""
    drawn, draw = [], dropout.keep_factors

    def record(*args):
        drawn.append(draw(*args))
        return drawn[-1]

    for module in (dropout, recurrent_cell):
        monkeypatch.setattr(module, "keep_factors", record)
    x = np.ones((20, 30, 40), "float32")
    stack = layers.RecurrentStack(40, dropout=0.25, dropout_mode=mode, seed=0)
    for _ in range(calls):
        stack(x, training=True)
    drawn = [numpy(factors) for factors in drawn]
    return drawn[: len(drawn) // calls], drawn[len(drawn) // calls :]


@pytest.mark.parametrize("mode", DROPPING)
def test_masks_differ_as_the_mode_says(mode, monkeypatch):
    first, second = recorded(mode, monkeypatch)
    counts = {"non_recurrent": 3}.get(mode, 5)
    assert len(first) == len(second) == counts  # each in one operation for all steps
    steps = 1 if mode == "variational" else 30
    for mask, other in zip(first, second, strict=True):
        assert mask.shape == (20, steps, 40)
        np.testing.assert_array_equal(np.unique(mask), np.array([0, 1 / 0.75], "float32"))
        spread = 4 * np.sqrt(0.25 * 0.75 / mask.size)
        assert abs((mask == 0).mean() - 0.25) < spread
        assert (mask != other).any()  # of calls
        assert (mask[0] != mask[1]).any()  # of examples
        assert steps == 1 or (mask[:, 0] != mask[:, 1]).any()
    for mask, other in zip(first, first[1:], strict=False):
        assert (mask != other).any()  # of layers


def test_the_mean_over_masks_is_the_output_without():
    """Of linear layers, within three standard errors."""
    x = np.repeat(X[:1], 4000, axis=0)
    linear = made(cell="rnn", activation="linear", dropout=0.3)
    got = numpy(linear(x, training=True)[0])
    error = 3.5 * got.std(axis=0) / np.sqrt(len(got))
    assert (np.abs(got.mean(axis=0) - numpy(linear(x[:1])[0])[0]) <= error + 1e-6).all()


def test_two_steps_of_training_use_different_masks():
    """A mask drawn while a program is traced would be the same for ever."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((T, D)), layers.RecurrentStack(H, seed=0)])
    model.compile(keras.optimizers.SGD(0.0), loss="mse")
    losses = {float(model.train_on_batch(X, np.zeros((B, T, H), "float32"))) for _ in range(4)}
    assert len(losses) == 4


def test_the_same_seed_draws_the_same_masks():
    for mode in DROPPING:
        same(*(made(dropout_mode=mode, seed=7)(X, training=True) for _ in range(2)))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_what_is_kept_is_scaled_in_float32(policy):
    """1 / 0.35 is no bfloat16: 11 / 0.35 rounds to 31.375, eleven times its bfloat16 to 31.5."""
    layer = layers.LockedDropout(0.65, seed=0, dtype=policy)
    dropped = layer(np.full((2, 3, 50), 11.0), training=True)
    want = ops.cast(ops.convert_to_tensor(np.float32(11 / 0.35)), layer.compute_dtype)
    values = set(np.unique(numpy(ops.cast(dropped, "float32"))).tolist())
    assert values == {0.0, float(numpy(ops.cast(want, "float32")))}


def test_gates_of_a_layer_that_drops_at_every_step():
    """What is traced afterwards, from the states, is what the loop has computed."""
    for name, mode in [("lstm", "step"), ("lstm", "update"), ("gru", "step"), ("gru", "update")]:
        layer = stack.CELLS[name](
            H,
            recurrent_dropout=0.5,
            recurrent_dropout_mode=mode,
            return_sequences=True,
            return_gates=True,
        )
        outputs, gates = layer(X, training=True)
        gates = {key: numpy(gate) for key, gate in gates.items()}
        h = np.concatenate([np.zeros((B, 1, H)), gates["h"]], axis=1)[:, :-1]
        if name == "lstm":
            again = gates["o"] * np.tanh(gates["c"])
        else:
            again = gates["z"] * h + (1 - gates["z"]) * gates["g"]
        np.testing.assert_allclose(again, numpy(outputs), atol=1e-5)
        assert mode == "step" or (gates["g"] == 0).mean() > 0.2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.RecurrentStack(0), "`units` must be"),
        (lambda: layers.RecurrentStack(4, num_layers=0), "`num_layers` must be"),
        (lambda: layers.RecurrentStack(4, cell="mlp"), "`cell` must be one of"),
        (lambda: layers.RecurrentStack(4, dropout=1), "`dropout` must lie in"),
        (lambda: layers.RecurrentStack(4, input_dropout=-1), "`input_dropout` must lie in"),
        (lambda: layers.RecurrentStack(4, dropout_mode="all"), "`dropout_mode` must be one of"),
        (
            lambda: layers.RecurrentStack(4, cell="rnn", dropout_mode="recurrent_update"),
            "`recurrent_dropout_mode` must be one of",
        ),
        (lambda: layers.LockedDropout(1.0), "`rate` must lie in"),
        (lambda: layers.LockedDropout(0.5)(np.ones((2, 3))), "`inputs` must have the shape"),
        (lambda: made()(X, [np.zeros((B, H))]), "`initial_state` must be 4 tensors"),
        (
            lambda: keras.layers.RNN(
                layers.LSTMCell(4, recurrent_dropout=0.5, recurrent_dropout_mode="step")
            )(X, training=True),
            "`recurrent_dropout_mode` must be 'sequence'",
        ),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
