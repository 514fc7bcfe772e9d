"""What splitting and summing costs in one process, and on torch what our engine adds to torch's.

A pipeline of one cell trains against `train_on_batch` of Keras: the same network on the same batch
on the same device. A pipeline over two processes trains against `ScheduleGPipe` of torch over the
same two processes, with a plain module of the same network and with the layers of Keras, whose
calls cost more; and against torchgpipe, which has threads instead of processes: `--peer-path` is
where that is installed. There all have the same plain descent, so that none is timed by its Adam.
"""

import functools
import importlib.metadata
import json
import pathlib
import sys
import tempfile
import time

import keras
import numpy as np
from harness import Workload

from keras_readinglist.distribution import GPipe, launch

BATCH, TOKENS, BLOCKS, RATE = 32, 64, 8, 1e-3
WIDTH, WIDE = 256, 512  # in one process, and over several
PROCESSES, PARTS = 2, 8


def _model(width, blocks=BLOCKS):
    """Return a stack of dense layers, of the same values at every call."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(width, "relu") for _ in range(blocks)]
    return keras.Sequential([keras.Input((TOKENS, width)), *layers])


def _data(width):
    return np.random.default_rng(0).standard_normal((BATCH, TOKENS, width)).astype("float32")


def _pipelined(x, count, cells=1, rematerialize=True, optimizer=keras.optimizers.Adam):
    pipeline = GPipe(_model(x.shape[-1]), cells, count, rematerialize=rematerialize)
    pipeline.compile(optimizer(RATE), "mse")
    step = pipeline.stepper(x, x)
    return lambda: float(keras.ops.convert_to_numpy(step()))


def _plain(x):
    model = _model(x.shape[-1])
    model.compile(keras.optimizers.Adam(RATE), "mse")
    return lambda: model.train_on_batch(x, x)


def _blocks(count):
    """Return so many of the layers as a plain module of torch."""
    import torch

    pairs = [(torch.nn.Linear(WIDE, WIDE), torch.nn.ReLU()) for _ in range(count)]
    return torch.nn.Sequential(*(layer for pair in pairs for layer in pair))


def _bare(x, module, rematerialize):
    """Return a step of `ScheduleGPipe` over processes that have such a module each."""
    import torch
    from torch.distributed.pipelining import PipelineStage, ScheduleGPipe
    from torch.utils.checkpoint import checkpoint

    rank = torch.distributed.get_rank()
    optimizer = torch.optim.SGD(module.parameters(), RATE)
    if rematerialize:
        whole, module = module, torch.nn.Module()
        module.forward = lambda x: checkpoint(whole, x, use_reentrant=False)
    stage = PipelineStage(module, rank, PROCESSES, torch.device("cpu"))
    schedule = ScheduleGPipe(stage, PARTS, loss_fn=torch.nn.functional.mse_loss)
    x = torch.from_numpy(x)

    def step():
        optimizer.zero_grad()
        if rank == 0:
            schedule.step(x)
        else:
            schedule.step(target=x)
        optimizer.step()

    return step


def _threads(x, rematerialize):
    """Return a step of torchgpipe in the first process, while the other waits."""
    import torch
    from torchgpipe import GPipe as Peer

    if torch.distributed.get_rank():
        return lambda: None
    half = 2 * BLOCKS // PROCESSES  # a layer and its activation count as two
    model = Peer(
        _blocks(BLOCKS),
        balance=[half] * PROCESSES,
        devices=["cpu"] * PROCESSES,
        chunks=PARTS,
        checkpoint="always" if rematerialize else "never",
    )
    optimizer, x = torch.optim.SGD(model.parameters(), RATE), torch.from_numpy(x)

    def step():
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), x).backward()
        optimizer.step()

    return step


def _time_processes(path, peer_path, repeats=15, block=4):
    """Time all sides in turn in a process; the first one writes the median seconds of a step."""
    import torch

    x, steps, each = _data(WIDE), {}, BLOCKS // PROCESSES
    for kept in (False, True):
        steps[f"ours {kept}"] = _pipelined(x, PARTS, PROCESSES, not kept, keras.optimizers.SGD)
        steps[f"bare {kept}"] = _bare(x, _blocks(each), not kept)
        steps[f"keras {kept}"] = _bare(x, _model(WIDE, each), not kept)
        if peer_path:
            sys.path.append(peer_path)
            steps[f"threads {kept}"] = _threads(x, not kept)
    times = {name: [] for name in steps}
    for repeat in range(repeats + 1):
        for name, step in steps.items():
            torch.distributed.barrier()
            began = time.perf_counter()
            for _ in range(block):
                step()
            torch.distributed.barrier()  # the slowest process counts
            if repeat:
                times[name].append((time.perf_counter() - began) / block)
    if torch.distributed.get_rank() == 0:
        medians = {name: float(np.median(found)) for name, found in times.items()}
        pathlib.Path(path).write_text(json.dumps(medians))


@functools.cache
def _processes(peer_path):
    """Return the seconds of each side, measured in one run."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "seconds.json")
        launch(_time_processes, PROCESSES, path, peer_path)
        return json.loads(path.read_text())


def _over_processes(peer_path):
    """Yield the comparisons over two processes of torch."""
    peers = {
        "bare": f"ScheduleGPipe {importlib.metadata.version('torch')}",
        "keras": f"ScheduleGPipe of layers of Keras {importlib.metadata.version('torch')}",
    }
    if peer_path:
        sys.path.append(peer_path)
        peers["threads"] = f"torchgpipe {importlib.metadata.version('torchgpipe')}"
    for side, peer in peers.items():
        for kept in (False, True):
            how = "activations are kept" if kept else "re-materialised"
            yield Workload(
                name=f"GPipe over {PROCESSES} processes, {PARTS} micro-batches, {how}: "
                f"{BLOCKS} dense layers of {WIDE}",
                item="gpipe",
                peer=peer,
                unit="s",
                goal=1.0 if side == "threads" else 0.95,
                ours=lambda kept=kept: _processes(peer_path)[f"ours {kept}"],
                theirs=lambda side=side, kept=kept: _processes(peer_path)[f"{side} {kept}"],
            )


def workloads(peer_path):
    """Yield the comparisons."""
    x = _data(WIDTH)
    for count in (1, 4):
        parts = "the whole batch" if count == 1 else f"{count} micro-batches"
        yield Workload(
            name=f"GPipe of one cell, {parts}: {BLOCKS} dense layers of {WIDTH}",
            item="gpipe",
            peer=f"keras.Model.train_on_batch {keras.__version__}",
            unit="ms",
            goal=0.9,
            ours=_pipelined(x, count),
            theirs=_plain(x),
        )
    if keras.config.backend() == "torch":
        yield from _over_processes(peer_path)
