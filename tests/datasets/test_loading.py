"""Data sets are found where they are looked for, and their absence is explained."""

import dataclasses
import gzip
import hashlib
import lzma
import pathlib
import re
import zipfile

import keras
import pytest

from keras_readinglist import datasets
from keras_readinglist.datasets import loading, shakespeare

pytestmark = pytest.mark.once


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    monkeypatch.delenv(loading.ENVIRONMENT, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(loading, "prepared_tfds", lambda *_: None)


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


@pytest.fixture
def internet(monkeypatch):
    """Serve these contents instead of the internet, by the end of the address."""
    contents = {}

    def urlretrieve(url, target, report=None):
        content = contents[url.rpartition("/")[2]]
        if isinstance(content, Exception):
            pathlib.Path(target).write_bytes(b"half")
            raise content
        pathlib.Path(target).write_bytes(content)

    monkeypatch.setitem(keras.utils.get_file.__globals__, "urlretrieve", urlretrieve)
    return contents


def small(monkeypatch, name, **changes):
    changed = dataclasses.replace(datasets.DATASETS[name], **changes)
    monkeypatch.setitem(datasets.DATASETS, name, changed)


def declared(content, path):
    digest = hashlib.sha256(content).hexdigest()
    return loading.File(f"https://example.org/{path.rpartition('/')[2]}", digest, path)


@pytest.mark.parametrize(
    "served", [b"not what was promised", OSError(28, "No space left on device"), b"First"]
)
def test_a_download_is_whole_and_verified_or_not_there(
    nowhere, internet, monkeypatch, tmp_path, served
):
    whole = b"First Citizen: speak.\n" * 10
    small(monkeypatch, "tiny_shakespeare", files=(declared(whole, "tiny_shakespeare/input.txt"),))
    internet["input.txt"] = served
    for _ in range(2):
        with pytest.raises(OSError, match="https://example.org/input.txt could not be downloaded"):
            datasets.load("tiny_shakespeare", "train", data_dir=tmp_path, download=True)
        assert datasets.find("tiny_shakespeare", tmp_path) is None
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    internet["input.txt"] = whole
    text = datasets.load("tiny_shakespeare", "train", data_dir=tmp_path, download=True)
    assert text == whole.decode()[: int(0.9 * len(whole))]
    assert datasets.find("tiny_shakespeare", tmp_path)


def test_a_set_of_several_files_is_there_when_all_are(nowhere, internet, monkeypatch, tmp_path):
    works = {name: name.encode() for part in shakespeare.HELD_OUT.values() for name in part}
    works["tempest"] = b"Caf\xe9"
    files = tuple(declared(text, f"shakespeare/{name}.txt") for name, text in works.items())
    small(monkeypatch, "shakespeare", files=files)
    internet.update({f"{name}.txt": text for name, text in works.items()})
    internet["tempest.txt"] = OSError("The line is dead")
    with pytest.raises(OSError, match="The line is dead"):
        datasets.prepare("shakespeare", tmp_path)
    assert datasets.find("shakespeare", tmp_path) is None and not list(tmp_path.iterdir())
    internet["tempest.txt"] = works["tempest"]
    path = datasets.prepare("shakespeare", tmp_path)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]
    assert datasets.load("shakespeare", "train", data_dir=tmp_path) == ["Café"]
    assert sorted(datasets.load("shakespeare", "validation", data_dir=tmp_path)) == [
        "macbeth",
        "sonnets",
    ]


def test_files_that_are_there_are_not_fetched_again(nowhere, internet, monkeypatch, tmp_path):
    contents = {f"{name}-ubyte.gz": gzip.compress(name.encode()) for name in ("a", "b")}
    files = tuple(declared(content, f"mnist/{name}") for name, content in contents.items())
    small(monkeypatch, "mnist", files=files)
    internet.update({**contents, "b-ubyte.gz": OSError("The line is dead")})
    with pytest.raises(OSError, match="The line is dead"):
        datasets.prepare("mnist", tmp_path)
    assert datasets.find("mnist", tmp_path) is None
    internet.update({**contents, "a-ubyte.gz": OSError("The line is dead")})
    assert datasets.prepare("mnist", tmp_path) == tmp_path / "mnist"
    assert datasets.find("mnist", tmp_path) == tmp_path / "mnist"


def put(folder, path, content):
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)


def truncated(content):
    return content[: len(content) // 2]


PAIRS = lzma.compress(b"Go.\tVa !\n" * 100)
IDX = b"\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02" + bytes(8)


@pytest.mark.parametrize(
    ("name", "path", "content"),
    [
        ("shakespeare", "shakespeare/shakespeare_complete.zip", b"<html>404</html>"),
        ("shakespeare", "shakespeare/shakespeare_complete.zip", b""),
        ("tatoeba_eng_fra", "tatoeba_eng_fra/fra.txt.xz", b"<html>404</html>"),
        ("tatoeba_eng_fra", "tatoeba_eng_fra/fra.txt.xz", truncated(PAIRS)),
        ("tatoeba_eng_fra", "tatoeba_eng_fra/fra.txt.xz", lzma.compress(b"no tab\n")),
        ("tatoeba_eng_fra", "tatoeba_eng_fra/fra.txt.xz", lzma.compress(b"Go.\tO\xf9 ?\n")),
        ("tiny_shakespeare", "tiny_shakespeare/input.txt", "Où est José ?".encode("latin-1")),
        ("mnist", "mnist/train-images-idx3-ubyte.gz", b"<html>404</html>"),
        ("mnist", "mnist/train-images-idx3-ubyte.gz", truncated(gzip.compress(IDX))),
        ("mnist", "mnist/train-images-idx3-ubyte.gz", gzip.compress(IDX[:-1])),
        ("mnist", "mnist/train-images-idx3-ubyte.gz", b""),
    ],
)
def test_damaged_files_are_named(nowhere, tmp_path, name, path, content):
    for file in datasets.DATASETS[name].files:
        put(tmp_path, file.path, b"")
    put(tmp_path, path, content)
    with pytest.raises(ValueError, match=re.escape(path.rpartition("/")[2])):
        datasets.load(name, "train", data_dir=tmp_path)


def test_a_zip_whose_end_is_there_but_not_its_middle(nowhere, tmp_path):
    path = tmp_path / "shakespeare/shakespeare_complete.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("shakespeare/macbeth.txt", "a" * 1000)
    content = bytearray(path.read_bytes())
    content[200] ^= 255
    path.write_bytes(content)
    with pytest.raises(ValueError, match="shakespeare_complete.zip"):
        datasets.load("shakespeare", "train", data_dir=tmp_path)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_texts_as_editors_save_them(nowhere, tmp_path, mark, end):
    put(tmp_path, "tiny_shakespeare/input.txt", mark + "Où ?".encode() * 25 + end * 100)
    text = datasets.load("tiny_shakespeare", "train", data_dir=tmp_path)
    assert text == "Où ?" * 25 + "\n" * 80


@pytest.mark.parametrize("place", ["data_dir", "environment", "cache"])
def test_every_place_may_be_in_the_home_directory(nowhere, monkeypatch, tmp_path, place):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    put(tmp_path, "data/keras_readinglist/tiny_shakespeare/input.txt", b"hello")
    folder = "~/data/keras_readinglist"
    if place == "environment":
        monkeypatch.setenv(loading.ENVIRONMENT, folder)
    elif place == "cache":
        monkeypatch.setenv("KERAS_HOME", "~/data")
    found = datasets.find("tiny_shakespeare", folder if place == "data_dir" else None)
    assert found == tmp_path / "data/keras_readinglist/tiny_shakespeare/input.txt"


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


@needs_data
def test_mnist():
    images, labels = datasets.load("mnist", "validation")
    assert images.shape == (10_000, 28, 28) and images.dtype == "uint8"
    assert labels[:5].tolist() == [3, 8, 6, 9, 6] and labels.dtype == "int32"
    assert [len(datasets.load("mnist", split)[1]) for split in ("train", "test")] == [
        50_000,
        10_000,
    ]
