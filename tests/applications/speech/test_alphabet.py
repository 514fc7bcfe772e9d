"""Texts as classes of CTC: characters, and pairs of them."""

import pytest

from keras_readinglist.applications.speech import Alphabet, bigram_alphabet

pytestmark = pytest.mark.once


def test_pairs_are_cut_from_the_start_and_the_last_may_be_alone():
    alphabet = Alphabet(bigram_alphabet())
    assert len(alphabet) == 28 + 28**2
    classes = alphabet.encode("the cat")
    assert [alphabet.symbols[c - 1] for c in classes] == ["th", "e ", "ca", "t"]
    assert alphabet.decode([0, *classes, 0]) == "the cat"


def test_a_pair_that_is_no_symbol_is_two_characters():
    alphabet = Alphabet(["a", "b", "ab"])
    assert alphabet.encode("abbaab").tolist() == [3, 2, 1, 3]
    for text in ("", "a", "ba", "aabbab"):
        assert alphabet.decode(alphabet.encode(text)) == text


@pytest.mark.parametrize("symbols", ["", "aba", [], ["a", "a"], ["abc"], ["a", ""], [1, 2]])
def test_refused_symbols(symbols):
    with pytest.raises(ValueError, match="`alphabet` must be distinct"):
        Alphabet(symbols)


def test_unknown_characters_are_named():
    with pytest.raises(ValueError, match="Received: 'é' in 'abé'"):
        Alphabet(["a", "b", "ab"]).encode("abé")
