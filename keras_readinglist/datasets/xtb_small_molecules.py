"""Small molecules with properties by a fast quantum calculation: 7,127 train, 891 for each other.

8,909 molecules of hydrogen, carbon, nitrogen, oxygen and fluorine with up to seven heavy atoms, in
the geometry of the MMFF94 force field, with the total energy, the orbital energies and the dipole
by GFN2-xTB. `recipes/message_passing/generate_molecules.py` made them.
"""

import pathlib

import numpy as np

from keras_readinglist.chemistry import Molecules
from keras_readinglist.datasets.loading import SPLITS, Dataset
from keras_readinglist.datasets.splits import by_permutation

TEST = VALIDATION = 891


def read(path: pathlib.Path) -> tuple[Molecules, dict[str, np.ndarray]]:
    """Return molecules, and their properties by name: electron volts, and debye for the dipole."""
    with np.load(path) as file:
        names = [str(name).rpartition("_")[0] for name in file["target_names"]]
        targets = dict(zip(names, file["targets"].T, strict=True))
        parts = ("num_atoms", "num_bonds", "atomic_numbers", "bonds", "smiles", "positions")
        return Molecules.from_flat(**{name: file[name] for name in parts}), targets


def split_rows(content, split):
    """Return a split of molecules and targets."""
    molecules, targets = content
    rows = by_permutation(len(molecules), TEST, VALIDATION, split)
    return molecules[rows], {name: values[rows] for name, values in targets.items()}


DATASET = Dataset(
    path=str(pathlib.Path(__file__).parent / "xtb_small_molecules.npz"),
    read=read,
    split=split_rows,
    splits=SPLITS,
    licence="Apache-2.0: made by this project",
    always_here=True,
)
