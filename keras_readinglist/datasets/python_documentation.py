"""The reference of the Python language, as the running interpreter carries it for `help`.

Whole topics are held out. Topics share paragraphs: each stands in one split only, once.
"""

import pathlib
import re
import runpy
import sysconfig

from keras_readinglist.datasets.loading import SPLITS, Dataset
from keras_readinglist.datasets.splits import by_hash


def read_topics(path: pathlib.Path) -> dict[str, str]:
    """Return the text of every topic by its name."""
    return runpy.run_path(str(path))["topics"]


def split_topics(topics: dict[str, str], split: str) -> list[str]:
    """Split by the hash of the topic: 10 % validation, 10 % test.

    A paragraph of several topics belongs to training if one of them does, else to validation.
    """
    parts, seen = {part: [] for part in SPLITS}, set()
    in_order = sorted(topics, key=lambda name: (SPLITS.index(by_hash(name, 10, 10)), name))
    for name in in_order:
        for paragraph in re.split(r"\n\s*\n", topics[name]):
            words = " ".join(paragraph.split())
            if words and words not in seen:
                parts[by_hash(name, 10, 10)].append(paragraph)
            seen.add(words)
    return parts[split]


DATASET = Dataset(
    path=f"{sysconfig.get_paths()['stdlib']}/pydoc_data/topics.py",
    read=read_topics,
    split=split_topics,
    splits=SPLITS,
    licence="PSF-2.0",
    always_here=True,
)
