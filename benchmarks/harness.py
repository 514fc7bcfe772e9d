"""Times our code and a peer's, in turn in one process, and keeps the ratio of the medians."""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_BLOCK_SECONDS = 0.3
MEASURED = ("MB", "s", "ms late")
RESULTS = pathlib.Path(__file__).parent / "results.json"
COLUMNS = ("workload", "backend", "peer", "ours", "theirs", "unit", "ratio", "goal")


@dataclass(frozen=True)
class Workload:
    """One comparison.

    Args:
        name: What is timed.
        item: Slug of the item.
        peer: Name and version of what it is timed against.
        unit: `"ms"`; an amount per second, such as `"characters/s"`; or one of `MEASURED`, if the
            functions return what they took of memory or time, not to be timed.
        goal: The ratio to reach; above 1 we are faster.
        ours: Function without arguments.
        theirs: Function without arguments.
        amount: What one call of `ours` processes, for units per second.
        their_amount: What one call of `theirs` processes.
        repeats: Number of timed calls of each.
    """

    name: str
    item: str
    peer: str
    unit: str
    goal: float
    ours: Callable
    theirs: Callable
    amount: float = 1.0
    their_amount: float | None = None
    repeats: int = 9


def measure(workload, backend):
    """Measure ours and theirs, and return a row of the table."""
    if workload.unit in MEASURED:
        ours, theirs = workload.ours(), workload.theirs()
        return _row(workload, backend, ours, theirs, theirs / ours)
    ours, theirs = _medians(workload)
    theirs_each = theirs / (workload.their_amount or workload.amount)
    ratio = theirs_each / (ours / workload.amount)
    if workload.unit == "ms":
        return _row(workload, backend, 1e3 * ours, 1e3 * theirs, ratio)
    return _row(workload, backend, workload.amount / ours, 1 / theirs_each, ratio)


def _medians(workload):
    """Return the median seconds of ours and theirs, timed in turn after a warm-up.

    Short calls take turns in blocks, of which the first call does not count: the threads of a
    library wait for further work for some time, and would slow down the other side.
    """
    for function in (workload.ours, workload.theirs) * 2:
        last = _seconds(function)
    block = max(1, round(_BLOCK_SECONDS / last))
    times = {"ours": [], "theirs": []}
    for _ in range(workload.repeats):
        for side in times:
            function = getattr(workload, side)
            if block > 1:
                function()
            times[side] += [_seconds(function) for _ in range(block)]
    return [float(np.median(times[side])) for side in ("ours", "theirs")]


def _seconds(function):
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def _row(workload, backend, ours, theirs, ratio):
    return {
        "workload": workload.name,
        "item": workload.item,
        "backend": backend,
        "peer": workload.peer.rpartition(" ")[0],
        "peer_version": workload.peer.rpartition(" ")[2],
        "ours": round(ours, 3),
        "theirs": round(theirs, 3),
        "unit": workload.unit,
        "ratio": round(ratio, 2),
        "goal": workload.goal,
        "date": datetime.date.today().isoformat(),
    }


def record(rows):
    """Put rows into `results.json`, in place of older ones of the same workload, and the table."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    key = ("workload", "backend", "peer")
    merged = {tuple(row[k] for k in key): row for row in [*known, *rows]}
    rows = sorted(merged.values(), key=lambda row: [row["item"], *(row[k] for k in key)])
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")
    lines = [
        "# Benchmarks",
        "",
        "`python benchmarks/run.py` times every workload against its peer, in turn in one process,",
        "and keeps the medians. A ratio above 1 means that ours is faster. Ratios carry over to",
        "other machines better than times; these are of 2 CPU cores.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "| " + " | ".join("---" for _ in COLUMNS) + " |",
        *("| " + " | ".join(str(row[column]) for column in COLUMNS) + " |" for row in rows),
    ]
    RESULTS.with_name("README.md").write_text("\n".join(lines) + "\n")


def torch_step(peer, loss, inputs, labels):
    """Return a training step of a torch model that translates, as a function without arguments.

    Args:
        peer: Module of a source and a target that gives logits `(batch, length, tokens)`.
        loss: Function of logits `(tokens, classes)` and labels.
        inputs: Dictionary of the arrays `"source"` and `"target"`.
        labels: Array `(batch, length)`.
    """
    import torch

    optimizer = torch.optim.Adam(peer.parameters(), 1e-4, betas=(0.9, 0.98), eps=1e-9)
    source, target, due = (
        torch.tensor(x).long() for x in (inputs["source"], inputs["target"], labels)
    )

    def step():
        optimizer.zero_grad()
        loss(peer(source, target).flatten(0, 1), due.flatten()).backward()
        optimizer.step()

    return step


def peak_memory(module, warm, step):
    """Return the megabytes by which a step raises the peak of a process of its own.

    Args:
        module: Name of the benchmark that both are expressions of.
        warm: Expression that is called before, so that what is loaded does not count.
        step: Expression that is called then.
    """
    code = (  # `getrusage` would begin with the peak of the process that starts this one
        f"import pathlib, re, {module} as m\n"
        "status = pathlib.Path('/proc/self/status')\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s*(\\d+)', status.read_text())[1]) / 1024\n"
        f"{warm}\nbefore = peak()\n{step}\nprint(peak() - before)"
    )
    here = pathlib.Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parent)])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])
