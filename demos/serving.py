"""Models behind locks: the only way in which an exhibit calls a model."""

import threading

from keras_readinglist.applications.loading import load_preset

from .memory import keep_to_budget
from .waiting import turn

_MODELS = {}
_GUARD = threading.Lock()


class Served:
    """A preset that is loaded when it is first used, and called by one visitor at a time.

    JAX corrupts a model whose `predict` runs in two threads at once.
    """

    def __init__(self, load):
        self._load, self._model, self._lock = load, None, threading.RLock()

    def run(self, function):
        """Return `function(model)`, under the lock."""
        with turn(self._lock):
            if self._model is None:
                self._model = self._load()
            found = function(self._model)
        keep_to_budget()
        return found

    def iterate(self, function):
        """Yield from `function(model)`; the lock is held only while an element is made."""
        iterator = self.run(lambda model: iter(function(model)))
        done = object()
        while (item := self.run(lambda model: next(iterator, done))) is not done:
            yield item


def serve(preset):
    """Return the one `Served` of a preset in this process."""
    with _GUARD:
        if preset not in _MODELS:
            _MODELS[preset] = Served(lambda: load_preset(preset))
        return _MODELS[preset]
