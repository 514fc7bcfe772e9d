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


def test_a_wikitext_of_the_user_may_be_without_its_training_articles(tmp_path):
    (tmp_path / "wikitext2").mkdir()
    for name in ("valid", "test"):
        (tmp_path / "wikitext2" / f"{name}.txt").write_text(f" = {name} = \n", encoding="utf-8")
    texts = [datasets.load("wikitext2", split, data_dir=tmp_path) for split in
             ("validation", "test")]  # fmt: skip
    assert [text.split()[1] for text in texts] == ["valid", "test"]
    with pytest.raises(ValueError, match="train.txt is missing: the train articles"):
        datasets.load("wikitext2", data_dir=tmp_path)


@pytest.mark.skipif(datasets.find("wikitext2") is None, reason="WikiText-2 is not here")
def test_the_published_articles_have_so_many_words():
    counts = {"validation": 217_646, "test": 245_569}
    for split, count in counts.items():
        text = datasets.load("wikitext2", split)
        assert len(text.replace("\n", " <eos> ").split()) == count
