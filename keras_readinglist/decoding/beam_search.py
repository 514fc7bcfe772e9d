"""Beam search over any model that goes from a token and a state to scores and a new state."""

import keras
from keras import ops

from keras_readinglist.decoding.carry import keep_types
from keras_readinglist.layers.masking import REFUSED


def beam_search(
    step, state, batch_size, num_symbols, beam_size, max_steps, start, end, dtype="float32"
):
    """Find likely sequences, a few for every example, all examples at once.

    The search runs inside compiled code: shapes are static, and the loop is `fori_loop`.

    Args:
        step: Function `(tokens, state, t) -> (log_probabilities, state)`, where the tokens are an
            int32 tensor `(batch * beam,)` and the log-probabilities a tensor
            `(batch * beam, num_symbols)`; values below -1e8 count as impossible.
        state: Nested structure of tensors `(batch * beam, ...)`.
        batch_size: Integer or scalar tensor.
        num_symbols: Integer, the number of symbols.
        beam_size: Positive integer; 1 is greedy search.
        max_steps: Positive integer, the length of the sequences.
        start: Integer, or int tensor `(batch * beam,)`: the tokens before the first.
        end: Integer, the symbol after which a sequence is finished. It is filled up with `end`. If
            no symbol ends a sequence, -1.
        dtype: String, the type in which log-probabilities are summed. Defaults to `"float32"`.

    Returns:
        Tokens `(batch, beam, max_steps)`, int32, and log-probabilities `(batch, beam)`, the best
        first.
    """
    rows = batch_size * beam_size
    places = ops.arange(max_steps, dtype="int32")
    examples = ops.arange(batch_size, dtype="int32")
    first = ops.one_hot(ops.zeros((batch_size,), "int32"), beam_size, dtype=dtype)
    only_end = (1.0 - ops.one_hot(end, num_symbols, dtype=dtype)) * REFUSED

    def body(t, carry):
        tokens, scores, sequences, finished, state = carry
        log_p, after = step(tokens, state, t)
        log_p = _at_least_refused(ops.cast(log_p, dtype))
        log_p = ops.where(finished[:, None], only_end[None], log_p)
        total = ops.reshape(scores, (rows, 1)) + log_p
        total = ops.reshape(total, (batch_size, beam_size * num_symbols))
        scores, best = ops.top_k(total, beam_size)
        best = ops.cast(best, "int32")
        parent = ops.reshape(best // num_symbols, (-1,))
        parent = parent + beam_size * ops.repeat(examples, beam_size)
        tokens = ops.reshape(best % num_symbols, (-1,))

        def follow(tensor):
            return ops.take(tensor, parent, axis=0)

        sequences = ops.where(places[None] == t, tokens[:, None], follow(sequences))
        finished = ops.logical_or(follow(finished), tokens == end)
        state = keras.tree.map_structure(follow, keep_types(after, state))
        return tokens, _at_least_refused(scores), sequences, finished, state

    carry = (
        ops.broadcast_to(ops.cast(start, "int32"), (rows,)),
        (1.0 - first) * REFUSED,  # all beams begin alike: only one of them counts
        ops.full((rows, max_steps), end, dtype="int32"),
        ops.zeros((rows,), dtype="bool"),
        state,
    )
    _, scores, sequences, _, _ = ops.fori_loop(0, max_steps, body, carry)
    return ops.reshape(sequences, (batch_size, beam_size, max_steps)), scores


def _at_least_refused(log_p):
    """Bound log-probabilities, so that sums of what is impossible stay finite; NaN stays NaN."""
    return ops.where(log_p < REFUSED, ops.cast(REFUSED, log_p.dtype), log_p)
