"""The word model scores, writes and trains as the paper says; an ensemble is a mean."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications import LSTMLanguageModel, ModelEnsemble, TruncatedBPTT
from keras_readinglist.datasets import StreamBatcher
from keras_readinglist.tokenizers import WordTokenizer
from tests.applications.case import Case

TEXT = "the cat sat on the mat\nthe dog sat on the log\n" * 5
WORDS = WordTokenizer.from_text(TEXT, eos=True).vocabulary
IDS = np.array([[1, 2, 3, 1], [3, 3, 0, 2]])
SMALL = {"units": 4, "dropout": 0.3, "seed": 0}
WRITING = {
    "generate": lambda model, ids: model.generate([1, 2], 3, seed=0),
    "next_tokens": lambda model, ids: [p for _, p in model.next_tokens([1, 2])],
    "perplexity": lambda model, ids: model.perplexity([1, 2, 3]),
}
CASES = {
    "LSTMLanguageModel": Case(lambda **kw: LSTMLanguageModel(5, **SMALL, **kw), IDS, IDS, WRITING),
    "LSTMLanguageModel-tied": Case(
        lambda **kw: LSTMLanguageModel(
            5, **SMALL, dropout_mode="naive_recurrent", tie_weights=True, **kw
        ),
        IDS,
        IDS,
        {"perplexity": WRITING["perplexity"]},
    ),
    "ModelEnsemble": Case(
        lambda **kw: ModelEnsemble(
            [LSTMLanguageModel(5, **{**SMALL, "units": n}, dtype=kw.get("dtype")) for n in (3, 4)],
            **kw,
        ),
        IDS,
        IDS,
        WRITING,
    ),
}


def made(seed=0, **kwargs):
    keras.utils.set_random_seed(seed)
    return LSTMLanguageModel(WORDS, **{"units": 8, "init_scale": 0.5, **kwargs})


@pytest.fixture(scope="module")
def model():
    return made()


@pytest.fixture(scope="module")
def ensemble():
    return ModelEnsemble([made(seed, units=6 + seed) for seed in range(3)])


def log_p(model, ids):
    logits = ops.convert_to_numpy(model(np.array([ids])))[0].astype("float64")
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


@pytest.mark.parametrize("length", [1, 63, 64, 65, 150])
def test_perplexity_does_not_depend_on_the_pieces_that_are_read(model, length):
    """Not on their length, and the tail counts; the first word stands behind the end of a line."""
    words = (TEXT.replace("\n", " <eos> ") * 4).split()[:length]
    ids = [1, *model.tokenizer.encode(" ".join(words)).tolist()]
    nats = -log_p(model, ids)[np.arange(length), ids[1:]]
    text = " ".join(words)
    np.testing.assert_allclose(model.score(text), nats, atol=1e-4)
    assert model.perplexity(text) == pytest.approx(np.exp(nats.mean()), rel=1e-4)


def test_an_untrained_model_is_near_chance():
    assert made(init_scale=0.05).perplexity(TEXT) == pytest.approx(len(WORDS), rel=0.05)


def test_words_are_written_apart(model):
    text = model.generate("the cat", 70, seed=1)
    assert len(model.tokenizer.encode(text)) == 70
    assert set(text.split()) <= set(WORDS)
    pairs = list(model.stream("the cat", 70, seed=1))
    assert [word for word, _ in pairs] == [
        model.tokenizer.decode([i]) for i in model.tokenizer.encode(text)
    ]
    until = model.generate("the cat", 70, seed=1, stop="\n")
    assert until == text[: text.index("\n") + 1]


def test_the_next_words(model):
    found = model.next_tokens("the cat", top=None)
    assert sum(p for _, p in found) == pytest.approx(1, abs=1e-5)
    p = np.exp(log_p(model, model.tokenizer.encode("the cat").tolist())[-1])
    assert [word for word, _ in found][:3] == [
        model.tokenizer.decode([i]) for i in np.argsort(-p)[:3]
    ]
    assert model.next_tokens("the cat", top=2) == found[:2]
    # Behind nothing stands the end of a line; a model of integers knows nothing at first.
    assert model.next_tokens("") == model.next_tokens("\n")
    assert LSTMLanguageModel(4, units=2).next_tokens([], top=1) == [(0, 0.25)]


@pytest.mark.parametrize(("size", "units", "dropout"), [("small", 200, 0), ("medium", 650, 0.5)])
def test_sizes_of_the_paper(size, units, dropout):
    model = LSTMLanguageModel.from_size(size, 7)
    assert model.count_params() == 7 * units + 2 * (8 * units**2 + 4 * units) + 7 * (units + 1)
    assert model.stack.dropout == dropout


def test_all_parameters_are_uniform():
    model = made(units=30, init_scale=0.1)
    for weight in model.trainable_variables:
        values = ops.convert_to_numpy(weight).ravel()
        assert abs(values).max() <= 0.1 and np.ptp(values) > 0.1, weight.path
        assert abs(values.mean()) < 4 * 0.0578 / np.sqrt(values.size)
    flat = [ops.convert_to_numpy(w).ravel()[:5].tolist() for w in model.trainable_variables]
    assert len(set(map(tuple, flat))) == len(flat)  # no two begin alike


def test_the_loss_is_a_sum_over_time_and_a_mean_over_streams():
    """One step of descent at rate 1 goes as far as the gradient of that sum."""
    length, streams = 4, StreamBatcher(made().tokenizer.encode(TEXT), 3, 4)
    inputs, targets = streams[0]
    ends = []
    for loss_weight, scale in ((float(length), 1.0), (1.0, float(length))):
        model = made()
        trainer = TruncatedBPTT(model, 3)
        trainer.compile(
            keras.optimizers.SGD(scale),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            loss_weights=loss_weight,
        )
        ends.append((trainer.train_on_batch(inputs, targets), model.get_weights()))
    nats = [-log_p(made(), row)[np.arange(length), t] for row, t in zip(*streams[0], strict=True)]
    assert float(ends[0][0]) == pytest.approx(np.sum(nats) / 3, rel=1e-4)
    for a, b in zip(ends[0][1], ends[1][1], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("tie", [False, True])
def test_round_trips(tie, tmp_path):
    model = made(tie_weights=tie, dropout=0.5, dropout_mode="variational", recurrent_dropout=0.2)
    model.save_to_preset(tmp_path / "preset")
    loaded = LSTMLanguageModel.from_preset(tmp_path / "preset")
    assert loaded.get_config() == model.get_config()
    assert loaded.perplexity("the cat") == pytest.approx(model.perplexity("the cat"), rel=1e-5)


def test_an_ensemble_is_the_mean_of_probabilities(ensemble):
    ids = ensemble.tokenizer.encode("the cat sat").tolist()
    p = np.mean([np.exp(log_p(member, ids)) for member in ensemble.members], axis=0)
    np.testing.assert_allclose(
        np.exp(ops.convert_to_numpy(ensemble(np.array([ids])))[0]), p, atol=1e-6
    )
    alone = ModelEnsemble(ensemble.members[:1])
    np.testing.assert_allclose(alone.score(TEXT), ensemble.members[0].score(TEXT), atol=1e-5)


def test_an_ensemble_is_never_worse_than_the_mean_of_its_members(ensemble):
    """Jensen's inequality, at every word; strict, as the members differ."""
    members = np.mean([member.score(TEXT) for member in ensemble.members], axis=0)
    assert (ensemble.score(TEXT) < members).all()


def test_an_ensemble_carries_the_states_of_all(ensemble):
    ids = ensemble.tokenizer.encode(TEXT)[None, :20]
    whole = ops.convert_to_numpy(ensemble(ids))
    first, states = ensemble(ids[:, :7], return_state=True)
    joined = np.concatenate(
        [ops.convert_to_numpy(x) for x in (first, ensemble(ids[:, 7:], states=states))], axis=1
    )
    np.testing.assert_allclose(joined, whole, atol=1e-5)
    assert len(states) == 12


def test_an_ensemble_survives_a_preset(ensemble, tmp_path):
    ensemble.save_to_preset(tmp_path / "preset")
    loaded = ModelEnsemble.from_preset(tmp_path / "preset")
    np.testing.assert_allclose(loaded.score("the cat"), ensemble.score("the cat"), atol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: LSTMLanguageModel(0), "`vocabulary` must be a positive integer"),
        (lambda m: LSTMLanguageModel(["a"]), "`vocabulary` must hold '<unk>'"),
        (lambda m: LSTMLanguageModel(5, dropout=1.0), "`dropout` must lie in"),
        (lambda m: LSTMLanguageModel(5, dropout_mode="all"), "`dropout_mode` must be one of"),
        (lambda m: LSTMLanguageModel(5, init_scale=0), "`init_scale` must be positive"),
        (lambda m: LSTMLanguageModel.from_size("tiny", 5), "`size` must be one of"),
        (lambda m: m.perplexity(""), "`text` must hold a token"),
        (lambda m: m.next_tokens("the", top=0), "`top` must be"),
        (lambda m: ModelEnsemble([]), "`members` must hold at least one"),
        (lambda m: ModelEnsemble([m, LSTMLanguageModel(5)]), "`members` must have the same"),
    ],
)
def test_bad_arguments(model, make, message):
    with pytest.raises(ValueError, match=message):
        make(model)
