"""What applications refuse in one sentence, and masks that reach them through Keras."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist import applications, layers

NAN = np.full((2, 5, 2), np.nan, "float32")
POINTS = np.random.default_rng(0).random((2, 5, 2)).astype("float32")
CLEAR = np.ones((2, 5), bool)
CORE = {"return_sequences": True, "return_state": True}


@pytest.fixture(autouse=True)
def fixed_seed():
    """With some draws all rectifiers of a small head are off, and nothing matters."""
    keras.utils.set_random_seed(0)


def char_rnn():
    return applications.CharRNN("\nabc", 4, 1, embedding_dim=3)


def relational():
    core = layers.RelationalMemory(2, 4, **CORE)
    return applications.RelationalRNNLanguageModel(5, core, embedding_dim=4)


def programs():
    core = layers.LSTM(4, return_sequences=True)
    return applications.RelationalRNNSeq2Seq(core, "abc", 5, 3, mlp=())


def pointer():
    return applications.PointerNetwork(4)


def joint():
    return applications.JointSetModel(3, 4, 5)


REFUSALS = {
    "id too large": (char_rnn, lambda m: m(np.array([[0, 4]])), "`ids` must be integers"),
    "id below zero": (char_rnn, lambda m: m(np.array([[0, -1]])), "`ids` must be integers"),
    "half an id": (char_rnn, lambda m: m(np.array([[0.5, 1]])), "`ids` must be integers"),
    "ids without time": (char_rnn, lambda m: m(np.array([0, 1])), "`ids` must have the shape"),
    "states too narrow": (
        char_rnn,
        lambda m: m(np.ones((2, 3), int), states=[ops.ones((2, 3)), ops.ones((2, 4))]),
        "`states` must be 2 tensors",
    ),
    "states of another batch": (
        char_rnn,
        lambda m: m(np.ones((2, 3), int), states=[ops.ones((3, 4)), ops.ones((3, 4))]),
        "`states` must be 2 tensors",
    ),
    "too few states": (
        char_rnn,
        lambda m: m(np.ones((2, 3), int), states=[ops.ones((2, 4))]),
        "`states` must be 2 tensors",
    ),
    "relational id": (relational, lambda m: m(np.array([[0, 5]])), "`ids` must be integers"),
    "relational states": (
        relational,
        lambda m: m(np.ones((2, 3), int), states=[ops.ones((2, 9))]),
        "`states` must be",
    ),
    "score of an id": (relational, lambda m: m.score([0, 5]), "`ids` must be integers"),
    "prompt of an id": (relational, lambda m: m.generate([5], 2), "`ids` must be integers"),
    "program id": (programs, lambda m: m(np.array([[4, 0, 0, 0, 0]])), "`ids` must be integers"),
    "empty program": (programs, lambda m: m.execute([""]), "`programs` must have 1 to 5"),
    "points that are not finite": (
        pointer,
        lambda m: m.generate(NAN),
        "`inputs` must be finite",
    ),
    "points to read": (pointer, lambda m: m.read(NAN), "`inputs` must be finite"),
    "no points": (pointer, lambda m: m.generate(POINTS, ~CLEAR), "at least one point"),
    "points of a solid": (pointer, lambda m: m.generate(np.ones((2, 5, 3))), "`inputs` must have"),
    "index of no point": (
        pointer,
        lambda m: m.pointing(POINTS, np.full((2, 1), 5)),
        "`indices` must name points",
    ),
    "mask of others": (pointer, lambda m: m.generate(POINTS, CLEAR[:1]), "`mask` must have"),
    "value too large": (joint, lambda m: m.log_probability([[0, 1, 4]]), "`values` must be"),
    "value below zero": (joint, lambda m: m.log_probability([[0, 1, -1]]), "`values` must be"),
    "too few values": (joint, lambda m: m.log_probability([[0, 1]]), "`values` must be"),
}


@pytest.mark.parametrize(("make", "act", "sentence"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refused_in_a_sentence(make, act, sentence):
    with pytest.raises(ValueError, match=sentence):
        act(make())


SEQUENCES = np.random.default_rng(1).normal(size=(2, 6, 9)).astype("float32")
SEQUENCES[:, :2] = -1.0  # padding on the left, which changes what comes if it is read
SHOWN = np.arange(6) >= np.array([[2], [2]])
IDS = np.array([[3, 3, 1, 2, 3, 0], [2, 2, 0, 1, 1, 3]])
MASKING = {
    "LSTMExplorer": lambda: applications.LSTMExplorer("lstm", units=4, input_dim=9),
    "LSTMExplorer-gru": lambda: applications.LSTMExplorer("gru", units=4, input_dim=9),
    "RelationalRNNClassifier": lambda: applications.RelationalRNNClassifier(
        3, layers.LSTM(4), mlp=(3,)
    ),
    "NTMSequenceModel": lambda: applications.NTMSequenceModel(
        "copy", memory_slots=8, memory_width=4, controller_units=5
    ),
    "LSTMSequenceModel": lambda: applications.LSTMSequenceModel("copy", units=4),
}


@pytest.mark.parametrize("make", MASKING.values(), ids=MASKING.keys())
def test_the_mask_of_keras_leaves_padding_out(make):
    model, inputs = make(), keras.Input(SEQUENCES.shape[1:])
    masked = keras.Model(inputs, model(keras.layers.Masking(-1.0)(inputs)))
    expected = ops.convert_to_numpy(model(SEQUENCES[:, 2:]))
    got, read = (ops.convert_to_numpy(m(SEQUENCES)) for m in (masked, model))
    if got.ndim == 3:
        got, read = got[:, 2:], read[:, 2:]
    np.testing.assert_allclose(got, expected, atol=1e-5)
    assert np.abs(read - expected).max() > 1e-4


@pytest.mark.parametrize("make", [char_rnn, relational])
def test_a_mask_leaves_tokens_out(make):
    model = make()
    expected = ops.convert_to_numpy(model(IDS[:, 2:]))
    got, read = (ops.convert_to_numpy(model(IDS, mask=m))[:, 2:] for m in (SHOWN, None))
    np.testing.assert_allclose(got, expected, atol=1e-5)
    assert np.abs(read - expected).max() > 1e-5
