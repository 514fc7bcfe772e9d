"""What one pixel sees, as layers of 3 x 3 taps are put on each other."""

import numpy as np

from keras_readinglist.layers import DilatedConv2D
from keras_readinglist.visualization import receptive_field

from ..components.html import callout, faint, page, table
from ..components.images import grid_picture
from ..components.inputs import number, plain_text
from ..components.player import player

SIDE = 71
STACKS = {
    "The context module": "1 1 2 4 8 16 1",
    "Without dilation": "1 1 1 1 1 1 1",
    "With gaps": "2 4 8 16",
    "Always 2": "2 2 2 2 2 2",
}


def parse(text):
    """Return the dilations that were typed; `ValueError` in plain words."""
    found = plain_text(text)[:200].replace(",", " ").split()
    if not 1 <= len(found) <= 10 or not all(v.isdecimal() and 1 <= int(v) <= 35 for v in found):
        raise ValueError("Write one to ten dilations from 1 to 35, like: 1 1 2 4 8 16 1")
    return tuple(map(int, found))


def paths(dilations, at):
    """Return, after every layer, in how many ways each pixel of a line reaches the one at `at`."""
    line = np.zeros(SIDE)
    line[at] = 1
    found = []
    for rate in dilations:
        padded = np.pad(line, rate)
        line = line + padded[:SIDE] + padded[2 * rate :]
        found.append(line)
    return found


def picture(dilations, row, column):
    """Return the pictures of the field, layer by layer, and how large it is."""
    frames = []
    across = zip(paths(dilations, row), paths(dilations, column), strict=True)
    for vertical, horizontal in across:
        ways = np.outer(vertical, horizontal)
        shades = np.where(ways > 0, 0.25 + 0.75 * (ways / ways.max()) ** 0.3, 0)[..., None]
        frames.append(
            np.rint((1 - shades) * (22, 25, 32) + shades * (255, 170, 60)).astype("uint8")
        )
    return frames


def show(text, row=SIDE // 2, column=SIDE // 2):
    """Return the picture and the table for dilations and a pixel."""
    dilations = parse(text)
    row, column = (int(number(v, 0, SIDE - 1, "A place")) for v in (row, column))
    frames = picture(dilations, row, column)
    stack = [DilatedConv2D(1, dilation_rate=rate) for rate in dilations]
    sides = [receptive_field(stack[: k + 1]).size for k in range(len(stack))]
    reached = [(frame[..., 0] > 22).sum() for frame in frames]
    captions = [
        f"Layer {k + 1}, dilation {rate}: a pixel sees {side} × {side}"
        for k, (rate, side) in enumerate(zip(dilations, sides, strict=True))
    ]
    label = f"The pixels that reach one output through dilations {', '.join(map(str, dilations))}"
    grid = grid_picture(frames, label, widest=430, touch=True)
    moving = player(grid, count=len(frames), label="Layer", name="field", start=-1,
                    captions=captions)  # fmt: skip
    whole = min(sides[-1], SIDE) ** 2
    middle = (row, column) == (SIDE // 2, SIDE // 2)
    gaps = middle and sides[-1] <= SIDE and reached[-1] < whole
    words = (
        f"Seven layers have as many weights whatever their dilation. These see {sides[-1]} × "
        f"{sides[-1]} pixels with {9 * len(dilations)} taps a map."
        if len(dilations) == 7
        else f"These {len(dilations)} layers see {sides[-1]} × {sides[-1]} pixels."
    )
    if gaps:
        words += f" But with gaps: only {reached[-1]:,} of {whole:,} pixels reach the output."
    rows = [
        (k + 1, rate, f"{side} × {side}")
        for k, (rate, side) in enumerate(zip(dilations, sides, strict=True))
    ]
    lines = table(("Layer", "Dilation", "It sees"), rows)
    key = faint("The brighter a pixel, the more ways lead from it to the output. Click to move it.")
    return page(moving), page(callout(words, kind="verdict"), lines, key)
