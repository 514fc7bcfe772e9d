"""Where real data comes from: a local folder, a prepared TFDS directory, or a download."""

import difflib
import os
import pathlib
from collections.abc import Callable
from dataclasses import dataclass

ENVIRONMENT = "KERAS_READINGLIST_DATA"


class DatasetNotFoundError(FileNotFoundError):
    """A data set that is nowhere on this machine; the message says what to type."""


@dataclass(frozen=True)
class Dataset:
    """How one data set is found, read and fetched.

    Args:
        path: Its file or folder below the data directory.
        read: Function `(path) -> content` for that file or folder.
        split: Function `(content, split) -> data`.
        splits: Names of its splits.
        licence: Its licence.
        download: Function `(path)` that fetches it to that place and verifies it, if there is one.
        tfds: Its name in TensorFlow Datasets, if it has one.
        from_tfds: Function `(list of examples by split name) -> data` for an example iterator.
        always_here: Whether it needs no data directory.
    """

    path: str
    read: Callable
    split: Callable
    splits: tuple[str, ...]
    licence: str
    download: Callable | None = None
    tfds: str | None = None
    from_tfds: Callable | None = None
    always_here: bool = False


def find(dataset: Dataset, data_dir=None) -> pathlib.Path | None:
    """Return the local file or folder of a data set, or `None`."""
    if dataset.always_here:
        return pathlib.Path(dataset.path)
    for directory in (data_dir, os.environ.get(ENVIRONMENT), cache_directory()):
        if directory and (pathlib.Path(directory) / dataset.path).exists():
            return pathlib.Path(directory) / dataset.path
    return None


def cache_directory() -> pathlib.Path:
    """Return the folder that downloads go to."""
    return pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "keras_readinglist"


def load(name: str, dataset: Dataset, split: str, data_dir=None, download=False):
    """Return one split of a data set; see `keras_readinglist.datasets.load`."""
    if split not in dataset.splits:
        known = ", ".join(dataset.splits)
        raise ValueError(f"`split` of {name} must be one of {known}. Received: {split!r}")
    path = find(dataset, data_dir)
    if path is None and dataset.tfds:
        prepared = _from_tfds(dataset, split, data_dir, download=False)
        if prepared is not None:
            return prepared
    if path is None and download:
        path = prepare(name, dataset, data_dir)
    if path is None:
        raise DatasetNotFoundError(_how_to_get(name, dataset))
    return dataset.split(dataset.read(path), split)


def prepare(name: str, dataset: Dataset, data_dir=None) -> pathlib.Path:
    """Fetch a data set into the data directory, unless it is there, and return its place."""
    path = find(dataset, data_dir)
    if path is not None:
        return path
    if dataset.download is None:
        raise DatasetNotFoundError(_how_to_get(name, dataset))
    directory = data_dir or os.environ.get(ENVIRONMENT) or cache_directory()
    path = pathlib.Path(directory) / dataset.path
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.download(path)
    return path


def _from_tfds(dataset: Dataset, split: str, data_dir, download: bool):
    """Read a set that TFDS has prepared, with or without TensorFlow; `None` if there is none."""
    try:
        import tensorflow_datasets as tfds

        source = tfds.data_source(dataset.tfds, split=split, data_dir=data_dir, download=download)
    except Exception:  # TFDS is absent, or has no ArrayRecord of it: try its TFRecords
        try:
            import tensorflow_datasets as tfds

            loaded = tfds.load(dataset.tfds, split=split, data_dir=data_dir, download=download)
            source = tfds.as_numpy(loaded)
        except Exception:
            return None
    return dataset.from_tfds(source)


def _how_to_get(name: str, dataset: Dataset) -> str:
    ways = [f"put {dataset.path} into a folder and set {ENVIRONMENT} to that folder"]
    if dataset.download:
        ways.insert(0, f"type `keras-readinglist data prepare {name}`")
    return f"The data set {name} is not on this machine: {', or '.join(ways)}."


def unknown(name: str, known) -> ValueError:
    """Return the error for an unknown data set, with close matches."""
    close = difflib.get_close_matches(name, known, cutoff=0.4) or sorted(known)
    return ValueError(f"There is no data set {name!r}. Perhaps: {', '.join(close)}.")
