"""The character model scores, writes and trains as the chain rule and its streams demand."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications import CharRNN, CharTokenizer, TruncatedBPTT
from keras_readinglist.datasets import StreamBatcher

TEXT = "the cat sat on the mat.\nthe dog sat on the log.\n" * 6
VOCABULARY = CharTokenizer.from_text(TEXT).vocabulary


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return CharRNN(VOCABULARY, units=12, num_layers=2, embedding_dim=8)


def test_tokenizer():
    tokenizer = CharTokenizer.from_text("héllo\r\n\U0001f600e\u0301", unknown="error")
    text = "h\U0001f600\u0301\r\n"
    assert tokenizer.decode(tokenizer.encode(text)) == text
    with pytest.raises(ValueError, match=r"outside the vocabulary: 'x' \(U\+0078\)"):
        tokenizer.encode("hex")
    assert CharTokenizer("ab", "drop").encode("axb").tolist() == [0, 1]
    assert CharTokenizer("a\ufffd", "unknown").encode("ax").tolist() == [0, 1]
    assert CharTokenizer.from_text("aab", min_count=2).vocabulary == "a"
    for bad in ("", "aa"):
        with pytest.raises(ValueError, match="`vocabulary` must hold"):
            CharTokenizer(bad)
    with pytest.raises(ValueError, match="`unknown` must be one of"):
        CharTokenizer("a", "skip")


def test_streams_hold_the_whole_text_in_order():
    ids = np.arange(103)
    batches = StreamBatcher(ids, batch_size=4, sequence_length=5)
    inputs = np.concatenate([x for x, _ in (batches[i] for i in range(len(batches)))], axis=1)
    targets = np.concatenate([y for _, y in (batches[i] for i in range(len(batches)))], axis=1)
    np.testing.assert_array_equal(inputs, ids[:100].reshape(4, 25))
    np.testing.assert_array_equal(targets, inputs + 1)
    with pytest.raises(ValueError, match="at least 21 integers"):
        StreamBatcher(np.arange(20), 4, 5)
    with pytest.raises(ValueError, match="`batch_size` must be"):
        StreamBatcher(ids, 0, 5)


def test_score_is_the_chain_rule(model):
    text = "the cat\nsat"
    nats = model.score(text)
    for t in (0, 3, len(text) - 1):
        context = ops.convert_to_tensor(model.tokenizer.encode("\n" + text[:t])[None])
        logits = ops.convert_to_numpy(model(context))[0, -1].astype("float64")
        expected = np.log(np.exp(logits).sum()) - logits[model.tokenizer.encode(text[t])[0]]
        assert nats[t] == pytest.approx(expected, abs=1e-4)
    assert len(model.score("")) == 0 and len(model.score("t")) == 1


def test_carried_states_equal_one_pass(model):
    ids = ops.convert_to_tensor(model.tokenizer.encode(TEXT[:40])[None])
    whole = ops.convert_to_numpy(model(ids))
    first, states = model(ids[:, :15], return_state=True)
    second = model(ids[:, 15:], states=states)
    joined = np.concatenate([ops.convert_to_numpy(x) for x in (first, second)], axis=1)
    np.testing.assert_allclose(joined, whole, atol=1e-5)


def test_an_untrained_model_is_near_chance(model):
    assert model.score(TEXT).mean() == pytest.approx(np.log(len(VOCABULARY)), rel=0.1)


def test_writing(model):
    text = model.generate("the ", 70, seed=1)
    assert len(text) == 70 and text == model.generate("the ", 70, seed=1)
    assert text != model.generate("the ", 70, seed=2)
    greedy = model.generate("the ", 40, temperature=0.0, seed=1)
    assert greedy == model.generate("the ", 40, top_k=1, seed=5)
    assert greedy == model.generate("the ", 40, temperature=1e-6, seed=7)
    assert text == model.generate("the ", 70, top_k=len(VOCABULARY), top_p=1.0, seed=1)
    assert model.generate("", 0) == ""
    stop = text[10]
    assert model.generate("the ", 70, seed=1, stop=stop) == text[: text.index(stop) + 1]


def test_greedy_text_is_what_the_scores_say(model):
    text = "the "
    for _ in range(12):
        ids = ops.convert_to_tensor(model.tokenizer.encode(text)[None])
        text += model.tokenizer.decode([int(ops.convert_to_numpy(model(ids))[0, -1].argmax())])
    assert text == "the " + model.generate("the ", 12, temperature=0.0)


def test_stream_yields_the_surprisal_of_score(model):
    pairs = list(model.stream("the ", 50, seed=0))
    text = "".join(character for character, _ in pairs)
    # `score` begins after a new line, `stream` after the prompt.
    nats = model.score("the " + text)[4:]
    ids = ops.convert_to_tensor(model.tokenizer.encode("the " + text)[None])
    logits = ops.convert_to_numpy(model(ids))[0].astype("float64")
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = -log_p[np.arange(3, 53), model.tokenizer.encode(text)] / np.log(2)
    np.testing.assert_allclose([bits for _, bits in pairs], expected, atol=1e-3)
    assert len(nats) == 50


def test_activations(model):
    tracks = model.activations((TEXT * 2)[:300])
    assert set(tracks) == {"i", "f", "o", "g", "c", "h"}
    assert all(track.shape == (2, 300, 12) for track in tracks.values())
    np.testing.assert_allclose(tracks["h"], tracks["o"] * np.tanh(tracks["c"]), atol=1e-5)
    short = model.activations(TEXT[:20])["c"]
    np.testing.assert_allclose(short, tracks["c"][:, :20], atol=1e-5)


@pytest.mark.parametrize(
    "kwargs",
    [{"cell": "gru", "layer_norm": True}, {"cell": "rnn", "tie_weights": True, "embedding_dim": 6}],
)
def test_variants_and_round_trips(kwargs, tmp_path):
    model = CharRNN("\nabc", units=6, num_layers=1, dropout=0.2, seed=1, **kwargs)
    ids = np.array([[1, 2, 3, 1]])
    expected = model.predict_on_batch(ids)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict_on_batch(ids), expected, atol=1e-6)
    assert loaded.get_config() == model.get_config()
    assert len(model.generate("a", 5, seed=0)) == 5
    assert model.activations("abca")["h"].shape == (1, 4, 6)


def test_truncated_back_propagation_carries_states_between_batches():
    keras.utils.set_random_seed(0)
    model = CharRNN(VOCABULARY, units=8, num_layers=1, embedding_dim=4)
    trainer = TruncatedBPTT(model, batch_size=4)
    streams = StreamBatcher(model.tokenizer.encode(TEXT), 4, 10)
    trainer.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    trainer.reset_states()
    for index in range(2):
        trainer.train_on_batch(streams[index][0], np.zeros((4, 10, len(VOCABULARY))))
    both = np.concatenate([streams[0][0], streams[1][0]], axis=1)
    _, states = model(ops.convert_to_tensor(both), return_state=True)
    for variable, state in zip(trainer.carry, states, strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(variable), ops.convert_to_numpy(state), atol=1e-5
        )
    trainer.reset_states()
    assert all((ops.convert_to_numpy(v) == 0).all() for v in trainer.carry)


def test_training_on_streams_learns_a_periodic_text():
    keras.utils.set_random_seed(0)
    model = CharRNN("\nabcd", units=16, num_layers=1, embedding_dim=8)
    trainer = TruncatedBPTT(model, batch_size=4)
    streams = StreamBatcher(model.tokenizer.encode("abcd\n" * 100), 4, 20)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    trainer.compile(optimizer=keras.optimizers.Adam(0.04), loss=loss)
    trainer.fit(streams, epochs=15, verbose=0)
    assert model.score("abcd\n" * 4)[2:].mean() < 0.05
    assert model.generate("ab", 10, temperature=0.0) == "cd\nabcd\nab"


def test_round_trip_of_the_trainer():
    trainer = TruncatedBPTT(CharRNN("ab\n", units=3, num_layers=1), 2)
    copy = TruncatedBPTT.from_config(trainer.get_config())
    assert copy.batch_size == 2 and copy.model.get_config() == trainer.model.get_config()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: CharRNN("ab", units=0), "`units` must be"),
        (lambda m: CharRNN("ab", cell="mlp"), "`cell` must be one of"),
        (lambda m: CharRNN("ab", dropout=1), r"`dropout` must lie in \[0, 1\)"),
        (lambda m: CharRNN("ab", tie_weights=True), "`tie_weights` needs"),
        (lambda m: m.generate("the", 5, temperature=-1), "`temperature` must be"),
        (lambda m: m.generate("the", 5, top_k=0), "`top_k` must be"),
        (lambda m: m.generate("the", -1), "`length` must be"),
        (lambda m: m.generate("THE", 5), "outside the vocabulary"),
        (lambda m: m.activations(""), "`text` must hold"),
        (lambda m: TruncatedBPTT(m, 0), "`batch_size` must be"),
    ],
)
def test_bad_arguments(model, call, message):
    with pytest.raises(ValueError, match=message):
        call(model)
