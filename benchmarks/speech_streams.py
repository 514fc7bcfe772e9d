"""Deep Speech 2 while many speak at once: how late letters are, with Batch Dispatch and without.

Everybody speaks for some seconds and sends a piece of sound whenever it is full, each beginning at
a time of its own. A piece is late by the time from its arrival until all that can be computed of
it has been. The clock of arrivals runs on by what computing took, and jumps to the next arrival
where nothing waits: so nothing is waited for in vain. Without Batch Dispatch the same queue is
served one stream at a time. The latency of the network itself, `model.latency_ms`, comes on top.
"""

import functools
import time
from collections import deque

import keras
import numpy as np
from harness import Workload

from keras_readinglist.applications import BatchDispatcher, DeepSpeech2
from keras_readinglist.applications.speech.stream import BLOCKS

UNITS, RATE, SECONDS = 128, 8000, 10
PIECES = (100, 200, 500)  # milliseconds
SPEAKERS = (1, 8, 32)
GOALS = {1: 0.9, 8: 1.0, 32: 2.0}
SHARES = {"median": 50, "98th percentile": 98}


def arrivals(speakers, milliseconds, rng):
    """Return when which speaker sends which sound, in order: `(seconds, speaker, samples)`."""
    size = milliseconds * RATE // 1000
    begins = rng.uniform(0, milliseconds / 1000, speakers)
    sounds = 0.1 * rng.standard_normal((speakers, SECONDS * RATE)).astype("float32")
    found = [
        (begins[speaker] + end / RATE, speaker, sounds[speaker, end - size : end])
        for speaker in range(speakers)
        for end in range(size, SECONDS * RATE + 1, size)
    ]
    return deque(sorted(found, key=lambda arrival: arrival[0]))


def serve(dispatcher, speakers, waiting):
    """Return how late every piece is, in milliseconds.

    Args:
        dispatcher: A `BatchDispatcher`.
        speakers: Integer.
        waiting: What `arrivals` returns.
    """
    streams = [dispatcher.open_stream() for _ in range(speakers)]
    done = [0] * speakers  # steps that were computed of each
    pieces = [deque() for _ in streams]  # when each came, and with which step it is done
    clock, late = 0.0, []
    while True:
        while waiting and waiting[0][0] <= clock:
            came, speaker, samples = waiting.popleft()
            streams[speaker].accept(samples)
            pieces[speaker].append((came, done[speaker] + streams[speaker].pending))
        before = [stream.pending for stream in streams]
        began = time.perf_counter()
        worked = dispatcher.step()
        clock += time.perf_counter() - began
        for speaker, stream in enumerate(streams):
            done[speaker] += before[speaker] - stream.pending
            while pieces[speaker] and pieces[speaker][0][1] <= done[speaker]:
                late.append(1000 * (clock - pieces[speaker].popleft()[0]))
        if not worked and not waiting:
            return np.array(late)
        if not worked:
            clock = max(clock, waiting[0][0])


@functools.cache
def _model():
    """Return an untrained model; what batches of every size need is compiled."""
    model = DeepSpeech2(units=UNITS)
    for speakers in (2**k for k in range(max(SPEAKERS).bit_length())):
        for blocks in BLOCKS:
            dispatcher = BatchDispatcher(model, speakers)
            for _ in range(speakers):
                dispatcher.open_stream().accept(np.zeros((blocks + 1) * model.stride * RATE // 100))
            dispatcher.run()
    return model


@functools.cache
def lateness(max_batch, speakers, milliseconds):
    """Return how late pieces are, in milliseconds.

    Args:
        max_batch: Integer, of the dispatcher; 1 for no Batch Dispatch.
        speakers: Integer.
        milliseconds: Integer, the length of a piece.
    """
    sent = arrivals(speakers, milliseconds, np.random.default_rng(0))
    return serve(BatchDispatcher(_model(), max_batch), speakers, sent)


def workloads(peer_path):
    """Yield the comparisons of the running backend."""

    def share(max_batch, speakers, piece, percentile):
        return float(np.percentile(lateness(max_batch, speakers, piece), percentile))

    for piece in PIECES:
        for speakers in SPEAKERS:
            for name, percentile in SHARES.items():
                at = functools.partial(share, speakers=speakers, piece=piece, percentile=percentile)
                yield Workload(
                    name=f"Deep Speech 2, {speakers} at once in pieces of {piece} ms, {name}",
                    item="deep-speech-2",
                    peer=f"one stream at a time {keras.version()}",
                    unit="ms late",
                    goal=GOALS[speakers],
                    ours=functools.partial(at, max(SPEAKERS)),
                    theirs=functools.partial(at, 1),
                )
