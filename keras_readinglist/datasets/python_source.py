"""The modules of the running interpreter's standard library; whole modules are held out."""

import pathlib
import sysconfig

from keras_readinglist.datasets.loading import SPLITS, Dataset
from keras_readinglist.datasets.splits import by_hash


def read_modules(path: pathlib.Path) -> dict[str, str]:
    """Return the text of every module in a folder that is ASCII and has over 500 characters."""
    texts = {p.name: p.read_text("utf-8", errors="replace") for p in sorted(path.glob("*.py"))}
    return {name: text for name, text in texts.items() if text.isascii() and len(text) > 500}


def split_modules(modules: dict[str, str], split: str) -> list[str]:
    """Split by the hash of the file name: 8 % validation, 8 % test."""
    return [text for name, text in modules.items() if by_hash(name, 8, 8) == split]


DATASET = Dataset(
    path=sysconfig.get_paths()["stdlib"],
    read=read_modules,
    split=split_modules,
    splits=SPLITS,
    licence="PSF-2.0",
    always_here=True,
)
