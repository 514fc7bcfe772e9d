"""QM9: 130,831 molecules with thirteen properties by density functional theory, through TFDS.

TensorFlow Datasets fetches it once (86 MB); 110,000 are for training, 10,000 for validation.
"""

import numpy as np

from keras_readinglist.chemistry import HARTREE, Molecules, infer_bonds
from keras_readinglist.datasets.loading import SPLITS, Dataset

# Energies are given in hartree, and returned in electron volts.
ENERGIES = ("homo", "lumo", "gap", "zpve")
ATOMIZATION = ("U0", "U", "H", "G")
OTHERS = ("mu", "alpha", "r2", "Cv")


def from_tfds(examples, split):
    """Return molecules, and the paper's thirteen targets by name, in its units.

    The energies `U0`, `U`, `H` and `G` are those of atomisation; `omega1` is the highest frequency.
    """
    rows = list(examples(split))
    numbers = np.stack([row["charges"] for row in rows]).astype(int)
    positions = np.stack([row["positions"] for row in rows]).astype("float32")
    smiles = tuple(_text(row["SMILES"]) for row in rows)
    targets = {name: [row[name] for row in rows] for name in (*OTHERS, *ENERGIES)}
    targets |= {name: [row[f"{name}_atomization"] for row in rows] for name in ATOMIZATION}
    targets["omega1"] = [float(np.max(row["frequencies"])) for row in rows]
    units = dict.fromkeys((*ENERGIES, *ATOMIZATION), HARTREE)
    targets = {n: np.array(v, "float64") * units.get(n, 1.0) for n, v in targets.items()}
    molecules = Molecules(numbers, infer_bonds(numbers, positions), positions, smiles=smiles)
    return molecules, targets


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _not_a_file(path):
    raise ValueError("QM9 is read through TensorFlow Datasets only")


DATASET = Dataset(
    path="qm9/prepared-by-tfds",
    read=_not_a_file,
    split=_not_a_file,
    splits=SPLITS,
    licence="CC0: Ramakrishnan et al., 2014",
    tfds="qm9/dimenet",
    from_tfds=from_tfds,
)
