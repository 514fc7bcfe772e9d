"""The exhibit of message passing: molecules typed, built and turned, and its refusals."""

import json

import numpy as np
import pytest

from demos.exhibits import message_passing as exhibit
from keras_readinglist import chemistry

GOOD = {"predict": ["CCO", "[0.1, 0.2]"]}
BAD = {"predict": ["no molecule", "[0.1, 0.2]"]}


def test_a_molecule_of_the_set_is_shown_beside_what_was_computed():
    picture, rows = exhibit.show("O=CO")
    assert picture.count("data-item") == 5 and "Message 1 of 3" in picture
    assert rows.count("computed") >= 5 and "no answer changes by more than 0.000" in rows


def test_a_molecule_beyond_the_set_is_said_to_be():
    pytest.importorskip("rdkit")
    _, rows = exhibit.show("CCCCCCCCC")
    assert "9 atoms besides hydrogen" in rows and "computed 0" not in rows


def test_a_single_atom_besides_hydrogen():
    picture, rows = exhibit.show("C", "[0, 0]")
    assert picture.count("data-item") == 5 and "nan" not in picture + rows


@pytest.mark.once
def test_turning_keeps_distances():
    molecule, _ = exhibit.find("CCO")
    flat = exhibit.seen(molecule, np.zeros(2))
    turned = exhibit.seen(molecule, np.array([0.7, -1.2]))
    for points in (flat, turned):
        assert points[:, :2].min() > 0 and points[:, :2].max() < 1
    gaps = [np.linalg.norm(p[:, None] - p[None], axis=-1) for p in (flat, turned)]
    np.testing.assert_allclose(*gaps, atol=1e-6)


@pytest.mark.once
def test_a_dragged_atom_turns_the_molecule_towards_the_hand():
    molecule, _ = exhibit.find("CCO")
    index, turn = 2, "[0.3, 0.2]"
    before = exhibit.seen(molecule, exhibit.parse_turn(turn))[index]
    towards = before[:2] + [0.03, 0.02]
    text, after = exhibit.touched("CCO", turn, "Carbon", str(index), *towards)
    moved = exhibit.seen(molecule, exhibit.parse_turn(after))[index]
    depth = before[2]
    assert text == "CCO" and json.loads(after) != json.loads(turn)
    if abs(depth) > 0.02:
        assert np.sign(moved[0] - before[0]) in (np.sign(depth), 0, 1)


@pytest.mark.once
def test_a_double_click_puts_another_element_in_an_atoms_place():
    pytest.importorskip("rdkit")
    assert exhibit.touched("CCO", "[0, 0]", "Fluorine", "3", None, None) == ("OCCF", "[0, 0]")
    assert exhibit.touched("CCO", "[0, 0]", "Take it away", "0", None, None)[0] == "CO"
    assert exhibit.touched("CCO", "[0, 0]", "Carbon", None, 0.5, 0.5) == ("CCO", "[0, 0]")
    with pytest.raises(ValueError, match="cannot have as many bonds"):
        exhibit.touched("CCO", "[0, 0]", "Fluorine", "1", None, None)


@pytest.mark.once
@pytest.mark.parametrize(
    ("smiles", "sentence"),
    [
        ("", "Type a SMILES"),
        (None, "Type a SMILES"),
        ("ethanol", "no SMILES"),
        ("C C", "no SMILES"),
        ("x" * 100_000, "no SMILES"),
        ("C(C)(C)(C)(C)C", "no SMILES"),
        ("CC.CC", "one molecule at a time"),
        ("[CH3]", "unpaired"),
        ("C*", "star stands"),
        ("CS", "hydrogen, carbon, nitrogen, oxygen and fluorine only"),
        ("C" * 40, "At most 29 atoms"),
        ("\U0001f600", "no SMILES"),
    ],
)
def test_refusals(smiles, sentence):
    pytest.importorskip("rdkit")
    with pytest.raises(ValueError, match=sentence):
        exhibit.find(smiles)


@pytest.mark.once
def test_turns_are_two_numbers():
    assert exhibit.parse_turn("").tolist() == json.loads(exhibit.FIRST_TURN)
    for bad in ("[1]", "[1, 2, 3]", '["a", 1]', "[NaN, 1]", "[1e9, 0]", "{}", "up"):
        with pytest.raises(ValueError, match="two numbers"):
            exhibit.parse_turn(bad)


@pytest.mark.once
def test_all_examples_are_in_the_set():
    """So that they need no RDKit."""
    for smiles in (*exhibit.NAMED.values(), exhibit.DEFAULT):
        assert exhibit.find(smiles)[1] is not None, smiles
    assert set(exhibit.COLOURS) == set(chemistry.MoleculeFeatures().elements)
