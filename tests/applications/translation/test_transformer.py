"""A Transformer sees what it may, decodes from its cache what it would compute anew."""

import itertools

import keras
import numpy as np
import pytest

from keras_readinglist.applications import Transformer
from tests.applications.case import Case

SOURCE = np.array([[5, 6, 7, 2, 0, 0], [8, 2, 0, 0, 0, 0], [4, 5, 6, 7, 8, 2]], "int32")
TARGET = np.array([[1, 7, 6, 5], [1, 8, 0, 0], [1, 4, 4, 4]], "int32")
LABELS = np.array([[7, 6, 5, 2], [8, 2, 0, 0], [4, 4, 4, 2]], "int32")
SIZES = {"num_layers": 2, "d_model": 8, "d_ff": 12, "num_heads": 2, "dropout": 0.0}
X = {"source": SOURCE, "target": TARGET}

JOBS = {
    "generate": lambda model, x: model.generate(x["source"], 4, beam_size=2, length_penalty=0.6),
    "align": lambda model, x: model.align(x["source"], x["target"]),
    "attention_maps": lambda model, x: model.attention_maps(x["source"], x["target"]),
}


def transformer(**kwargs):
    return Transformer(9, **{**SIZES, **kwargs})


CASES = {
    "Transformer": Case(lambda **kw: transformer(norm_first=True, **kw), X, LABELS, JOBS),
    "Transformer-untied": Case(
        lambda **kw: Transformer(
            9, 10, tied=False, positions="learned", max_length=20, **SIZES, **kw
        ),
        X,
        LABELS,
        {"generate": JOBS["generate"]},
    ),
}


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


def logits(model, source=SOURCE, target=TARGET):
    return model.predict_on_batch({"source": source, "target": target})


def log_p(model, source, target):
    """Log-probabilities of every next symbol, without padding and start."""
    z = logits(model, source, target).astype("float64")
    z[..., :2] = -np.inf
    return z - np.log(np.exp(z - z.max()).sum(-1, keepdims=True)) - z.max()


@pytest.mark.parametrize("norm_first", [False, True])
def test_no_token_sees_what_comes_later(norm_first):
    model = transformer(norm_first=norm_first)
    changed = TARGET.copy()
    changed[:, 2:] = 3
    np.testing.assert_array_equal(logits(model)[:, :2], logits(model, target=changed)[:, :2])


def test_padding_does_not_matter():
    model = transformer()
    wide = np.pad(SOURCE, ((0, 0), (0, 3)))
    np.testing.assert_allclose(logits(model, wide), logits(model), atol=1e-5)
    alone = logits(model, SOURCE[1:2, :2], TARGET[1:2, :2])
    np.testing.assert_allclose(alone, logits(model)[1:2, :2], atol=1e-5)


@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "none"])
def test_greedy_decoding_from_the_cache_equals_computing_anew(positions):
    """Token by token, and the log-probabilities of the whole."""
    model = transformer(positions=positions, norm_first=positions != "learned")
    tokens, scores = model.generate(SOURCE, max_steps=6)
    written, total = np.ones((3, 7), "int32"), np.zeros(3)  # what comes later is not seen
    ended = np.zeros(3, bool)
    for t in range(6):
        last = log_p(model, SOURCE, written)[:, t]
        token = np.where(ended, 2, last.argmax(-1))
        total += np.where(ended, 0, last[np.arange(3), token])
        ended |= token == 2
        written[:, t + 1] = token
    np.testing.assert_array_equal(tokens[:, 0], written[:, 1:])
    np.testing.assert_allclose(scores[:, 0], total, atol=1e-4)


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_wide_beam_finds_the_best_of_all_sentences(penalty):
    """Four symbols and three steps: all 40 sentences stand in the beam."""
    model, steps = Transformer(6, **SIZES), 3
    source = np.array([[3, 4, 5, 2]], "int32")
    found, scores = model.generate(source, steps, beam_size=4**steps, length_penalty=penalty)
    sentences = []
    for length in range(1, steps + 1):
        for inner in itertools.product(range(3, 6), repeat=length - 1):
            last = (2,) if length < steps else range(2, 6)
            sentences += [(*inner, symbol) for symbol in last]
    assert len(sentences) == 1 + 3 + 9 * 4
    rows = np.array([[*s, *[2] * (steps - len(s))] for s in sentences], "int32")
    fed = np.concatenate([np.ones((len(rows), 1), "int32"), rows[:, :-1]], axis=1)
    every = log_p(model, np.repeat(source, len(rows), axis=0), fed)
    lengths = np.array([len(s) for s in sentences])
    counts = np.arange(steps)[None] < lengths[:, None]
    total = (np.take_along_axis(every, rows[..., None], axis=-1)[..., 0] * counts).sum(-1)
    order = np.argsort(-total / ((5 + lengths) / 6) ** penalty)[:5]
    np.testing.assert_array_equal(found[0, :5], rows[order])
    np.testing.assert_allclose(scores[0, :5], total[order], atol=1e-4)


def test_the_steps_of_a_search_lead_to_its_sentences():
    model, steps = transformer(), 5
    tokens, scores = model.generate(SOURCE, steps, beam_size=3, length_penalty=0.6)
    kept = model.beam_steps(SOURCE, steps, beam_size=3)
    for example, beam in np.ndindex(*scores.shape):
        path, place = [], beam
        last = np.flatnonzero(kept["parents"][example, beam] >= 0)[-1]
        for t in range(last, -1, -1):
            path.insert(0, kept["tokens"][example, place, t])
            place = kept["parents"][example, place, t]
        assert [*path, *[2] * (steps - 1 - last)] == tokens[example, beam].tolist()
        assert kept["log_p"][example, beam, last] == pytest.approx(scores[example, beam])
    assert model.beam_steps(SOURCE[:0])["parents"].shape == (0, 4, 26)


def test_align_gives_the_probabilities_of_a_given_sentence():
    model = transformer()
    attention, found = model.align(SOURCE, LABELS)
    wanted = np.take_along_axis(log_p(model, SOURCE, TARGET), LABELS[..., None], -1)[..., 0]
    np.testing.assert_allclose(found, np.where(LABELS > 0, wanted, 0), atol=1e-4)
    maps = model.attention_maps(SOURCE, TARGET)
    wanted = maps["cross"][:, -1].mean(axis=1)
    np.testing.assert_allclose(attention[LABELS > 0], wanted[LABELS > 0], atol=1e-5)
    for name, scores in maps.items():
        np.testing.assert_allclose(scores.sum(-1), 1, atol=1e-5, err_msg=name)
    assert (maps["decoder"][..., np.triu_indices(4, 1)[0], np.triu_indices(4, 1)[1]] == 0).all()
    assert (maps["encoder"][0, ..., 4:] == 0).all()


def test_the_sizes_of_the_paper():
    """The formula that gives 63 and 214 million with 37,000 joint tokens holds for our model."""

    def parameters(width, inner, vocab):
        attention, norm = 4 * width * width + 4 * width, 2 * width
        dense = 2 * width * inner + inner + width
        return vocab * width + 6 * (3 * attention + 2 * dense + 5 * norm)

    assert round(parameters(512, 2048, 37_000) / 1e6) == 63
    assert round(parameters(1024, 4096, 37_000) / 1e6) == 214
    small = Transformer(11, d_model=8, d_ff=12, num_heads=2)
    assert small.count_params() == parameters(8, 12, 11)


def test_one_matrix_embeds_and_scores():
    model = transformer()
    assert sum(w.shape == (9, 8) for w in model.weights) == 1


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (lambda m: m(X | {"source": SOURCE + 9}), "`inputs` must be integers from 0 to 8"),
        (lambda m: m.generate(SOURCE + 9), "`source` must be integers from 0 to 8"),
        (lambda m: m.generate(SOURCE[0]), "`source` must be integers of the shape"),
        (lambda m: m.generate(np.ones((1, 99), int)), "`source` must have at most 40 tokens"),
        (lambda m: m.generate(SOURCE, max_steps=41), "`max_steps` must be at most `max_length`"),
        (lambda m: m.generate(SOURCE, beam_size=0), "`beam_size` must be a positive integer"),
        (lambda m: m.generate(SOURCE, length_penalty=-1), "`length_penalty` must not be negative"),
        (lambda m: m.translate("a"), "has no `tokenizer`"),
        (lambda m: transformer(num_heads=3), "`num_heads` must divide"),
        (lambda m: transformer(positions="rotary"), "`positions` must be one of"),
    ],
)
def test_refusals(job, message):
    with pytest.raises(ValueError, match=message):
        job(transformer(max_length=40))
