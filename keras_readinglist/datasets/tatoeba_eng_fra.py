"""English sentences with French ones; all translations of a sentence are in the same split."""

import lzma
import pathlib

from keras_readinglist.datasets.loading import SPLITS, Dataset
from keras_readinglist.datasets.splits import by_hash


def read_pairs(path: pathlib.Path) -> list[tuple[str, str]]:
    """Return pairs of an English and a French sentence; lines are separated by tabs."""
    pairs = []
    with lzma.open(path, "rt", encoding="utf-8-sig") as lines:
        for row, line in enumerate(lines, 1):
            cells = line.rstrip("\n").split("\t")
            if len(cells) < 2:
                raise ValueError(f"line {row} has no tab: {line[:80]!r}")
            pairs.append((cells[0], cells[1]))
    return pairs


def split_pairs(pairs: list[tuple[str, str]], split: str) -> list[tuple[str, str]]:
    """Split by a hash of the English side: 2 % validation, 2 % test."""
    return [pair for pair in pairs if by_hash(pair[0], 2, 2) == split]


DATASET = Dataset(
    path="tatoeba_eng_fra/fra.txt.xz",
    read=read_pairs,
    split=split_pairs,
    splits=SPLITS,
    licence="CC BY 2.0 FR: tatoeba.org and manythings.org/anki",
)
