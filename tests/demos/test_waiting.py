"""What a visitor is told while something is computed, without a server."""

import threading
import time
import types

import pytest

from demos import waiting

pytestmark = pytest.mark.once


@pytest.fixture
def told(monkeypatch):
    import gradio as gr

    sentences = []
    monkeypatch.setattr(gr.Progress, "__call__", lambda self, share, desc: sentences.append(desc))
    return sentences


def test_how_long_something_takes_is_told_once_it_is_known(monkeypatch, told):
    clock = iter([0, 4.2, 10, 10.2, 20, 20.1, 30, 30.1])
    monkeypatch.setattr(waiting, "time", types.SimpleNamespace(monotonic=lambda: next(clock)))
    sort = waiting.paced(sorted, waiting.Pace("Sorting"))
    assert [sort("ba") for _ in range(3)] == [["a", "b"]] * 3
    assert told == ["Sorting", "Sorting, about 4 s", "Sorting, about 2 s"]
    sort("")  # the median is 0.2 seconds: no word of it
    assert told[-1] == "Sorting"


def test_what_was_refused_or_stopped_says_nothing_of_how_long_it_takes(told):
    pace = waiting.Pace("Counting")

    def count(value):
        yield from range(int(value))

    with pytest.raises(ValueError):
        list(waiting.paced(count, pace)("x"))
    stream = waiting.paced(count, pace)("3")
    assert next(stream) == 0
    stream.close()
    assert not pace._seconds
    assert list(waiting.paced(count, pace)("3")) == [0, 1, 2] and len(pace._seconds) == 1


def test_who_has_to_wait_for_a_model_is_told_so(told):
    lock, held = threading.RLock(), threading.Event()

    def other():
        with lock:
            held.set()
            time.sleep(2 * waiting.PATIENCE)

    thread = threading.Thread(target=other)
    thread.start()
    held.wait()
    waiting.tell("Sorting")
    with waiting.turn(lock):
        pass
    with waiting.turn(lock):  # free: not a word
        pass
    thread.join()
    assert told == ["Sorting", waiting.WAITS, "Sorting"]
    waiting.tell(None)


def test_who_pressed_stop_is_answered_no_further_and_asks_anew(monkeypatch, told):
    who = ["Ann"]
    monkeypatch.setattr(waiting, "visitor", lambda: who[0])

    def count(pressed_by):
        for k in range(3):
            if k == 1:
                who[0] = pressed_by
                waiting.stop()
                who[0] = "Ann"
            waiting.go_on()
        return k

    asked = waiting.paced(count, waiting.Pace("Counting"))
    with pytest.raises(ValueError, match="Stopped"):
        asked("Ann")
    assert asked("Bob") == 2  # nor does an older Stop end it


def test_who_waits_for_a_model_can_stop(monkeypatch, told):
    monkeypatch.setattr(waiting, "visitor", lambda: "Ann")
    lock, held, over = threading.RLock(), threading.Event(), threading.Event()

    def other():
        with lock:
            held.set()
            over.wait(20)

    def asks():
        with waiting.turn(lock):
            return "answered"

    thread = threading.Thread(target=other)
    thread.start()
    held.wait()
    timer = threading.Timer(2 * waiting.PATIENCE, waiting.stop)
    timer.start()
    with pytest.raises(ValueError, match="Stopped"):
        waiting.paced(asks, waiting.Pace("Sorting"))()
    over.set()
    thread.join()
