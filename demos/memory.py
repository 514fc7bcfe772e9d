"""How much memory the server may take, and what it forgets when it takes more.

A model that is built runs hundreds of small operations, and JAX keeps a compiled program of each:
600 MB after all presets are loaded, of which the models themselves need 20. What is forgotten is
compiled again when it is needed; programs are kept on disk, so that takes no second.
"""

import contextlib
import ctypes
import gc
import os
import pathlib
import sys
import threading
import time

import keras

BUDGET = 1100  # megabytes, above which programs are forgotten
_PAUSE = 3  # seconds between two times
_GUARD = threading.Lock()
_last = 0.0


def resident():
    """Return the memory of this process in megabytes; 0 where the system does not say."""
    pages = pathlib.Path("/proc/self/statm")
    if not pages.exists():
        return 0.0
    return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def forget_programs():
    """Drop all compiled programs of JAX, and give what is free back to the system."""
    if keras.config.backend() == "jax":
        import jax

        jax.clear_caches()
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another system, another C library
        ctypes.CDLL(None).malloc_trim(0)


def keep_to_budget():
    """Forget programs if the process has grown beyond its budget, but not all the time."""
    global _last
    if resident() < BUDGET or not _GUARD.acquire(blocking=False):
        return
    try:
        if time.monotonic() - _last > _PAUSE:
            forget_programs()
            _last = time.monotonic()
    finally:
        _GUARD.release()


def leave_out_tensorflow():
    """Keep TensorFlow out of this process, unless it is the backend or was imported already.

    Keras imports it whenever it is installed and a configuration is written: 480 MB and five
    seconds for nothing.
    """
    if keras.config.backend() != "tensorflow":
        sys.modules.setdefault("tensorflow", None)  # to Python: it cannot be imported


def keep_compiled():
    """Keep the compiled programs of JAX on disk, unless a folder for them is named already."""
    if keras.config.backend() != "jax":
        return
    import jax

    if jax.config.jax_compilation_cache_dir is None:
        folder = pathlib.Path.home() / ".cache" / "keras-readinglist" / "gallery"
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
