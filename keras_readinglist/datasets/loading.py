"""Where real data comes from: a local folder, a prepared TFDS directory, or a download."""

import difflib
import gzip
import importlib.util
import lzma
import os
import pathlib
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

ENVIRONMENT = "KERAS_READINGLIST_DATA"
SPLITS = ("train", "validation", "test")
_DAMAGED = (
    ValueError,
    EOFError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


class DatasetNotFoundError(FileNotFoundError):
    """A data set that is nowhere on this machine; the message says what to type."""


@dataclass(frozen=True)
class File:
    """A file on the internet that belongs to a data set.

    Args:
        url: Its address.
        sha256: The SHA-256 of its content, in hexadecimal digits.
        path: Where it lies below the data directory.
    """

    url: str
    sha256: str
    path: str

    def fetch(self, directory: pathlib.Path) -> None:
        """Download the file into a directory: whole and verified, or not at all.

        Args:
            directory: The data directory.

        Raises:
            OSError: If it cannot be had, or has another content.
        """
        import keras

        target = directory / self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".partial-") as folder:
            try:
                found = keras.utils.get_file(
                    target.name,
                    self.url,
                    file_hash=self.sha256,
                    hash_algorithm="sha256",
                    cache_dir=folder,
                    cache_subdir="",
                )
            except Exception as error:  # Keras raises a plain `Exception` without a network
                raise OSError(f"{self.url} could not be downloaded: {error}") from error
            os.replace(found, target)


@dataclass(frozen=True)
class Dataset:
    """How one data set is found, read and fetched.

    Args:
        path: Its file or folder below the data directory.
        read: Function `(path) -> content` for that file or folder.
        split: Function `(content, split) -> data`.
        splits: Names of its splits.
        licence: Its licence.
        files: The files that it is fetched as; none if it cannot be fetched.
        pack: Function `(directory, path)` that makes its file of fetched ones, if it is not one.
        tfds: Its name in TensorFlow Datasets, if it has one.
        from_tfds: Function `(examples, split) -> data`; `examples(name)` gives those of a split of
            TensorFlow Datasets, one after the other.
        always_here: Whether it needs no data directory.
    """

    path: str
    read: Callable
    split: Callable
    splits: tuple[str, ...]
    licence: str
    files: tuple[File, ...] = ()
    pack: Callable | None = None
    tfds: str | None = None
    from_tfds: Callable | None = None
    always_here: bool = False

    def lies_in(self, directory: pathlib.Path) -> bool:
        """Return whether a directory has all of it."""
        parts = [self.path] if self.pack or not self.files else [file.path for file in self.files]
        return all((directory / part).exists() for part in parts)


def find(dataset: Dataset, data_dir=None) -> pathlib.Path | None:
    """Return the local file or folder of a data set, or `None`."""
    if dataset.always_here:
        return pathlib.Path(dataset.path)
    for directory in (data_dir, os.environ.get(ENVIRONMENT), cache_directory()):
        if directory and dataset.lies_in(pathlib.Path(directory).expanduser()):
            return pathlib.Path(directory).expanduser() / dataset.path
    return None


def cache_directory() -> pathlib.Path:
    """Return the folder that downloads go to."""
    home = os.environ.get("KERAS_HOME") or "~/.keras"
    return pathlib.Path(home).expanduser() / "keras_readinglist"


def load(name: str, dataset: Dataset, split: str, data_dir=None, download=False):
    """Return one split of a data set; see `keras_readinglist.datasets.load`."""
    if split not in dataset.splits:
        known = ", ".join(dataset.splits)
        raise ValueError(f"`split` of {name} must be one of {known}. Received: {split!r}")
    path = find(dataset, data_dir)
    if path is None and dataset.tfds:
        try:
            builder = prepared_tfds(dataset.tfds, data_dir)
            if builder is not None:
                return _read_tfds(dataset, builder, split)
        except Exception as error:  # of any kind, from deep inside
            raise RuntimeError(f"TensorFlow Datasets cannot read {name}: {error}") from error
    if path is None and download:
        path = prepare(name, dataset, data_dir)
    if path is None:
        raise DatasetNotFoundError(_how_to_get(name, dataset))
    try:
        return dataset.split(dataset.read(path), split)
    except _DAMAGED as error:
        raise ValueError(f"{path} cannot be read as {name}: {error}") from error


def prepare(name: str, dataset: Dataset, data_dir=None) -> pathlib.Path:
    """Fetch a data set into the data directory, unless it is there, and return its place."""
    path = find(dataset, data_dir)
    if path is not None:
        return path
    if not dataset.files:
        raise DatasetNotFoundError(_how_to_get(name, dataset))
    directory = data_dir or os.environ.get(ENVIRONMENT) or cache_directory()
    directory = pathlib.Path(directory).expanduser()
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / dataset.path
    if dataset.pack is None:
        for file in dataset.files:
            if not (directory / file.path).exists():
                file.fetch(directory)
        return path
    with tempfile.TemporaryDirectory(dir=directory, prefix=".partial-") as folder:
        for file in dataset.files:
            file.fetch(pathlib.Path(folder))
        packed = pathlib.Path(folder) / "packed"
        dataset.pack(pathlib.Path(folder), packed)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(packed, path)
    return path


def prepared_tfds(name: str, data_dir=None):
    """Return the builder of a set that TensorFlow Datasets has prepared, or `None`.

    It is looked for in `data_dir`, in `$TFDS_DATA_DIR` and in `~/tensorflow_datasets`.
    """
    if importlib.util.find_spec("tensorflow_datasets") is None:
        return None
    places = (data_dir, os.environ.get("TFDS_DATA_DIR"), "~/tensorflow_datasets")
    for place in places:
        directory = pathlib.Path(place).expanduser() if place else None
        if directory and (directory / name).is_dir():  # else TFDS need not be imported
            import tensorflow_datasets as tfds

            builder = tfds.builder(name, data_dir=directory)
            if builder.is_prepared():
                return builder
    return None


def _read_tfds(dataset: Dataset, builder, split: str):
    """Read a split, from ArrayRecord files without TensorFlow, from TFRecord files with it."""
    import tensorflow_datasets as tfds

    def examples(name):
        if builder.info.file_format is tfds.core.FileFormat.ARRAY_RECORD:
            return builder.as_data_source(name)
        return tfds.as_numpy(builder.as_dataset(name))

    return dataset.from_tfds(examples, split)


def _how_to_get(name: str, dataset: Dataset) -> str:
    ways = [f"put {dataset.path} into a folder and set {ENVIRONMENT} to that folder"]
    if dataset.tfds and not dataset.files:  # it has no file that we could read
        code = f"import tensorflow_datasets as tfds; tfds.load('{dataset.tfds}')"
        ways = [f'type `python -c "{code}"` once, with the extra `datasets` installed']
    if dataset.files:
        ways.insert(0, f"type `keras-readinglist data prepare {name}`")
    return f"The data set {name} is not on this machine: {', or '.join(ways)}."


def unknown(name: str, known) -> ValueError:
    """Return the error for an unknown data set, with close matches."""
    close = difflib.get_close_matches(name, known, cutoff=0.4) or sorted(known)
    return ValueError(f"There is no data set {name!r}. Perhaps: {', '.join(close)}.")
