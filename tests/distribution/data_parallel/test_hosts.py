"""Two hosts, which are two groups of processes of this one, train as one process does."""

import json
import os
import pathlib
import subprocess
import sys

import keras
import pytest

from tests import virtual_devices
from tests.distribution.data_parallel.test_data_parallel import free_port

BACKEND = keras.config.backend()
COMMAND = f"{__package__}.command"
TRAIN = ["train", "tiny", "--run", "line", "--distribute", "data", "--output"]


def jax_host(number, port):
    """Return the command and the environment of a host of JAX with two devices."""
    environment = {
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"127.0.0.1:{port}",
        "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
        "KERAS_DISTRIBUTION_PROCESS_ID": str(number),
        "XLA_FLAGS": virtual_devices.FLAGS.format(2),
    }
    return [sys.executable, "-m", COMMAND, *TRAIN], environment


def torch_host(number, port):
    """Return the command of a node of torchrun with one process."""
    options = ["--nnodes", "2", "--nproc-per-node", "1", "--node-rank", str(number)]
    options += ["--master-addr", "127.0.0.1", "--master-port", str(port)]
    run = [sys.executable, "-m", "torch.distributed.run", *options]
    return [*run, "-m", "--", COMMAND, *TRAIN], {}


def finish(processes):
    """Wait for processes, kill what is left, and return what they printed."""
    try:
        return [process.communicate(timeout=500)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()


@pytest.mark.slow
@pytest.mark.skipif(BACKEND == "tensorflow", reason="JAX and torch split batches")
def test_two_hosts_train_as_one_process(tmp_path):
    host, port = {"jax": jax_host, "torch": torch_host}[BACKEND], free_port()
    processes = []
    for number in (0, 1):
        command, environment = host(number, port)
        processes.append(
            subprocess.Popen(
                [*command, str(tmp_path / f"host-{number}")],
                cwd=virtual_devices.ROOT,
                env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    said = finish(processes)
    assert [process.returncode for process in processes] == [0, 0], "\n".join(said)
    assert "score" in said[0] and "score" not in said[1]
    assert not list((tmp_path / "host-1").rglob("*"))

    alone = [sys.executable, "-m", COMMAND, "train", "tiny", "--output", str(tmp_path / "alone")]
    subprocess.run(alone, cwd=virtual_devices.ROOT, check=True, capture_output=True)
    result = pathlib.Path("tiny", "reduced", "line", "seed-0", "result.json")
    scores, losses = [], []
    for folder in ("host-0", "alone"):
        written = json.loads((tmp_path / folder / result).read_text())
        scores.append(written["metrics"]["score"])
        rows = (tmp_path / folder / result).with_name("metrics.jsonl").read_text().splitlines()
        rows = [json.loads(row) for row in rows]
        losses.append([row[key] for row in rows for key in ("loss", "val_loss")])
    assert scores[0] == pytest.approx(scores[1], abs=1e-5) and len(losses[0]) == 8
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
