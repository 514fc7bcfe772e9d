"""The home page: a picture of all that is open, and the list as a map of what builds on what."""

from functools import cache

from markupsafe import Markup

from keras_readinglist import catalog

from . import shipped
from .components.axes import svg, words
from .components.html import callout, el, page
from .theme import ROOM_TITLES

_WIDTH, _HEIGHT, _COLUMN, _ROW, _TOP = 202, 74, 236, 104, 44
_LINE = 16


@cache
def depth(slug):
    """Return the length of the longest chain of ideas below an item."""
    return max((1 + depth(below) for below in catalog.find(slug).builds_on), default=0)


def places():
    """Return the corner of every item's box on the map: rooms are columns, depth goes down."""
    spots = {}
    for column, room in enumerate(catalog.ROOMS):
        items = (item for item in catalog.ITEMS if item.room == room)
        for row, item in enumerate(sorted(items, key=lambda i: (depth(i.slug), i.year))):
            spots[item.slug] = (8 + column * _COLUMN, _TOP + row * _ROW)
    return spots


def wrap(title, width):
    """Break a title into lines of at most `width` characters."""
    rows = [""]
    for word in title.split():
        if rows[-1] and len(rows[-1]) + 1 + len(word) > width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return rows


def map_svg():
    """Return the map; built exhibits are links, the others say that they come."""
    spots = places()
    arrows = [
        _arrow(spots[below], spots[item.slug], k)
        for k, (item, below) in enumerate((i, b) for i in catalog.ITEMS for b in i.builds_on)
    ]
    heads = [
        words(8 + column * _COLUMN, 26, ROOM_TITLES[room], size=19, font_weight=650,
              fill=f"var(--krl-{room})") for column, room in enumerate(catalog.ROOMS)
    ]  # fmt: skip
    tip = el("path", d="M0 0L8 4L0 8z", fill="var(--krl-faint)")
    marker = el("marker", tip, id="tip", viewBox="0 0 8 8", refX=7, refY=4, markerWidth=7,
                markerHeight=7, orient="auto")  # fmt: skip
    boxes = [_box(item, *spots[item.slug]) for item in catalog.ITEMS]
    height = max(y for _, y in spots.values()) + _HEIGHT + 12
    label = "Map of the reading list; arrows lead from an idea to what builds on it"
    return svg(5 * _COLUMN + 4, height, el("defs", marker), arrows, heads, boxes, label=label,
               interactive=True)  # fmt: skip


def _arrow(start, end, k):
    """Return an arrow that runs in the gaps between boxes: columns sideways, rows along."""
    (x1, y1), (x2, y2) = start, end
    lane = 8 + 4 * (k % 6)  # arrows beside one another
    if x1 == x2 and y2 - y1 == _ROW:
        path = f"M{x1 + 30} {y1 + _HEIGHT}V{y2 - 1}"
    elif x1 == x2:  # past others of the room, on their right
        out = x1 + _WIDTH + lane
        a, b = y1 + _HEIGHT / 2 + 8, y2 + _HEIGHT / 2 - 8
        path = f"M{x1 + _WIDTH} {a}H{out}V{b}H{x1 + _WIDTH + 1}"
    else:
        right = x2 > x1
        a = x1 + _WIDTH if right else x1
        b = x2 - 1 if right else x2 + _WIDTH + 1
        turn = x1 + _WIDTH + lane if right else x1 - (_COLUMN - _WIDTH) + lane
        last = x2 - (_COLUMN - _WIDTH) + lane if right else x2 + _WIDTH + lane
        ya, yb = y1 + _HEIGHT / 2 - 6, y2 + _HEIGHT / 2 + 6
        row = y2 - (_ROW - _HEIGHT) / 2 - 4 + 2 * (k % 5)  # above the row of its end
        path = f"M{a} {ya}H{turn}V{yb}H{b}" if turn == last else (
            f"M{a} {ya}H{turn}V{row}H{last}V{yb}H{b}")  # fmt: skip
    return el("path", d=path, fill="none", stroke="var(--krl-faint)", stroke_width=1.3,
              stroke_linejoin="round", opacity=0.8, marker_end="url(#tip)")  # fmt: skip


def _box(item, x, y):
    built = bool(item.exhibit)
    rows = wrap(item.title, 22 if built else 25)
    size = 14 if len(rows) < 3 else 12.5
    lines = [
        words(x + 10, y + 20 + _LINE * k, row, size=size, font_weight=600 if built else 400)
        for k, row in enumerate(rows)
    ]
    note = f"{item.authors.split(',')[0]}, {item.year}"
    if len(rows) < 3:
        lines.append(words(x + 10, y + 63, note, size=13, class_="faint"))
    box = el("rect", x=x, y=y, width=_WIDTH, height=_HEIGHT, rx=6, stroke_width=2 if built else 1,
             stroke_dasharray=None if built else "4 4", stroke=f"var(--krl-{item.room})",
             fill="var(--krl-panel)" if built else "var(--krl-paper)")  # fmt: skip
    title = el("title", f"{item.title}. {item.summary}")
    if not built:
        return el("g", box, lines, title)
    label = f"{item.title}: open the exhibit"
    return el("a", box, lines, title, href=f"./{item.slug}", aria_label=label)


def room_list(current=None):
    """Return the open exhibits by room as lists, for the sidebar."""
    rooms = []
    for room in catalog.ROOMS:
        found = [item for item in catalog.ITEMS if item.room == room and item.exhibit]
        entries = [
            el("li", el("b", item.title) if item.slug == current
               else el("a", item.title, href=f"./{item.slug}")) for item in found
        ]  # fmt: skip
        if entries:
            head = el("h2", ROOM_TITLES[room], style=f"color:var(--krl-{room})")
            rooms.append([head, el("ul", entries)])
    return el("div", rooms, class_="room-list")


def cards(exhibits):
    """Return a card with a thumbnail for every open exhibit, as links."""
    made = []
    for exhibit in exhibits:
        item = exhibit.item
        picture = exhibit.thumbnail() if exhibit.thumbnail else None
        picture = picture or Markup(shipped.first_picture(item.module))
        made.append(
            el(
                "a",
                el("span", picture, class_="thumbnail", aria_hidden="true", inert=True),
                el("b", item.title),
                el("span", exhibit.claim, class_="faint"),
                href=f"./{item.slug}",
                style=f"--krl-accent:var(--krl-{item.room})",
            )
        )
    return el("div", made, class_="cards")


def html(exhibits):
    """Return the whole home page."""
    coming = [item.title for item in catalog.ITEMS if not item.exhibit]
    return page(
        el("h1", "The reading list, to touch", data_title="The reading list"),
        el("p", "Twenty-seven papers and essays, from convolution to complexity. Each exhibit "
           "takes your own input and shows why the idea works.", class_="claim"),
        el("p", f"{len(exhibits)} of 27 exhibits are open. Everything runs on this machine, "
           "without internet.", class_="faint"),
        cards(exhibits),
        callout(el("b", "Announced: "), "; ".join(coming), ".") if coming else None,
        el("h2", "What builds on what", class_="map"),
        el("div", map_svg(), class_="map"),
    )  # fmt: skip
