"""Drawing symbols from a model: temperature, top-k, top-p and the Gumbel trick."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.decoding.carry import keep_types
from keras_readinglist.layers.masking import refuse
from keras_readinglist.layers.precision import wide


def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    """Apply temperature, then top-k, then top-p (nucleus) filtering.

    All three may be tensors, so that a compiled loop need not be compiled again for new values.

    Args:
        logits: Float tensor `(..., symbols)`.
        temperature: Positive number by which the logits are divided; 0 leaves them as they are
            (`choose` then takes the largest).
        top_k: Keep the `k` largest logits, the first of equal ones; `None` keeps all.
        top_p: Keep the smallest set of largest logits whose probabilities add up to at least `p`;
            `None` keeps all.

    Returns:
        Tensor of the same shape, float64 if the logits are, else float32; refused symbols have a
        logit of -1e9.
    """
    logits = ops.convert_to_tensor(logits)
    dtype = wide(keras.backend.standardize_dtype(logits.dtype))
    logits, temperature = ops.cast(logits, dtype), ops.cast(temperature, dtype)
    logits = logits / ops.where(temperature > 0, temperature, ops.ones_like(temperature))
    if top_k is None and top_p is None:
        return logits
    order = ops.argsort(-logits, axis=-1)
    rank = ops.argsort(order, axis=-1)
    if top_k is not None:
        logits = refuse(logits, rank < ops.cast(top_k, rank.dtype))
    if top_p is not None:
        descending = ops.softmax(ops.take_along_axis(logits, order, axis=-1))
        before = ops.cumsum(descending, axis=-1) - descending
        mass_before = ops.take_along_axis(before, rank, axis=-1)
        kept = ops.logical_or(mass_before < ops.cast(top_p, mass_before.dtype), rank == 0)
        logits = refuse(logits, kept)
    return logits


def choose(logits, noise, temperature=1.0, top_k=None, top_p=None):
    """Sample symbols with Gumbel noise that was drawn beforehand.

    `argmax(logits + noise)` is a sample of `softmax(logits)` if the noise is standard Gumbel.

    Args:
        logits: Float tensor `(..., symbols)`.
        noise: Standard Gumbel noise of the same shape; it is ignored where `temperature` is 0.
        temperature: As in `filter_logits`; 0 means greedy.
        top_k: As in `filter_logits`.
        top_p: As in `filter_logits`.

    Returns:
        Int32 tensor `(...)`.
    """
    filtered = filter_logits(logits, temperature, top_k, top_p)
    warm = ops.cast(ops.cast(temperature, "float32") > 0, filtered.dtype)
    noise = ops.cast(noise, filtered.dtype)
    return ops.cast(ops.argmax(filtered + noise * warm, axis=-1), "int32")


def gumbel_noise(shape, seed=None):
    """Return standard Gumbel noise, drawn by NumPy: a seed gives the same on every backend.

    Args:
        shape: Tuple of integers.
        seed: Integer, `numpy.random.Generator`, or `None` for new noise every time.

    Returns:
        Float32 array.
    """
    return np.random.default_rng(seed).gumbel(size=shape).astype("float32")


def sample(step, state, start, noise, temperature=1.0, top_k=None, top_p=None, dtype="float32"):
    """Draw sequences symbol by symbol, all examples at once.

    The loop runs inside compiled code, and its contract is that of `beam_search`.

    Args:
        step: Function `(tokens, state, t) -> (log_probabilities, state)`, where the tokens are an
            int32 tensor `(batch,)` and the log-probabilities a tensor `(batch, symbols)`.
        state: Nested structure of tensors `(batch, ...)`.
        start: Int tensor `(batch,)`, the tokens before the first.
        noise: Float tensor `(batch, steps, symbols)`, as `gumbel_noise` draws it.
        temperature: As in `filter_logits`; 0 means greedy.
        top_k: As in `filter_logits`.
        top_p: As in `filter_logits`.
        dtype: String, the type of the log-probabilities. Defaults to `"float32"`.

    Returns:
        Tokens `(batch, steps)`, int32; their log-probabilities `(batch, steps)` under the model
        itself, before temperature; and the state after the last step.

    Example:
        >>> cycle = np.log(np.roll(np.eye(3), 1, axis=1) + 1e-9)
        >>> tokens, log_p, _ = sample(
        ...     lambda tokens, state, t: (ops.take(cycle, tokens, axis=0), state),
        ...     state=[],
        ...     start=np.array([0]),
        ...     noise=gumbel_noise((1, 4, 3), seed=0),
        ... )
        >>> ops.convert_to_numpy(tokens).tolist()
        [[1, 2, 0, 1]]
    """
    noise = ops.convert_to_tensor(noise, "float32")
    batch, steps = ops.shape(noise)[0], noise.shape[1]
    places = ops.arange(steps, dtype="int32")[None]

    # TensorFlow's `ops.scan` stacks only what has the shape of the carry, so the results are
    # written into arrays that are part of it.
    def body(t, carry):
        last, state, tokens, scores = carry
        log_p, after = step(last, state, t)
        log_p = ops.cast(log_p, dtype)
        chosen = choose(log_p, noise[:, t], temperature, top_k, top_p)
        score = ops.take_along_axis(log_p, chosen[:, None], axis=-1)
        tokens = ops.where(places == t, chosen[:, None], tokens)
        scores = ops.where(places == t, score, scores)
        return chosen, keep_types(after, state), tokens, scores

    empty = ops.zeros((batch, steps), dtype="int32")
    start = ops.cast(start, "int32")
    carry = (start, state, empty, ops.cast(empty, dtype))
    _, state, tokens, scores = ops.fori_loop(0, steps, body, carry)
    return tokens, scores, state


def check_sampling(temperature, top_k, top_p):
    """Raise a `ValueError` that names the sampling argument that is out of range."""
    if not temperature >= 0:
        raise ValueError(f"`temperature` must be at least 0. Received: {temperature}")
    if top_k is not None and (int(top_k) != top_k or top_k < 1):
        raise ValueError(f"`top_k` must be a positive integer or None. Received: {top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"`top_p` must lie in (0, 1], or be None. Received: {top_p}")
