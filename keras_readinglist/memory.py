"""How the C library gives memory back to the system."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of <malloc.h>


def keep_memory():
    """Let the C library keep what is given back, for whoever asks next: glibc's, on Linux.

    XLA asks for the memory of a whole training step at once. Above 32 MB glibc takes that from the
    system, and returns it after every step; the system then clears each page anew. For a decoder of
    two blocks that was half of the step. A process that has called this stays as large as it ever
    was: a training wants that, a server may not.

    Returns:
        Whether the C library has such settings.

    Example:
        >>> kept = keep_memory()
    """
    try:
        settings = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, musl; Windows
        return False
    # -1 is the largest threshold, after which nothing is given back.
    return bool(settings(_MMAP_THRESHOLD, 1 << 30) and settings(_TRIM_THRESHOLD, -1))
