"""What translating models share: text in and out, beam search, forced alignment."""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from keras_readinglist.decoding.beam_search import beam_search
from keras_readinglist.decoding.carry import keep_types
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers.masking import refuse
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_ids, check_size
from keras_readinglist.presets import PresetMixin

PADDING, START, END, UNKNOWN = 0, 1, 2, 3
_LENGTHS = (8, 16, 32, 64, 128)  # sources are padded to these, so that few programs are compiled


class Alignment(NamedTuple):
    """What every piece of a translation looked at in its sentence.

    Attributes:
        source: List of strings, the pieces of the sentence, the last of them its end.
        target: List of strings, those of the translation, with its end if it was reached.
        weights: Array `(len(target), len(source))`, each row a distribution; zeros for a model
            without attention.
    """

    source: list
    target: list
    weights: np.ndarray


class Translator(PresetMixin, keras.Model):
    """Base of models that read a sentence and write another one.

    A subclass has `call({"source", "target"})`, int tensors `(batch, length)`, which gives logits
    `(batch, target_length, vocab_size)`; 0 is padding, 1 begins and 2 ends a sentence, 3 stands
    for what is unknown. For decoding it has

    - `read(source)`: the memory, a dictionary of tensors `(batch, ...)`;
    - `first_state(memory, beam_size, max_steps)`: a nested structure of tensors
      `(batch * beam_size, ...)`;
    - `write_step(tokens, state, t, memory)`: logits `(batch * beam_size, vocab_size)`, the new
      state, and the attention `(batch * beam_size, source_length)` or `None`.

    If it has a `tokenizer`, its methods translate text.
    """

    tokenizer = None

    def translate(
        self, texts, beam_size=4, length_penalty=0.6, max_steps=None, return_alignments=False
    ):
        """Translate sentences.

        Args:
            texts: String, or list of strings.
            beam_size: Positive integer; 1 is greedy. Defaults to 4.
            length_penalty: Non-negative float, see `beam_search`. Defaults to 0.6.
            max_steps: Positive integer, the largest number of tokens. Defaults to twice the length
                of the source and ten more.
            return_alignments: Boolean, whether to return what each piece looked at, too.

        Returns:
            String, or list of strings; with `return_alignments` a pair, of it and of an
            `Alignment` or a list of them.

        Raises:
            ValueError: If an argument is out of range, or the model has no tokenizer.
        """
        one = isinstance(texts, str)
        source = self.encode([texts] if one else texts)
        tokens, _ = self.generate(source, max_steps, beam_size, length_penalty)
        written = [self.tokenizer.decode(row) for row in tokens[:, 0]]
        if not return_alignments:
            return written[0] if one else written
        alignments = self._alignments(source, tokens[:, 0])
        return (written[0], alignments[0]) if one else (written, alignments)

    def _alignments(self, source, tokens):
        """Return the `Alignment` of every row of `generate`'s tokens, filled up with the end."""
        later = np.cumsum(tokens == END, axis=1) - (tokens == END) > 0
        target = np.where(later, PADDING, tokens)
        weights, _ = self.align(source, target)
        pieces, found = self.tokenizer.vocabulary, []
        for read, written, row in zip(source, target, weights, strict=True):
            names = [[pieces[i] for i in ids if i != PADDING] for ids in (read, written)]
            found.append(Alignment(*names, row[: len(names[1]), : len(names[0])]))
        return found

    def encode(self, texts):
        """Return sentences as integers `(batch, length)`, each with its end, padded with 0.

        Args:
            texts: List of strings.
        """
        if self.tokenizer is None:
            raise ValueError(f"This {type(self).__name__} has no `tokenizer`: give it integers.")
        rows = [[*self.tokenizer.encode(text).tolist(), END] for text in texts]
        return padded(rows)

    def generate(self, source, max_steps=None, beam_size=1, length_penalty=0.0):
        """Write sentences, by beam search over all sources at once.

        Args:
            source: Int array `(batch, length)`, each row with its end, padded with 0.
            max_steps: As in `translate`.
            beam_size: Positive integer; 1 is greedy.
            length_penalty: Non-negative float, see `beam_search`.

        Returns:
            Tokens `(batch, beam_size, max_steps)`, int32, filled up with the end, and
            log-probabilities `(batch, beam_size)`, the best first.

        Raises:
            ValueError: If an argument is out of range.
        """
        found = self._searched(source, max_steps, beam_size, length_penalty)
        return found["tokens"], found["log_p"]

    def beam_steps(self, source, max_steps=None, beam_size=4, length_penalty=0.6):
        """Return what a beam search keeps at every step: the tree of which it takes a path.

        Args:
            source: As in `generate`.
            max_steps: As in `translate`.
            beam_size: As in `translate`.
            length_penalty: As in `translate`.

        Returns:
            Dictionary of arrays `(batch, beam_size, max_steps)`, of the beams in their order at
            that step: `"tokens"`, the last one of each; `"parents"`, the place at the step before
            of what it continues, -1 after the last step; and `"log_p"`, its log-probability.

        Raises:
            ValueError: If an argument is out of range.
        """
        found = self._searched(source, max_steps, beam_size, length_penalty, steps=True)
        return found["steps"]

    def _searched(self, source, max_steps, beam_size, length_penalty, steps=False):
        source = self._source(source)
        check_size("beam_size", beam_size)
        if not length_penalty >= 0:
            raise ValueError(
                f"`length_penalty` must not be negative. Received: length_penalty={length_penalty}"
            )
        max_steps = 2 * source.shape[1] + 10 if max_steps is None else max_steps
        check_size("max_steps", max_steps)
        if not len(source):
            return _nothing(beam_size, max_steps)
        penalty = np.full(len(source), length_penalty, "float32")
        sizes = {"beam_size": beam_size, "max_steps": max_steps, "steps": steps}
        return self._search(source=source, penalty=penalty, **sizes)

    def align(self, source, target):
        """Return the attention with which a given sentence would be written.

        Args:
            source: Int array `(batch, length)`, each row with its end, padded with 0.
            target: Int array `(batch, target_length)` without the start, padded with 0.

        Returns:
            Pair: attention `(batch, target_length, length)`, zeros for a model without, and the
            log-probabilities of the target `(batch, target_length)`, 0 at padding.

        Raises:
            ValueError: If an argument is out of range.
        """
        width = np.asarray(source).shape[-1]
        source, target = self._source(source), self._ids("target", target)
        if not len(source):
            return np.zeros((0, target.shape[1], width)), np.zeros(target.shape)
        found = self._follow(source=source, target=target, count=target.shape[1])
        return found["attention"][:, :, :width], found["log_p"]

    def _ids(self, name, ids):
        ids = np.asarray(ids)
        if ids.ndim != 2 or not ids.shape[1] or ids.dtype.kind not in "iu":
            raise ValueError(
                f"`{name}` must be integers of the shape (batch, length). "
                f"Received: {ids.dtype.name} of shape {ids.shape}"
            )
        check_ids(name, ids, self.vocab_size)
        return ids.astype("int32")

    def _source(self, source):
        """Return checked sources, padded to one of few lengths."""
        source = self._ids("source", source)
        most, length = getattr(self, "max_length", None), source.shape[1]
        if most is not None and length > most:
            raise ValueError(
                f"`source` must have at most {most} tokens a sentence. Received: {length}"
            )
        fits = [size for size in _LENGTHS if size >= length]
        size = fits[0] if fits else length
        size = size if most is None else min(size, most)
        return np.pad(source, ((0, 0), (0, size - length)))

    def _log_p(self, logits):
        """Return log-probabilities; padding and the start are never written."""
        logits = ops.cast(logits, wide(self.compute_dtype))
        allowed = ops.arange(self.vocab_size) >= END
        return refuse(ops.log_softmax(refuse(logits, allowed[None])), allowed[None])

    @compiled(static=("beam_size", "max_steps", "steps"))
    def _search(self, source, penalty, beam_size, max_steps, steps):
        memory = self.read(source)
        state = self.first_state(memory, beam_size, max_steps)

        def step(tokens, state, t):
            logits, state, _ = self.write_step(tokens, state, t, memory)
            return self._log_p(logits), state

        sizes = ops.shape(source)[0], self.vocab_size, beam_size, max_steps
        found = beam_search(
            step,
            state,
            *sizes,
            start=START,
            end=END,
            dtype=wide(self.compute_dtype),
            length_penalty=penalty[0],
            return_steps=steps,
        )
        return dict(zip(("tokens", "log_p", "steps"), found, strict=False))

    @compiled(static=("count",))  # TensorFlow forgets the length of the second target
    def _follow(self, source, target, count):
        memory = self.read(source)
        state = self.first_state(memory, 1, count)
        fed = ops.concatenate([ops.full_like(target[:, :1], START), target[:, :-1]], axis=1)

        def body(t, carry):
            state, log_p, attention = carry
            logits, after, look = self.write_step(ops.take(fed, t, axis=1), state, t, memory)
            right = ops.take(target, t, axis=1)[:, None]
            found = ops.take_along_axis(self._log_p(logits), right, axis=-1)
            log_p = ops.slice_update(log_p, (0, t), found)
            if look is not None:
                look = ops.cast(look, attention.dtype)[:, None]
                attention = ops.slice_update(attention, (0, t, 0), look)
            return keep_types(after, state), log_p, attention

        log_p = ops.zeros(ops.shape(target), wide(self.compute_dtype))
        attention = ops.zeros((*ops.shape(target), ops.shape(source)[1]), log_p.dtype)
        _, log_p, attention = ops.fori_loop(0, count, body, (state, log_p, attention))
        return {"attention": attention, "log_p": ops.where(target == PADDING, 0.0, log_p)}

    def get_config(self):
        tokenizer = self.tokenizer
        return {
            **super().get_config(),
            "tokenizer": tokenizer and keras.saving.serialize_keras_object(tokenizer),
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        if config.get("tokenizer"):
            config["tokenizer"] = keras.saving.deserialize_keras_object(config["tokenizer"])
        return cls(**config)


def _nothing(beam_size, max_steps):
    """Return what a search finds for no source at all."""
    blank = np.zeros((0, beam_size, max_steps), "int32")
    steps = {"tokens": blank, "parents": blank, "log_p": blank.astype("float32")}
    return {"tokens": blank, "log_p": np.zeros((0, beam_size)), "steps": steps}


def padded(rows, length=None):
    """Return lists of integers as one array, padded with 0.

    Args:
        rows: List of sequences of integers.
        length: Integer, or `None` for the longest.
    """
    length = max([1, *map(len, rows)]) if length is None else length
    return np.array([[*row, *[PADDING] * (length - len(row))] for row in rows], "int32")
