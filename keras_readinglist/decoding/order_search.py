"""The order in which a model would write a set (Vinyals, Bengio, Kudlur, 2015, section 5)."""

import math

import keras
from keras import ops

from keras_readinglist.decoding.beam_search import beam_search
from keras_readinglist.layers.masking import refuse
from keras_readinglist.layers.validation import check_size

MODES = ("exact", "beam", "greedy", "sample")
LARGEST_EXACT = 6


def order_search(
    step, state, elements, mode="exact", beam_size=8, start=0, seed=None, dtype="float32"
):
    """Find the order of a set's elements to which a model gives the most probability.

    Element after element is chosen among those that are left, and the chosen one is fed back. All
    examples are searched at once, inside compiled code.

    Args:
        step: Function `(tokens, state, t) -> (log_probabilities, state)`, as for `beam_search`.
        state: Nested structure of tensors `(batch, ...)`, the state before the first step.
        elements: Int tensor `(batch, k)`, the symbols of every set, in any order.
        mode: `"exact"`, the best of all `k!` orders, for `k` up to 6; `"beam"`; `"greedy"`; or
            `"sample"`, which draws the next element by its probability among those left: training
            on the best order alone gets stuck on the first one that is found.
        beam_size: Positive integer, the number of orders that `"beam"` keeps. Defaults to 8.
        start: Integer, the token before the first.
        seed: Integer or `keras.random.SeedGenerator`, for `"sample"`.
        dtype: String, the type in which log-probabilities are summed. Defaults to `"float32"`.

    Returns:
        Orders `(batch, k)`, int32, the places in `elements`; and the log-probabilities `(batch,)`
        that the model gives to the elements in this order.

    Raises:
        ValueError: If `mode` is unknown or the sets are too large for it.

    Example:
        >>> favourite = np.log([[0.2, 0.5, 0.3]])
        >>> orders, log_p = order_search(
        ...     lambda tokens, state, t: (ops.repeat(favourite, len(tokens), axis=0), state),
        ...     {},
        ...     np.array([[2, 0, 1]]),
        ...     mode="greedy",
        ... )
        >>> ops.convert_to_numpy(orders).tolist()
        [[2, 0, 1]]

    References:
        - [Vinyals et al., 2015, Order Matters](https://arxiv.org/abs/1511.06391), Eqs. 9 and 10
    """
    elements = ops.cast(elements, "int32")
    count = elements.shape[1]
    if mode not in MODES:
        raise ValueError(f"`mode` must be one of {MODES}. Received: {mode!r}")
    if mode == "exact" and count > LARGEST_EXACT:
        raise ValueError(
            f"`elements` must hold at most {LARGEST_EXACT} symbols a set for mode='exact'. "
            f"Received shape: {tuple(elements.shape)}"
        )
    check_size("beam_size", beam_size)
    width = {"exact": math.factorial(count), "beam": beam_size}.get(mode, 1)
    batch, every = ops.shape(elements)[0], ops.arange(count, dtype="int32")[None]

    def spread(tensor):
        return ops.repeat(tensor, width, axis=0)

    noise = None
    if mode == "sample":
        uniform = keras.random.uniform((count, batch, count), 1e-7, 1.0, dtype, seed)
        noise = -ops.log(-ops.log(uniform))
    search = {
        "own": keras.tree.map_structure(spread, state),
        "elements": spread(elements),
        "left": ops.ones((batch * width, count), "bool"),
    }

    def choose(places, search, t):
        elements, left = search["elements"], search["left"]
        last = ops.take_along_axis(elements, ops.maximum(places, 0)[:, None], axis=1)[:, 0]
        log_p, own = step(ops.where(t == 0, start, last), search["own"], t)
        used = ops.logical_and(every == places[:, None], t > 0)
        left = ops.logical_and(left, ops.logical_not(used))
        log_p = ops.cast(ops.take_along_axis(log_p, elements, axis=1), dtype)
        log_p = refuse(log_p, left)
        if noise is not None:
            drawn = ops.cast(ops.argmax(log_p + noise[t], axis=-1), "int32")
            log_p = refuse(log_p, every == drawn[:, None])
        return log_p, {"own": own, "elements": elements, "left": left}

    found = beam_search(choose, search, batch, count, width, count, start=-1, end=-1, dtype=dtype)
    orders, scores = found
    return orders[:, 0], scores[:, 0]
