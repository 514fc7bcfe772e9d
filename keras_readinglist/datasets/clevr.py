"""CLEVR's questions and answers, from the JSON files of the data set."""

import json
import pathlib
import re
from typing import NamedTuple


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
        ValueError: If the file is not one of CLEVR's.

    References:
        - [Johnson et al., 2016](https://arxiv.org/abs/1612.06890)
    """
    content = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not isinstance(content.get("questions"), list):
        raise ValueError(f"{path} holds no list `questions`, so it is no question file of CLEVR.")
    rows = content["questions"]
    return [Question(r["image_filename"], r["question"], r.get("answer")) for r in rows]


def tokenize(question):
    """Return the words of a question in lower case, with its punctuation as words."""
    return re.findall(r"[a-z0-9]+|[?;,]", question.lower())
