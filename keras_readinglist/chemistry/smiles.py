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
        text = text.strip()
        # RDKit would take what is behind a space for a name: "C C" for methane.
        read = Chem.MolFromSmiles(text) if len(text.split()) == 1 else None
        if read is None:
            raise ValueError(f"`smiles` cannot be read as a molecule. Received: {text!r}")
        read = Chem.AddHs(read)
        fault = _fault(read, max_atoms)
        if fault:
            raise ValueError(f"`smiles` must {fault}. Received: {text!r}")
        found.append(_arrays(read, text, _laid_out(read, text, seed) if positions else None))
    if not found:
        raise ValueError("`smiles` must hold at least one text. Received: none")
    return Molecules.join(found)


def read_sdf(path, max_atoms=200) -> Molecules:
    """Return the molecules of an SDF file, where they are in space.

    Args:
        path: Path of the file.
        max_atoms: Integer, how many atoms a molecule may have.

    Raises:
        ValueError: If the file has none, or one that cannot be read, or that `from_smiles` would
            refuse; its number is named.
        ImportError: If RDKit is not installed.
    """
    Chem, _ = rdkit()
    path = pathlib.Path(path).expanduser()
    if not path.is_file() or not path.stat().st_size:
        raise ValueError(f"`path` must be an SDF file that is not empty. Received: {path}")
    found = []
    for number, read in enumerate(Chem.SDMolSupplier(str(path), removeHs=False), 1):
        fault = "be one that can be read" if read is None else _fault(read, max_atoms)
        if fault:
            raise ValueError(f"`path`: molecule {number} must {fault}. Received: {path}")
        found.append(_arrays(read, Chem.MolToSmiles(Chem.RemoveHs(read)), read.GetConformer()))
    if not found:
        raise ValueError(f"`path` must hold a molecule. Received: {path}")
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


def _fault(read, max_atoms):
    """Return what a molecule must be and is not, or `None`."""
    Chem, _ = rdkit()
    if not read.GetNumAtoms():
        return "have an atom"
    if read.GetNumAtoms() > max_atoms:
        return f"have at most {max_atoms} atoms, not {read.GetNumAtoms()}"
    if len(Chem.GetMolFrags(read)) != 1:
        return "be one molecule, not several parts"
    if any(atom.GetAtomicNum() == 0 for atom in read.GetAtoms()):
        return "have no placeholder for an atom"
    if any(atom.GetNumRadicalElectrons() for atom in read.GetAtoms()):
        return "have no unpaired electron"
    return None


def _laid_out(read, text, seed):
    """Return where RDKit places the atoms."""
    _, AllChem = rdkit()
    if AllChem.EmbedMolecule(read, randomSeed=seed, maxAttempts=20) != 0:
        raise ValueError(f"`smiles` must be one that can be laid out in space. Received: {text!r}")
    if AllChem.MMFFHasAllMoleculeParams(read):
        AllChem.MMFFOptimizeMolecule(read, maxIters=1000)
    return read.GetConformer()


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
