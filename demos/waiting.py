"""What a visitor is told while a result is on its way: what is made, how long it takes.

What is told reaches the page as the name of Gradio's progress bar; `components/veil.js` shows it.
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
_told = contextvars.ContextVar("told", default=None)


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


@contextlib.contextmanager
def turn(lock):
    """Hold a lock; a visitor who has to wait for it is told so."""
    if not lock.acquire(timeout=PATIENCE):
        doing = _told.get()
        tell(doing and WAITS)
        lock.acquire()
        tell(doing)
    try:
        yield
    finally:
        lock.release()
