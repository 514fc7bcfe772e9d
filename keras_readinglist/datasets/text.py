"""Texts as they lie on a disk: their encoding, and their words."""

import pathlib
import re
import unicodedata


def read_text(path) -> str:
    """Return the text of a UTF-8 file, with or without byte order mark, whatever ends its lines.

    Args:
        path: Path of the file; `~` is the home directory.

    Raises:
        ValueError: If the file is not UTF-8; the message names it.
    """
    path = pathlib.Path(path).expanduser()
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is not UTF-8 (byte {error.start} is {error.object[error.start]:#04x}): save "
            "it as UTF-8."
        ) from error


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case: letters of any alphabet, digits, apostrophes.

    Args:
        text: String.

    Example:
        >>> words_of("José n'a pas 2 cafés.")
        ['josé', "n'a", 'pas', '2', 'cafés']
    """
    text = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    # Letters, the marks that some alphabets put on them, and numbers.
    kept = (c if c == "'" or unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return re.findall(r"\S+", "".join(kept))


def separate_words(text: str) -> str:
    r"""Return a text as a model of words reads it: in lower case, with blanks around all marks.

    A word holds its apostrophes. Every line ends with a line end, and none is empty.

    Args:
        text: String.

    Example:
        >>> separate_words("Why, this is\n\nthe King's!")
        "why , this is\nthe king's !\n"
    """
    text = unicodedata.normalize("NFC", text).lower().replace("’", "'")
    lines = (re.findall(r"\w+(?:'\w+)*|[^\w\s]", line) for line in text.splitlines())
    return "".join(" ".join(words) + "\n" for words in lines if words)
