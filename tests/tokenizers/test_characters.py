"""Characters become integers and come back."""

import pytest

from keras_readinglist.tokenizers import CharTokenizer

pytestmark = pytest.mark.once


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
