"""Molecules as arrays, one row each."""

from dataclasses import dataclass, fields
from itertools import chain

import numpy as np

BOND_TYPES = ("single", "double", "triple", "aromatic")  # of the numbers 1 to 4
SYMBOLS = (
    "? H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As "
    "Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe"
).split()


@dataclass(frozen=True)
class Molecules:
    """Molecules, padded to the same number of atoms.

    Args:
        atomic_numbers: Int array `(molecules, n)`; 0 pads.
        bonds: Int array `(molecules, n, n)`, symmetric: 0 for no bond, 1 to 4 for `BOND_TYPES`.
        positions: Float array `(molecules, n, 3)` in angstrom, or `None` if they are not known.
        charges: Int array `(molecules, n)` of formal charges, or `None` for none.
        hydrogens: Int array `(molecules, n)`, how many hydrogens an atom has that are not atoms of
            their own; `None` for none.
        smiles: Tuple of strings, what the molecules are called, or an empty one.

    Example:
        >>> water = Molecules(np.array([[8, 1, 1]]), np.array([[[0, 1, 1], [1, 0, 0], [1, 0, 0]]]))
        >>> len(water), water.sizes.tolist()
        (1, [3])
    """

    atomic_numbers: np.ndarray
    bonds: np.ndarray
    positions: np.ndarray | None = None
    charges: np.ndarray | None = None
    hydrogens: np.ndarray | None = None
    smiles: tuple[str, ...] = ()

    def __post_init__(self):
        """Refuse arrays that do not fit."""
        if self.atomic_numbers.ndim != 2:
            raise ValueError(
                "`atomic_numbers` must have the shape (molecules, n). "
                f"Received shape: {self.atomic_numbers.shape}"
            )
        count, n = self.atomic_numbers.shape
        shapes = {"bonds": (count, n, n), "positions": (count, n, 3)}
        for name in ("bonds", "positions", "charges", "hydrogens"):
            array = getattr(self, name)
            wanted = shapes.get(name, (count, n))
            if array is not None and array.shape != wanted:
                raise ValueError(
                    f"`{name}` must have the shape {wanted}. Received shape: {array.shape}"
                )
        there = self.atomic_numbers > 0
        if (there[:, 1:] & ~there[:, :-1]).any():
            raise ValueError("`atomic_numbers` must have their padding behind all atoms.")
        if (self.bonds != self.bonds.swapaxes(1, 2)).any():
            raise ValueError("`bonds` must be symmetric.")
        types = self.bonds.min(initial=0), self.bonds.max(initial=0)
        if types[0] < 0 or types[1] > len(BOND_TYPES):
            raise ValueError(
                f"`bonds` must be from 0 to {len(BOND_TYPES)}. "
                f"Received: from {types[0]} to {types[1]}"
            )
        if len(self.smiles) not in (0, count):
            raise ValueError(
                f"`smiles` must be as many as molecules, {count}, or none. "
                f"Received: {len(self.smiles)}"
            )

    def __len__(self) -> int:
        """Return the number of molecules."""
        return len(self.atomic_numbers)

    def __getitem__(self, index) -> "Molecules":
        """Return the molecules of a slice or of numbers, padded no more than they need."""
        index = np.atleast_1d(np.arange(len(self))[index])
        n = int(self.sizes[index].max(initial=1))
        kept = {}
        for name in ("atomic_numbers", "positions", "charges", "hydrogens"):
            array = getattr(self, name)
            kept[name] = None if array is None else array[index, :n]
        smiles = tuple(self.smiles[i] for i in index) if self.smiles else ()
        return Molecules(bonds=self.bonds[index, :n, :n], smiles=smiles, **kept)

    @property
    def sizes(self) -> np.ndarray:
        """The number of atoms of every molecule."""
        return (self.atomic_numbers > 0).sum(axis=1)

    def hydrogen_counts(self) -> np.ndarray:
        """Return how many hydrogens every atom has, as atoms of their own or not."""
        joined = ((self.bonds > 0) & (self.atomic_numbers == 1)[:, None]).sum(axis=2)
        return joined if self.hydrogens is None else joined + self.hydrogens

    def without_hydrogens(self) -> "Molecules":
        """Return the molecules with their hydrogens as numbers of other atoms.

        One that has no other atom, such as that of hydrogen, is kept as it is.
        """
        heavy = self.atomic_numbers > 1
        heavy = np.where(heavy.any(axis=1, keepdims=True), heavy, self.atomic_numbers > 0)
        n = int(heavy.sum(axis=1).max(initial=1))
        order = np.argsort(~heavy, axis=1, kind="stable")[:, :n]
        there = np.take_along_axis(heavy, order, axis=1)
        rows = np.arange(len(self))[:, None]
        gone = (self.atomic_numbers > 0) & ~heavy
        hydrogens = ((self.bonds > 0) & gone[:, None]).sum(axis=2)
        if self.hydrogens is not None:
            hydrogens = hydrogens + self.hydrogens

        def kept(array):
            return None if array is None else array[rows, order] * there

        bonds = self.bonds[rows[..., None], order[:, :, None], order[:, None]]
        return Molecules(
            atomic_numbers=kept(self.atomic_numbers),
            bonds=bonds * (there[:, :, None] & there[:, None]),
            positions=None if self.positions is None else self.positions[rows, order],
            charges=kept(self.charges),
            hydrogens=kept(hydrogens),
            smiles=self.smiles,
        )

    def composition(self, elements=(1, 6, 7, 8, 9)) -> np.ndarray:
        """Return how many atoms of every element, given by its number, the molecules have."""
        numbers = self.atomic_numbers[..., None] == np.array(elements)
        counts = numbers.sum(axis=1)
        if self.hydrogens is not None and 1 in elements:
            counts[:, list(elements).index(1)] += self.hydrogens.sum(axis=1)
        return counts

    @classmethod
    def from_flat(cls, num_atoms, num_bonds, atomic_numbers, bonds, smiles=(), **of_atoms):
        """Return molecules from arrays in which atoms, and bonds, stand below one another.

        Args:
            num_atoms: Int array `(molecules,)`.
            num_bonds: Int array `(molecules,)`.
            atomic_numbers: Int array `(atoms,)`.
            bonds: Int array `(bonds, 3)`: two atoms, counted within the molecule, and the type.
            smiles: Sequence of strings.
            **of_atoms: Further arrays of atoms, such as `positions`.

        Raises:
            ValueError: If arrays do not fit, or a bond is of an atom that is not there.
        """
        bonds = np.asarray(bonds, int).reshape(-1, 3)
        arrays = {"atomic_numbers": atomic_numbers, **of_atoms}
        for name, array in {**arrays, "bonds": bonds}.items():
            wanted = int(np.sum(num_bonds if name == "bonds" else num_atoms))
            if len(array) != wanted:
                raise ValueError(f"`{name}` must have {wanted} rows. Received: {len(array)}")
        m, n = len(num_atoms), int(np.max(num_atoms, initial=1))
        there = np.arange(n) < np.asarray(num_atoms)[:, None]
        padded = {}
        for name, values in arrays.items():
            padded[name] = np.zeros((m, n, *values.shape[1:]), values.dtype)
            padded[name][there] = values
        types = np.zeros((m, n, n), "int8")
        row = np.repeat(np.arange(m), num_bonds)
        first, second, kind = bonds.T
        if ((bonds[:, :2] < 0) | (bonds[:, :2] >= np.asarray(num_atoms)[row, None])).any():
            raise ValueError(
                "`bonds` must be of atoms that are there, counted within the molecule."
            )
        ends = np.stack([row, bonds[:, :2].min(axis=1), bonds[:, :2].max(axis=1)], axis=1)
        if len(np.unique(ends, axis=0)) < len(ends):
            raise ValueError("`bonds` must name every bond once.")
        types[row, first, second] = types[row, second, first] = kind
        return cls(bonds=types, smiles=tuple(map(str, smiles)), **padded)

    @classmethod
    def join(cls, parts) -> "Molecules":
        """Return the molecules of several, which must all know the same of them.

        Args:
            parts: Sequence of `Molecules`.

        Raises:
            ValueError: If there are none, or some know of their atoms what others do not.
        """
        if not parts:
            raise ValueError("`parts` must hold molecules. Received: none")
        n = max(part.atomic_numbers.shape[1] for part in parts)
        joined = {}
        for field in fields(cls):
            arrays = [getattr(part, field.name) for part in parts]
            if field.name == "smiles":
                joined["smiles"] = tuple(chain.from_iterable(arrays))
            elif all(array is None for array in arrays):
                joined[field.name] = None
            elif any(array is None for array in arrays):
                raise ValueError(f"`parts` must all have `{field.name}`, or none of them.")
            else:
                axes = 2 if field.name == "bonds" else 1
                joined[field.name] = np.concatenate([_wider(array, n, axes) for array in arrays])
        return cls(**joined)


def _wider(array, n, axes):
    """Return an array of atoms, or with two axes of pairs of them, padded to `n` atoms."""
    more = [(0, n - array.shape[1]) if 1 <= axis <= axes else (0, 0) for axis in range(array.ndim)]
    return np.pad(array, more)
