"""Data sets are found where they are looked for, and their absence is explained."""

import hashlib
import lzma

import pytest

from keras_readinglist import datasets
from keras_readinglist.datasets import loading, text

pytestmark = pytest.mark.once


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    monkeypatch.delenv(loading.ENVIRONMENT, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(loading, "_from_tfds", lambda *args, **kwargs: None)


def test_absence_is_explained(nowhere):
    with pytest.raises(datasets.DatasetNotFoundError, match="data prepare tiny_shakespeare"):
        datasets.load("tiny_shakespeare", "train")


def test_explicit_folder_comes_before_the_environment(nowhere, monkeypatch, tmp_path):
    for folder, letter in (("a", "x"), ("b", "y")):
        (tmp_path / folder / "tiny_shakespeare").mkdir(parents=True)
        (tmp_path / folder / "tiny_shakespeare/input.txt").write_text(letter * 100)
    monkeypatch.setenv(loading.ENVIRONMENT, str(tmp_path / "b"))
    assert datasets.load("tiny_shakespeare", "test", data_dir=tmp_path / "a") == "x" * 5
    assert datasets.load("tiny_shakespeare", "train") == "y" * 90


def test_translations_of_one_sentence_stay_together(nowhere, tmp_path):
    (tmp_path / "tatoeba_eng_fra").mkdir()
    lines = [f"Sentence {k}.\tPhrase {k}{v}.\tlicence\n" for k in range(300) for v in "ab"]
    with lzma.open(tmp_path / "tatoeba_eng_fra/fra.txt.xz", "wt", encoding="utf-8") as file:
        file.writelines(lines)
    parts = {
        split: datasets.load("tatoeba_eng_fra", split, data_dir=tmp_path)
        for split in ("train", "validation", "test")
    }
    assert sum(map(len, parts.values())) == 600
    english = [{pair[0] for pair in pairs} for pairs in parts.values()]
    assert sum(map(len, english)) == 300 and all(len(pairs) % 2 == 0 for pairs in parts.values())
    assert len(parts["train"]) > 540 and parts["test"]


def test_download_is_verified(nowhere, monkeypatch, tmp_path):
    monkeypatch.setattr(text, "_fetch", lambda url: b"not what was promised")
    with pytest.raises(OSError, match="SHA-256"):
        datasets.load("tiny_shakespeare", "train", data_dir=tmp_path, download=True)
    assert not (tmp_path / "tiny_shakespeare/input.txt").exists()
    monkeypatch.setattr(text, "_TINY_SHA256", hashlib.sha256(b"a" * 100).hexdigest())
    monkeypatch.setattr(text, "_fetch", lambda url: b"a" * 100)
    assert datasets.load("tiny_shakespeare", "train", data_dir=tmp_path, download=True) == "a" * 90
    assert datasets.find("tiny_shakespeare", tmp_path)


def test_prepared_tfds_directory(nowhere, monkeypatch):
    monkeypatch.setattr(loading, "_from_tfds", lambda d, s, *a, **k: d.from_tfds([{"text": b"hi"}]))
    assert datasets.load("tiny_shakespeare", "train") == "hi"


def test_bad_names():
    with pytest.raises(ValueError, match="Perhaps: .*tiny_shakespeare"):
        datasets.load("tiny_shakespear")
    with pytest.raises(ValueError, match="`split` of python_source must be one of"):
        datasets.load("python_source", "dev")


def test_python_source_splits_are_disjoint_and_large():
    parts = {
        split: datasets.load("python_source", split) for split in ("train", "validation", "test")
    }
    modules = [module for part in parts.values() for module in part]
    assert len(set(modules)) == len(modules) > 100
    assert sum(map(len, parts["train"])) > 1_000_000


needs_data = pytest.mark.skipif(
    not datasets.find("shakespeare"), reason="the data set shakespeare is not on this machine"
)


@needs_data
def test_tiny_shakespeare():
    lengths = [len(datasets.load("tiny_shakespeare", s)) for s in ("train", "validation", "test")]
    assert lengths == [1_003_854, 55_770, 55_770]


@needs_data
def test_shakespeare():
    parts = [datasets.load("shakespeare", split) for split in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [37, 2, 3]
    assert any("To be, or not to be" in play for play in parts[2])
