"""Texts: Shakespeare in two sizes, Python source code, and English sentences with French ones."""

import hashlib
import lzma
import pathlib
import sysconfig
import urllib.request
import zipfile

from keras_readinglist.datasets.loading import Dataset

_TINY_URL = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
)
_TINY_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
_PLAYS_URL = (
    "https://raw.githubusercontent.com/martin-gorner/tensorflow-rnn-shakespeare/master/shakespeare/"
)
_PLAYS_SHA256 = "1f921c97a441b8b36b6474ee8284d918d9fe1da695590b8866b229d448ffdb51"
_PLAYS = """1kinghenryiv 1kinghenryvi 2kinghenryiv 2kinghenryvi 3kinghenryvi allswellthatendswell
antonyandcleopatra asyoulikeit comedyoferrors coriolanus cymbeline hamlet juliuscaesar kinghenryv
kinghenryviii kingjohn kinglear kingrichardii kingrichardiii loverscomplaint loveslabourslost
macbeth measureforemeasure merchantofvenice merrywivesofwindsor midsummersnightsdream
muchadoaboutnothing othello periclesprinceoftyre rapeoflucrece romeoandjuliet sonnets
tamingoftheshrew tempest timonofathens titusandronicus troilusandcressida twelfthnight
twogentlemenofverona various venusandadonis winterstale""".split()
_PLAY_SPLITS = {
    "validation": {"macbeth", "sonnets"},
    "test": {"hamlet", "twelfthnight", "venusandadonis"},
}


def split_text(text: str, split: str) -> str:
    """Return the first 90 %, the next 5 % or the last 5 % of a text."""
    first, second = int(0.9 * len(text)), int(0.95 * len(text))
    borders = {"train": (0, first), "validation": (first, second), "test": (second, len(text))}
    begin, end = borders[split]
    return text[begin:end]


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()


def _verify(content: bytes, digest: str, name: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise OSError(f"The download of {name} is damaged: its SHA-256 is {found}, not {digest}.")


def _download_tiny(path: pathlib.Path) -> None:
    content = _fetch(_TINY_URL)
    _verify(content, _TINY_SHA256, "tiny_shakespeare")
    path.write_bytes(content)


def _download_plays(path: pathlib.Path) -> None:
    contents = {name: _fetch(f"{_PLAYS_URL}{name}.txt") for name in _PLAYS}
    _verify(b"".join(contents[name] for name in sorted(contents)), _PLAYS_SHA256, "shakespeare")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(f"shakespeare/{name}.txt", content)


def _read_plays(path: pathlib.Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".txt"))
        return {pathlib.Path(n).stem: archive.read(n).decode("latin-1") for n in names}


def _split_plays(plays: dict[str, str], split: str) -> list[str]:
    held_out = set().union(*_PLAY_SPLITS.values())
    if split == "train":
        return [text for name, text in plays.items() if name not in held_out]
    return [text for name, text in plays.items() if name in _PLAY_SPLITS[split]]


def _read_modules(path: pathlib.Path) -> dict[str, str]:
    texts = {p.name: p.read_text("utf-8", errors="replace") for p in sorted(path.glob("*.py"))}
    return {name: text for name, text in texts.items() if text.isascii() and len(text) > 500}


def _split_modules(modules: dict[str, str], split: str) -> list[str]:
    """Split by the hash of the file name: 8 % validation, 8 % test."""

    def bucket(name):
        share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % 100
        return "test" if share < 8 else "validation" if share < 16 else "train"

    return [text for name, text in modules.items() if bucket(name) == split]


def _read_pairs(path: pathlib.Path) -> list[tuple[str, str]]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [(row[0], row[1]) for row in rows]


def _split_pairs(pairs: list[tuple[str, str]], split: str) -> list[tuple[str, str]]:
    """Split by a hash of the English side: all its French sides stay together."""

    def part(english: str) -> str:
        share = int.from_bytes(hashlib.sha256(english.encode()).digest()[:4], "big") % 100
        return "test" if share < 2 else "validation" if share < 4 else "train"

    return [pair for pair in pairs if part(pair[0]) == split]


_SPLITS = ("train", "validation", "test")

TINY_SHAKESPEARE = Dataset(
    path="tiny_shakespeare/input.txt",
    read=lambda path: path.read_text(encoding="utf-8"),
    split=split_text,
    splits=_SPLITS,
    licence="public domain",
    download=_download_tiny,
    tfds="tiny_shakespeare",
    from_tfds=lambda source: next(iter(source))["text"].decode(),
)
SHAKESPEARE = Dataset(
    path="shakespeare/shakespeare_complete.zip",
    read=_read_plays,
    split=_split_plays,
    splits=_SPLITS,
    licence="public domain",
    download=_download_plays,
)
PYTHON_SOURCE = Dataset(
    path=sysconfig.get_paths()["stdlib"],
    read=_read_modules,
    split=_split_modules,
    splits=_SPLITS,
    licence="PSF-2.0",
    always_here=True,
)
TATOEBA = Dataset(
    path="tatoeba_eng_fra/fra.txt.xz",
    read=_read_pairs,
    split=_split_pairs,
    splits=_SPLITS,
    licence="CC BY 2.0 FR: tatoeba.org and manythings.org/anki",
)
