"""How the C library gives memory back to the system."""

import ctypes

# Of <malloc.h>: M_TRIM_THRESHOLD, without limit; M_TOP_PAD; M_MMAP_THRESHOLD; M_ARENA_MAX.
_SETTINGS = ((-1, -1), (-2, 1 << 26), (-3, 1 << 30), (-8, 1))


def keep_memory():
    """Let the C library keep what is given back, for whoever asks next: glibc's, on Linux.

    XLA asks for the memory of a whole training step at once. What does not fit into 64 MB, the most
    that glibc keeps for a thread, it takes from the system for every step, which clears each page
    anew: 40 % of the step of a decoder of two blocks. Now all threads share one memory that only
    grows. Call it before the first step, for threads stay where they are. A process that has called
    it stays as large as it ever was: a training wants that, a server may not.

    Returns:
        Whether the C library has such settings.

    Example:
        >>> kept = keep_memory()
    """
    try:
        settings = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, musl; Windows
        return False
    return all([settings(*each) for each in _SETTINGS])
