"""The generator of small molecules: what grows, what is left out, and the file."""

import random

import numpy as np
import pytest

from keras_readinglist import datasets
from keras_readinglist.chemistry import from_smiles
from keras_readinglist.datasets import xtb_small_molecules
from keras_readinglist.recipes.message_passing.generate_molecules import (
    TARGETS,
    all_grown,
    grown,
    is_stable,
    save,
    smallest,
)

pytestmark = pytest.mark.once
pytest.importorskip("rdkit")


def test_a_molecule_grows_by_an_atom():
    two = {"CC", "C=C", "C#C", "CN", "C=N", "C#N", "CO", "C=O", "CF"}
    assert grown("C", 2) == two
    assert grown("C", 1) == set()
    assert grown("C#N", 3) == {"CC#N", "N#CN", "N#CO", "N#CF"}


def test_a_molecule_grows_by_a_ring():
    assert grown("CCC", 3) == {"C1CC1"}
    assert grown("CC=C", 3) == {"C1=CC1"}
    # A chain of seven closes rings of three to six; a bond is not closed twice.
    rings = grown("CCCCCCC", 7)
    assert rings == {"CCCCC1CC1", "CCCC1CC1C", "CCC1CC1CC", "CCCC1CCC1", "CCC1CCC1C"} | {
        "CCC1CCCC1",
        "CC1CCCC1C",
        "CC1CCCCC1",
    }
    assert "c1ccccc1" in grown("C=CC=CC=C", 6)


@pytest.mark.parametrize(
    ("smiles", "stable"),
    [
        ("CC=O", True),
        ("c1cc[nH]c1", True),
        ("C1CC1", True),
        ("OO", False),
        ("NF", False),
        ("NN", False),
        ("C=C=C", False),
        ("C1=CC1", False),
        ("OCO", False),
        ("C=CO", False),
        ("C1#CCC1", False),
        ("C(", False),
    ],
)
def test_unstable_groups(smiles, stable):
    assert is_stable(smiles) == stable


def test_the_shipped_molecules_are_what_grows():
    few = set()
    for split in ("train", "validation", "test"):
        molecules, _ = datasets.load("xtb_small_molecules", split)
        heavy = (molecules.atomic_numbers > 1).sum(axis=1)
        few |= {molecules.smiles[i] for i in np.flatnonzero(heavy <= 4)}
    assert all_grown(4, random.Random(0)) == few and len(few) > 100


def test_where_too_many_grow_a_sample_does():
    some = all_grown(4, random.Random(0), most=3)
    assert some < all_grown(4, random.Random(0)) and all(map(is_stable, some))
    assert some == all_grown(4, random.Random(0), most=3) != all_grown(4, random.Random(1), most=3)
    assert all_grown(4, random.Random(0), rounds=0) == {"C", "N", "O"}


def test_the_smallest_are_chosen_first():
    molecules = all_grown(3, random.Random(0))
    chosen = smallest(molecules, 20, random.Random(0))
    assert len(set(chosen)) == 20 and set(chosen) <= molecules
    assert set(chosen[:3]) == {"C", "N", "O"}
    assert {name for name in molecules if from_smiles([name], positions=False)
            .atomic_numbers[0, 2:3].tolist() in ([1], [])} <= set(chosen)  # fmt: skip
    assert sorted(smallest(molecules, 10**6, random.Random(0))) == sorted(molecules)


def test_the_file_is_read_as_the_data_set_is(tmp_path):
    rows = []
    for k, smiles in enumerate(("CO", "C#N")):
        one = from_smiles([smiles])
        ends = np.argwhere(np.triu(one.bonds[0]))
        bonds = np.column_stack([ends, one.bonds[0][tuple(ends.T)]])
        rows.append((smiles, one.atomic_numbers[0], one.positions[0], bonds, np.arange(5.0) + k))
    save(tmp_path / "two.npz", rows)
    molecules, targets = xtb_small_molecules.read(tmp_path / "two.npz")
    expected = from_smiles(["CO", "C#N"])
    np.testing.assert_array_equal(molecules.atomic_numbers, expected.atomic_numbers)
    np.testing.assert_array_equal(molecules.bonds, expected.bonds)
    np.testing.assert_allclose(molecules.positions, expected.positions, atol=5.1e-5)
    assert list(targets) == [name.rpartition("_")[0] for name in TARGETS]
    assert targets["dipole"].tolist() == [4, 5]
