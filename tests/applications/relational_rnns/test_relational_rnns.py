"""The relational applications: they learn, answer, save, carry states, and refuse."""

import keras
import numpy as np
import pytest

from keras_readinglist.applications import (
    RelationalRNNClassifier,
    RelationalRNNLanguageModel,
    RelationalRNNSeq2Seq,
    TruncatedBPTT,
)
from keras_readinglist.applications.loading import load_preset
from keras_readinglist.datasets import StreamBatcher, learn_to_execute, nth_farthest
from keras_readinglist.datasets.learn_to_execute import VOCABULARY, longest
from keras_readinglist.layers import LSTM, NTM, RelationalMemory
from tests.applications.case import Case

LOSS = keras.losses.SparseCategoricalCrossentropy(
    from_logits=True, reduction="mean_with_sample_weight"
)


def core(kind, **kwargs):
    if kind == "lstm":
        return LSTM(12, **kwargs)
    return RelationalMemory(3, 4, num_heads=2, gate_style="memory", **kwargs)


def tiny(dtype=None, **kwargs):
    return RelationalMemory(2, 4, dtype=dtype, **kwargs)


ROWS, LABELS = nth_farthest(3, num_objects=4, dim=2, rng=0)
SQUARE = [[0, 0], [0, 1], [1, 0], [0.1, 0.1]]
IDS = np.array([[1, 2, 3, 1], [3, 3, 0, 2]])
PROGRAMS = np.array([[1, 2, 0], [3, 2, 1]])


def classifier(**kwargs):
    model = RelationalRNNClassifier(4, tiny(kwargs.get("dtype")), mlp=(5,), **kwargs)
    model.build((None, 4, 14))
    return model


CASES = {
    "RelationalRNNClassifier": Case(
        classifier,
        ROWS,
        LABELS,
        {
            "farthest": lambda model, x: model.farthest(SQUARE, [0, 1, 2, 3], 0, 3),
            "trace": lambda model, x: model.trace(x),
        },
    ),
    "RelationalRNNSeq2Seq": Case(
        lambda **kw: RelationalRNNSeq2Seq(
            tiny(kw.get("dtype"), return_sequences=True), "'123", 3, 2, mlp=(5,), **kw
        ),
        PROGRAMS,
        PROGRAMS,
        {
            "execute": lambda model, x: model.execute(["'1", "23'"]),
            "probabilities": lambda model, x: model.probabilities(["'1", "23'"]),
        },
    ),
    "RelationalRNNLanguageModel": Case(
        lambda **kw: RelationalRNNLanguageModel(
            5,
            tiny(kw.get("dtype"), return_sequences=True, return_state=True),
            embedding_dim=3,
            **kw,
        ),
        IDS,
        IDS,
        {
            "generate": lambda model, x: model.generate([1, 2], 3, seed=0),
            "beam_search": lambda model, x: [p for _, p in model.beam_search([1], 3, beam_width=2)],
            "score": lambda model, x: model.score([1, 2, 3, 1]),
        },
    ),
}


def farthest_model(kind):
    model = RelationalRNNClassifier(4, core(kind), mlp=(16,))
    model.build((None, 4, 14))
    return model


def test_classifier_learns_and_comes_back_from_a_preset(tmp_path):
    keras.utils.set_random_seed(0)
    model = farthest_model("memory")
    inputs, labels = nth_farthest(64, num_objects=4, dim=2, rng=0)
    model.compile(keras.optimizers.Adam(0.01), loss=LOSS)
    losses = model.fit(inputs, labels, epochs=12, batch_size=64, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.save_to_preset(tmp_path / "here")
    again = load_preset(tmp_path / "here")
    np.testing.assert_array_equal(again.predict_on_batch(inputs), model.predict_on_batch(inputs))


def test_classifier_answers_questions():
    model = farthest_model("memory")
    vectors = np.random.default_rng(0).uniform(-1, 1, (4, 2))
    probabilities = model.farthest(vectors, [2, 0, 3, 1], n=1, reference=3)
    assert probabilities.shape == (4,) and probabilities.sum() == pytest.approx(1, abs=1e-5)
    rows, _ = nth_farthest(2, num_objects=4, dim=2, rng=0)
    trace = model.trace(rows)
    assert trace["attention"].shape == (2, 4, 1, 2, 3, 4) and trace["forget"].shape == (2, 4, 3, 1)
    direct = keras.ops.softmax(model.predict_on_batch(rows))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(direct), trace["probabilities"], atol=1e-5
    )
    assert farthest_model("lstm").trace(rows)["f"].shape == (2, 4, 12)
    for arguments, message in (
        ((vectors[:, :1], [2, 0, 3, 1], 1, 3), "`sequences` must have the shape"),
        ((vectors * np.nan, [2, 0, 3, 1], 1, 3), "`vectors` must be finite"),
        ((vectors, [2, 0, 3, 3], 1, 3), "`labels` must be a permutation"),
        ((vectors, [2, 0, 3, 1], 4, 3), "`n` must lie in"),
        ((vectors, [2, 0, 3, 1], 1, -1), "`reference` must lie in"),
    ):
        with pytest.raises(ValueError, match=message):
            model.farthest(*arguments)


def test_the_neural_turing_machine_is_a_core_too():
    model = RelationalRNNClassifier(4, NTM(memory_slots=5, memory_width=3), mlp=(8,))
    assert model.predict_on_batch(np.ones((2, 4, 14), "float32")).shape == (2, 4)


def seq2seq(kind, tasks=("copy",)):
    sizes = longest(1, 2, tasks)
    return RelationalRNNSeq2Seq(core(kind, return_sequences=True), VOCABULARY, *sizes, mlp=(24,))


def test_seq2seq_learns_to_copy_and_comes_back_from_a_preset(tmp_path):
    keras.utils.set_random_seed(0)
    model = seq2seq("memory")
    programs, results = learn_to_execute(64, 1, 2, ("copy",), rng=0)
    x, y, weights = model.training_batch(programs, results)
    assert y.shape == (64, 3) and (weights.sum(1) == [len(r) + 1 for r in results]).all()
    model.compile(keras.optimizers.Adam(0.01), loss=LOSS, weighted_metrics=["accuracy"])
    history = model.fit(x, y, sample_weight=weights, epochs=12, batch_size=64, verbose=0).history
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    probabilities = model.probabilities(programs[:3])
    np.testing.assert_allclose(probabilities.sum(-1), 1, atol=1e-5)
    written = model.execute(programs[:3])
    for text, row in zip(written, probabilities.argmax(-1), strict=True):
        ends = [*row, 0].index(0)
        assert text == "".join(VOCABULARY[k - 1] for k in row[:ends])
    model.save_to_preset(tmp_path / "here")
    assert load_preset(tmp_path / "here").execute(programs[:3]) == written


def test_padding_does_not_change_what_is_written():
    model = seq2seq("memory")
    ids = model.encode(["'7'"])
    wider = np.pad(ids, ((0, 0), (0, 3)))
    alone = model.predict_on_batch(ids[:, :3])
    np.testing.assert_allclose(model.predict_on_batch(wider), alone, atol=1e-5)


def test_seq2seq_refuses():
    model = seq2seq("memory")
    with pytest.raises(ValueError, match="`programs` must have 1 to"):
        model.execute([""])
    with pytest.raises(ValueError, match="outside the vocabulary"):
        model.execute(["%"])
    with pytest.raises(ValueError, match="`core` must be a layer with `return_sequences`"):
        RelationalRNNSeq2Seq(LSTM(3), VOCABULARY, 3, 3)
    with pytest.raises(ValueError, match="`mlp` must be"):
        RelationalRNNClassifier(4, LSTM(3), mlp=(0,))
    with pytest.raises(ValueError, match="`core` must be a Keras layer"):
        RelationalRNNClassifier(4, "lstm")


@pytest.mark.parametrize(("kind", "tie"), [("memory", True), ("lstm", False)])
def test_language_model_carries_its_state(kind, tie):
    layer = core(kind, return_sequences=True, return_state=True)
    model = RelationalRNNLanguageModel(7, layer, embedding_dim=5, tie_weights=tie)
    ids = np.random.default_rng(0).integers(0, 7, (2, 6)).astype("int32")
    whole = keras.ops.convert_to_numpy(model(ids))
    first, states = model(ids[:, :2], return_state=True)
    second = model(ids[:, 2:], states=states)
    pieces = [keras.ops.convert_to_numpy(part) for part in (first, second)]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole, atol=1e-5)
    log_p = np.log(np.exp(whole[0]) / np.exp(whole[0]).sum(-1, keepdims=True))
    expected = [-log_p[t, ids[0, t + 1]] for t in range(5)]
    np.testing.assert_allclose(model.score(ids[0]), expected, atol=1e-5)


def test_language_model_trains_on_streams_and_comes_back(tmp_path):
    keras.utils.set_random_seed(0)
    layer = core("memory", return_sequences=True, return_state=True)
    model = RelationalRNNLanguageModel(5, layer, embedding_dim=8, dropout=0.1, seed=0)
    trainer = TruncatedBPTT(model, batch_size=2)
    trainer.compile(keras.optimizers.Adam(0.02), loss=LOSS)
    batches = StreamBatcher(np.tile(np.arange(5), 50), batch_size=2, sequence_length=10)
    losses = trainer.fit(batches, epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    ids = np.arange(70) % 5  # longer than one compiled chunk
    nats = model.score(ids)
    model.save_to_preset(tmp_path / "here")
    np.testing.assert_allclose(load_preset(tmp_path / "here").score(ids), nats, atol=1e-6)
    with pytest.raises(ValueError, match="`ids` must be at least 2 integers"):
        model.score([1])
    with pytest.raises(ValueError, match="`core` must be a layer with"):
        RelationalRNNLanguageModel(5, LSTM(3))
    with pytest.raises(ValueError, match="`dropout` must lie"):
        RelationalRNNLanguageModel(5, layer, dropout=1.0)
