"""Runs the test suite on one backend, or on several in a process each."""

import os
import subprocess
import sys

BACKENDS = ("jax", "tensorflow", "torch")


def pytest_addoption(parser):
    """Add `--backends`, a comma-separated list or `all`."""
    parser.addoption("--backends", default=None, help="comma separated backends, or 'all'")


def pytest_configure(config):
    """Choose the first installed backend when none is named."""
    from keras_readinglist.cli import choose_backend

    choose_backend(None)


def pytest_cmdline_main(config):
    """Re-run pytest once per backend: a process can hold only one."""
    picked = config.getoption("--backends")
    if picked is None or os.environ.get("KRL_CHILD") or hasattr(config, "workerinput"):
        return None
    args = list(map(str, config.invocation_params.args))
    if "--backends" in args:  # given as two words
        at = args.index("--backends")
        del args[at : at + 2]
    args = [a for a in args if not a.startswith("--backends=")]
    codes = {}
    for name in BACKENDS if picked == "all" else picked.split(","):
        env = {**os.environ, "KERAS_BACKEND": name, "KRL_CHILD": "1"}
        codes[name] = subprocess.call([sys.executable, "-m", "pytest", *args], env=env)
    for name, code in codes.items():
        print(f"{name:<12}{'ok' if code == 0 else f'failed (exit {code})'}")
    return max(codes.values())
