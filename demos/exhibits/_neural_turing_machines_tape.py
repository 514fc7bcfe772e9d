"""The tape of the copy machine: what it reads, where its heads are and what it writes, by step."""

import numpy as np

from ..components.axes import WIDTH, svg, words
from ..components.html import el
from ..components.images import data_uri, inked
from ..components.player import player

ONE, WRONG, MISSED = (92, 122, 160), (206, 44, 60), (240, 150, 150)
ABOVE, BELOW = (33, 102, 172), (190, 60, 60)
WRITES, READS = (200, 120, 10), (150, 60, 160)
MOST_FRAMES = 121


def bit_colours(bits, due=None):
    """Return bits `(columns, bits)` as pixels; where they differ from `due` they are red."""
    bits = bits.T > 0.5
    pixels = np.zeros((*bits.shape, 4), np.uint8)
    pixels[bits] = (*ONE, 255)
    if due is not None:
        wrong = bits != (due.T > 0.5)
        pixels[wrong & bits] = (*WRONG, 255)
        pixels[wrong & ~bits] = (*MISSED, 255)
    return pixels


def visited_rows(weightings, least=0.05):
    """Return the rows that any head looked at, in the order of the tape, around its end.

    The tape is a ring: it is cut where no head was for longest.
    """
    slots = weightings.shape[-1]
    rows = np.flatnonzero(weightings.max(axis=(0, 1)) > least)
    if not len(rows):
        return np.arange(slots)
    gaps = np.diff(np.append(rows, rows[0] + slots))
    first = rows[(gaps.argmax() + 1) % len(rows)]
    return (first + np.arange(slots - gaps.max() + 1)) % slots


def memories(weightings, erase, add):
    """Return the memory after every step, `(steps, slots, width)`, as the heads wrote it.

    Args:
        weightings: Of the write heads, `(steps, heads, slots)`.
        erase: What they erased, `(steps, heads, width)`.
        add: What they added, likewise.
    """
    memory = np.full((weightings.shape[-1], add.shape[-1]), 1e-6, "float32")
    found = np.zeros((len(add), *memory.shape), "float32")
    for t, (w, e, a) in enumerate(zip(weightings, erase, add, strict=True)):
        memory = memory * np.prod(1 - w[:, :, None] * e[:, None], axis=0)
        memory = memory + np.einsum("hn,hm->nm", w, a)
        found[t] = memory
    return found


def tape_frames(found, rows, at):
    """Return the tape at some steps: write heads above it, read heads below, as pixels."""
    heads = found["weightings"].shape[1] // 2
    tape = memories(found["weightings"][:, heads:], found["erase"], found["add"])[at][:, rows]
    tape = tape / max(np.abs(tape).max(), 1e-6)
    depth = np.round(24 * np.sqrt(np.abs(tape))) / 24  # fewer colours, smaller pictures
    frames = []
    for k, t in enumerate(at):
        image = inked(depth[k].T, ABOVE)
        image[tape[k].T < 0, :3] = BELOW
        looks = np.round(24 * found["weightings"][t][:, rows]) / 24
        gap = np.zeros((1, len(rows), 4), np.uint8)
        frames.append(np.concatenate(
            [inked(looks[heads:], WRITES), gap, image, gap, inked(looks[:heads], READS)]
        ))  # fmt: skip
    return frames


def machine(found):
    """Return the machine at work, under a player."""
    steps, heads = len(found["inputs"]), found["weightings"].shape[1] // 2
    at = np.unique(np.linspace(0, steps - 1, min(steps, MOST_FRAMES)).round().astype(int))
    rows = visited_rows(found["weightings"])
    frames = tape_frames(found, rows, at)
    cell = WIDTH / len(rows)
    line = 5  # units of a line of the tape
    high = line * frames[0].shape[0]
    parts, y = [], 0
    parts += _strip("It reads", bit_colours(found["inputs"]), 0, steps, y, 34)
    y += 62
    parts.append(words(0, y + 13, "Tape: it writes here ▾"))
    y += 34
    parts.append(_image(frames, y, high))
    borders = (line * (heads + 0.5), line * (heads + 21.5))
    parts += [el("path", d=f"M0 {y + b:.1f}H{WIDTH}", stroke="var(--krl-line)") for b in borders]
    for k in range(2 * heads):
        place = found["weightings"][at][:, k, rows].argmax(axis=1)
        x = (place + 0.5) * cell
        writes = k >= heads
        tip, back = (y - 2, y - 14) if writes else (y + high + 2, y + high + 14)
        shape = f"M0 {tip:.1f}L-8 {back:.1f}H8Z"
        moved = {"transform": [f"translate({v:.1f} 0)" for v in x]}
        colour = f"rgb{WRITES if writes else READS}"
        parts.append(el("path", d=shape, fill=colour, class_="moves", steps=moved))
    y += high + 18
    parts.append(words(0, y + 13, "▴ it reads here"))
    y += 22
    due, begin = found["due"], found["begin"]
    for words_, name in (("It writes", "machine"), ("The LSTM", "lstm")):
        pixels = bit_colours(found[name], due)
        parts += _strip(words_, pixels, begin, steps, y, 34, at)
        y += 58
    moved = {"x": (at + 0.5) / steps * WIDTH - 1}
    parts.append(el("rect", y=18, width=2, height=36, fill="var(--krl-ink)", steps=moved))
    label = f"The tape with {heads} write and {heads} read heads over {steps} steps"
    picture = svg(WIDTH, y, parts, label=label, widest=480)
    said = [
        f"Step {t + 1} of {steps}: " + ("it reads the pattern" if t < begin - 1 else
        "the pattern is over" if t == begin - 1 else "it writes the answer") for t in at
    ]  # fmt: skip
    start = int(np.searchsorted(at, begin + (steps - begin) // 2))
    return player(picture, count=len(at), label="Step of the machine", name="tape", start=start,
                  captions=said, play=True)  # fmt: skip


def _strip(name, pixels, begin, steps, y, high, at=None):
    """Return bits over time from a step on; with `at`, only those up to the present."""
    unit = WIDTH / steps
    x, wide = begin * unit, pixels.shape[1] * unit
    parts = [
        words(0, y + 13, name),
        el("rect", x=0, y=y + 19, width=WIDTH, height=high, fill="var(--krl-panel)"),
        el("image", href=data_uri(pixels), x=x, y=y + 19, width=wide, height=high,
           preserveAspectRatio="none", style="image-rendering:pixelated"),
    ]  # fmt: skip
    if at is not None:
        covered = {"x": (at + 1) * unit, "width": WIDTH - (at + 1) * unit}
        parts.append(el("rect", y=y + 18, height=high + 2, fill="var(--krl-panel)", steps=covered))
    return parts


def _image(frames, y, high):
    return el("image", x=0, y=y, width=WIDTH, height=high, preserveAspectRatio="none",
              style="image-rendering:pixelated",
              steps={"href": [data_uri(frame) for frame in frames]})  # fmt: skip
