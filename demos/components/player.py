"""A computation that can be played, stepped through and scrubbed, computed once in Python.

Elements made with `el(..., steps={...})` hold their attributes at every step; `gallery.js` shows
the step that the visitor is at, and elements with `data_at=k` from step k on. Pictures of the same
name move together, wherever they stand.
"""

import html
import json
import re

from markupsafe import Markup, escape

from .html import el, joined, quoted

_MOVING = re.compile(r'<(\w+)([^<>]*) data-steps="([^"]*)"[^<>]*>([^<]*)')


def player(*pictures, count, label, name="steps", start=0, captions=(), play=False, slow=False):
    """Return a picture over the bar that moves it through the steps of a computation, and others.

    Args:
        *pictures: Elements, of which the first stands over the bar; `steps` of any inside have
            `count` values.
        count: Integer, the number of steps.
        label: What the steps are, such as `"Step of the tour"`.
        name: Pictures of the same name on a page move together.
        start: Integer, the step that is shown first, from 0; -1 for the last.
        captions: What is said at every step, strings or elements; or nothing.
        play: Boolean, whether it plays by itself once, when it is first seen.
        slow: Boolean, two steps a second rather than eight.
    """
    start %= count
    said = None
    if len(captions):
        texts = [str(joined([caption])) for caption in captions]
        said = el("p", Markup(texts[start]), class_="said", aria_live="polite",
                  data_steps=json.dumps({"#html": texts}))  # fmt: skip
    bar = el(
        "div",
        _button("play", "Play", "▶"),
        _button("back", "One step back", "‹"),
        _button("on", "One step on", "›"),
        el("input", type="range", min=0, max=count - 1, value=start, step=1, aria_label=label),
        el("output", f"{start + 1} / {count}"),
        class_="bar",
    )
    first, rest = settled(joined(pictures[:1]), start), settled(joined(pictures[1:]), start)
    return el("div", first, bar, said, rest, class_="player", data_follow=name, data_player=name,
              data_count=count, data_start=start, data_play=play, data_slow=slow)  # fmt: skip


def following(*pictures, name="steps", start=0):
    """Return pictures that move with a player of that name, elsewhere on the page."""
    return el("div", settled(joined(pictures), start), data_follow=name)


def settled(markup, step):
    """Return pictures at a step, as they stand before any script has run."""

    def at(match):
        tag, still, steps, inside = match.groups()
        tracks = json.loads(html.unescape(steps))
        now = {name: track[min(step, len(track) - 1)] for name, track in tracks.items()}
        inside = escape(now.pop("#text")) if "#text" in now else inside
        moved = "".join(f' {name}="{quoted(value)}"' for name, value in now.items())
        return f'<{tag}{still} data-steps="{steps}"{moved}>{inside}'

    return Markup(_MOVING.sub(at, str(markup)))


def _button(action, label, sign):
    return el("button", sign, type="button", data_do=action, aria_label=label, title=label)
