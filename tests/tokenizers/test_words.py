"""Words become integers and come back."""

import pytest

from keras_readinglist.tokenizers import WordTokenizer

pytestmark = pytest.mark.once
TEXT = "the cat saw the dog\nthe dog ran\n"


def test_the_most_frequent_words_are_kept():
    assert WordTokenizer.from_text(TEXT, size=4).vocabulary == ["<unk>", "the", "dog", "cat"]
    tokenizer = WordTokenizer.from_text(TEXT)
    assert len(tokenizer) == 6 and tokenizer.vocabulary[3:] == ["cat", "ran", "saw"]
    assert WordTokenizer.from_text("a <unk> <unk>").vocabulary == ["<unk>", "a"]


def test_rare_words_are_left_out():
    assert WordTokenizer.from_text(TEXT, min_count=2).vocabulary == ["<unk>", "the", "dog"]
    assert WordTokenizer.from_text(TEXT, min_count=9, eos=True).vocabulary == ["<unk>", "<eos>"]


def test_words_come_back():
    tokenizer = WordTokenizer.from_text(TEXT, eos=True)
    ids = tokenizer.encode(TEXT)
    assert ids.dtype == "int32" and (ids == 1).sum() == 2
    assert tokenizer.decode(ids) == TEXT
    assert tokenizer.decode(tokenizer.encode("the\u00a0élan  ran")) == "the <unk> ran"


def test_lines_end_only_if_that_is_a_word():
    assert WordTokenizer(["<unk>", "a"]).encode("a\nb\n").tolist() == [1, 0]
    assert WordTokenizer(["<unk>", "<eos>", "a"]).encode("a\n\nb").tolist() == [2, 1, 1, 0]
    assert WordTokenizer(["<unk>"]).encode("").shape == (0,)


@pytest.mark.parametrize("vocabulary", [[], ["a"], ["<unk>", "a", "a"], ["<unk>", "a b"]])
def test_bad_vocabularies(vocabulary):
    with pytest.raises(ValueError, match="`vocabulary` must hold '<unk>'"):
        WordTokenizer(vocabulary)


def test_bad_size():
    with pytest.raises(ValueError, match="`size` must be at least 2. Received: size=1"):
        WordTokenizer.from_text("a", size=1, eos=True)
