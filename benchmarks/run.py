"""Times workloads: `python benchmarks/run.py [FILE ...] [--backends jax,torch] [--peer-path DIR]`.

Each backend runs in a process of its own. A file of this folder is a set of workloads; it defines
`workloads(peer_path)`, which yields `harness.Workload`s for the running backend.
"""

import argparse
import importlib
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
MACHINERY = ("harness", "run")


def main():
    """Start a process per backend, or measure in this one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="default: all")
    parser.add_argument("--backends", default="jax,tensorflow,torch")
    parser.add_argument("--peer-path", help="checkout of a peer that is not on PyPI")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.here:
        for backend in arguments.backends.split(","):
            command = [sys.executable, __file__, *sys.argv[1:], "--here"]
            subprocess.run(command, env={**os.environ, "KERAS_BACKEND": backend}, check=True)
        return
    sys.path[:0] = [str(HERE.parent), str(HERE)]
    if os.environ["KERAS_BACKEND"] != "tensorflow":
        importlib.import_module("torch")  # a peer: it must be imported before JAX
    import harness

    from keras_readinglist.memory import keep_memory

    keep_memory()  # as our trainings do, before any thread computes; it is good for both sides
    found = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in MACHINERY)
    for name in arguments.files or found:
        for workload in importlib.import_module(name).workloads(arguments.peer_path):
            row = harness.measure(workload, os.environ["KERAS_BACKEND"])
            print(f"{row['backend']:11} {row['workload']:52} {row['peer']:28} {row['ratio']}x")
            harness.record([row])


if __name__ == "__main__":
    main()
