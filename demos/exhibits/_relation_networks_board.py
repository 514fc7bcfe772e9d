"""The scene of the relation networks exhibit as a picture whose shapes can be dragged."""

from html import escape

import numpy as np

from keras_readinglist.datasets.sort_of_clevr import COLOURS, HALF_SIZE, IMAGE_SIZE, PALETTE, SHAPES

_SCALE = 500 / IMAGE_SIZE


def pairs(contributions, count=6):
    """Return the pairs that matter most, `(i, j, share)`; both orders of a pair are one.

    Args:
        contributions: Array `(n, n)`, as `RelationNetworkVQA.relations` returns.
        count: Integer, how many.
    """
    both = contributions + np.tril(contributions, -1).T
    both[np.tril_indices(len(both), -1)] = 0
    largest = np.abs(both).max() or 1.0
    order = np.argsort(-np.abs(both), axis=None)[:count]
    rows, columns = np.unravel_index(order, both.shape)
    return [
        (int(i), int(j), float(both[i, j] / largest)) for i, j in zip(rows, columns, strict=True)
    ]


def board(centres, shapes, colour=None, lines=(), places=None):
    """Return the scene as SVG, with the pairs that were listened to.

    Args:
        centres: Int array `(6, 2)`.
        shapes: Int array `(6,)`.
        colour: Index of the object that is asked about, or `None`.
        lines: What `pairs` returned.
        places: Array `(n, 2)` of the places that pairs join. Defaults to the centres.
    """
    places = centres if places is None else places
    parts = ['<rect width="500" height="500" rx="6" fill="#fff" stroke="#8a919c"/>']
    at = (np.asarray(places) + 0.5) * _SCALE
    if len(at) == 25:  # the cells that the convolutions leave
        for k in range(1, 5):
            parts.append(
                f'<path d="M{100 * k} 0V500M0 {100 * k}H500" stroke="#e3e6ea" fill="none"/>'
            )
    for i, j, share in lines:
        parts.append(_pair(at[i], at[j], share, i == j))
    for k, ((x, y), shape) in enumerate(zip((centres + 0.5) * _SCALE, shapes, strict=True)):
        parts.append(_object(k, x, y, SHAPES[shape], k == colour))
    names = ", ".join(
        f"{c} {SHAPES[s]} at {x}, {y}"
        for c, s, (x, y) in zip(COLOURS, shapes, centres, strict=True)
    )
    return (
        '<div class="krl board"><svg viewBox="0 0 500 500" role="group" '
        f'aria-label="{escape("Scene: " + names)}">{"".join(parts)}</svg></div>'
    )


def _object(k, x, y, shape, asked):
    """Return a shape that can be dragged, focused and moved with the arrow keys."""
    size = _SCALE * (2 * HALF_SIZE + 1)
    look = (
        f'fill="rgb{tuple(int(v) for v in PALETTE[k])}" stroke="#14171c" '
        f'stroke-width="{5 if asked else 1.5}"'
    )
    if shape == "square":
        drawn = f'<path d="M{-size / 2:.1f} {-size / 2:.1f}h{size:.1f}v{size:.1f}h{-size:.1f}z"'
    else:
        drawn = f'<circle r="{size / 2:.1f}"'
    ink = "#fff" if COLOURS[k] in ("blue", "grey", "red") else "#14171c"
    return (
        f'<g transform="translate({x:.1f} {y:.1f})" data-colour="{COLOURS[k]}" tabindex="0" '
        f'role="button" aria-label="{COLOURS[k]} {shape}: arrow keys move it, Enter changes its '
        f'shape" style="cursor:grab">{drawn} {look}/><text y="5" font-size="17" '
        f'text-anchor="middle" '
        f'font-weight="600" style="fill:{ink};pointer-events:none">{COLOURS[k]}</text></g>'
    )


def _pair(a, b, share, single):
    """Return the line of a pair; a ring for an object with itself. Dashes speak against."""
    ink = 'stroke="#8a2b8f"' if share > 0 else 'stroke="#b2182b" stroke-dasharray="6 5"'
    look = (
        f'fill="none" {ink} stroke-opacity="0.85" stroke-width="{1 + 9 * abs(share):.1f}" '
        'style="pointer-events:none"'
    )
    title = f"<title>{100 * share:+.0f} % of the strongest pair</title>"
    if single:
        return f'<circle cx="{a[0]:.1f}" cy="{a[1]:.1f}" r="46" {look}>{title}</circle>'
    return f'<path d="M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}" {look}>{title}</path>'


DRAG = """
let held = null, focused = null;
const place = (event) => {
  const box = element.querySelector('svg').getBoundingClientRect();
  return [(event.clientX - box.left) / box.width * 500,
          (event.clientY - box.top) / box.height * 500];
};
const send = (g, x, y) => trigger('click', {
  colour: g.dataset.colour, x: Math.round(x * 75 / 500 - 0.5), y: Math.round(y * 75 / 500 - 0.5)});
const where = (g) => g.getAttribute('transform').match(/-?[\\d.]+/g).map(Number);
element.addEventListener('pointerdown', (event) => {
  const g = event.target.closest('g[data-colour]');
  if (!g) return;
  held = {g: g, moved: false};
  event.preventDefault();
  g.focus();
});
element.addEventListener('pointermove', (event) => {
  if (!held) return;
  const [x, y] = place(event);
  held.moved = true;
  held.g.setAttribute('transform', `translate(${x} ${y})`);
});
window.addEventListener('pointerup', (event) => {
  if (held && held.moved) send(held.g, ...place(event));
  held = null;
});
element.addEventListener('dblclick', (event) => {
  const g = event.target.closest('g[data-colour]');
  if (g) trigger('click', {colour: g.dataset.colour});
});
element.addEventListener('keydown', (event) => {
  const g = event.target.closest('g[data-colour]');
  const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  if (!g) return;
  focused = g.dataset.colour;
  if (event.key === 'Enter') {
    event.preventDefault();
    trigger('click', {colour: g.dataset.colour});
  } else if (step[event.key]) {
    event.preventDefault();
    const [x, y] = where(g), [dx, dy] = step[event.key], far = event.shiftKey ? 100 : 20;
    send(g, x + far * dx, y + far * dy);
  }
});
new MutationObserver(() => {
  const g = focused && element.querySelector(`g[data-colour=${focused}]`);
  if (g && !element.contains(document.activeElement)) g.focus();
}).observe(element, {childList: true, subtree: true});
"""
