"""Texts are read as files hold them, and cut into words as models of words take them."""

import pytest

from keras_readinglist import datasets
from keras_readinglist.datasets.text import separate_words

pytestmark = pytest.mark.once


def test_words_and_marks_are_separated():
    text = "ACT I\n\n\tDUNCAN\tWhat bloody man is that?--He's 'tis\u2019t.\r\n"
    lines = ["act i", "duncan what bloody man is that ? - - he's ' tis't .", ""]
    assert separate_words(text) == "\n".join(lines)
    assert separate_words(separate_words(text)) == separate_words(text)
    assert separate_words("  \n ") == "" and separate_words("Élan a\u0301") == "élan á\n"


def test_a_penn_treebank_of_the_user(tmp_path):
    (tmp_path / "ptb").mkdir()
    for name in ("train", "valid", "test"):
        (tmp_path / "ptb" / f"ptb.{name}.txt").write_text(f" a {name} <unk> N \n", encoding="utf-8")
    splits = ("train", "validation", "test")
    texts = [datasets.load("penn_treebank", split, data_dir=tmp_path) for split in splits]
    assert [text.split()[1] for text in texts] == ["train", "valid", "test"]
    with pytest.raises(datasets.DatasetNotFoundError, match="put ptb into a folder"):
        datasets.load("penn_treebank", data_dir=tmp_path / "elsewhere")
