"""Beam search over any model that goes from a token and a state to scores and a new state."""

import keras
from keras import ops

from keras_readinglist.decoding.carry import keep_types
from keras_readinglist.layers.masking import REFUSED


def beam_search(
    step,
    state,
    batch_size,
    num_symbols,
    beam_size,
    max_steps,
    start,
    end,
    dtype="float32",
    length_penalty=0.0,
    return_steps=False,
):
    """Find likely sequences, a few for every example, all examples at once.

    The search runs inside compiled code: shapes are static, and the loop is `while_loop`, which
    ends as soon as all sequences are finished.

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
        length_penalty: Non-negative float `a`, or scalar tensor: sequences are ranked by
            `log p / ((5 + length) / 6)^a`, where the end counts. Defaults to 0, log-probabilities
            alone.
        return_steps: Boolean, whether to return what was kept at every step, too.

    Returns:
        Tokens `(batch, beam, max_steps)`, int32, and log-probabilities `(batch, beam)`, the best
        first. With `return_steps` also a dictionary of tensors `(batch, beam, max_steps)`, of the
        beams in their order at that step: `"tokens"`, the last one of each; `"parents"`, the place
        at the step before of what it continues, -1 after the last step; and `"log_p"`, its
        log-probability.

    References:
        - [Wu et al., 2016](https://arxiv.org/abs/1609.08144), Eq. 14, the penalty
    """
    rows = batch_size * beam_size
    places = ops.arange(max_steps, dtype="int32")
    examples = ops.arange(batch_size, dtype="int32")
    first = ops.one_hot(ops.zeros((batch_size,), "int32"), beam_size, dtype=dtype)
    blank_steps = _no_steps(rows, max_steps, end, dtype) if return_steps else {}
    only_end = (1.0 - ops.one_hot(end, num_symbols, dtype=dtype)) * REFUSED

    def body(t, tokens, scores, lengths, sequences, finished, steps, state):
        log_p, after = step(tokens, state, t)
        log_p = _at_least_refused(ops.cast(log_p, dtype))
        log_p = ops.where(finished[:, None], only_end[None], log_p)
        total = ops.reshape(ops.reshape(scores, (rows, 1)) + log_p, (batch_size, -1))
        lengths = ops.where(finished, lengths, t + 1)
        penalty = ((5.0 + ops.cast(lengths, dtype)) / 6.0) ** ops.cast(length_penalty, dtype)
        penalty = ops.repeat(ops.reshape(penalty, (batch_size, beam_size)), num_symbols, axis=1)
        _, best = ops.top_k(total / penalty, beam_size)
        best = ops.cast(best, "int32")
        scores = ops.take_along_axis(total, best, axis=1)
        parent = ops.reshape(best // num_symbols, (-1,))
        parent = parent + beam_size * ops.repeat(examples, beam_size)
        tokens = ops.reshape(best % num_symbols, (-1,))

        def follow(tensor):
            return ops.take(tensor, parent, axis=0)

        sequences = ops.where(places[None] == t, tokens[:, None], follow(sequences))
        finished = ops.logical_or(follow(finished), tokens == end)
        state = keras.tree.map_structure(follow, keep_types(after, state))
        scores = _at_least_refused(scores)
        now = {"tokens": tokens, "parents": parent % beam_size, "log_p": ops.reshape(scores, (-1,))}
        steps = {
            name: ops.where(places[None] == t, now[name][:, None], kept)
            for name, kept in steps.items()
        }
        return t + 1, tokens, scores, follow(lengths), sequences, finished, steps, state

    def goes_on(t, tokens, scores, lengths, sequences, finished, steps, state):
        return ops.logical_and(t < max_steps, ops.logical_not(ops.all(finished)))

    carry = (
        ops.zeros((), "int32"),
        ops.broadcast_to(ops.cast(start, "int32"), (rows,)),
        (1.0 - first) * REFUSED,  # all beams begin alike: only one of them counts
        ops.zeros((rows,), "int32"),
        ops.full((rows, max_steps), end, dtype="int32"),
        ops.zeros((rows,), dtype="bool"),
        blank_steps,
        state,
    )
    _, _, scores, _, sequences, _, steps, _ = ops.while_loop(goes_on, body, carry)
    shape = (batch_size, beam_size, max_steps)
    found = ops.reshape(sequences, shape), scores
    steps = {name: ops.reshape(kept, shape) for name, kept in steps.items()}
    return (*found, steps) if return_steps else found


def _no_steps(rows, max_steps, end, dtype):
    """Return what is kept of the steps before the first."""
    return {
        "tokens": ops.full((rows, max_steps), end, dtype="int32"),
        "parents": ops.full((rows, max_steps), -1, dtype="int32"),
        "log_p": ops.zeros((rows, max_steps), dtype=dtype),
    }


def _at_least_refused(log_p):
    """Bound log-probabilities, so that sums of what is impossible stay finite; NaN stays NaN."""
    return ops.where(log_p < REFUSED, ops.cast(REFUSED, log_p.dtype), log_p)
