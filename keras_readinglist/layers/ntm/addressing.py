"""How the heads of a neural Turing machine find rows, read them and write them.

Every function works on any number of heads at once, in float32. Section 3 of [Graves et al.,
2014](https://arxiv.org/abs/1410.5401).
"""

from keras import ops

from keras_readinglist.layers.precision import matmul

# Under both roots of the cosine, so that a row of zeros has a finite gradient.
_EPSILON = 1e-8


def content_addressing(memory, key, strength):
    """Weight the rows of a memory by their similarity to a key.

    `w[n] = softmax_n(strength * cos(key, memory[n]))` (Eq. 5 and 6).

    Args:
        memory: Float tensor `(batch, slots, width)`.
        key: Float tensor `(batch, heads, width)`.
        strength: Float tensor `(batch, heads)`, not negative.

    Returns:
        Weightings `(batch, heads, slots)`.

    Example:
        >>> memory = np.eye(3, dtype="float32")[None]
        >>> w = content_addressing(memory, memory[:, 1:2], np.full((1, 1), 50.0, "float32"))
        >>> w.round(3).tolist()
        [[[0.0, 1.0, 0.0]]]
    """
    memory, key, strength = map(ops.convert_to_tensor, (memory, key, strength))
    keys = ops.sqrt(ops.sum(key * key, axis=-1, keepdims=True) + _EPSILON)
    rows = ops.sqrt(ops.sum(memory * memory, axis=-1) + _EPSILON)
    scores = matmul(key * (strength[..., None] / keys), ops.swapaxes(memory, 1, 2))
    return ops.softmax(scores / rows[:, None], axis=-1)


def interpolate(w_content, w_prev, gate):
    """Blend the weightings by content with those of the step before.

    `w = gate * w_content + (1 - gate) * w_prev` (Eq. 7).

    Args:
        w_content: Weightings `(batch, heads, slots)`.
        w_prev: Weightings `(batch, heads, slots)`.
        gate: Float tensor `(batch, heads)` in [0, 1].

    Returns:
        Weightings `(batch, heads, slots)`.
    """
    w_content, w_prev, gate = map(ops.convert_to_tensor, (w_content, w_prev, gate))
    gate = gate[..., None]
    return gate * w_content + (1.0 - gate) * w_prev


def circular_shift(w, shift):
    """Move weightings along the rows, around the end.

    `w'[i] = sum_j w[(i - j) mod slots] shift[j]`, with `j` from `-range` to `range` (Eq. 8). The
    last entry of `shift` moves the focus from row `i` to row `i + range`.

    Args:
        w: Weightings `(batch, heads, slots)`.
        shift: Distributions `(batch, heads, 2 * range + 1)`.

    Returns:
        Weightings `(batch, heads, slots)`.

    Example:
        >>> w, forward = np.eye(4)[None, 3:], np.array([[[0.0, 0.0, 1.0]]])
        >>> circular_shift(w, forward).tolist()  # from the last row to the first
        [[[1.0, 0.0, 0.0, 0.0]]]
    """
    w, shift = map(ops.convert_to_tensor, (w, shift))
    reach = shift.shape[-1] // 2
    moved = w * shift[..., reach : reach + 1]
    for j in range(1, reach + 1):
        forward, back = shift[..., reach + j], shift[..., reach - j]
        moved = moved + _rolled(w, j) * forward[..., None] + _rolled(w, -j) * back[..., None]
    return moved


def _rolled(w, steps):
    return ops.concatenate([w[..., -steps:], w[..., :-steps]], axis=-1)


def sharpen(w, gamma):
    """Concentrate weightings that a shift has blurred.

    `w'[i] = w[i]^gamma / sum_n w[n]^gamma` (Eq. 9), by way of logarithms: no power of zero, and no
    sum that vanishes.

    Args:
        w: Weightings `(batch, heads, slots)`.
        gamma: Float tensor `(batch, heads)`, at least 1.

    Returns:
        Weightings `(batch, heads, slots)`.
    """
    w, gamma = map(ops.convert_to_tensor, (w, gamma))
    return ops.softmax(gamma[..., None] * ops.log(w + 1e-12), axis=-1)


def memory_read(memory, w):
    """Return the blend of rows that every head sees: `r = sum_n w[n] memory[n]` (Eq. 2).

    Args:
        memory: Float tensor `(batch, slots, width)`.
        w: Weightings `(batch, heads, slots)`.

    Returns:
        Float tensor `(batch, heads, width)`.
    """
    return matmul(ops.convert_to_tensor(w), ops.convert_to_tensor(memory))


def memory_write(memory, w, erase, add):
    """Erase and add where the heads look (Eq. 3 and 4).

    `memory'[n] = memory[n] prod_i (1 - w_i[n] erase_i) + sum_i w_i[n] add_i`: all heads erase
    before any of them adds, so their order does not matter.

    Args:
        memory: Float tensor `(batch, slots, width)`.
        w: Weightings `(batch, heads, slots)`.
        erase: Float tensor `(batch, heads, width)` in [0, 1].
        add: Float tensor `(batch, heads, width)`.

    Returns:
        The new memory, `(batch, slots, width)`.
    """
    memory, w, erase, add = map(ops.convert_to_tensor, (memory, w, erase, add))
    if w.shape[1] == 1:  # the same with fewer passes over the memory
        return memory + w[:, 0, :, None] * (add - erase * memory)
    for head in range(w.shape[1]):
        memory = memory * (1.0 - w[:, head, :, None] * erase[:, head, None])
    return memory + matmul(ops.swapaxes(w, 1, 2), add)
