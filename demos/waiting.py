"""What a visitor is told while a result is on its way: what is made, how long it takes; and Stop.

What is told reaches the page as the name of Gradio's progress bar; `components/veil.js` shows it.
To stop, Gradio leaves the thread that answers to itself: it computed to its end for nobody. So what
takes long calls `go_on` between its steps, as whatever waits for a model does.
"""

import contextlib
import contextvars
import functools
import inspect
import statistics
import time
from collections import deque

PATIENCE = 0.3  # seconds in which nothing is told
WAITS = "Another visitor is answered first"
STOPPED = "Stopped before there was a result."
_told = contextvars.ContextVar("told", default=None)
_began = contextvars.ContextVar("began", default=None)
_STOPS = deque(maxlen=64)  # visitors who pressed Stop of late, and when


class Pace:
    """How long something has taken of late.

    Args:
        doing: What is done, such as `"Sorting the numbers"`.
    """

    def __init__(self, doing):
        self.doing, self._seconds = doing, deque(maxlen=9)

    def sentence(self):
        """Return what is done, and about how long it takes if that is known and worth a word."""
        about = statistics.median(self._seconds) if self._seconds else 0
        return f"{self.doing}, about {about:.0f} s" if about >= 1 else self.doing

    @contextlib.contextmanager
    def taken(self):
        """Tell what is done, and measure how long it takes if it is done to its end."""
        began = time.monotonic()
        _began.set(began)
        tell(self.sentence())
        yield
        self._seconds.append(time.monotonic() - began)


def paced(fn, pace):
    """Return a function, or a generator function, that tells what it does and is measured."""
    if inspect.isgeneratorfunction(fn):

        @functools.wraps(fn)
        def stream(*args):
            with pace.taken():
                yield from fn(*args)

        return stream

    @functools.wraps(fn)
    def plain(*args):
        with pace.taken():
            return fn(*args)

    return plain


def tell(sentence):
    """Tell the visitor whose question is answered in this thread; without one, nobody."""
    _told.set(sentence)
    if sentence:
        import gradio as gr

        gr.Progress()(0, desc=sentence)


def visitor():
    """Return the session whose question is answered in this thread, or `None`."""
    from gradio.context import LocalContext

    request = LocalContext.request.get(None)
    return request and request.session_hash


def stop():
    """End what this visitor has asked for, at its next `go_on`."""
    _STOPS.append((visitor(), time.monotonic()))


def go_on():
    """Raise a `ValueError` if the visitor has pressed Stop since the question was asked."""
    began = _began.get()
    if began is None or not _STOPS:
        return
    if any(who == visitor() and when >= began for who, when in list(_STOPS)):
        raise ValueError(STOPPED)


@contextlib.contextmanager
def turn(lock):
    """Hold a lock; a visitor who has to wait for it is told so, and may stop waiting."""
    go_on()
    if not lock.acquire(timeout=PATIENCE):
        doing = _told.get()
        tell(doing and WAITS)
        while not lock.acquire(timeout=PATIENCE):
            go_on()
        tell(doing)
    try:
        yield
    finally:
        lock.release()
