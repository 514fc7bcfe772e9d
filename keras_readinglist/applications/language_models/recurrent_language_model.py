"""What recurrent language models share: reading, scoring and writing with a carried state."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.decoding.beam_search import beam_search
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.decoding.sampling import check_sampling, gumbel_noise, sample
from keras_readinglist.layers.precision import matmul, wide
from keras_readinglist.layers.validation import check_ids, check_size, check_states
from keras_readinglist.presets import PresetMixin

READ = 64  # tokens per compiled step when reading
_WRITE = 32  # and when writing


class RecurrentLanguageModel(PresetMixin, keras.Model):
    """Base of models that predict the next token from a state that is carried on.

    A subclass has `call(ids, states=None, mask=None, training=False, return_state=False)`, which
    gives logits `(batch, time, vocab_size)`, and `initial_state(batch_size)`, a list of tensors. If
    it has a `tokenizer` (with `encode`, `decode` and a length), its methods read and write text,
    else sequences of integers below `vocab_size`.
    """

    tokenizer = None
    start = None  # the token that stands before every text, if the vocabulary has one

    def generate(
        self,
        prompt="",
        length=200,
        temperature=1.0,
        top_k=None,
        top_p=None,
        seed=None,
        stop=None,
        batch_size=1,
    ):
        """Write what goes on from a prompt.

        The loop over tokens is compiled, and the cost of a token does not depend on how many came
        before. The noise is drawn by NumPy, so a seed gives the same text on every backend, up to
        rounding.

        Args:
            prompt: String, or sequence of integers for a model without a tokenizer; it may be
                empty.
            length: Integer, the number of tokens to write.
            temperature: Non-negative float; 0 takes the likeliest token.
            top_k: Positive integer or `None`: choose among the `k` likeliest.
            top_p: Float in (0, 1] or `None`: choose among the likeliest that hold mass `p`.
            seed: Integer, or `None` for a new text every time.
            stop: String, or integer for a model without a tokenizer, at whose first occurrence a
                text ends; or `None`.
            batch_size: Positive integer, how many texts are written from the same prompt at once.

        Returns:
            What was written, without the prompt; for a `batch_size` above 1 a list.

        Raises:
            ValueError: If an argument is out of range or the prompt has unknown tokens.
        """
        check_size("batch_size", batch_size)
        ids = np.zeros((batch_size, 0), "int32")
        texts = [(self._decode(row), False) for row in ids]
        for more, _ in self._write(prompt, length, temperature, top_k, top_p, seed, batch_size):
            ids = np.concatenate([ids, more], axis=1)  # words are not told apart within a string
            texts = [_cut(self._decode(row), stop) for row in ids]
            if all(done for _, done in texts):
                break
        written = [text for text, _ in texts]
        return written[0] if batch_size == 1 else written

    def stream(self, prompt="", length=200, temperature=1.0, top_k=None, top_p=None, seed=None):
        """Write as `generate` does, one `(token, surprisal in bits)` after the other.

        The surprisal is `-log2 p(token)` under the model itself, before temperature.
        """
        for ids, nats in self._write(prompt, length, temperature, top_k, top_p, seed, 1):
            bits = nats[0] / np.log(2)
            yield from zip(self._tokens(ids[0]), bits.tolist(), strict=True)

    def next_tokens(self, prompt="", top=10):
        """Return the likeliest tokens to go on from a prompt.

        Args:
            prompt: As in `generate`.
            top: Positive integer, how many, or `None` for all.

        Returns:
            List of pairs, the likeliest first: token and probability.

        Raises:
            ValueError: If `top` is out of range or the prompt has unknown tokens.
        """
        top = self.vocab_size if top is None else check_size("top", top)
        ids = self._prompt(prompt)
        if len(ids):
            last, states = self._after(ids, 1)
            p = np.exp(self._next(last=last, states=states)[0])
        else:
            p = np.full(self.vocab_size, 1 / self.vocab_size)
        best = np.argsort(-p, kind="stable")[:top]
        return list(zip(self._tokens(best), p[best].tolist(), strict=True))

    def beam_search(self, prompt="", length=20, beam_width=4):
        """Find the likeliest texts of a length that go on from a prompt.

        Args:
            prompt: As in `generate`.
            length: Positive integer, the number of tokens.
            beam_width: Positive integer, how many beginnings are kept; 1 is greedy.

        Returns:
            List of `beam_width` pairs, the likeliest first: what was written, and its
            log-probability in nats.

        Raises:
            ValueError: If an argument is out of range or the prompt has unknown tokens.
        """
        check_size("length", length)
        check_size("beam_width", beam_width)
        ids = self._prompt(prompt)
        if not len(ids):
            raise ValueError("`prompt` must hold a token. Received an empty prompt")
        last, states = self._after(ids, beam_width)
        found = self._search(last=last, states=states, beam_width=beam_width, length=length)
        texts = [self._decode(ids) for ids in found["tokens"][0]]
        return list(zip(texts, found["log_p"][0].tolist(), strict=True))

    def score(self, text):
        """Return the surprisal of every token of a text, in nats.

        Args:
            text: String, or sequence of integers for a model without a tokenizer.

        Returns:
            Float array, `-ln p(x_t | x_<t)`; the exponential of its mean is the perplexity. A first
            token before which none is known costs `ln(vocab_size)`.

        Raises:
            ValueError: If a token is unknown.
        """
        ids = self._encode(text)
        if not len(ids):
            return np.zeros(0, self._wide)
        if self.start is None:
            first = np.full(1, np.log(self.vocab_size), self._wide)
            return np.concatenate([first, self._surprisals(ids)])
        return self._surprisals(np.concatenate([[self.start], ids]))

    def perplexity(self, text):
        """Return the exponential of the mean surprisal of a text: among how many tokens it chooses.

        Args:
            text: As in `score`.

        Raises:
            ValueError: If there is no token, or one is unknown.
        """
        nats = self.score(text)
        if not len(nats):
            raise ValueError("`text` must hold a token. Received an empty text")
        return float(np.exp(nats.mean()))

    def _encode(self, text):
        """Return a text as integers that the model knows."""
        if self.tokenizer is not None:
            return self.tokenizer.encode(text)
        ids = np.asarray(text if len(text) else [], None if len(text) else "int32")
        if ids.ndim != 1 or ids.dtype.kind not in "iu":
            raise ValueError(
                f"`ids` must be integers from 0 to {self.vocab_size - 1}, in one row. "
                f"Received: {ids.dtype.name} of shape {ids.shape}"
            )
        check_ids("ids", ids, self.vocab_size)
        return ids.astype("int32")

    def _decode(self, ids):
        return ids.tolist() if self.tokenizer is None else self.tokenizer.decode(ids)

    def _tokens(self, ids):
        """Return every integer as a text of its own."""
        return ids.tolist() if self.tokenizer is None else [self._decode([i]) for i in ids]

    def _prompt(self, prompt):
        """Return a prompt as integers; an empty one is `start`, if the model has it."""
        ids = self._encode(prompt)
        return ids if len(ids) or self.start is None else np.array([self.start], "int32")

    def _write(self, prompt, length, temperature, top_k, top_p, seed, batch_size):
        """Yield chunks of ids `(batch, steps)` and their surprisals in nats."""
        if length < 0:
            raise ValueError(f"`length` must be at least 0. Received: {length}")
        check_sampling(temperature, top_k, top_p)
        symbols = self.vocab_size
        settings = {
            "temperature": np.array([temperature], "float32"),
            "top_k": np.array([min(top_k or symbols, symbols)], "int32"),
            "top_p": np.array([top_p or 1.0], "float32"),
        }
        rng = np.random.default_rng(seed)
        ids = self._prompt(prompt)
        if not len(ids) and length:  # nothing is known: the first token is drawn uniformly
            first = rng.integers(symbols, size=(batch_size, 1)).astype("int32")
            yield first, np.full((batch_size, 1), np.log(symbols))
            ids, length = first.T, length - 1
        last, states = self._after(ids, batch_size)
        while length > 0:
            noise = gumbel_noise((batch_size, _WRITE, symbols), rng)
            written = self._sample(last=last, states=states, noise=noise, **settings)
            last, states = written["ids"][:, -1], written["states"]
            yield written["ids"][:, :length], written["nats"][:, :length]
            length -= _WRITE

    def _after(self, ids, batch_size):
        """Return the last token, and the states after those before it, for all rows of a batch."""
        states = self._first_states()
        for chunk, _ in chunks(ids[:-1]):
            states = self._carry_on(states=states, **chunk)["states"]
        states = [np.repeat(state, batch_size, axis=0) for state in states]
        return np.broadcast_to(ids[-1], batch_size), states

    def _surprisals(self, ids):
        """Return the surprisal of every integer but the first."""
        states, nats = self._first_states(), [np.zeros(0, self._wide)]
        for chunk, length in chunks(ids[:-1], ids[1:]):
            answer = self._read(states=states, **chunk)
            states = answer["states"]
            nats.append(answer["nats"][0, :length])
        return np.concatenate(nats)

    def _first_states(self):
        return [ops.convert_to_numpy(state) for state in self.initial_state(1)]

    def _check_call(self, ids, states):
        """Return the states to begin with; raise a `ValueError` if ids or states do not fit."""
        if len(ids.shape) != 2:
            raise ValueError(
                f"`ids` must have the shape (batch, time). Received shape: {tuple(ids.shape)}"
            )
        check_ids("ids", ids, self.vocab_size)
        if states is None:
            return self.initial_state(ops.shape(ids)[0])
        states = list(states)
        check_states("states", states, self._state_sizes, ids.shape[0])
        return states

    @property
    def _wide(self):
        """The type of log-probabilities."""
        return wide(self.compute_dtype)

    def _log_p(self, logits):
        return ops.log_softmax(ops.cast(logits, self._wide))

    def _step(self, tokens, states, t):
        """One step in the contract of `sample` and `beam_search`."""
        logits, states = self(tokens[:, None], states=states, return_state=True)
        return self._log_p(logits[:, 0]), list(states)

    @compiled
    def _carry_on(self, ids, states, mask=None):
        return {"states": self(ids, states=states, mask=mask, return_state=True)[1]}

    @compiled
    def _next(self, last, states):
        return self._step(last, list(states), 0)[0]

    @compiled
    def _read(self, ids, targets, states, mask=None):
        logits, states = self(ids, states=states, mask=mask, return_state=True)
        nats = -ops.take_along_axis(self._log_p(logits), targets[..., None], axis=-1)[..., 0]
        return {"nats": nats, "states": states}

    @compiled
    def _sample(self, last, states, noise, temperature, top_k, top_p):
        settings = temperature[0], top_k[0], top_p[0]
        ids, log_p, states = sample(
            self._step, list(states), last, noise, *settings, dtype=self._wide
        )
        return {"ids": ids, "nats": -log_p, "states": states}

    @compiled(static=("beam_width", "length"))
    def _search(self, last, states, beam_width, length):
        sizes = 1, self.vocab_size, beam_width, length
        tokens, log_p = beam_search(
            self._step, list(states), *sizes, start=last, end=-1, dtype=self._wide
        )
        return {"tokens": tokens, "log_p": log_p}


def embedding(vocab_size, embedding_dim, tied, dtype, initializer="uniform"):
    """Return the embedding of a model; a tied one, called with `reverse`, gives logits too."""
    kind = keras.layers.ReversibleEmbedding if tied else keras.layers.Embedding
    layer = kind(vocab_size, embedding_dim, embeddings_initializer=initializer, dtype=dtype)
    if not tied:
        return layer
    layer.supports_masking = True  # it hands no mask on, and need not warn of that
    return layer


def tied_logits(layer, x, bias):
    """Return the logits of a tied embedding."""
    if layer.compute_dtype == "float64" and not layer.quantization_mode:
        logits = matmul(x, ops.transpose(layer.embeddings))
    else:
        logits = layer(x, reverse=True)
    return logits + ops.cast(bias, logits.dtype)


def chunks(ids, targets=None, size=READ):
    """Cut a sequence into inputs of shape `(1, size)`, each with its length before padding.

    Only the last one is padded, and only that one has a mask: the others take the fast path.
    """
    size = size if len(ids) < 16 * size else 16 * size
    for begin in range(0, len(ids), size):
        length = min(size, len(ids) - begin)
        pad = ((0, 0), (0, size - length))
        chunk = {"ids": np.pad(ids[None, begin : begin + size], pad)}
        if targets is not None:
            chunk["targets"] = np.pad(targets[None, begin : begin + size], pad)
        if length < size:
            chunk["mask"] = np.arange(size)[None] < length
        yield chunk, length


def _cut(text, stop):
    """Return a text up to the first `stop`, and whether there is one."""
    if stop is None or stop not in text:
        return text, False
    length = len(stop) if isinstance(text, str) else 1
    return text[: text.index(stop) + length], True
