"""WikiText-2: articles of Wikipedia as language models of words read them (Merity et al., 2016).

2,088,628 words to train, 217,646 to validate and 245,569 to test, ends of lines among them, of a
vocabulary of 33,278. Files are those of the examples of PyTorch: `train.txt`, `valid.txt` and
`test.txt`. Without the first the others are a small corpus of their own: the test articles to train
on, and the validation articles to measure with.
"""

import pathlib

from keras_readinglist.datasets.loading import SPLITS, Dataset
from keras_readinglist.datasets.text import read_text

_FILES = {"train": "train.txt", "validation": "valid.txt", "test": "test.txt"}


def read_folder(path: pathlib.Path):
    """Return a function of a split's name to its text, of the folder with the three files."""

    def read(split):
        file = path / _FILES[split]
        if not file.is_file():
            raise ValueError(f"{file} is missing: the {split} articles of WikiText-2 are not here.")
        return read_text(file)

    return read


DATASET = Dataset(
    path="wikitext2",
    read=read_folder,
    split=lambda read, split: read(split),
    splits=SPLITS,
    licence="CC BY-SA 3.0: the authors of Wikipedia; Merity et al., WikiText-2",
)
