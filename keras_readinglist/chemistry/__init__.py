"""Molecules for networks: reading them, and what a network gets to know of them.

SMILES and SDF files are read by RDKit, which the extra `chemistry` installs; all else needs NumPy.
"""

from keras_readinglist.chemistry.batches import MoleculeBatches, padded_sizes
from keras_readinglist.chemistry.editing import canonical_smiles, replace_atom
from keras_readinglist.chemistry.features import MoleculeFeatures
from keras_readinglist.chemistry.geometry import infer_bonds, read_xyz
from keras_readinglist.chemistry.molecules import BOND_TYPES, SYMBOLS, Molecules
from keras_readinglist.chemistry.smiles import from_smiles, read_sdf
from keras_readinglist.chemistry.units import CHEMICAL_ACCURACY, HARTREE, CompositionFit

__all__ = [
    "BOND_TYPES",
    "CHEMICAL_ACCURACY",
    "CompositionFit",
    "HARTREE",
    "MoleculeBatches",
    "MoleculeFeatures",
    "Molecules",
    "SYMBOLS",
    "canonical_smiles",
    "from_smiles",
    "infer_bonds",
    "padded_sizes",
    "read_sdf",
    "read_xyz",
    "replace_atom",
]
