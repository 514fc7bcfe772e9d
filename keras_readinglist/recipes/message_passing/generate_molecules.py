"""Makes small molecules and computes their properties: `xtb_small_molecules`, or a larger set.

    python -m keras_readinglist.recipes.message_passing.generate_molecules \
        --heavy-atoms 7 --count 9000 --output molecules.npz

Molecules of carbon, nitrogen, oxygen and fluorine grow from methane, ammonia and water, by an atom
or by a bond that closes a ring. RDKit places their atoms in space, and GFN2-xTB, a fast quantum
calculation, gives energies and the dipole. Needs the extra `chemistry`, and `pip install tblite`.
A molecule takes about 25 ms of one core.
"""

import argparse
import multiprocessing
import os
import random

import numpy as np

from keras_readinglist.chemistry import HARTREE, from_smiles
from keras_readinglist.chemistry.units import DEBYE_PER_ATOMIC_UNIT

BOHR = 1 / 1.8897259886  # angstrom
VALENCES = {"C": 4, "N": 3, "O": 2, "F": 1}
SEEDS = ("C", "N", "O")
RING_SIZES = range(3, 7)
# Groups that react at once or cannot be strained so far, and oxygen, whose electrons are not all
# paired, as SMARTS.
UNSTABLE = (
    "O=O",
    *("[O]-[O]", "[O,N]-F", "[N]-[N]-[N]", "[N;!a]-[N;!a]", "[N;!a]-[O;!a]", "[N]=[N]"),
    *("*1~*#*~*1", "[r3,r4,r5,r6,r7]#[r3,r4,r5,r6,r7]", "[r3,r4]=[r3,r4]"),
    *("[C;r3,r4,r5]=[C;r3,r4,r5]=*", "C=C=C", "C=C=O"),
    *("[C]([OH])[OH]", "[C;!$(C=O)]([OH])[NH2]", "C=C[OH]", "C=C[NH2]", "C(=N)[OH]"),
)
TARGETS = ("energy_eV", "homo_eV", "lumo_eV", "gap_eV", "dipole_D")


def grown(smiles: str, heavy_atoms: int) -> set[str]:
    """Return the molecules that are larger by one atom, or by one bond that closes a ring.

    Args:
        smiles: What grows.
        heavy_atoms: Integer, how many atoms other than hydrogen a molecule may have.
    """
    from rdkit import Chem

    orders = (None, Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE)
    molecule = Chem.MolFromSmiles(smiles)
    Chem.Kekulize(molecule, clearAromaticFlags=True)
    free = [atom.GetTotalNumHs() for atom in molecule.GetAtoms()]
    for atom in molecule.GetAtoms():
        atom.SetNoImplicit(False)
        atom.SetNumExplicitHs(0)
    found = set()
    for i, room in enumerate(free):
        for element, valence in VALENCES.items() if len(free) < heavy_atoms else ():
            for order in range(1, min(3, room, valence) + 1):
                larger = Chem.RWMol(molecule)
                larger.AddBond(i, larger.AddAtom(Chem.Atom(element)), orders[order])
                found.add(_canonical(larger))
        for j in range(i + 1, len(free)):
            apart = room and free[j] and molecule.GetBondBetweenAtoms(i, j) is None
            if apart and len(Chem.GetShortestPath(molecule, i, j)) in RING_SIZES:
                larger = Chem.RWMol(molecule)
                larger.AddBond(i, j, orders[1])
                found.add(_canonical(larger))
    return found - {None}


def _canonical(molecule):
    from rdkit import Chem

    try:
        Chem.SanitizeMol(molecule)
    except ValueError:  # no such molecule
        return None
    return Chem.MolToSmiles(molecule)


def is_stable(smiles: str) -> bool:
    """Return whether a molecule has none of the groups in `UNSTABLE`."""
    from rdkit import Chem

    molecule = Chem.MolFromSmiles(smiles)
    groups = map(Chem.MolFromSmarts, UNSTABLE)
    return molecule is not None and not any(map(molecule.HasSubstructMatch, groups))


def all_grown(heavy_atoms: int, rng: random.Random, most: int = 3500, rounds: int = 14) -> set[str]:
    """Return what grows from the smallest molecules.

    Args:
        heavy_atoms: As for `grown`.
        rng: Draws those that go on growing, where there are too many.
        most: Integer, how many grow in a round.
        rounds: Integer, after how many rounds to stop at the latest.
    """
    known, newest = set(SEEDS), set(SEEDS)
    for _ in range(rounds):
        growing = sorted(newest)
        growing = rng.sample(growing, most) if len(growing) > most else growing
        found = set().union(*(grown(smiles, heavy_atoms) for smiles in growing))
        newest = {smiles for smiles in found - known if is_stable(smiles)}
        known |= newest
        if not newest:
            break
    return known


def smallest(molecules, count: int, rng: random.Random) -> list[str]:
    """Return all molecules of the fewest heavy atoms, and a sample of those that do not all fit."""
    from rdkit import Chem

    by_size = {}
    for smiles in sorted(molecules):
        by_size.setdefault(Chem.MolFromSmiles(smiles).GetNumAtoms(), []).append(smiles)
    chosen = []
    for size in sorted(by_size):
        left = count - len(chosen)
        several = by_size[size]
        chosen += several if len(several) <= left else rng.sample(several, left)
    return chosen


def calculated(smiles: str):
    """Return atoms, positions, bonds and properties of a molecule, or `None` if none are found."""
    from tblite.interface import Calculator

    try:
        molecule = from_smiles([smiles], max_atoms=29)
        numbers, places = molecule.atomic_numbers[0], molecule.positions[0].astype("float64")
        calculator = Calculator("GFN2-xTB", numbers, places / BOHR)
        calculator.set("verbosity", 0)
        result = calculator.singlepoint()
    except (ValueError, RuntimeError):  # no place in space, or no convergence
        return None
    levels = result.get("orbital-energies") * HARTREE
    homo = int((result.get("orbital-occupations") > 1).sum()) - 1
    dipole = np.linalg.norm(result.get("dipole")) * DEBYE_PER_ATOMIC_UNIT
    energies = [float(result.get("energy")) * HARTREE, levels[homo], levels[homo + 1]]
    bonds = np.argwhere(np.triu(molecule.bonds[0]))
    bonds = np.column_stack([bonds, molecule.bonds[0][tuple(bonds.T)]])
    return smiles, numbers, places, bonds, [*energies, levels[homo + 1] - levels[homo], dipole]


def save(path, rows):
    """Write what `calculated` returned of several molecules, as the data set has it."""
    smiles, numbers, places, bonds, targets = zip(*rows, strict=True)
    np.savez_compressed(
        path,
        num_atoms=np.array(list(map(len, numbers))),
        num_bonds=np.array(list(map(len, bonds))),
        atomic_numbers=np.concatenate(numbers).astype("int8"),
        positions=np.concatenate(places).astype("float32").round(4),
        bonds=np.concatenate(bonds).astype("int8"),
        targets=np.array(targets, "float32"),
        target_names=np.array(TARGETS),
        smiles=np.array(smiles),
    )


def main(arguments=None):
    """Make molecules, compute, and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--heavy-atoms", type=int, default=7)
    parser.add_argument("--count", type=int, default=9000)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--output", default="molecules.npz")
    chosen = parser.parse_args(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # a molecule is too small for several threads
    rng = random.Random(0)
    molecules = smallest(all_grown(chosen.heavy_atoms, rng), chosen.count, rng)
    print(f"{len(molecules)} molecules", flush=True)
    with multiprocessing.get_context("spawn").Pool(chosen.processes) as pool:
        rows = [row for row in pool.imap(calculated, molecules, chunksize=32) if row]
    save(chosen.output, rows)
    print(f"{len(rows)} with properties: {chosen.output}")


if __name__ == "__main__":
    main()
