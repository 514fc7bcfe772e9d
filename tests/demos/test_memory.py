"""What the server forgets when it has grown beyond its budget."""

import mmap
import sys

import keras
import numpy as np
import pytest

from demos import memory
from demos.serving import Served


def test_the_memory_of_a_process_is_known_and_grows():
    before = memory.resident()
    if not before:
        pytest.skip("this system does not say")
    size = 64_000_000
    with mmap.mmap(-1, size) as fresh:  # an array may lie where something freed was resident
        fresh.write(bytes(size))
        assert size / 1e6 * 0.8 < memory.resident() - before < 3 * size / 1e6


@pytest.fixture
def forgotten(monkeypatch):
    times = []
    monkeypatch.setattr(memory, "forget_programs", lambda: times.append(1))
    monkeypatch.setattr(memory, "_last", -1e9)
    return times


def test_programs_are_forgotten_beyond_the_budget_and_not_at_every_call(forgotten, monkeypatch):
    served = Served(lambda: 3)
    monkeypatch.setattr(memory, "resident", lambda: memory.BUDGET - 1)
    assert served.run(lambda model: model + 1) == 4 and not forgotten
    monkeypatch.setattr(memory, "resident", lambda: memory.BUDGET + 1)
    assert [served.run(lambda model: model) for _ in range(3)] == [3, 3, 3]
    assert len(forgotten) == 1


def test_a_model_answers_as_before_after_its_programs_are_forgotten():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    x = np.ones((1, 3), "float32")
    before = model.predict_on_batch(x)
    memory.forget_programs()
    np.testing.assert_allclose(model.predict_on_batch(x), before, atol=1e-6)


@pytest.mark.parametrize(("backend", "kept_out"), [("jax", True), ("tensorflow", False)])
def test_tensorflow_stays_out_unless_it_is_the_backend(backend, kept_out, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # remembers what stood there
    del sys.modules["tensorflow"]
    monkeypatch.setattr(keras.config, "backend", lambda: backend)
    memory.leave_out_tensorflow()
    assert ("tensorflow" in sys.modules) == kept_out
    if kept_out:
        with pytest.raises(ImportError):
            __import__("tensorflow")
