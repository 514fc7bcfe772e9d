"""Beam search over CTC equals the enumeration of all paths, with and without a language model."""

import itertools
import math

import numpy as np
import pytest
from keras import ops

from keras_readinglist.decoding import CTCBeamSearch, ctc_greedy_decode
from keras_readinglist.information import NGramLanguageModel

RNG = np.random.default_rng(0)
WIDE = {"beam_width": 400, "cutoff_prob": 1.0}
LETTERS = "_ab "  # the symbol of the blank class is not used


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def by_enumeration(logits, blank=0):
    """The probability of every labelling: the sum over all paths that collapse to it."""
    p, found = np.exp(log_softmax(logits)), {}
    for path in itertools.product(range(p.shape[1]), repeat=len(p)):
        labels = tuple(label for label, _ in itertools.groupby(path) if label != blank)
        found[labels] = found.get(labels, 0) + math.prod(p[t, c] for t, c in enumerate(path))
    return found


def frames(batch, length, classes=4, scale=1.5):
    return scale * RNG.standard_normal((batch, length, classes))


@pytest.mark.parametrize("blank", [0, 2, -1])
def test_all_labellings_score_what_their_paths_sum_to(blank):
    logits, lengths = frames(3, 5), [5, 4, 0]
    logits[1, 4:] = np.nan
    search = CTCBeamSearch(**WIDE, blank=blank)
    found = search.hypotheses(search.step(search.start(3), logits, lengths))
    for row, length, pairs in zip(logits, lengths, found, strict=True):
        wanted = by_enumeration(row[:length], blank % 4)
        assert len(pairs) == len({tuple(labels) for labels, _ in pairs})
        scores = [score for _, score in pairs]
        assert scores == sorted(scores, reverse=True)
        assert {tuple(labels.tolist()) for labels, _ in pairs} == set(wanted)
        for labels, score in pairs:
            assert score == pytest.approx(math.log(wanted[tuple(labels.tolist())]), abs=1e-9)


def test_the_best_label_where_the_best_path_is_wrong():
    logits = np.log([[[0.6, 0.4], [0.6, 0.4]]])
    for given in (logits, ops.convert_to_tensor(logits)):
        assert ctc_greedy_decode(given)[0].tolist() == []
        assert CTCBeamSearch()(given)[0].tolist() == [1]


def test_a_narrow_beam_is_no_better_than_a_wide_one_and_no_worse_than_greedy_search():
    logits = frames(20, 7, classes=3, scale=1.0)
    wanted = [by_enumeration(row) for row in logits]

    def mean(decoded):
        pairs = zip(decoded, wanted, strict=True)
        return np.mean([math.log(found[tuple(labels.tolist())]) for labels, found in pairs])

    narrow, middle, wide = (
        mean(CTCBeamSearch(width, cutoff_prob=1.0)(logits)) for width in (1, 3, 200)
    )
    assert mean(ctc_greedy_decode(logits)) < middle and narrow < middle <= wide
    assert wide == pytest.approx(np.mean([math.log(max(found.values())) for found in wanted]))


def test_a_prefix_that_was_dropped_and_comes_back_is_the_same_prefix():
    """Where `ab` stays while `a` drops out and returns, what grows of `a` must meet `ab`."""
    logits = frames(200, 30, classes=3, scale=2.0)
    search = CTCBeamSearch(beam_width=8, cutoff_prob=1.0)
    for found in search.hypotheses(search.step(search.start(200), logits)):
        assert len({tuple(labels) for labels, _ in found}) == len(found) == 8


@pytest.mark.parametrize("words", [False, True])
def test_chunks_of_any_size_give_the_same(words):
    logits = frames(2, 30)
    lm = NGramLanguageModel(2).fit(["a b", "ab ba", "b"])
    options = {"lm": lm, "alpha": 0.7, "beta": 0.5, "vocabulary": LETTERS} if words else {}
    search = CTCBeamSearch(beam_width=8, **options)
    whole = search.hypotheses(search.step(search.start(2), logits))
    for cuts in RNG.integers(0, 31, (10, 5)):
        state = search.start(2)
        for chunk in np.split(logits, np.sort(cuts), axis=1):
            state = search.step(state, chunk)
        for first, second in zip(whole, search.hypotheses(state), strict=True):
            assert [x.tolist() for x, _ in first] == [x.tolist() for x, _ in second]
            np.testing.assert_allclose([s for _, s in first], [s for _, s in second])


def test_utterances_do_not_meet_and_states_are_not_changed():
    logits, lengths = frames(4, 20), np.array([20, 3, 0, 11])
    search = CTCBeamSearch(beam_width=5)
    together = search(logits, lengths)
    state = search.step(search.start(4), logits[:, :8], np.minimum(lengths, 8))
    before = [labels.tolist() for labels in search.finish(state)]
    state_after = search.step(state, logits[:, 8:], np.maximum(lengths - 8, 0))
    assert [labels.tolist() for labels in search.finish(state)] == before
    for i, labels in enumerate(search.finish(state_after)):
        alone = search(logits[i : i + 1, : lengths[i]])[0]
        assert labels.tolist() == together[i].tolist() == alone.tolist()


def text_of(labels, letters=LETTERS):
    return "".join(letters[label] for label in labels)


@pytest.mark.parametrize("unit", ["word", "char"])
@pytest.mark.parametrize("lexicon", [None, ("a", "ab", "bb")])
@pytest.mark.parametrize("letters", [LETTERS, ("_", "a", "b ", "ab")])
def test_equals_the_enumeration_with_a_language_model(unit, lexicon, letters):
    lm = NGramLanguageModel(3, unit).fit(["a b", "ab ba", "b b", "bb a"])
    alpha, beta = 0.8, 0.6
    logits = frames(1, 6)
    search = CTCBeamSearch(
        **WIDE | {"beam_width": 3000},
        lm=lm, alpha=alpha, beta=beta, lexicon=lexicon, vocabulary=letters,
    )  # fmt: skip
    found = search.hypotheses(search.step(search.start(), logits))[0]

    def units(text):
        return text.split() if unit == "word" else list(text)

    wanted = {}
    for labels, p in by_enumeration(logits[0]).items():
        text = text_of(labels, letters)
        # With a lexicon there is one blank between words, and none before the first.
        words = text.removesuffix(" ").split(" ") if text else []
        if lexicon is None or set(words) <= set(lexicon):
            said = lm.score(text) if unit == "char" else lm.score(" ".join(text.split()))
            wanted[labels] = math.log(p) + alpha * said + beta * len(units(text))
    scores = {tuple(x.tolist()): score for x, score in found if score > -np.inf}
    assert scores.keys() == wanted.keys()
    for labels, score in scores.items():
        assert score == pytest.approx(wanted[labels], abs=1e-9)
    best = max(wanted, key=wanted.get)
    assert search(logits)[0].tolist() == list(best)


def test_a_model_without_weight_changes_nothing_and_with_it_mends_a_word():
    lm = NGramLanguageModel(2).fit(["ab a"] * 5 + ["a ab"])
    logits = frames(3, 15)
    plain = CTCBeamSearch(beam_width=20)(logits)
    silent = CTCBeamSearch(beam_width=20, lm=lm, vocabulary=LETTERS)(logits)
    assert [x.tolist() for x in plain] == [x.tolist() for x in silent]
    said = np.log(np.full((1, 4, 4), 0.02) + 0.92 * np.eye(4)[[1, 2, 3, 2]])
    said[0, 3, 1] = np.log(0.4)  # the last letter is b, or perhaps a
    assert text_of(CTCBeamSearch()(said)[0]) == "ab b"
    mended = CTCBeamSearch(lm=lm, alpha=1.0, vocabulary=LETTERS)(said)
    assert text_of(mended[0]) == "ab a"
    only = CTCBeamSearch(lexicon=["ab", "a"], vocabulary=LETTERS)(said)
    assert text_of(only[0]) == "ab a"


def test_cut_off_classes_are_not_looked_at():
    logits = np.log([[[0.3, 0.5, 0.15, 0.05]] * 2])
    search = CTCBeamSearch(**WIDE | {"cutoff_prob": 0.75})
    found = search.hypotheses(search.step(search.start(), logits))[0]
    assert {tuple(x.tolist()) for x, _ in found} == {(), (1,)}
    search = CTCBeamSearch(**WIDE, cutoff_top_n=3)
    found = search.hypotheses(search.step(search.start(), logits))[0]
    assert {label for x, _ in found for label in x.tolist()} == {1, 2}


def test_something_is_left_where_the_lexicon_allows_nothing_that_was_heard():
    sure = 60.0 * np.eye(4)[[[2, 2, 2]]]  # `b`, and the lexicon has none
    found = CTCBeamSearch(lexicon=["a"], vocabulary=LETTERS)(sure)
    assert text_of(found[0]) in ("", "a")
    unfinished = CTCBeamSearch(lexicon=["ab"], vocabulary=LETTERS)(60.0 * np.eye(4)[[[1, 1]]])
    assert text_of(unfinished[0]) in ("", "a")


def test_refusals():
    for options, message in (
        ({"beam_width": 0}, "`beam_width` must be a positive integer"),
        ({"cutoff_top_n": 0}, "`cutoff_top_n` must be a positive integer"),
        ({"cutoff_prob": 0.0}, r"`cutoff_prob` must lie in \(0, 1\]"),
        ({"beta": 1.0}, "`vocabulary` must name the classes"),
    ):
        with pytest.raises(ValueError, match=message):
            CTCBeamSearch(**options)
    search = CTCBeamSearch(beta=1.0, vocabulary=LETTERS)
    with pytest.raises(ValueError, match=r"1 utterances and 4 classes. .* \(1, 2, 3\)"):
        search.step(search.start(), np.zeros((1, 2, 3)))
