"""Runs the tests of `processes.py` in several of them; kills one, and goes on after it."""

import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import keras
import pytest

from keras_readinglist.distribution import GPipe, initialize, launch
from keras_readinglist.distribution.launch import processes
from keras_readinglist.recipes.training import Checkpoint
from tests.distribution.gpipe.nets import LOSS, X, Y, dense

pytestmark = pytest.mark.skipif(keras.config.backend() != "torch", reason="the engine of torch")
HERE = pathlib.Path(__file__).parent
TESTS = ["-q", "-x", "-p", "no:cacheprovider", str(HERE / "processes.py")]


class Killed(keras.callbacks.Callback):
    """Ends the second process in the middle of the third epoch, and tells when."""

    def __init__(self, directory):
        super().__init__()
        self.directory = directory

    def on_train_batch_end(self, batch, logs=None):
        if processes()[0] == 1 and self.model.optimizer.iterations == 2 * 3 + 2:
            (self.directory / "killed").write_text(str(time.time()))
            os.kill(os.getpid(), signal.SIGKILL)


def check_and_be_killed(directory):
    """Be one of the processes: run the tests, and then train until one is killed."""
    assert pytest.main(TESTS) == 0
    pipeline = GPipe(dense(dropout=0.2), 2, 2, balance="params")
    pipeline.compile(keras.optimizers.Adam(0.05), LOSS)
    callbacks = [Checkpoint(directory)] if processes()[0] == 0 else []
    pipeline.fit(X, Y, 4, epochs=5, verbose=0, callbacks=[*callbacks, Killed(directory)])


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Return the folder of a training that was killed, what was raised, and seconds it took."""
    directory = tmp_path_factory.mktemp("killed")
    with pytest.raises(RuntimeError) as caught:
        launch(check_and_be_killed, 2, directory, timeout=120)
    ended = time.time()
    moment = directory / "killed"
    return directory, str(caught.value), ended - float(moment.read_text() if moment.exists() else 0)


def test_two_processes_until_one_is_killed(killed):
    _, words, seconds = killed
    assert words == "Process 1 of 2 was ended by SIGKILL."
    assert seconds < 60 and not multiprocessing.active_children()


def test_four_processes_go_on_where_two_were_killed(killed):
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=4",
         "--rdzv-backend=c10d", "--rdzv-endpoint=localhost:0", "-m", "pytest", *TESTS],
        cwd=HERE.parents[2],
        env={**os.environ, "KRL_CHECKPOINT": str(killed[0])},
        capture_output=True,
        text=True,
        timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_interrupt_leaves_no_process():
    def interrupt():
        while len(multiprocessing.active_children()) < 2:
            time.sleep(0.01)
        time.sleep(0.5)  # it waits for them now
        os.kill(os.getpid(), signal.SIGINT)

    # A shell that runs the tests in the background has them ignore interrupts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            launch(time.sleep, 2, 60)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not multiprocessing.active_children()


def test_what_cannot_be_done_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="torchrun --nproc-per-node 2 script.py"):
        GPipe(dense(), 2)
    with pytest.raises(ValueError, match="`num_processes` must be"):
        launch(print, 0)
    with pytest.raises(ValueError, match="`fn` must be a function"):
        launch("print", 2)
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(ValueError, match="variables of a launcher"):
        initialize()
