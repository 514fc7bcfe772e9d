"""The home page: the list as a map, with arrows from what builds on what."""

from html import escape

from keras_readinglist import catalog

from .theme import ROOM_TITLES

_WIDTH, _HEIGHT, _COLUMN, _ROW, _TOP = 204, 74, 236, 104, 44


def depth(item):
    """Return the length of the longest chain of ideas below an item."""
    return max((1 + depth(catalog.find(slug)) for slug in item.builds_on), default=0)


def places():
    """Return the corner of every item's box on the map: rooms are columns, depth goes down."""
    spots = {}
    for column, room in enumerate(catalog.ROOMS):
        items = sorted(
            (i for i in catalog.ITEMS if i.room == room), key=lambda i: (depth(i), i.year)
        )
        for row, item in enumerate(items):
            spots[item.slug] = (8 + column * _COLUMN, _TOP + row * _ROW)
    return spots


def wrap(title, width, lines=2):
    """Break a title into lines of at most `width` characters."""
    rows = [""]
    for word in title.split():
        if rows[-1] and len(rows[-1]) + 1 + len(word) > width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    if len(rows) > lines:
        rows = [*rows[: lines - 1], rows[lines - 1] + "…"]
    return rows


def map_svg():
    """Return the map as inline SVG; built exhibits are links, the others say that they come."""
    spots = places()
    arrows = [
        _arrow(spots[below], spots[item.slug]) for item in catalog.ITEMS for below in item.builds_on
    ]
    heads = [
        f'<text x="{8 + column * _COLUMN}" y="26" font-size="19" font-weight="650" '
        f'style="fill:var(--krl-{room})">{ROOM_TITLES[room]}</text>'
        for column, room in enumerate(catalog.ROOMS)
    ]
    boxes = [_box(item, *spots[item.slug]) for item in catalog.ITEMS]
    height = max(y for _, y in spots.values()) + _HEIGHT + 12
    return (
        f'<svg viewBox="0 0 {5 * _COLUMN - 16} {height}" role="group" '
        'aria-label="Map of the reading list; arrows lead from an idea to what builds on it">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" '
        'style="fill:var(--krl-faint)"/></marker></defs>'
        + "".join(arrows + heads + boxes)
        + "</svg>"
    )


def _arrow(start, end):
    (x1, y1), (x2, y2) = start, end
    if x1 == x2:  # the same room: along the left edge
        x, a, b = x1 + 12, y1 + _HEIGHT, y2
        bend = 0 if b - a < 40 else 26
        path = f"M{x} {a}C{x - bend} {a + 14} {x - bend} {b - 14} {x} {b - 1}"
    else:
        right = x2 > x1
        a = x1 + _WIDTH if right else x1
        b = x2 - 1 if right else x2 + _WIDTH + 1
        pull = 34 if right else -34
        ya, yb = y1 + _HEIGHT / 2, y2 + _HEIGHT / 2
        path = f"M{a} {ya}C{a + pull} {ya} {b - pull} {yb} {b} {yb}"
    return (
        f'<path d="{path}" fill="none" stroke-width="1.4" opacity="0.75" '
        'style="stroke:var(--krl-faint)" marker-end="url(#tip)"/>'
    )


def _box(item, x, y):
    built = bool(item.exhibit)
    colour = f"var(--krl-{item.room})"
    fill = "var(--krl-panel)" if built else "var(--krl-paper)"
    dash = "" if built else ' stroke-dasharray="4 4"'
    lines = "".join(
        f'<text x="{x + 12}" y="{y + 22 + 16 * i}" font-size="13" '
        f'font-weight="{600 if built else 400}">{escape(line)}</text>'
        for i, line in enumerate(wrap(item.title, 23 if built else 25))
    )
    note = f"{item.authors.split(',')[0]}, {item.year}" + ("" if built else " · coming")
    body = (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" stroke-width="'
        f'{2 if built else 1}"{dash} style="fill:{fill};stroke:{colour}"/>{lines}'
        f'<text x="{x + 12}" y="{y + 61}" font-size="12" style="fill:var(--krl-faint)">'
        f"{escape(note)}</text><title>{escape(item.title)}. {escape(item.summary)}</title>"
    )
    if not built:
        return f"<g>{body}</g>"
    label = escape(f"{item.title}: open the exhibit")
    return f'<a href="./{item.slug}" aria-label="{label}">{body}</a>'


def room_list(current=None):
    """Return the items by room as lists: the map for narrow screens, and the sidebar."""
    parts = []
    for room in catalog.ROOMS:
        entries = []
        for item in (i for i in catalog.ITEMS if i.room == room):
            title = escape(item.title)
            if item.slug == current:
                entries.append(f"<li><b>{title}</b></li>")
            elif item.exhibit:
                entries.append(f'<li><a href="./{item.slug}">{title}</a></li>')
            else:
                entries.append(f'<li class="faint">{title} (coming)</li>')
        parts.append(
            f'<h2 style="color:var(--krl-{room})">{ROOM_TITLES[room]}</h2>'
            f"<ul>{''.join(entries)}</ul>"
        )
    return f'<div class="krl room-list">{"".join(parts)}</div>'


def html():
    """Return the whole home page."""
    built = sum(bool(item.exhibit) for item in catalog.ITEMS)
    return (
        '<div class="krl"><h1>The reading list, to touch</h1>'
        '<p class="claim">Twenty-seven papers and essays, from convolution to complexity. Each '
        "exhibit takes your own input and shows why the idea works.</p>"
        f'<p class="faint">{built} of 27 exhibits are open; the others are announced on the map. '
        "Everything runs on this machine, without internet.</p>"
        f'<div class="map">{map_svg()}</div><div class="rooms">{room_list()}</div></div>'
    )
