"""The first tab: an expression whose values flow forward, and whose gradients flow back."""

import re

from keras_readinglist.applications.cs231n.autograd import Graph
from keras_readinglist.applications.cs231n.autograd.graph import names

from ..components.axes import number_text, svg, words
from ..components.html import callout, el, faint, page, table
from ..components.inputs import plain_text
from ..components.player import player

ACROSS, DOWN, MARGIN = 122, 86, 44
_START = (2.0, -1.0, 3.0, -3.0, -2.0, 1.0)


def read_values(text, wanted):
    """Return the numbers of the names, as typed like `x = -2, y = 5`; others get one of ours."""
    found = {}
    for part in filter(None, (p.strip() for p in re.split(r"[,;\n]+", plain_text(text)[:2000]))):
        match = re.fullmatch(r"([A-Za-z_]\w*)\s*=\s*([-+]?[\d.]+(?:e[-+]?\d+)?)", part)
        try:
            found[match[1]] = float(match[2])
        except (TypeError, ValueError) as error:
            words_ = "Values are written like x = -2, y = 5."
            raise ValueError(words_) from error
    return {name: found.get(name, _START[k % 6]) for k, name in enumerate(wanted)}


def short(value):
    """Return a number as it stands by an edge."""
    return number_text(value, 3).replace("-", "−")


def show(expression, values):
    """Return the graph of an expression with its player, and its gradients as a table, as HTML."""
    text = plain_text(expression)
    given = read_values(values, plainly(names, text))
    graph = plainly(Graph, text, **given)
    graph.backward()
    nodes = graph.nodes
    made = [k for k, node in enumerate(nodes) if node.parents]
    if not made:
        raise ValueError("Type an expression with at least one operation, such as (x + y) * z.")
    if len(nodes) > 40:
        raise ValueError(f"The graph may have 40 nodes here. It has {len(nodes)}.")
    forward = {k: step for step, k in enumerate(made, 1)}  # the step at which a value is known
    turn = len(made) + 1
    backward = {k: turn + step for step, k in enumerate(reversed(made), 1)}
    said = ["The numbers that are given"]
    said += [f"Forward: {formula(nodes, nodes[k])} = {short(nodes[k].data)}" for k in made]
    said += ["Backward: the result moves with itself, so its gradient is 1"]
    said += [chain(nodes[k]) for k in reversed(made)]
    moving = player(
        drawn(graph, forward, backward, turn),
        count=len(said),
        label="Step forward, then back",
        name="graph",
        captions=said,
        start=-1,
        play=True,
        slow=True,
    )
    return page(moving), page(*checked(text, given, graph))


def plainly(read, text, **given):
    """Return `read(text, **given)`; what it refuses is said without the marks of code."""
    try:
        return read(text, **given)
    except ValueError as error:
        raise ValueError(str(error).replace("`", "")) from error


def name_of(node):
    """Return what a node is called."""
    return node.name or (short(node.data) if not node.parents else node.operation)


def formula(nodes, node):
    """Return an operation with the numbers that it is given."""
    parts = [short(parent.data) for parent in node.parents]
    signed = [f"({part})" if part.startswith("−") and k else part for k, part in enumerate(parts)]
    if len(parts) == 2 and node.operation != "max":
        return f" {node.operation} ".join(signed)
    return f"{node.operation}({', '.join(parts)})"


def chain(node):
    """Return what an operation hands back to each of its parents."""
    parts = [
        f"{name_of(parent)} gets {short(node.grad)} times {short(slope)}, "
        f"{short(node.grad * slope)}"
        for parent, slope in zip(node.parents, node.local, strict=True)
    ]
    return f"Backward through {node.operation}: " + "; ".join(parts)


def drawn(graph, forward, backward, turn):
    """Return the graph: values above its edges and gradients below them, by step."""
    nodes = graph.nodes
    at = [(MARGIN + ACROSS * c, MARGIN + DOWN * r) for c, r in graph.layout()]
    right, low = max(x for x, _ in at) + ACROSS, max(y for _, y in at) + MARGIN + 6
    parts = []
    for parent, child, _ in graph.edges:
        (x1, y1), (x2, y2) = at[parent], at[child]
        flows = {"stroke": "var(--krl-faint)", "stroke_width": 1.5}
        parts.append(el("line", x1=x1, y1=y1, x2=x2, y2=y2, **flows))
    parts.append(el("line", x1=at[-1][0], y1=at[-1][1], x2=right - 8, y2=at[-1][1],
                    stroke="var(--krl-faint)", stroke_width=1.5))  # fmt: skip
    for k, node in enumerate(nodes):
        parts += _node(node, at[k])
    turns = [*forward, None, *backward]
    rings = [at[len(nodes) - 1 if k is None else k] for k in turns]
    rings = [at[0], *rings]
    parts.append(el("circle", r=27, fill="none", stroke="var(--krl-accent)", stroke_width=3,
                    class_="moves", steps={"cx": [x for x, _ in rings],
                                           "cy": [y for _, y in rings]}))  # fmt: skip
    for parent, child, slope in graph.edges:
        place = _beside(at[parent], at[child])
        known = forward.get(parent, 0)
        parts += _pair(place, nodes[parent].data, nodes[child].grad * slope, known, backward[child])
    place = ((at[-1][0] + 24 + right) / 2, at[-1][1])
    parts += _pair(place, nodes[-1].data, 1.0, forward[len(nodes) - 1], turn)
    label = f"The graph of {graph.expression}: values above its edges, gradients below"
    picture = svg(right, low, parts, label=label, widest=round(1.15 * right))
    # Below 0.8 pixels a unit the numbers were smaller than 12 pixels: rather scroll.
    return el("div", el("div", picture, style=f"min-width:{0.8 * right:.0f}px"), class_="scroll")


def _beside(start, end):
    """Return the place on an edge where its numbers stand: nearer to where it comes from."""
    return start[0] + 0.4 * (end[0] - start[0]), start[1] + 0.4 * (end[1] - start[1])


def _pair(place, value, gradient, known, passed):
    x, y = place
    style = {"stroke": "var(--krl-paper)", "stroke_width": 4, "paint_order": "stroke"}
    return [
        words(x, y - 6, short(value), "middle", fill="var(--krl-low)", data_at=known, **style),
        words(x, y + 17, short(gradient), "middle", fill="var(--krl-high)", data_at=passed,
              **style),
    ]  # fmt: skip


def _node(node, place):
    x, y = place
    name = name_of(node)
    wide = max(20, 5.2 * len(name) + 7)
    shape = {"fill": "var(--krl-panel)", "stroke": "var(--krl-ink)", "stroke_width": 1.5}
    if node.parents:
        box = el("rect", x=x - wide, y=y - 20, width=2 * wide, height=40, rx=20, **shape)
    else:
        box = el("rect", x=x - wide, y=y - 17, width=2 * wide, height=34, rx=4, **shape)
    bold = "700" if node.name else None
    return [box, words(x, y + 6, name, "middle", 16, font_weight=bold)]


def checked(text, given, graph):
    """Return the gradients of what is given beside differences of the result."""
    rows, apart, h = [], [], 1e-5
    for node in graph.nodes:
        if not node.name:
            continue
        ends = []
        for step in (h, -h):
            try:
                moved = {**given, node.name: given[node.name] + step}
                ends.append(Graph(text, **moved).nodes[-1].data)
            except ValueError:
                break
        slope = (ends[0] - ends[1]) / (2 * h) if len(ends) == 2 else None
        agree = slope is not None and abs(slope - node.grad) <= 1e-4 * max(1, abs(node.grad))
        if not agree:
            apart.append(node.name)
        shown = "not defined" if slope is None else short(slope)
        rows.append((el("b", node.name), short(node.data), short(node.grad),
                     f"{shown} {'✓' if agree else '✗'}"))  # fmt: skip
    said = "Every gradient is what a small step of each number says."
    if apart:
        said = (
            f"At a kink the two disagree: {', '.join(apart)} stands where the slope jumps, and "
            "backpropagation takes one side of it."
        )
    elif rows and all(node.grad == 0 for node in graph.nodes if node.name):
        said = "Nothing that is given moves the result: no gradient, so nothing is learned."
    head = ("name", "value", "gradient", "by a step of 0.00001")
    notes = faint("Blue, above: values. Red, below: by how much the result moves with them.")
    return callout(el("b", said), kind="verdict"), table(head, rows), notes
