"""Molecules from XYZ files, SMILES and SDF files, and what is no molecule."""

import sys

import numpy as np
import pytest

from keras_readinglist import chemistry, datasets
from keras_readinglist.chemistry import Molecules, from_smiles, read_sdf, read_xyz

pytestmark = pytest.mark.once

WATER = "3\nwater\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"
HYDROGEN = "2\n\n1 0 0 0 0.1\nh 0 0 7.4e-1\n"


@pytest.mark.parametrize(
    "text",
    [
        WATER + HYDROGEN,
        (WATER + HYDROGEN).replace("\n", "\r\n"),
        "\n\n" + WATER + "\n \n" + HYDROGEN.rstrip() + "\n\n",
        "\ufeff" + WATER + HYDROGEN,
    ],
)
def test_xyz(text, tmp_path):
    (tmp_path / "two.xyz").write_text(text, encoding="utf-8", newline="")
    for source in (text, tmp_path / "two.xyz", str(tmp_path / "two.xyz")):
        found = read_xyz(source)
        assert found.atomic_numbers.tolist() == [[8, 1, 1], [1, 1, 0]]
        assert found.bonds[0].tolist() == [[0, 1, 1], [1, 0, 0], [1, 0, 0]]
        np.testing.assert_allclose(found.positions[1, :2, 2], [0, 0.74], atol=1e-6)


def test_a_single_atom_is_a_molecule():
    assert read_xyz("1\nneon\nNe 0 0 0").atomic_numbers.tolist() == [[10]]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("water\n" + WATER, "number of atoms that follow in line 1. Received: 'water'"),
        ("\n" + WATER.replace("3", "²"), "number of atoms that follow in line 2. Received: '²'"),
        (WATER.replace("3", "0"), "number of atoms that follow in line 1. Received: '0'"),
        (WATER.replace("3", "-3"), "number of atoms that follow in line 1. Received: '-3'"),
        (WATER.replace("3", "4"), "number of atoms that follow in line 1. Received: '4'"),
        (WATER + "7\n\n" + WATER, "number of atoms that follow in line 6. Received: '7'"),
        (WATER.replace("3", "2"), "number of atoms that follow in line 5"),
        (
            WATER.replace("O 0", "Q 0"),
            "an element and three numbers in line 3. Received: 'Q 0 0 0'",
        ),
        (WATER.replace("O 0", "? 0"), "an element and three numbers in line 3"),
        (WATER.replace("O 0", "119 0"), "an element and three numbers in line 3"),
        (WATER.replace("O 0", "0 0"), "an element and three numbers in line 3"),
        (WATER.replace("0.96", "x"), "an element and three numbers in line 4"),
        (WATER.replace("0.96", "nan"), "an element and three numbers in line 4"),
        (WATER.replace("0.93 0", "inf 0"), "an element and three numbers in line 5"),
        (WATER.replace("O 0 0 0", "O 0 0"), "an element and three numbers in line 3"),
        (WATER.replace("O 0 0 0", ""), "an element and three numbers in line 3. Received: ''"),
        ("\n \n", "hold a molecule"),
        ("201\n" + 201 * "\nH 0 0 0", "at most 200 atoms. Received: 201 in line 1"),
    ],
)
def test_what_is_no_xyz_is_refused_by_its_line(text, match):
    with pytest.raises(ValueError, match=f"^`source` must .*{match.replace('?', '[?]')}"):
        read_xyz(text)


def test_an_xyz_file_that_is_not_there(tmp_path):
    with pytest.raises(OSError, match="no.xyz"):
        read_xyz(tmp_path / "no.xyz")


@pytest.fixture
def rdkit():
    return pytest.importorskip("rdkit.Chem")


@pytest.mark.parametrize(
    ("smiles", "numbers", "charge"),
    [
        ("[H][H]", [1, 1], 0),
        ("[He]", [2], 0),
        ("[H+]", [1], 1),
        ("[NH4+]", [7, 1, 1, 1, 1], 1),
        ("[OH-]", [8, 1], -1),
        (" C#N\n", [6, 7, 1], 0),
        ("[2H]O[2H]", [1, 8, 1], 0),
        ("[SiH3]Br", [14, 35, 1, 1, 1], 0),
    ],
)
def test_smiles(rdkit, smiles, numbers, charge):
    found = from_smiles([smiles])
    assert found.atomic_numbers.tolist() == [numbers] and found.charges.sum() == charge
    assert found.smiles == (smiles.strip(),) and not found.hydrogens.any()
    assert np.isfinite(found.positions).all()
    assert found.positions.dtype == "float32" and found.positions.shape == (1, len(numbers), 3)


def test_types_of_bonds(rdkit):
    found = from_smiles(["C=C", "C#C", "c1ccccc1", "CC"], positions=False)
    assert found.bonds[:, 0, 1].tolist() == [2, 3, 4, 1] and found.positions is None
    assert (found.bonds[2, :6, :6] > 0).sum() == 12


@pytest.mark.parametrize(
    ("smiles", "match"),
    [
        (["CO", "C("], "cannot be read as a molecule. Received: 'C\\('"),
        (["water"], "cannot be read"),
        (["C(C)(C)(C)(C)C"], "cannot be read"),  # a carbon of five bonds
        (["c1cccc1"], "cannot be read"),  # no ring is aromatic so
        (["C C"], "cannot be read"),
        (["C\nC"], "cannot be read"),
        (["[Qq]"], "cannot be read"),
        ([""], "a text that is not empty"),
        ([" "], "a text that is not empty"),
        ([None], "a text that is not empty. Received: None"),
        ([], "must hold at least one"),
        ("CO", "must be a sequence"),
        (["[Na+].[Cl-]"], "not several parts"),
        (["[CH3]"], "no unpaired electron"),
        (["[H]"], "no unpaired electron"),
        (["[O][O]"], "no unpaired electron"),
        (["*C"], "no placeholder"),
        (["C" * 67], "at most 200 atoms, not 203"),
    ],
)
def test_what_is_no_molecule_is_refused(rdkit, smiles, match):
    with pytest.raises(ValueError, match=f"^`smiles` .*{match}"):
        from_smiles(smiles)


def test_the_size_that_is_allowed(rdkit):
    assert from_smiles(["C" * 67], positions=False, max_atoms=203).sizes == 203
    with pytest.raises(ValueError, match="at most 4 atoms, not 5"):
        from_smiles(["C"], max_atoms=4)


def test_atoms_lie_where_those_of_the_shipped_molecules_do(rdkit):
    shipped, _ = datasets.load("xtb_small_molecules", "test")
    for row in (0, 5, 700):
        found, expected = from_smiles([shipped.smiles[row]]), shipped[row]
        np.testing.assert_array_equal(found.atomic_numbers, expected.atomic_numbers)
        np.testing.assert_array_equal(found.bonds, expected.bonds)
        # Distances, up to a hundredth of an angstrom: another release of RDKit may turn it.
        far = [np.linalg.norm(m.positions[0][:, None] - m.positions[0], axis=-1)
               for m in (found, expected)]  # fmt: skip
        np.testing.assert_allclose(*far, atol=0.01)


@pytest.fixture
def sdf(rdkit, tmp_path):
    """Return a function that writes molecules, given by SMILES, to an SDF file."""

    def write(*smiles, hydrogens=True, spoil=None):
        path = tmp_path / "molecules.sdf"
        with rdkit.SDWriter(str(path)) as writer:
            for text in smiles:
                molecule = rdkit.MolFromSmiles(text)
                if hydrogens:
                    molecule = rdkit.AddHs(molecule)
                    rdkit.rdDistGeom.EmbedMolecule(molecule, randomSeed=17)
                writer.write(molecule)
        if spoil:
            path.write_text(path.read_text().replace(*spoil))
        return path

    return write


def test_sdf(rdkit, sdf):
    pytest.importorskip("rdkit.Chem.rdDistGeom")
    found = read_sdf(sdf("CO", "[NH4+]", "C=C"))
    assert found.smiles == ("CO", "[NH4+]", "C=C") and found.sizes.tolist() == [6, 5, 6]
    assert found.charges[1].tolist() == [1, 0, 0, 0, 0, 0] and found.bonds[2, 0, 1] == 2
    lengths = np.linalg.norm(found.positions[[0, 2], 0] - found.positions[[0, 2], 1], axis=-1)
    np.testing.assert_allclose(lengths, [1.42, 1.33], atol=0.1)
    implicit = read_sdf(sdf("CO", hydrogens=False))
    assert implicit.atomic_numbers.tolist() == [[6, 8]] and implicit.hydrogens.tolist() == [[3, 1]]


@pytest.mark.parametrize(
    ("smiles", "spoil", "match"),
    [
        (("CO", "CN"), (" N ", " Q2"), "molecule 2 must be one that can be read"),
        (("CO", "[Na+].[Cl-]"), None, "molecule 2 must be one molecule, not several parts"),
        (("[CH3]",), None, "molecule 1 must have no unpaired electron"),
        (("*C",), None, "molecule 1 must have no placeholder"),
        (("C" * 13,), None, "molecule 1 must have at most 40 atoms, not 41"),
        (("CO",), ("M  END", "M  "), "molecule 1 must be one that can be read"),
    ],
)
def test_what_is_no_sdf_is_refused(sdf, smiles, spoil, match):
    with pytest.raises(ValueError, match=f"^`path`.*{match}.*molecules.sdf"):
        read_sdf(sdf(*smiles, spoil=spoil), max_atoms=40)


def test_an_sdf_file_that_is_empty_or_not_there(rdkit, tmp_path):
    for name, text in (("empty.sdf", ""), ("blank.sdf", "\n\n"), ("other.sdf", "CCO\n")):
        (tmp_path / name).write_text(text)
    for name in ("empty.sdf", "blank.sdf", "other.sdf", "no.sdf"):
        with pytest.raises(ValueError, match=f"^`path`.* must .*{name}"):
            read_sdf(tmp_path / name)


@pytest.mark.parametrize("read", [lambda: from_smiles(["C"]), lambda: read_sdf("molecules.sdf")])
def test_without_rdkit_it_is_told_what_to_install(monkeypatch, read):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    with pytest.raises(ImportError, match=r"pip install 'keras-readinglist\[chemistry\]'"):
        read()


def test_molecules_of_several_sources_join():
    two = Molecules.join([read_xyz(WATER), read_xyz(HYDROGEN)])
    assert two.sizes.tolist() == [3, 2]


def test_molecules_are_changed_atom_by_atom():
    pytest.importorskip("rdkit")
    assert chemistry.canonical_smiles("OCC") == "CCO"
    for change, expected in (
        (("CCO", 3, "F"), "OCCF"),  # a hydrogen of the first carbon
        (("CCO", 3, "C"), "CCCO"),
        (("c1ccccc1", 0, "N"), "c1ccncc1"),
        (("CCO", 0, "H"), "CO"),
    ):
        assert chemistry.replace_atom(*change) == expected
    for change, match in (
        (("CCO", 1, "F"), "as many bonds"),
        (("CCO", 1, "H"), "fall apart"),
        (("CCO", 9, "C"), "`atom` must be"),
        (("CCO", 0, "Xe"), "`element` must be"),
        (("C C", 0, "N"), "`smiles` cannot be read"),
    ):
        with pytest.raises(ValueError, match=match):
            chemistry.replace_atom(*change)
