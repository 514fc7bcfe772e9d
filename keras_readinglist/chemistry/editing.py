"""Molecules changed by hand, one atom after the other, by RDKit."""

from keras_readinglist.chemistry.smiles import rdkit

ELEMENTS = ("C", "N", "O", "F")


def canonical_smiles(smiles: str) -> str:
    """Return the one SMILES that RDKit writes for a molecule, whatever was given for it.

    Args:
        smiles: String.

    Raises:
        ValueError: If it is no SMILES.
        ImportError: If RDKit is not installed.

    Example:
        >>> canonical_smiles("OCC")
        'CCO'
    """
    chem, _ = rdkit()
    # RDKit would take what is behind a space for a name.
    read = chem.MolFromSmiles(smiles) if len(smiles.split()) == 1 else None
    if read is None:
        raise ValueError(f"`smiles` cannot be read as a molecule. Received: {smiles!r}")
    return chem.MolToSmiles(read)


def replace_atom(smiles: str, atom: int, element: str) -> str:
    """Return the SMILES of a molecule with another element in the place of one atom.

    Hydrogens are filled up: in the place of a hydrogen, carbon becomes a methyl group.

    Args:
        smiles: String.
        atom: Integer, an atom of `from_smiles([smiles])`, hydrogens included.
        element: One of `ELEMENTS`, or `"H"`, which takes a heavier atom away.

    Raises:
        ValueError: If there is no such atom, or no such molecule.
        ImportError: If RDKit is not installed.

    Example:
        >>> replace_atom("CCO", atom=3, element="F")
        'OCCF'
    """
    chem, _ = rdkit()
    if element not in (*ELEMENTS, "H"):
        raise ValueError(f"`element` must be one of {(*ELEMENTS, 'H')}. Received: {element!r}")
    full = chem.AddHs(chem.MolFromSmiles(canonical_smiles(smiles) and smiles))
    if not 0 <= atom < full.GetNumAtoms():
        raise ValueError(
            f"`atom` must be at least 0 and less than {full.GetNumAtoms()}. Received: atom={atom}"
        )
    chem.Kekulize(full, clearAromaticFlags=True)
    made = chem.RWMol(full)
    chosen = made.GetAtomWithIdx(atom)
    gone = [near.GetIdx() for near in chosen.GetNeighbors() if near.GetAtomicNum() == 1]
    if chosen.GetAtomicNum() == 1:
        gone = []
    for each in made.GetAtoms():
        each.SetNoImplicit(False)
        each.SetNumExplicitHs(0)
    if element == "H":
        gone.append(atom)
    else:
        chosen.SetAtomicNum(chem.GetPeriodicTable().GetAtomicNumber(element))
        chosen.SetFormalCharge(0)
    for index in sorted(gone, reverse=True):
        made.RemoveAtom(index)
    try:
        found = chem.MolToSmiles(chem.RemoveHs(made.GetMol()))
    except ValueError as error:
        raise ValueError(f"{element} cannot have as many bonds as that atom has.") from error
    if not found or "." in found:
        raise ValueError("The molecule would fall apart: take away an atom at an end.")
    return found
