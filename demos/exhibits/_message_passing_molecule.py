"""The molecule of the exhibit: in space, on its board, and what moves on it."""

import numpy as np

from keras_readinglist import chemistry

from ..components.axes import words
from ..components.board import Square, board, thing
from ..components.html import el

COLOURS = {1: "#e8e8e8", 6: "#6b6b6b", 7: "#3f6bbf", 8: "#c23b37", 9: "#3d8541"}
INK = {1: "#222", 6: "#fff", 7: "#fff", 8: "#fff", 9: "#fff"}
RADII = {1: 13, 6: 20, 7: 19, 8: 19, 9: 18}


def rotation(angles):
    """Return the matrix of a turn about the upright axis, then about the level one."""
    (a, b), (c, d) = np.cos(angles), np.sin(angles)
    return np.array([[a, 0, c], [0, 1, 0], [-c, 0, a]]) @ np.array(
        [[1, 0, 0], [0, b, -d], [0, d, b]]
    )


def seen(molecule, angles):
    """Return where atoms stand in the picture, `(atoms, 3)`: across, up and towards the eye."""
    n = molecule.sizes[0]
    middle = molecule.positions[0, :n] - molecule.positions[0, :n].mean(axis=0)
    _, _, axes = np.linalg.svd(middle) if n > 1 else (0, 0, np.eye(3))  # its largest plane
    turned = middle @ axes.T @ rotation(angles)
    return turned * 0.44 / max(np.linalg.norm(middle, axis=1).max(), 1.2) + [0.5, 0.5, 0]


def frames(inside):
    """Return what is drawn at every step: of pairs and of atoms, with a sentence for each.

    Lines are how loud a pair is at a message, glows by how much an atom changes, rings how much
    Set2Set looks at it; all between 0 and 1.
    """
    states, messages, looks = inside["states"], inside["messages"], inside["attention"]
    n, steps = states.shape[1], len(messages)
    loud = np.maximum(messages, messages.swapaxes(1, 2))
    change = np.linalg.norm(np.diff(states, axis=0), axis=2)
    still = np.zeros((1, n))
    count = 1 + steps + len(looks)
    lines = np.zeros((count, n, n))
    lines[1 : 1 + steps] = loud / max(loud.max(), 1e-9)
    glows = np.concatenate(
        [still, change / max(change.max(), 1e-9), np.repeat(still, len(looks), 0)]
    )
    rings = np.concatenate([np.repeat(still, 1 + steps, 0), looks])
    return lines, glows, rings


def sentences(symbols, inside):
    """Return what happens at every step in words."""
    steps, looks = len(inside["messages"]), inside["attention"]
    told = ["Every atom knows only what it is itself"]
    for k, said in enumerate(inside["messages"]):
        if len(symbols) == 1:
            told.append(f"Message {k + 1} of {steps}: there is no other atom to hear from")
            continue
        to, of = np.unravel_index(said.argmax(), said.shape)
        told.append(
            f"Message {k + 1} of {steps}: all hear from all; the loudest is from {symbols[of]} "
            f"to {symbols[to]}"
        )
    for k, look in enumerate(looks):
        most = int(look.argmax())
        told.append(f"Look {k + 1} of {len(looks)}: most at {symbols[most]}, {look[most]:.0%}")
    return told


def named_atoms(numbers):
    """Return names like C1, H2 of the atoms."""
    return [f"{chemistry.SYMBOLS[z]}{i + 1}" for i, z in enumerate(numbers)]


def drawing(molecule, angles, inside):
    """Return the molecule on its board, with what moves at every step of the player."""
    n, square = molecule.sizes[0], Square()
    points, numbers = seen(molecule, angles), molecule.atomic_numbers[0]
    places, names = [square(point) for point in points], named_atoms(numbers[:n])
    lines, glows, rings = frames(inside)
    parts = [_pair(places[i], places[j], lines[:, i, j]) for i in range(n) for j in range(i)]
    order = np.argsort(points[:, 2])
    for i, j in np.argwhere(np.triu(molecule.bonds[0, :n, :n])):
        parts += _bond(places[i], places[j], molecule.bonds[0, i, j])
    atoms = [
        _atom(i, places[i], points[i, 2], int(numbers[i]), names[i], glows[:, i], rings[:, i])
        for i in order
    ]
    label = f"Molecule of {n} atoms: drag one to turn it, double-click to replace one"
    return board(parts, atoms, label=label, square=square, widest=460)


def _pair(a, b, loud):
    steps = {"opacity": np.round(np.where(loud > 0.12, 0.12 + 0.6 * loud, 0), 3),
             "stroke-width": np.round(1 + 12 * loud, 1)}  # fmt: skip
    return el("line", x1=round(a[0], 1), y1=round(a[1], 1), x2=round(b[0], 1), y2=round(b[1], 1),
              stroke="var(--krl-structure)", class_="moves", stroke_linecap="round",
              steps=steps)  # fmt: skip


def _bond(a, b, kind):
    """Return one, two or three lines; an aromatic bond is a line and a dashed one."""
    across, up = a[1] - b[1], b[0] - a[0]
    size = max(np.hypot(across, up), 1e-9)
    offsets = {1: [0], 2: [-4, 4], 3: [-6, 0, 6], 4: [-4, 4]}[int(kind)]
    parts = []
    for k, offset in enumerate(offsets):
        dx, dy = across / size * offset, up / size * offset
        dash = "5 5" if kind == 4 and k else None
        parts.append(el("line", x1=round(a[0] + dx, 1), y1=round(a[1] + dy, 1),
                        x2=round(b[0] + dx, 1), y2=round(b[1] + dy, 1), stroke="var(--krl-ink)",
                        stroke_width=3, stroke_dasharray=dash))  # fmt: skip
    return parts


def _atom(index, at, depth, number, name, glow, ring):
    near = 1 + 0.5 * float(np.clip(depth, -0.5, 0.5))
    radius = round(RADII[number] * near, 1)
    return thing(
        int(index),
        at,
        el("circle", fill="none", stroke="var(--krl-exact)", stroke_width=5, class_="moves",
           steps={"r": np.round(radius + 3 + 26 * ring, 1),
                  "opacity": np.round(np.where(ring > 0.01, 0.3 + 0.7 * ring, 0), 3)}),
        el("circle", fill="var(--krl-structure)", class_="moves",
           steps={"r": np.round(radius + 10 * glow, 1), "opacity": np.round(0.7 * glow, 3)}),
        el("circle", r=radius, fill=COLOURS[number], stroke="var(--krl-ink)", stroke_width=1.5),
        words(0, 7, chemistry.SYMBOLS[number], "middle", 19, fill=INK[number]),
        label=f"{name}: arrow keys turn the molecule, Enter replaces the atom",
    )  # fmt: skip
