"""Beam search over any model that goes from a token and a state to scores and a new state."""

import keras
from keras import ops

from keras_readinglist.decoding.carry import keep_types
from keras_readinglist.layers.masking import REFUSED


def beam_search(step, state, batch_size, num_symbols, beam_size, max_steps, start, end):
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

    Returns:
        Tokens `(batch, beam, max_steps)`, int32, and log-probabilities `(batch, beam)`, the best
        first.
    """
    rows = batch_size * beam_size
    places = ops.arange(max_steps)
    first = ops.one_hot(ops.zeros((batch_size,), "int32"), beam_size, dtype="float32")
    only_end = (1.0 - ops.one_hot(end, num_symbols, dtype="float32")) * REFUSED

    def body(t, carry):
        tokens, scores, sequences, finished, state = carry
        log_p, after = step(tokens, state, t)
        log_p = ops.maximum(ops.cast(log_p, "float32"), REFUSED)
        log_p = ops.where(finished[:, None], only_end[None], log_p)
        total = ops.reshape(scores, (rows, 1)) + log_p
        total = ops.reshape(total, (batch_size, beam_size * num_symbols))
        scores, best = ops.top_k(total, beam_size)
        parent = ops.reshape(best // num_symbols, (-1,))
        parent = parent + beam_size * ops.repeat(ops.arange(batch_size), beam_size)
        tokens = ops.cast(ops.reshape(best % num_symbols, (-1,)), "int32")

        def follow(tensor):
            return ops.take(tensor, parent, axis=0)

        sequences = ops.where(places[None] == t, tokens[:, None], follow(sequences))
        finished = ops.logical_or(follow(finished), tokens == end)
        state = keras.tree.map_structure(follow, keep_types(after, state))
        return tokens, ops.maximum(scores, REFUSED), sequences, finished, state

    carry = (
        ops.broadcast_to(ops.cast(start, "int32"), (rows,)),
        (1.0 - first) * REFUSED,  # all beams begin alike: only one of them counts
        ops.full((rows, max_steps), end, dtype="int32"),
        ops.zeros((rows,), dtype="bool"),
        state,
    )
    _, scores, sequences, _, _ = ops.fori_loop(0, max_steps, body, carry)
    return ops.reshape(sequences, (batch_size, beam_size, max_steps)), scores
