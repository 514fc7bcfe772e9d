"""The character model scores, writes and trains as the chain rule and its streams demand."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications import CharRNN, CharTokenizer
from tests.applications.case import Case

TEXT = "the cat sat on the mat.\nthe dog sat on the log.\n" * 6
VOCABULARY = CharTokenizer.from_text(TEXT).vocabulary


IDS = np.array([[1, 2, 3, 1], [3, 3, 0, 2]])
WRITING = {
    "generate": lambda model, ids: model.generate("ab", 3, seed=0),
    "beam_search": lambda model, ids: [p for _, p in model.beam_search("ab", 3, beam_width=2)],
    "stream": lambda model, ids: [bits for _, bits in model.stream("ab", 3, seed=0)],
    "score": lambda model, ids: model.score("abca"),
    "activations": lambda model, ids: model.activations("abc"),
}
CASES = {
    "CharRNN": Case(
        lambda **kw: CharRNN("\nabc", units=4, num_layers=1, embedding_dim=4, **kw),
        IDS,
        IDS,
        WRITING,
    ),
    "CharRNN-tied": Case(
        lambda **kw: CharRNN(
            "\nabc", 4, 1, "gru", embedding_dim=4, tie_weights=True, layer_norm=True, **kw
        ),
        IDS,
        IDS,
        {"generate": WRITING["generate"], "score": WRITING["score"]},
    ),
}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return CharRNN(VOCABULARY, units=12, num_layers=2, embedding_dim=8)


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


def test_texts_of_a_batch_differ_and_a_batch_of_one_is_a_text(model):
    texts = model.generate("the ", 40, seed=3, batch_size=3)
    assert len(set(texts)) == 3 and {len(text) for text in texts} == {40}
    greedy = model.generate("the ", 40, temperature=0.0)
    assert model.generate("the ", 40, temperature=0.0, batch_size=2) == [greedy] * 2
    stop = texts[0][5]
    cut = [t[: t.index(stop) + 1] if stop in t else t for t in texts]
    assert model.generate("the ", 40, seed=3, batch_size=3, stop=stop) == cut


def test_a_beam_that_holds_everything_finds_the_likeliest_text():
    keras.utils.set_random_seed(0)
    model = CharRNN("\nabc", units=6, num_layers=1, embedding_dim=4)
    every = ["".join(letters) for letters in itertools.product("\nabc", repeat=3)]
    log_p = {text: -model.score("ab" + text)[2:].sum() for text in every}
    best = sorted(every, key=lambda text: -log_p[text])
    # `score` begins behind a new line.
    found = model.beam_search("\nab", length=3, beam_width=64)
    assert [text for text, _ in found[:5]] == best[:5]
    np.testing.assert_allclose([p for _, p in found], [log_p[text] for text, _ in found], atol=1e-4)
    greedy = model.generate("\nab", 3, temperature=0.0)
    assert [text for text, _ in model.beam_search("\nab", 3, beam_width=1)] == [greedy]


def test_a_vocabulary_without_a_new_line():
    keras.utils.set_random_seed(0)
    model = CharRNN("ACGT", units=6, num_layers=1, embedding_dim=4)
    nats = model.score("ACG")
    assert nats[0] == pytest.approx(np.log(4))  # nothing is known before it
    logits = ops.convert_to_numpy(model(np.array([[0, 1]])))[0]
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(nats[1:], [-log_p[0, 1], -log_p[1, 2]], atol=1e-5)
    firsts = {model.generate("", 1, seed=seed) for seed in range(30)}
    assert firsts == set("ACGT") and len(model.generate("", 40, seed=0)) == 40
    assert [bits for _, bits in model.stream("", 2, seed=0)][0] == pytest.approx(2.0)
    with pytest.raises(ValueError, match="`prompt` must hold a token"):
        model.beam_search("", 3)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "float64"])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_precision(policy, cell):
    model = CharRNN("\nabc", units=4, num_layers=1, embedding_dim=4, cell=cell, dtype=policy)
    exact = CharRNN("\nabc", units=4, num_layers=1, embedding_dim=4, cell=cell)
    exact.set_weights(model.get_weights())
    assert len(model.generate("ab", 5, seed=0)) == 5
    assert len(model.beam_search("ab", 3)) == 4
    np.testing.assert_allclose(model.score("abca"), exact.score("abca"), atol=0.05)
    assert np.isfinite(model.activations("abca")["h"].astype("float32")).all()


def test_tied_weights_stay_whole_numbers_that_mean_the_same():
    model = CharRNN("\nabc", units=8, num_layers=1, embedding_dim=8, tie_weights=True, seed=0)
    ids = np.array([[1, 2, 3, 1]])
    before = ops.convert_to_numpy(model(ids))
    model.quantize("int8")
    np.testing.assert_allclose(
        ops.convert_to_numpy(model(ids)), before, atol=0.1 * abs(before).max()
    )


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
        (lambda m: m.generate("the", 5, batch_size=0), "`batch_size` must be"),
        (lambda m: m.beam_search("the", 5, beam_width=0), "`beam_width` must be"),
    ],
)
def test_bad_arguments(model, call, message):
    with pytest.raises(ValueError, match=message):
        call(model)
