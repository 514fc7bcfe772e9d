"""What every endpoint of the gallery is tried with, found beside the test of its exhibit.

`GOOD` of `test_<exhibit>.py` holds arguments by the verb of an endpoint, `BAD` arguments that are
refused, for the verbs that can refuse.
"""

import importlib
import json
import urllib.request

from demos.app import discover


def _collect(name):
    found = {}
    for exhibit in discover():
        prefix = exhibit.item.module
        module = importlib.import_module(f"tests.demos.test_{prefix}")
        for verb, arguments in getattr(module, name).items():
            found[f"/{prefix}_{verb}"] = arguments
    return found


GOOD, BAD = _collect("GOOD"), _collect("BAD")


def asked(url, endpoint, arguments):
    """Return what an endpoint sends, the raw events of its answer."""
    address, body = f"{url}gradio_api/call{endpoint}", json.dumps({"data": arguments}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{address}/{event}") as answer:
        return answer.read().decode()
