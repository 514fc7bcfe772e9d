"""Measured properties of molecules, known by their bonds alone (MoleculeNet, Wu et al., 2018).

A tenth of each set is for testing, another for validation; hydrogens are not atoms of their own.
"""

import pathlib

import numpy as np

from keras_readinglist.chemistry import Molecules
from keras_readinglist.datasets.loading import SPLITS, Dataset
from keras_readinglist.datasets.splits import by_permutation


def read(path: pathlib.Path) -> tuple[Molecules, dict[str, np.ndarray]]:
    """Return molecules, and their targets by name; NaN is what was not measured."""
    with np.load(path) as file:
        bonds = [file[name] for name in ("bond_source", "bond_target", "bond_type")]
        names = [str(name) for name in file["target_names"]]
        values = file["target"].reshape(len(file["n_atoms"]), -1)
        molecules = Molecules.from_flat(
            file["n_atoms"],
            file["n_bonds"],
            file["atomic_number"],
            np.stack(bonds, axis=1),
            file["smiles"].astype(str),
            charges=file["formal_charge"],
            hydrogens=file["n_hydrogens"],
        )
    return molecules, dict(zip(names, values.T, strict=True))


def split_rows(content, split, seed=0):
    """Return a split of molecules and targets, by a permutation with a seed."""
    molecules, targets = content
    tenth = len(molecules) // 10
    rows = by_permutation(len(molecules), tenth, tenth, split, seed)
    return molecules[rows], {name: values[rows] for name, values in targets.items()}


def _dataset(name, licence):
    return Dataset(
        path=f"moleculenet/{name}_graphs.npz",
        read=read,
        split=split_rows,
        splits=SPLITS,
        licence=licence,
    )


ESOL = _dataset("esol", "supporting data of Delaney, 2004")
FREESOLV = _dataset("freesolv", "CC BY 4.0: Mobley, Guthrie, 2014")
LIPOPHILICITY = _dataset("lipophilicity", "CC BY-SA 3.0: ChEMBL")
