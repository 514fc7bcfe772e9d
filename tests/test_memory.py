"""Memory that is given back is kept, and not cleared anew for the next who asks."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.once

COUNT = """
import resource, sys
import numpy as np
from keras_readinglist.memory import keep_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        np.empty(64_000_000, "uint8").fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

first, kept = faults(), keep_memory()
faults()
print(first, kept, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries do not do this")
def test_pages_are_cleared_once():
    command = [sys.executable, "-c", COUNT]
    first, kept, after = subprocess.check_output(command, text=True).split()
    assert kept == "True"
    assert int(after) < int(first) / 10
