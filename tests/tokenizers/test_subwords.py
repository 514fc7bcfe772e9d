"""Sentences become pieces and come back."""

import json

import keras
import pytest

from keras_readinglist.tokenizers import SubwordTokenizer
from keras_readinglist.tokenizers.subwords import normalize

pytestmark = pytest.mark.once
TEXTS = [
    "The cat sees the dog.",
    "Yesterday, Tom and I saw the cats!",
    "J'ai vu Tom, qu'est-ce que c'est\u202f?",
    "Le chat n’a pas vu l'été : «\xa0Va\u2009!\xa0»",
    "TV isn't on.",
] * 10


@pytest.fixture(scope="module")
def tokenizer():
    return SubwordTokenizer.train(TEXTS, vocabulary_size=150)


def pieces(tokenizer, text):
    return [tokenizer.vocabulary[i].replace("\u2581", "_") for i in tokenizer.encode(text)]


def test_special_pieces_come_first_and_the_size_is_kept(tokenizer):
    assert tokenizer.vocabulary[:4] == ["<pad>", "<s>", "</s>", "<unk>"]
    assert len(tokenizer) == len(set(tokenizer.vocabulary)) <= 150
    assert len(SubwordTokenizer.train(TEXTS, vocabulary_size=60)) == 60
    assert tokenizer.encode("The cat").dtype == "int32"
    assert tokenizer.get_config() == SubwordTokenizer.train(TEXTS, 150).get_config()


@pytest.mark.parametrize("text", TEXTS[:5])
def test_sentences_come_back(tokenizer, text):
    ids = tokenizer.encode(text)
    assert ids.min() > 3
    assert tokenizer.decode(ids) == normalize(text)
    assert tokenizer.decode([1, *ids, 2, *ids, 0]) == normalize(text)


def test_first_letters_are_small_but_those_of_names(tokenizer):
    assert tokenizer.names == "I Tom"
    assert pieces(tokenizer, "The cat") == pieces(tokenizer, "the cat") == ["_the", "_cat"]
    assert pieces(tokenizer, "Tom and I")[0] == "_Tom"
    assert pieces(tokenizer, "I saw")[0] == "_I"
    assert pieces(tokenizer, "TV isn't")[0] == "_TV"
    assert tokenizer.decode(tokenizer.encode("« va »")) == "« Va »"
    assert tokenizer.decode(tokenizer.encode("est-ce Tom ?")) == "Est-ce Tom ?"


def test_elisions_endings_and_marks_are_pieces(tokenizer):
    assert pieces(tokenizer, "J’ai vu l'été\u202f?") == ["_j'", "ai", "_vu", "_l'", "été", "_?"]
    assert pieces(tokenizer, "Tom isn't on!") == ["_Tom", "_isn", "'t", "_on", "!"]


def test_normalization():
    assert normalize(" «\xa0l’e\u0301te\u0301\u2026\u200b \n») ") == "« L'été... »)"
    assert normalize("\u2581\u00ad") == normalize("") == ""


@pytest.mark.parametrize(
    "text", ["\U0001f600", "Привет", "日本", "\ud800", "\x00", "<s>", "\u2581"]
)
def test_unknown_characters_are_unknown_pieces(tokenizer, text):
    ids = tokenizer.encode(f"the {text} cat")
    assert set(ids[1:-1].tolist()) <= {3, *range(4, len(tokenizer))}
    assert not {0, 1, 2} & set(ids.tolist())
    assert tokenizer.decode(ids).startswith("The") and tokenizer.decode(ids).endswith("cat")
    assert tokenizer.encode(text * 1000).max(initial=0) < len(tokenizer)


def test_nothing_is_no_piece(tokenizer):
    assert tokenizer.encode("").shape == tokenizer.encode(" \n").shape == (0,)
    assert tokenizer.decode([]) == tokenizer.decode([1, 2]) == ""


def test_the_configuration_is_plain_and_small(tokenizer):
    text = json.dumps(keras.saving.serialize_keras_object(tokenizer), indent=2)
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert again.vocabulary == tokenizer.vocabulary and len(text) < 30 * len(tokenizer) + 400
    for sentence in TEXTS[:5]:
        assert again.encode(sentence).tolist() == tokenizer.encode(sentence).tolist()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"alphabet": "aa"}, "`alphabet` must hold characters once"),
        ({"merges": "a c"}, "`merges` must join two pieces. Received: 'a c'"),
        ({"merges": "ab"}, "`merges` must join two pieces"),
        ({"names": "Tom Tom"}, "`names` must hold words once"),
    ],
)
def test_bad_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        SubwordTokenizer(**{"alphabet": "ab", **change})


def test_a_size_without_room_is_refused():
    with pytest.raises(ValueError, match="`vocabulary_size` must be above 4. Received: 4"):
        SubwordTokenizer.train(["a"], 4)
