"""What a layer with a window keeps of a stream, from one piece of sound to the next."""

from keras import ops


def next_windows(x, mask, states, after, size, stride, before):
    """Put the kept frames before the new ones, and keep the last of them for the next time.

    Args:
        x: Tensor `(batch, frames, ...)`, a multiple of `stride` frames.
        mask: Boolean tensor `(batch, frames)`.
        states: List whose first two, kept frames and mask, are taken.
        after: List that gets them anew.
        size: Integer, the window of the layer.
        stride: Integer, from one window to the next.
        before: Integer, which frame of a window its result belongs to.

    Returns:
        The frames of all windows, and the mask of their results.
    """
    x = ops.concatenate([states.pop(0), x], axis=1)
    shown = states.pop(0)
    kept = shown.shape[1]
    mask = ops.concatenate([shown, mask], axis=1)
    after += [_last(x, kept), _last(mask, kept)]
    surplus, more = kept + stride - size, kept - before
    return x[:, : -surplus or None], mask[:, before : -more or None : stride]


def _last(x, count):
    return x[:, -count:] if count else x[:, :0]
