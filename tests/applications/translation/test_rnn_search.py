"""RNNsearch decodes as it was trained, aligns, and does not mind padding."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications.translation import RNNSearch
from keras_readinglist.tokenizers import SubwordTokenizer
from tests.applications.case import Case

V = 9
SIZES = {"embedding_dim": 6, "units": 5, "attention_units": 4, "maxout_units": 6}
WIDE = dict.fromkeys(
    ("kernel_initializer", "attention_initializer", "score_initializer"), "glorot_uniform"
)
SOURCE = np.array([[5, 6, 7, 2], [4, 2, 0, 0], [8, 5, 2, 0]], "int32")
TARGET = np.array([[1, 7, 8, 4], [1, 5, 0, 0], [1, 4, 4, 6]], "int32")
LABELS = np.array([[7, 8, 4, 2], [5, 2, 0, 0], [4, 4, 6, 2]], "int32")
PAIRS = {"source": SOURCE, "target": TARGET}


def make(vocab_size=V, **kwargs):
    keras.utils.set_random_seed(0)
    model = RNNSearch(vocab_size, **{**SIZES, **WIDE, **kwargs})
    rng = np.random.default_rng(1)  # wide weights, so that no two sentences score alike
    model.set_weights([rng.standard_normal(w.shape) for w in model.get_weights()])
    return model


def small(**kwargs):
    return RNNSearch(V, **SIZES, **WIDE, **kwargs)


JOBS = {
    "generate": lambda m, x: m.generate(x["source"], max_steps=3, beam_size=2)[1],
    "align": lambda m, x: m.align(x["source"], LABELS[: len(x["source"])]),
}
CASES = {
    "RNNSearch": Case(small, PAIRS, LABELS, JOBS),
    "RNNSearch-twin": Case(
        lambda **kwargs: small(attention=None, tied=True, dropout=0.1, **kwargs),
        PAIRS,
        LABELS,
        JOBS,
    ),
}
VARIANTS = {
    "the paper's": {},
    "current state": {"readout_state": "current"},
    "tied": {"tied": True},
    "without attention": {"attention": None},
}
variants = pytest.mark.parametrize("kwargs", VARIANTS.values(), ids=VARIANTS.keys())


def log_p(model, source=SOURCE, target=TARGET):
    """Log-probabilities of all tokens but padding and start, by the model's call."""
    logits = model.predict_on_batch({"source": source, "target": target}).astype("float64")
    logits[..., :2] = -np.inf
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


@variants
def test_following_a_sentence_step_by_step_is_the_call(kwargs):
    model = make(**kwargs)
    attention, scores = model.align(SOURCE, LABELS)
    expected = np.take_along_axis(log_p(model), LABELS[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(scores, np.where(LABELS > 0, expected, 0), atol=1e-4)
    assert attention.shape == (3, 4, 4)
    if "attention" in kwargs:
        assert not attention.any()
    else:
        np.testing.assert_allclose(attention.sum(-1), 1, atol=1e-5)
        assert (attention.transpose(0, 2, 1)[SOURCE == 0] == 0).all()


@variants
def test_translations_come_with_their_alignments(kwargs):
    texts = ["We go on.", "Go!"]
    tokenizer = SubwordTokenizer.train([*texts, "Go on.", "We go on!"], vocabulary_size=16)
    model = make(len(tokenizer.vocabulary), tokenizer=tokenizer, **kwargs)
    written, found = model.translate(texts, max_steps=5, return_alignments=True)
    assert written == model.translate(texts, max_steps=5)
    tokens = model.generate(model.encode(texts), 5, beam_size=4, length_penalty=0.6)[0][:, 0]
    for text, row, (source, target, weights) in zip(texts, tokens, found, strict=True):
        ids = [tokenizer.vocabulary.index(piece) for piece in source]
        assert source[-1] == "</s>" and tokenizer.decode(ids[:-1]) == text
        count = list(row).index(2) + 1 if 2 in row else len(row)
        assert target == [tokenizer.vocabulary[i] for i in row[:count]]
        alone = model.align(np.array([ids]), row[None, :count])[0][0]
        np.testing.assert_allclose(weights, alone, atol=1e-5)
    assert model.translate(texts[1], max_steps=5, return_alignments=True)[0] == written[1]


@variants
def test_a_beam_of_one_is_greedy(kwargs):
    model = make(**kwargs)
    tokens, scores = model.generate(SOURCE, max_steps=4)
    written = np.ones((3, 1), "int32")
    for _ in range(4):
        following = log_p(model, target=np.pad(written, ((0, 0), (0, 4 - written.shape[1]))))
        best = following[:, written.shape[1] - 1].argmax(-1)
        ended = (written[:, 1:] == 2).any(axis=1)
        written = np.concatenate([written, np.where(ended, 2, best)[:, None]], axis=1)
    np.testing.assert_array_equal(tokens[:, 0], written[:, 1:])
    assert scores.shape == (3, 1)


def test_a_beam_that_holds_all_finds_the_likeliest():
    model, steps, size = make(6), 3, 4**3
    source = np.minimum(SOURCE, 5)
    tokens, scores = model.generate(source, max_steps=steps, beam_size=size)
    sentences = {}
    for words in itertools.product(range(2, 6), repeat=steps):
        ends = words.index(2) if 2 in words else steps
        sentences[tuple([*words[:ends], *[2] * (steps - ends)])] = min(ends + 1, steps)
    for row in range(len(source)):
        values = []
        for words, length in sentences.items():
            labels = np.array([words], "int32")
            labels[:, length:] = 0
            values.append(model.align(source[row : row + 1], labels)[1].sum())
        best = list(sentences)[int(np.argmax(values))]
        assert tuple(tokens[row, 0]) == best
        assert scores[row, 0] == pytest.approx(max(values), abs=1e-4)


@variants
def test_padding_and_other_rows_change_nothing(kwargs):
    model = make(**kwargs)
    expected = log_p(model)
    padded = np.pad(SOURCE, ((0, 0), (0, 3)))
    np.testing.assert_allclose(log_p(model, padded), expected, atol=1e-5)
    alone = log_p(model, SOURCE[1:2, :2], TARGET[1:2])
    np.testing.assert_allclose(alone, expected[1:2], atol=1e-5)
    tokens, _ = model.generate(SOURCE, max_steps=4, beam_size=3)
    again, _ = model.generate(SOURCE[1:2, :2], max_steps=4, beam_size=3)
    np.testing.assert_array_equal(again, tokens[1:2])


def test_a_row_without_words_is_finite():
    nothing = np.zeros_like(SOURCE)
    assert np.isfinite(log_p(make(), nothing)[..., 2:]).all()
    attention, _ = make().align(nothing, LABELS)
    assert not attention.any()


def test_the_defaults_are_those_of_the_paper():
    model = RNNSearch(30, embedding_dim=20, units=30, attention_units=40, maxout_units=10)
    spread = {v.path.split("/", 1)[-1]: np.std(ops.convert_to_numpy(v)) for v in model.weights}
    attention = [name for name in spread if "/scorer_" in name]
    assert len(attention) == 3
    for name, value in spread.items():
        if "recurrent" in name:
            continue
        zero = name.endswith(("bias", "scorer_vector"))
        expected = 0 if zero else 0.001 if name in attention else 0.01
        assert value == pytest.approx(expected, rel=0.2), name
    recurrent = [
        ops.convert_to_numpy(v) for v in model.weights if v.path.endswith("recurrent_kernel")
    ]
    assert len(recurrent) == 3
    for kernel in recurrent:
        np.testing.assert_allclose(kernel @ kernel.T, np.eye(30), atol=1e-5)


def test_every_weight_learns_once_the_vector_of_the_scores_has_moved():
    model = RNNSearch(V, **SIZES, kernel_initializer="glorot_uniform")
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(True))
    start = model.get_weights()
    for _ in range(2):
        model.train_on_batch(PAIRS, LABELS)
    for weight, old in zip(model.weights, start, strict=True):
        assert (ops.convert_to_numpy(weight) != old).any(), weight.path


@pytest.mark.parametrize("name", ["RNNSearch", "RNNSearch-twin"])
def test_a_preset_gives_the_same(name, tmp_path):
    model = CASES[name].make()
    model.save_to_preset(tmp_path)
    loaded = RNNSearch.from_preset(tmp_path)
    np.testing.assert_array_equal(loaded.predict_on_batch(PAIRS), model.predict_on_batch(PAIRS))
    assert loaded.get_config() == model.get_config()


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: RNNSearch(0), "`vocab_size` must be"),
        (lambda: make(units=0), "`units` must be"),
        (lambda: make(attention="dot"), "`attention` must be"),
        (lambda: make(readout_state="next"), "`readout_state` must be"),
        (lambda: make(dropout=1.0), "`dropout` must"),
        (lambda: make(tied=True, maxout_units=5), "`maxout_units` must be `embedding_dim`"),
        (lambda: make()({"source": SOURCE + 2, "target": TARGET}), "must be integers from 0 to 8"),
        (lambda: make()({"source": SOURCE[0], "target": TARGET}), "`source` must have the shape"),
        (lambda: make()({"source": SOURCE, "target": TARGET[0]}), "`target` must have the shape"),
        (lambda: make()({"source": SOURCE, "target": TARGET[:2]}), "`target` must have the same"),
        (lambda: make().generate(SOURCE[0]), "`source` must be integers of the shape"),
        (lambda: make().generate(SOURCE + 2), "`source` must be integers from 0 to 8"),
        (lambda: make().align(SOURCE, LABELS + 2), "`target` must be integers from 0 to 8"),
        (lambda: make().translate("hello"), "no `tokenizer`"),
    ],
)
def test_bad_arguments(act, message):
    with pytest.raises(ValueError, match=message):
        act()
