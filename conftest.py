"""Runs the test suite on one backend, or on several in processes of their own."""

import os
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from keras_readinglist.cli import choose_backend

BACKENDS = ("jax", "tensorflow", "torch")  # the slowest first
AT_ONCE = 2  # processes, each of which needs a core and a few gigabytes
# A core each: what starts a thread per core for every small operator waits for the other process.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
ONCE = "torch"  # where tests marked `once` run; it is the quickest
# The last two alone make what is compiled for one layer's checks in 6 s and not in 18.
QUICK_XLA = (
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    " --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"
)
FULL_XLA = os.environ.get("KERAS_READINGLIST_FULL_XLA")


def compile_quickly():
    """Let XLA compile without optimisation, and keep what it compiled for the next run.

    A test runs a program once and compiles it for seconds. `KERAS_READINGLIST_FULL_XLA=1` tests
    what users run.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if FULL_XLA or QUICK_XLA in flags:
        return
    os.environ["XLA_FLAGS"] = f"{flags} {QUICK_XLA}".strip()
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(home / "keras-readinglist" / "xla"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


# When this file is imported, and no later: JAX reads its variables once, and a `conftest.py` of a
# folder that is named on the command line imports it before `pytest_configure`.
compile_quickly()
choose_backend(None)  # the first that is installed, if none is named


@pytest.fixture(scope="session", autouse=True)
def run_graphs_as_they_are():
    """Let TensorFlow not optimise graphs that run once, a quarter of what a training step takes."""
    if os.environ.get("KERAS_BACKEND") == "tensorflow" and not FULL_XLA:
        import tensorflow as tf

        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


@pytest.fixture(scope="module", autouse=True)
def few_programs():
    """Let JAX forget what it compiled before the process aborts.

    Every program maps pieces of memory, and Linux allows a process 65,530 of them; eleven items
    took 34,000 of them, and 6 GB.
    """
    yield
    maps = pathlib.Path("/proc/self/maps")
    if "jax" in sys.modules and maps.exists() and maps.read_bytes().count(b"\n") > 16_000:
        sys.modules["jax"].clear_caches()


def pytest_addoption(parser):
    """Add `--backends`, a comma-separated list or `all`."""
    parser.addoption("--backends", default=None, help="comma separated backends, or 'all'")


def pytest_collection_modifyitems(config, items):
    """Leave out the tests that another process runs: see `parts`."""
    part = os.environ.get("KRL_PART")
    if not part:
        return
    chosen = {item for item in items if bool(item.get_closest_marker("once")) == (part == "once")}
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = [item for item in items if item in chosen]


def pytest_cmdline_main(config):
    """Re-run pytest once per backend: a process can hold only one."""
    picked = config.getoption("--backends")
    if picked is None or os.environ.get("KRL_CHILD") or hasattr(config, "workerinput"):
        return None
    names = BACKENDS if picked == "all" else tuple(picked.split(","))
    unknown = set(names) - set(BACKENDS)
    if unknown:
        raise pytest.UsageError(f"--backends: unknown {', '.join(sorted(unknown))}")
    arguments = list(map(str, config.invocation_params.args))
    if "--backends" in arguments:  # given as two words
        at = arguments.index("--backends")
        del arguments[at : at + 2]
    arguments = [a for a in arguments if not a.startswith("--backends=")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda part: _run(*part, arguments), parts(names)))
    for label, code, last in answers:
        print(f"{label:<16}{'ok' if code == 0 else f'failed (exit {code})':<18}{last}")
    return max(code for _, code, _ in answers)


def parts(names):
    """Return pairs of a backend and what it runs: all, or what touches Keras, or only the rest."""
    if len(names) == 1:
        return [(names[0], "")]
    quickest = ONCE if ONCE in names else names[-1]
    return [*((name, "keras") for name in names), (quickest, "once")]


def _run(name, part, arguments):
    """Run pytest on one backend, print what it printed; return label, exit code and last line."""
    label = f"{name}, once" if part == "once" else name
    env = {**ONE_THREAD, **os.environ, "KERAS_BACKEND": name, "KRL_CHILD": "1", "KRL_PART": part}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        command = [sys.executable, "-m", "pytest", *arguments]
        code = subprocess.call(command, env=env, stdout=output, stderr=subprocess.STDOUT)
        output.seek(0)
        text = output.read().rstrip()
    print(f"===== {label} =====\n{text}", flush=True)
    # Exit code 5: all tests of the selection are left to another process.
    code = 0 if code == 5 and part else code
    return label, code, text.rsplit("\n", 1)[-1].strip("= ")
