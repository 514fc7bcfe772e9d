"""Batch Dispatch: the streams of many speakers share the batches of one model (section 6)."""

from keras_readinglist.applications.speech.stream import advance
from keras_readinglist.layers.validation import check_size


class BatchDispatcher:
    """Runs many streams of one model in common batches.

    What arrives waits until the next `step`, which takes all streams that wait, never waiting for
    more: the batch is as large as the load. Every stream gets what it gets alone. A server calls
    `step` again and again, and accepts in between what has arrived; `run` goes on until nothing
    waits.

    Args:
        model: A `DeepSpeech2` that streams.
        max_batch: Positive integer, the most streams in a batch. Defaults to 16.

    Example:
        >>> from keras_readinglist.applications import DeepSpeech2
        >>> dispatcher = BatchDispatcher(DeepSpeech2(units=8))
        >>> first, second = dispatcher.open_stream(), dispatcher.open_stream()
        >>> first.accept(np.zeros(2000)), second.accept(np.zeros(999))
        (None, None)
        >>> dispatcher.run()  # two steps of both, and four more of the first
        2

    References:
        - [Amodei et al., 2015](https://arxiv.org/abs/1512.02595), section 6.1
    """

    def __init__(self, model, max_batch=16):
        self.model, self.max_batch = model, check_size("max_batch", max_batch)
        self.streams = []

    def open_stream(self, decoder=None):
        """Return a stream of this dispatcher: `accept` samples, `close` it, and `run` or `step`."""
        stream = self.model.open_stream(decoder)
        self.streams.append(stream)
        return stream

    def step(self):
        """Compute one batch of what waits now; more may arrive before the next.

        Returns:
            Whether anything waited.
        """
        waiting = [stream for stream in self.streams if stream.pending]
        if waiting:
            # Who waits for most comes first, so that none waits behind those who just came.
            waiting = sorted(waiting, key=lambda stream: -stream.pending)[: self.max_batch]
            advance(self.model, waiting)
        self.streams = [stream for stream in self.streams if stream.pending or not stream.flushed]
        return bool(waiting)

    def run(self):
        """Compute all that can be computed, and forget the streams that are at their end.

        Returns:
            How many batches it took.
        """
        batches = 0
        while self.step():
            batches += 1
        return batches
