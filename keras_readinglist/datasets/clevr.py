"""CLEVR's questions and answers, from the JSON files of the data set."""

import json
import re
from typing import NamedTuple

from keras_readinglist.datasets.text import read_text, words_of


class Question(NamedTuple):
    """A question about an image; `answer` is `None` in the test split."""

    image: str
    question: str
    answer: str | None


def read_clevr_questions(path):
    """Read one `CLEVR_*_questions.json`.

    The images (19 GB) are read by whatever reads PNG files; `image` is their file name.

    Args:
        path: Path of the file.

    Returns:
        List of `Question`.

    Raises:
        ValueError: If the file is damaged or not one of CLEVR's.

    References:
        - [Johnson et al., 2016](https://arxiv.org/abs/1612.06890)
    """
    try:
        content = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("questions"), list):
        raise ValueError(f"{path} holds no list `questions`, so it is no question file of CLEVR.")
    rows = content["questions"]
    try:
        return [Question(r["image_filename"], r["question"], r.get("answer")) for r in rows]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} holds a question without text or image: {error}") from error


def tokenize(question):
    """Return the words of a question in lower case, with its punctuation as words."""
    parts = re.findall(r"[?;,]|[^?;,]+", question)
    return [word for part in parts for word in (part if part in "?;," else words_of(part))]
