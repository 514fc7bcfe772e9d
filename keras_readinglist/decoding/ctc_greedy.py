"""Greedy decoding of CTC: the likeliest class of every frame, collapsed; whole or in chunks."""

import numpy as np
from keras import ops


def ctc_greedy_decode(logits, lengths=None, blank=0):
    """Return what the best path of every utterance collapses to.

    The likeliest class of every frame is taken, repeats are merged, blanks are dropped.

    Args:
        logits: Float array or tensor `(batch, frames, classes)`; before or after the softmax.
        lengths: Int array `(batch,)`, the frames of every utterance; `None` for all.
        blank: Integer, the class that names nothing. Defaults to 0.

    Returns:
        List of int32 arrays, one per utterance.

    Example:
        >>> frames = np.eye(3)[[[1, 1, 0, 1, 2, 0]]]
        >>> [labels.tolist() for labels in ctc_greedy_decode(frames)]
        [[1, 1, 2]]

    References:
        - [Graves et al., 2006](https://www.cs.toronto.edu/~graves/icml_2006.pdf), section 3.2
    """
    return CTCGreedySearch(blank)(logits, lengths)


class CTCGreedySearch:
    """Greedy decoding as `ctc_greedy_decode` does it, also of utterances that come in chunks.

    Args:
        blank: Integer, the class that names nothing. Defaults to 0.

    Example:
        >>> search = CTCGreedySearch()
        >>> state = search.start()
        >>> for classes in ([1, 1], [1, 0], [1, 2]):
        ...     state = search.step(state, np.eye(3)[[classes]])
        >>> search.finish(state)[0].tolist()
        [1, 1, 2]
    """

    def __init__(self, blank=0):
        self.blank = blank

    def __call__(self, logits, lengths=None):
        """Return the labels of whole utterances, as `ctc_greedy_decode`."""
        return self.finish(self.step(self.start(len(logits)), logits, lengths))

    def start(self, batch_size=1):
        """Return the state before the first frame of utterances."""
        return np.full(batch_size, self.blank), [[] for _ in range(batch_size)]

    def step(self, state, logits, lengths=None):
        """Return the state after further frames.

        Args:
            state: State of `start` or `step`.
            logits: Array or tensor `(batch, frames, classes)`, which may have no frames.
            lengths: Int array `(batch,)`, how many of the frames count; `None` for all.
        """
        last, written = state
        best, lengths = np.argmax(_array(logits), axis=-1), frame_counts(logits, lengths)
        path = np.concatenate([last[:, None], best], axis=1)
        blank = self.blank % logits.shape[-1]
        new = (best != path[:, :-1]) & (best != blank)
        new &= np.arange(best.shape[1]) < lengths[:, None]
        written = [[*old, row[kept]] for old, row, kept in zip(written, best, new, strict=True)]
        return path[np.arange(len(path)), lengths], written

    def finish(self, state):
        """Return the labels so far, a list of int32 arrays; more frames may follow."""
        return [np.concatenate([np.zeros(0, "int32"), *row]).astype("int32") for row in state[1]]


def frame_counts(logits, lengths):
    """Return the lengths of utterances as an int array, all frames for `None`."""
    batch, frames = logits.shape[:2]
    lengths = np.full(batch, frames) if lengths is None else _array(lengths).astype(int)
    if lengths.shape != (batch,) or (lengths < 0).any() or (lengths > frames).any():
        raise ValueError(
            f"`lengths` must be {batch} integers between 0 and {frames}. "
            f"Received: {lengths.tolist()}"
        )
    return lengths


def _array(x):
    return x if isinstance(x, np.ndarray) else ops.convert_to_numpy(x)
