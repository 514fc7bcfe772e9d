"""Molecules from positions alone: XYZ files, and bonds by the distances of atoms."""

import pathlib

import numpy as np

from keras_readinglist.chemistry.molecules import SYMBOLS, Molecules

# Covalent radii in angstrom, Cordero et al. 2008, doi:10.1039/b801115j.
RADII = {1: 0.31, 5: 0.84, 6: 0.76, 7: 0.71, 8: 0.66, 9: 0.57}
RADII |= {14: 1.11, 15: 1.07, 16: 1.05, 17: 1.02, 35: 1.20, 53: 1.39}


def infer_bonds(atomic_numbers, positions, tolerance=0.4):
    """Return which atoms are near enough for a bond; all have the type 1, for none is known.

    Args:
        atomic_numbers: Int array `(molecules, n)`; 0 pads.
        positions: Float array `(molecules, n, 3)` in angstrom.
        tolerance: Float, by how much a bond may be longer than the sum of the covalent radii.

    Returns:
        Int array `(molecules, n, n)`.

    Example:
        >>> infer_bonds(np.array([[1, 1]]), np.array([[[0, 0, 0], [0, 0, 0.74]]])).tolist()
        [[[0, 1], [1, 0]]]
    """
    table = np.full(max(len(SYMBOLS), int(np.max(atomic_numbers, initial=0)) + 1), 1.3)
    table[list(RADII)] = list(RADII.values())
    radii = table[atomic_numbers]
    steps = positions[:, :, None] - positions[:, None]
    near = (steps**2).sum(-1) < (radii[:, :, None] + radii[:, None] + tolerance) ** 2
    there = np.asarray(atomic_numbers) > 0
    near &= there[:, :, None] & there[:, None] & ~np.eye(there.shape[1], dtype=bool)
    return near.astype("int8")


def read_xyz(source) -> Molecules:
    r"""Return the molecules of an XYZ file, with bonds by distance.

    Args:
        source: Path of the file; or its text, if it has more than one line.

    Raises:
        ValueError: If it cannot be read; the line is named.

    Example:
        >>> read_xyz("2\nhydrogen\nH 0 0 0\nH 0 0 0.74").sizes.tolist()
        [2]
    """
    text = str(source)
    if "\n" not in text:
        text = pathlib.Path(text).expanduser().read_text(encoding="utf-8-sig")
    lines, at, found = text.strip().splitlines(), 0, []
    while at < len(lines):
        count = lines[at].strip()
        if not count.isdigit() or not 0 < int(count) <= len(lines) - at - 2:
            raise ValueError(f"line {at + 1} must be the number of atoms. Received: {count!r}")
        rows = [_atom(lines[i], i + 1) for i in range(at + 2, at + 2 + int(count))]
        number, position = np.array([[row[0] for row in rows]]), np.array([[r[1] for r in rows]])
        bonds = infer_bonds(number, position)
        found.append(Molecules(number, bonds, position.astype("float32")))
        at += 2 + int(count)
        while at < len(lines) and not lines[at].strip():
            at += 1
    if not found:
        raise ValueError("`source` must hold a molecule. Received: an empty text")
    return Molecules.join(found)


def _atom(line, number):
    symbol, *rest = line.split() or [""]
    try:
        position = [float(word) for word in rest[:3]]
        element = int(symbol) if symbol.isdigit() else SYMBOLS.index(symbol.capitalize(), 1)
    except ValueError:
        element, position = 0, []
    if len(position) != 3 or element < 1:
        raise ValueError(f"line {number} must be an element and three numbers. Received: {line!r}")
    return element, position
