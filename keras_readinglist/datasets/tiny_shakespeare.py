"""A megabyte of Shakespeare: 90 % train, the next 5 % validation, the last 5 % test."""

from keras_readinglist.datasets.loading import SPLITS, Dataset, File
from keras_readinglist.datasets.text import read_text

FILE = File(
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    "tiny_shakespeare/input.txt",
)


def split_text(text: str, split: str) -> str:
    """Return the first 90 %, the next 5 % or the last 5 % of a text."""
    first, second = int(0.9 * len(text)), int(0.95 * len(text))
    borders = {"train": (0, first), "validation": (first, second), "test": (second, len(text))}
    begin, end = borders[split]
    return text[begin:end]


DATASET = Dataset(
    path=FILE.path,
    read=read_text,
    split=split_text,
    splits=SPLITS,
    licence="public domain",
    files=(FILE,),
    tfds="tiny_shakespeare",
    from_tfds=lambda examples, split: next(iter(examples(split)))["text"].decode(),
)
