"""Recognition while somebody speaks: sound in pieces of any size, the offline result."""

import numpy as np

from keras_readinglist.applications.speech.clips import power_of_two
from keras_readinglist.decoding.ctc_greedy import CTCGreedySearch

BLOCKS = (32, 8, 4, 2, 1)  # steps that are computed at once; one program each


class Stream:
    """A clip that is recognized as it comes, by a `DeepSpeech2` that streams.

    Whatever the pieces are, the logits together are those of the whole clip, and so is the text
    after `flush`. All that is kept of the past has a fixed size. Made by `model.open_stream()`.

    Args:
        model: A `DeepSpeech2` whose `streams` is true.
        decoder: As for `DeepSpeech2.transcribe`.

    Example:
        >>> from keras_readinglist.applications import DeepSpeech2
        >>> stream = DeepSpeech2(units=8).open_stream()
        >>> text = stream.push(np.zeros(1000)), stream.push(np.zeros(7)), stream.flush()
        >>> stream.logits.shape  # 11 frames
        (3, 29)
    """

    def __init__(self, model, decoder=None):
        self.model, self.decoder = model, CTCGreedySearch() if decoder is None else decoder
        self.reset()

    def reset(self):
        """Begin anew."""
        self.states = self.model.first_state()
        self.flushed = False
        self._found = [np.zeros((0, self.model.classes), "float32")]
        self._rest = np.zeros(0, "float32")
        self._samples = self._done = 0
        self._heard = self.decoder.start(1)

    @property
    def logits(self):
        """All logits so far, `(steps, classes)`."""
        self._found = [np.concatenate(self._found)]
        return self._found[0]

    @property
    def text(self):
        """What was understood so far; a beam search may yet change its mind."""
        return self.model.decode(self.decoder.finish(self._heard)[0])

    @property
    def pending(self):
        """How many steps can be computed of the samples that are there."""
        front, stride = self.model.spectrogram, self.model.stride
        if self.flushed:
            steps = self.model.steps(self._samples)
            whole = steps + self.model.lag if steps else 0
            return whole - self._done
        return front.count(len(self._rest)) // stride

    def push(self, samples):
        """Take the next samples, and return the text so far.

        Args:
            samples: Array of any length, as for `DeepSpeech2.transcribe`.

        Raises:
            RuntimeError: After `flush`, before `reset`.
            ValueError: If the samples are not of one channel, or not finite.
        """
        self.accept(samples)
        return self._advance()

    def flush(self):
        """End the clip, and return the whole text."""
        self.close()
        return self._advance()

    def accept(self, samples):
        """Take samples and compute nothing yet; see `push`."""
        if self.flushed:
            raise RuntimeError("The stream was flushed: `reset` it before the next clip.")
        samples = self.model.clip(samples)
        self._rest = np.concatenate([self._rest, samples])
        self._samples += len(samples)

    def close(self):
        """End the clip and compute nothing yet; see `flush`."""
        self.flushed = True

    def _advance(self):
        while self.pending:
            advance(self.model, [self])
        return self.text

    def _take(self, blocks):
        """Return the samples of the next steps, and which of their frames there are."""
        front, frames = self.model.spectrogram, blocks * self.model.stride
        length = (frames - 1) * front.frame_step + front.frame_length
        samples = self._rest[:length]
        shown = np.arange(frames) < front.count(len(samples))
        self._rest = self._rest[frames * front.frame_step :]
        self._done += blocks
        return np.pad(samples, (0, length - len(samples))), shown

    def _give(self, logits):
        """Take the logits of the next steps."""
        self._found.append(logits)
        self._heard = self.decoder.step(self._heard, logits[None])


def advance(model, streams, rows=None):
    """Compute the next steps of streams, all at once.

    Args:
        model: Their model.
        streams: List of streams whose `pending` is positive.
        rows: Integer, the size of the batch; behind the streams there is silence. Defaults to the
            next power of two.
    """
    least = min(stream.pending for stream in streams)
    blocks = next(size for size in BLOCKS if size <= least)
    rows = power_of_two(len(streams)) if rows is None else rows
    taken = [stream._take(blocks) for stream in streams]
    states = [stream.states for stream in streams]
    if rows > len(streams):
        empty = np.zeros_like(taken[0][0]), np.zeros_like(taken[0][1])
        taken += [empty] * (rows - len(streams))
        states += [model.first_state()] * (rows - len(streams))
    audio, shown = (np.stack(parts) for parts in zip(*taken, strict=True))
    states = [np.concatenate(parts) for parts in zip(*states, strict=True)]
    found = model.read_on(audio=audio, shown=shown, states=states)
    for index, stream in enumerate(streams):
        stream.states = [state[index : index + 1] for state in found["states"]]
        stream._give(found["logits"][index][found["shown"][index]])
