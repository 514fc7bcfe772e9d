"""Molecules from positions alone: XYZ files, and bonds by the distances of atoms."""

import pathlib

import numpy as np

from keras_readinglist.chemistry.molecules import SYMBOLS, Molecules

# Covalent radii in angstrom, Cordero et al. 2008, doi:10.1039/b801115j.
RADII = {1: 0.31, 5: 0.84, 6: 0.76, 7: 0.71, 8: 0.66, 9: 0.57}
RADII |= {14: 1.11, 15: 1.07, 16: 1.05, 17: 1.02, 35: 1.20, 53: 1.39}
HEAVIEST = 118


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
    count, n = atomic_numbers.shape
    bonds = np.zeros((count, n, n), "int8")
    # By parts: the distances of all molecules of QM9 at once would take gigabytes.
    for cut in range(0, count, 1000):
        number, position = atomic_numbers[cut : cut + 1000], positions[cut : cut + 1000]
        radii, there = table[number], number > 0
        steps = position[:, :, None] - position[:, None]
        near = (steps**2).sum(-1) < (radii[:, :, None] + radii[:, None] + tolerance) ** 2
        near &= there[:, :, None] & there[:, None] & ~np.eye(n, dtype=bool)
        bonds[cut : cut + 1000] = near
    return bonds


def read_xyz(source, max_atoms=200) -> Molecules:
    r"""Return the molecules of an XYZ file, with bonds by distance.

    Args:
        source: Path of the file; or its text, if it has more than one line.
        max_atoms: Integer, how many atoms a molecule may have.

    Raises:
        ValueError: If it cannot be read, or a molecule is too large; the line is named.
        OSError: If there is no such file.

    Example:
        >>> read_xyz("2\nhydrogen\nH 0 0 0\nH 0 0 0.74").sizes.tolist()
        [2]
    """
    text = str(source)
    if "\n" not in text:
        text = pathlib.Path(text).expanduser().read_text(encoding="utf-8-sig")
    lines, at, found = text.lstrip("\ufeff").rstrip().splitlines(), 0, []
    while at < len(lines):
        count = lines[at].strip()
        if not count:
            at += 1
            continue
        if not count.isdecimal() or not 0 < int(count) <= len(lines) - at - 2:
            raise ValueError(
                f"`source` must have the number of atoms that follow in line {at + 1}. "
                f"Received: {count!r}"
            )
        if int(count) > max_atoms:
            raise ValueError(
                f"`source` must have molecules of at most {max_atoms} atoms. "
                f"Received: {count} in line {at + 1}"
            )
        rows = [_atom(lines[i], i + 1) for i in range(at + 2, at + 2 + int(count))]
        number, position = np.array([[row[0] for row in rows]]), np.array([[r[1] for r in rows]])
        bonds = infer_bonds(number, position)
        found.append(Molecules(number, bonds, position.astype("float32")))
        at += 2 + int(count)
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
    if len(position) != 3 or not np.isfinite(position).all() or not 0 < element <= HEAVIEST:
        raise ValueError(
            f"`source` must have an element and three numbers in line {number}. Received: {line!r}"
        )
    return element, position
