"""The whole server, in a process of its own: all pages opened, and all questions asked twice.

`QUESTIONS=500 pytest -m gallery tests/demos/test_memory_of_the_server.py -s` asks more, and prints.
"""

import http.client
import os
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from keras_readinglist import catalog
from tests.demos.endpoints import GOOD, asked

pytestmark = [pytest.mark.gallery, pytest.mark.once]
BUDGET = 1500
ASKED = [endpoint for endpoint in GOOD if not endpoint.endswith("train")]
QUESTIONS = int(os.environ.get("QUESTIONS", 2 * len(ASKED)))


def megabytes(process, name):
    """Return a line of what Linux says of the memory of a process."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1000


@pytest.fixture
def server():
    if not pathlib.Path("/proc/self/status").exists():
        pytest.skip("this system does not say what a process takes")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = "from keras_readinglist.cli import main; main()"
    arguments = ["gallery", "--no-browser", "--port", str(port)]
    # As users run it: without what `conftest.py` tells XLA.
    told = {k: v for k, v in os.environ.items() if not k.startswith(("XLA_", "JAX_"))}
    process = subprocess.Popen(
        [sys.executable, "-c", command, *arguments], env=told, stdout=subprocess.DEVNULL
    )
    yield process, f"http://127.0.0.1:{port}/"
    process.kill()
    process.wait()


def opened(url, patience=60):
    """Read a page; the first may wait until the server listens."""
    for _ in range(patience):
        try:
            with urllib.request.urlopen(url) as answer:
                return answer.read()
        except (OSError, http.client.HTTPException):
            time.sleep(1)
    raise TimeoutError(url)


def test_the_server_keeps_to_its_memory(server):
    process, url = server
    for item in catalog.ITEMS:
        assert item.slug.encode() in opened(url + (item.slug if item.exhibit else ""))
    largest = 0
    for k in range(QUESTIONS):
        endpoint = ASKED[k % len(ASKED)]
        assert "event: complete" in asked(url, endpoint, GOOD[endpoint]), endpoint
        largest = max(largest, megabytes(process, "VmRSS"))
    print(f"{largest:.0f} MB at most, {megabytes(process, 'VmRSS'):.0f} MB now")
    assert largest <= BUDGET
