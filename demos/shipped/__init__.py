"""Results that are made once and shipped, so that no page is ever blank.

`python -m demos.shipped` makes `<exhibit>.json` here from what every page says with
`ctx.at_first`; a test compares them with what is computed now.
"""

import json
import pathlib
import re
from functools import cache

FOLDER = pathlib.Path(__file__).parent


@cache
def results(name):
    """Return the shipped results of an exhibit, lists of strings by the name of their function."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def computed(exhibit):
    """Return the same, computed now."""
    found = {name: fn() for name, fn in exhibit.defaults.items()}
    return {name: [v] if isinstance(v, str) else list(v) for name, v in found.items()}


def skeleton(markup):
    """Return a page without its digits and pictures, which differ a little between machines."""
    return re.sub(r"base64,[\w+/=]+|[-–+]?\d[\d.,]*(e-?\d+)?", "0", markup)


def first_picture(name):
    """Return the first shipped picture of an exhibit, one that moves if there is, or nothing."""
    for values in results(name).values():
        for value in sorted(values, key=lambda value: 'class="player"' not in value):
            found = re.search(r"<svg.*?</svg>", value, re.DOTALL)
            if found:
                return re.sub(r' (data-steps|tabindex|data-at)="[^"]*"', "", found[0])
    return ""
