"""QM7: 7,101 organic molecules with atomisation energies by density functional theory.

5,300 train, 500 validation, 1,301 test.
"""

import pathlib

import numpy as np

from keras_readinglist.chemistry import Molecules, infer_bonds
from keras_readinglist.datasets.loading import SPLITS, Dataset

TRAIN, VALIDATION = 5800, 500  # the last 500 of the first 5,800 are for validation


def read(path: pathlib.Path) -> tuple[Molecules, dict[str, np.ndarray]]:
    """Return molecules, and `"pbe0"` and `"dftb"`, atomisation energies in kcal/mol."""
    with np.load(path) as file:
        numbers, positions = file["z"].astype(int), file["r"].astype("float32")
        targets = {name: file[name] for name in ("pbe0", "dftb")}
    return Molecules(numbers, infer_bonds(numbers, positions), positions), targets


def split_rows(content, split):
    """Return a split of molecules and targets."""
    molecules, targets = content
    order = np.random.RandomState(0).permutation(len(molecules))
    kept = {
        "train": slice(TRAIN - VALIDATION),
        "validation": slice(TRAIN - VALIDATION, TRAIN),
        "test": slice(TRAIN, None),
    }
    rows = order[kept[split]]
    return molecules[rows], {name: values[rows] for name, values in targets.items()}


DATASET = Dataset(
    path="qm7/qm7.npz",
    read=read,
    split=split_rows,
    splits=SPLITS,
    licence="free with citation: Rupp et al. 2012, Blum and Reymond 2009",
)
