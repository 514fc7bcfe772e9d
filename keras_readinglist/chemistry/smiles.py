"""Molecules from SMILES and from SDF files, by RDKit."""

import pathlib

import numpy as np

from keras_readinglist.chemistry.molecules import Molecules

_TYPES = {"SINGLE": 1, "DOUBLE": 2, "TRIPLE": 3, "AROMATIC": 4, "DATIVE": 1}


def from_smiles(smiles, positions=True, seed=17, max_atoms=200) -> Molecules:
    """Return the molecules that SMILES stand for, with all hydrogens as atoms.

    Args:
        smiles: Sequence of strings.
        positions: Boolean, whether atoms are placed in space: by RDKit's ETKDG, relaxed in the
            MMFF94 force field, as for the molecules of `datasets.load("xtb_small_molecules")`.
        seed: Integer, where the search for positions begins.
        max_atoms: Integer, how many atoms a molecule may have.

    Raises:
        ValueError: If one is no SMILES, is empty, too large, of several parts, or a radical, or if
            no positions are found.
        ImportError: If RDKit is not installed.

    Example:
        >>> from_smiles(["O", "CC"]).sizes.tolist()
        [3, 8]
    """
    if isinstance(smiles, str):
        raise ValueError(f"`smiles` must be a sequence of strings. Received: {smiles!r}")
    Chem, _ = rdkit()
    found = []
    for text in smiles:
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"`smiles` must be a text that is not empty. Received: {text!r}")
        read = Chem.MolFromSmiles(text.strip())
        if read is None:
            raise ValueError(f"`smiles` cannot be read as a molecule. Received: {text!r}")
        found.append(_molecule(read, text.strip(), positions, seed, max_atoms))
    return Molecules.join(found)


def read_sdf(path, max_atoms=200) -> Molecules:
    """Return the molecules of an SDF file, where they are in space.

    Args:
        path: Path of the file.
        max_atoms: Integer, how many atoms a molecule may have.

    Raises:
        ValueError: If the file has none, or one that cannot be read.
        ImportError: If RDKit is not installed.
    """
    Chem, _ = rdkit()
    path = pathlib.Path(path).expanduser()
    if not path.is_file():
        raise ValueError(f"`path` must be an SDF file. Received: {path}")
    found = []
    for number, read in enumerate(Chem.SDMolSupplier(str(path), removeHs=False), 1):
        if read is None:
            raise ValueError(f"{path}: molecule {number} cannot be read.")
        found.append(_arrays(read, Chem.MolToSmiles(Chem.RemoveHs(read)), read.GetConformer()))
        _check(found[-1], max_atoms)
    if not found:
        raise ValueError(f"{path} holds no molecule.")
    return Molecules.join(found)


def rdkit():
    """Return the modules `Chem` and `AllChem` of RDKit; `ImportError` says how to install it."""
    try:
        from rdkit import Chem, RDLogger
        from rdkit.Chem import AllChem
    except ImportError as error:
        raise ImportError(
            "SMILES are read by RDKit: pip install 'keras-readinglist[chemistry]'"
        ) from error
    RDLogger.DisableLog("rdApp.*")  # what it would print stands in our errors
    return Chem, AllChem


def _molecule(read, text, positions, seed, max_atoms):
    """Return one molecule, with hydrogens, and with positions if they are asked for."""
    Chem, AllChem = rdkit()
    if len(Chem.GetMolFrags(read)) != 1:
        raise ValueError(f"`smiles` must be one molecule, not several parts. Received: {text!r}")
    if any(atom.GetNumRadicalElectrons() for atom in read.GetAtoms()):
        raise ValueError(f"`smiles` must have no unpaired electron. Received: {text!r}")
    if any(atom.GetAtomicNum() == 0 for atom in read.GetAtoms()):
        raise ValueError(f"`smiles` must have no placeholder for an atom. Received: {text!r}")
    full = Chem.AddHs(read)
    if full.GetNumAtoms() > max_atoms:
        raise ValueError(
            f"`smiles` must have at most {max_atoms} atoms. "
            f"Received: {text!r} with {full.GetNumAtoms()}"
        )
    if not positions:
        return _arrays(full, text)
    if AllChem.EmbedMolecule(full, randomSeed=seed, maxAttempts=20) != 0:
        raise ValueError(f"`smiles` cannot be laid out in space. Received: {text!r}")
    if AllChem.MMFFHasAllMoleculeParams(full):
        AllChem.MMFFOptimizeMolecule(full, maxIters=1000)
    return _arrays(full, text, full.GetConformer())


def _check(molecule, max_atoms):
    if molecule.sizes[0] > max_atoms:
        raise ValueError(
            f"A molecule must have at most {max_atoms} atoms. "
            f"Received: {molecule.smiles[0]!r} with {molecule.sizes[0]}"
        )


def _arrays(read, text, conformer=None):
    atoms = list(read.GetAtoms())
    bonds = [
        (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), _TYPES.get(str(bond.GetBondType()), 1))
        for bond in read.GetBonds()
    ]
    more = {} if conformer is None else {"positions": conformer.GetPositions().astype("float32")}
    return Molecules.from_flat(
        np.array([len(atoms)]),
        np.array([len(bonds)]),
        np.array([atom.GetAtomicNum() for atom in atoms]),
        np.array(bonds, int),
        charges=np.array([atom.GetFormalCharge() for atom in atoms]),
        hydrogens=np.array([atom.GetTotalNumHs() for atom in atoms]),
        smiles=[text],
        **more,
    )
