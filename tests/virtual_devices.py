"""Runs Python in a process whose CPU is several devices of JAX."""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[1]
# Of two collectives that do not need each other (a gradient's sum over replicas, a pipeline's next
# step) XLA may begin one on one device and the other on the next, and each waits for ever: in one
# of 20 trainings on two busy cores; in none of 320 with what stands last.
ORDERED = "--xla_cpu_enable_concurrency_optimized_scheduler=false"
FLAGS = "--xla_force_host_platform_device_count={} " + ORDERED


def flags(count):
    """Return `XLA_FLAGS` for so many devices, and those that are set."""
    return f"{os.environ.get('XLA_FLAGS', '')} {FLAGS.format(count)}".strip()


def run(count, *arguments, timeout=500, **environment):
    """Run `python *arguments` with so many devices; fail with what it printed if it fails."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "XLA_FLAGS": flags(count), "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    fatal = re.findall("^F[0-9].*", done.stderr, re.MULTILINE)  # what XLA says as it aborts
    assert done.returncode == 0, "\n".join([*fatal, done.stdout, done.stderr])
