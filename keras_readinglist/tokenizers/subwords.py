"""Frequent words, and pieces of rare ones, to integers and back (Sennrich et al., 2016)."""

import json
import re
import unicodedata
from collections import Counter

import keras
import numpy as np

SPECIALS = ("<pad>", "<s>", "</s>", "<unk>")
PADDING, START, END, UNKNOWN = range(len(SPECIALS))
SPACE = "\u2581"  # stands before a word that follows a blank
# French elisions and English endings are pieces of their own, and so are marks with their blank.
_PIECES = (
    rf"(?i:{SPACE}?(?:[cdjlmnst]|\p{{L}}*qu)')|[{SPACE}'-]?[\p{{L}}\p{{M}}]+|{SPACE}?\p{{N}}"
    rf"|{SPACE}?[^\p{{L}}\p{{M}}\p{{N}}{SPACE}]+|{SPACE}"
)
_WORD = re.compile(r"[^\W\d_]+")
_INNER_WORD = re.compile(r"(?<=[\w,] )[^\W\d_]+")
_FIRST_LETTER = re.compile(r"[\W_]*[^\W\d_]")
_APOSTROPHES = str.maketrans("\u2018\u2019\u02bc", "'''")
_ALPHABET = 128  # characters, which is all of English and French; an emoji is no piece
_NAME_COUNT = 10  # capitals of rarer words are more often titles and slips than names


@keras.saving.register_keras_serializable(package="keras_readinglist")
class SubwordTokenizer:
    """Maps the pieces of sentences to integers: byte-pair encoding over characters.

    A sentence begins with a capital letter, which says nothing about its first word: `encode` makes
    it small, unless the word is written with a capital elsewhere too (`Tom`, `I`) or has two of
    them (`TV`), and `decode` makes it large again. Blanks of every width become plain ones, so that
    French marks keep theirs (`Va !`), and typographic apostrophes become `'`: see `normalize`.
    What is not in the alphabet becomes `<unk>`, which `decode` leaves out.

    Integers 0 to 3 are `<pad>`, `<s>`, `</s>` and `<unk>`. Needs the extra `text`.

    Args:
        alphabet: String of distinct characters, the first pieces.
        merges: String of lines `left right`; each joins two pieces to a new one.
        names: String of words with blanks between them, that keep their capital everywhere.

    Raises:
        ImportError: If `tokenizers` is not installed.
        ValueError: If a character or a name is there twice, or a merge joins what no piece is.

    Example:
        >>> texts = ["Go on.", "We go.", "Go!", "We go on!"]
        >>> tokenizer = SubwordTokenizer.train(texts, vocabulary_size=16)
        >>> tokenizer.vocabulary[4:]
        ['!', '.', 'e', 'g', 'n', 'o', 'w', '▁', 'go', '▁go', 'on', 'we']
        >>> ids = tokenizer.encode("Go on!")
        >>> [tokenizer.vocabulary[i] for i in ids]
        ['▁go', '▁', 'on', '!']
        >>> tokenizer.decode(ids)
        'Go on!'

    References:
        - [Sennrich et al., 2016](https://arxiv.org/abs/1508.07909)
    """

    def __init__(self, alphabet, merges="", names=""):
        self.alphabet, self.merges, self.names = alphabet, merges, names
        pairs = [tuple(line.split(" ")) for line in merges.splitlines()]
        pieces = dict.fromkeys([*SPECIALS, *alphabet])
        if len(pieces) < len(SPECIALS) + len(alphabet):
            raise ValueError(f"`alphabet` must hold characters once. Received: {alphabet!r}")
        for pair in pairs:
            if len(pair) != 2 or not pieces.keys() >= set(pair):
                raise ValueError(f"`merges` must join two pieces. Received: {' '.join(pair)!r}")
            pieces["".join(pair)] = None
        self._names = frozenset(names.split())
        if len(self._names) < len(names.split()):
            raise ValueError(f"`names` must hold words once. Received: {names!r}")
        self.vocabulary = list(pieces)
        library = _library()
        index = {piece: i for i, piece in enumerate(pieces)}
        model = library.models.BPE(index, pairs, unk_token=SPECIALS[UNKNOWN], fuse_unk=True)
        self._tokenizer = _splitting(library, model)

    @classmethod
    def train(cls, texts, vocabulary_size):
        """Learn the pieces of `texts`.

        Args:
            texts: Sequence of strings, of all languages that share the pieces.
            vocabulary_size: Integer, how many pieces with the special ones. Characters that find
                no room, the rarest, become `<unk>`.

        Raises:
            ValueError: If there is no room for a character beside the special pieces.
        """
        if vocabulary_size <= len(SPECIALS):
            raise ValueError(
                f"`vocabulary_size` must be above {len(SPECIALS)}. Received: {vocabulary_size}"
            )
        library = _library()
        texts = [normalize(text) for text in texts]
        names = _find_names(texts)
        tokenizer = _splitting(library, library.models.BPE())
        room = vocabulary_size - len(SPECIALS)
        trainer = library.trainers.BpeTrainer(
            vocab_size=room, limit_alphabet=min(room, _ALPHABET), show_progress=False
        )
        tokenizer.train_from_iterator((_lower(text, names) for text in texts), trainer)
        model = json.loads(tokenizer.to_str())["model"]
        alphabet = "".join(piece for piece in model["vocab"] if len(piece) == 1)
        merges = "\n".join(" ".join(pair) for pair in model["merges"])
        return cls(alphabet, merges, " ".join(sorted(names)))

    def __len__(self):
        return len(self.vocabulary)

    def encode(self, text):
        """Return the pieces of a sentence as an int32 array, without special ones."""
        text = _lower(normalize(text), self._names)
        return np.array(self._tokenizer.encode(text).ids, dtype="int32")

    def decode(self, ids):
        """Return the sentence that a sequence of integers begins with: it ends at `</s>`."""
        ids = np.asarray(ids, dtype=int).tolist()
        ids = ids[: ids.index(END)] if END in ids else ids
        text = "".join(self.vocabulary[i] for i in ids if i >= len(SPECIALS))
        return _change_first(" ".join(text.replace(SPACE, " ").split()), str.upper)

    def get_config(self):
        """Return the arguments, from which the tokenizer is built anew."""
        return {"alphabet": self.alphabet, "merges": self.merges, "names": self.names}

    @classmethod
    def from_config(cls, config):
        """Return the tokenizer of `get_config`."""
        return cls(**config)


def normalize(text):
    """Return `text` as it comes back from a tokenizer that knows all its characters.

    Args:
        text: String. Blanks become plain and single, compatible characters one (NFKC), typographic
            apostrophes `'`, invisible characters nothing, the first letter a capital.
    """
    text = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)
    text = "".join(c for c in text if c.isprintable() or c.isspace())
    return _change_first(" ".join(text.replace(SPACE, " ").split()), str.upper)


def _change_first(text, change):
    """Change the first letter, if nothing but marks stands before it."""
    first = _FIRST_LETTER.match(text)
    at = first.end() - 1 if first else 0
    return text[:at] + change(text[at : at + 1]) + text[at + 1 :]


def _lower(text, names):
    word = _WORD.search(text)
    if word is None or word[0] in names or word[0][:2].isupper() and len(word[0]) > 1:
        return text
    return _change_first(text, str.lower)


def _find_names(texts):
    """Return the words that are written with a capital where no sentence begins."""
    counts = Counter(word for text in texts for word in _INNER_WORD.findall(text))
    return {
        word
        for word, count in counts.items()
        if count >= _NAME_COUNT and word[0].isupper() and count > counts[word[0].lower() + word[1:]]
    }


def _splitting(library, model):
    """Return a tokenizer of the library that cuts texts as `_PIECES` says."""
    tokenizer = library.Tokenizer(model)
    pieces = library.pre_tokenizers.Split(library.Regex(_PIECES), behavior="isolated")
    blanks = library.pre_tokenizers.Metaspace(SPACE, prepend_scheme="always", split=False)
    tokenizer.pre_tokenizer = library.pre_tokenizers.Sequence([blanks, pieces])
    return tokenizer


def _library():
    try:
        import tokenizers
    except ImportError as error:
        raise ImportError(
            "Subwords need tokenizers: pip install 'keras-readinglist[text]'"
        ) from error
    return tokenizers
