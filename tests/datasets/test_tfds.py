"""Sets that the real TensorFlow Datasets has prepared from local files, in both of its formats."""

import gzip

import numpy as np
import pytest

from keras_readinglist import datasets
from keras_readinglist.datasets import loading
from keras_readinglist.datasets.audio import write_wav

pytestmark = pytest.mark.once

tfds = pytest.importorskip("tensorflow_datasets")
FORMATS = ("array_record", "tfrecord")
WHERE = {name: datasets.find(name) for name in ("tiny_shakespeare", "mnist")}
needs_data = pytest.mark.skipif(
    None in WHERE.values(), reason="tiny_shakespeare and mnist are not on this machine"
)


@pytest.fixture
def prepare(monkeypatch, tmp_path):
    """Return a function that prepares a set by TFDS' own builder, without the internet."""
    monkeypatch.delenv(loading.ENVIRONMENT, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))

    def local(_, urls):
        if isinstance(urls, dict):
            return {key: local(_, url) for key, url in urls.items()}
        name = str(getattr(urls, "url", urls)).rpartition("/")[2]
        if name == "input.txt":
            return WHERE["tiny_shakespeare"]
        if name == "v1.0.9.tar.gz":
            return tmp_path / "spoken"
        target = tmp_path / name.removesuffix(".gz")
        if not target.exists():
            target.write_bytes(gzip.decompress((WHERE["mnist"] / name).read_bytes()))
        return target

    manager = tfds.download.DownloadManager
    monkeypatch.setattr(manager, "download_and_extract", local)
    monkeypatch.setattr(manager, "download", local)
    tfds.disable_progress_bar()

    def prepare(name, file_format):
        builder = tfds.builder(name, data_dir=tmp_path / "tfds", file_format=file_format)
        builder.download_and_prepare()
        return tmp_path / "tfds"

    return prepare


@needs_data
@pytest.mark.parametrize("file_format", FORMATS)
def test_tiny_shakespeare(prepare, monkeypatch, file_format):
    whole = WHERE["tiny_shakespeare"].read_text(encoding="utf-8")
    expected = {split: datasets.tiny_shakespeare.split_text(whole, split) for split in
                ("train", "validation", "test")}  # fmt: skip
    folder = prepare("tiny_shakespeare", file_format)
    for split, text in expected.items():
        assert datasets.load("tiny_shakespeare", split, data_dir=folder) == text
    monkeypatch.setenv("TFDS_DATA_DIR", "~/tfds")
    assert datasets.load("tiny_shakespeare", "test") == expected["test"]


@needs_data
@pytest.mark.parametrize("file_format", FORMATS)
def test_mnist(prepare, monkeypatch, file_format):
    # Of 70,000 digits TFDS takes half a minute.
    module = tfds.builder_cls("mnist").__module__
    source = __import__(module, fromlist=["_TRAIN_EXAMPLES"])
    monkeypatch.setattr(source, "_TRAIN_EXAMPLES", 300)
    monkeypatch.setattr(source, "_TEST_EXAMPLES", 200)
    folder = prepare("mnist", file_format)
    there = datasets.mnist.read_folder(WHERE["mnist"]).read("test")
    images, labels = datasets.load("mnist", "test", data_dir=folder)
    assert images.shape == (200, 28, 28) and images.dtype == "uint8" and labels.dtype == "int32"
    rows = {(image.tobytes(), int(label)) for image, label in zip(*there, strict=True)}
    assert {(i.tobytes(), int(k)) for i, k in zip(images, labels, strict=True)} <= rows
    assert len(np.unique(images, axis=0)) == 200


def test_spoken_digit(prepare, tmp_path):
    pytest.importorskip("pydub")  # TFDS reads sound by it
    recordings = tmp_path / "spoken" / "free-spoken-digit-dataset-1.0.9" / "recordings"
    recordings.mkdir(parents=True)
    clips = {(d, who, take): np.full(50 + take, (d - 4) / 8) for d in (0, 7) for who in "ab"
             for take in (0, 4, 5, 10)}  # fmt: skip
    for (digit, who, take), clip in clips.items():
        (recordings / f"{digit}_{who}_{take}.wav").write_bytes(write_wav(clip, 8000))
    folder = prepare("spoken_digit", "tfrecord")
    for split, takes in (("test", {0, 4}), ("validation", {5}), ("train", {10})):
        digits = datasets.load("spoken_digit", split, data_dir=folder)
        found = list(zip(digits.labels, digits.speakers, digits.takes, strict=True))
        assert sorted(found) == sorted(key for key in clips if key[2] in takes)
        for clip, key in zip(digits.clips, found, strict=True):
            np.testing.assert_array_equal(clip, clips[key])


@needs_data
def test_what_goes_wrong_inside_is_told(prepare):
    folder = prepare("tiny_shakespeare", "array_record")
    for path in folder.rglob("*.array_record*"):
        path.write_bytes(b"damaged")
    with pytest.raises(RuntimeError, match="TensorFlow Datasets cannot read tiny_shakespeare"):
        datasets.load("tiny_shakespeare", "train", data_dir=folder)
    for path in folder.rglob("dataset_info.json"):
        path.write_text("{")
    with pytest.raises(RuntimeError, match="TensorFlow Datasets cannot read tiny_shakespeare"):
        datasets.load("tiny_shakespeare", "train", data_dir=folder)


def test_a_set_that_is_not_prepared_is_not_there(prepare, tmp_path):
    (tmp_path / "tfds" / "mnist" / "3.0.1").mkdir(parents=True)
    with pytest.raises(datasets.DatasetNotFoundError, match="data prepare mnist"):
        datasets.load("mnist", "train", data_dir=tmp_path / "tfds")
