"""Penn Treebank as language models read it (Mikolov, 2010): a file for each split, a user's own.

929,589 words to train, 73,760 to validate and 82,430 to test, ends of lines among them, of a
vocabulary of 10,000. The licence forbids to pass the text on.
"""

import pathlib

from keras_readinglist.datasets.loading import SPLITS, Dataset
from keras_readinglist.datasets.text import read_text

_FILES = {"train": "ptb.train.txt", "validation": "ptb.valid.txt", "test": "ptb.test.txt"}


def read_folder(path: pathlib.Path):
    """Return a function of a split's name to its text, of the folder with the three files."""
    return lambda split: read_text(path / _FILES[split])


DATASET = Dataset(
    path="ptb",
    read=read_folder,
    split=lambda read, split: read(split),
    splits=SPLITS,
    licence="LDC User Agreement",
)
