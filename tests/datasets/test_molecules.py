"""Sets of molecules: their sizes, their splits, and what is known of them."""

import numpy as np
import pytest

from keras_readinglist import datasets
from keras_readinglist.chemistry import HARTREE, CompositionFit
from keras_readinglist.datasets import loading, qm9
from keras_readinglist.datasets.splits import by_permutation

pytestmark = pytest.mark.once

SPLITS = ("train", "validation", "test")
LOCAL = ("qm7", "esol", "freesolv", "lipophilicity")
needs_data = pytest.mark.skipif(
    not all(map(datasets.find, LOCAL)), reason="QM7 and MoleculeNet are not on this machine"
)


def loaded(name):
    """Return the three splits of a set."""
    return [datasets.load(name, split) for split in SPLITS]


def keys(molecules):
    """Return what tells the molecules of a set apart, by their sizes and places."""
    return [(n, p.tobytes()) for n, p in zip(molecules.sizes, molecules.positions, strict=True)]


def test_permutations_part_all():
    parts = [by_permutation(50, 7, 5, split, seed=3) for split in SPLITS]
    assert [len(part) for part in parts] == [38, 5, 7]
    order = np.random.RandomState(3).permutation(50)
    np.testing.assert_array_equal(np.concatenate([parts[2], parts[1], parts[0]]), order)
    assert (by_permutation(50, 7, 5, "test", seed=4) != parts[2]).any()


def test_xtb_small_molecules():
    parts = loaded("xtb_small_molecules")
    assert [len(molecules) for molecules, _ in parts] == [7127, 891, 891]
    names = [name for molecules, _ in parts for name in molecules.smiles]
    assert len(set(names)) == 8909
    assert max(molecules.sizes.max() for molecules, _ in parts) == 21
    sizes = np.concatenate([molecules.sizes for molecules, _ in parts])
    assert sizes.mean() == pytest.approx(11.9, abs=0.05)
    for molecules, targets in parts:
        assert set(targets) == {"energy", "homo", "lumo", "gap", "dipole"}
        assert {len(values) for values in targets.values()} == {len(molecules)}
        assert set(np.unique(molecules.atomic_numbers)) == {0, 1, 6, 7, 8, 9}
        assert ((molecules.atomic_numbers > 1).sum(axis=1) <= 7).all()
        np.testing.assert_allclose(targets["gap"], targets["lumo"] - targets["homo"], atol=1e-4)
        assert (targets["dipole"] >= 0).all() and (targets["energy"] < 0).all()
    # The mean of the training split is off by this much: electron volts and debye.
    (train, known), _, (test, others) = parts
    fit = CompositionFit().fit(train, known["energy"])
    assert np.abs(fit.residual(test, others["energy"])).mean() == pytest.approx(1.035, abs=2e-3)
    for name, error in {"gap": 2.058, "dipole": 0.951}.items():
        found = np.abs(others[name] - known[name].mean()).mean()
        assert found == pytest.approx(error, abs=2e-3)


@needs_data
def test_qm7():
    parts = loaded("qm7")
    assert [len(molecules) for molecules, _ in parts] == [5300, 500, 1301]
    places = [key for molecules, _ in parts for key in keys(molecules)]
    assert len(set(places)) == 7101
    (train, energies), _, (test, others) = parts
    assert set(energies) == {"pbe0", "dftb"}
    assert set(np.unique(test.atomic_numbers)) == {0, 1, 6, 7, 8, 16}
    errors = CompositionFit((1, 6, 7, 8, 16)).fit(train, energies["pbe0"])
    found = np.abs(errors.residual(test, others["pbe0"])).mean()
    assert found == pytest.approx(15.1, abs=0.1)  # kcal/mol, as others find
    hydrogens = train.atomic_numbers == 1
    assert ((train.bonds > 0).sum(axis=2)[hydrogens] == 1).mean() > 0.999


@needs_data
@pytest.mark.parametrize(
    ("name", "count", "target"),
    [("esol", 1128, "logp"), ("freesolv", 642, "freesolv"), ("lipophilicity", 4200, "lipo")],
)
def test_molecule_net(name, count, target):
    parts = loaded(name)
    sizes = [len(molecules) for molecules, _ in parts]
    assert sizes == [count - 2 * (count // 10), count // 10, count // 10]
    order = np.random.RandomState(0).permutation(count)
    values = np.concatenate([parts[k][1][target] for k in (2, 1, 0)])
    with np.load(datasets.find(name)) as file:
        np.testing.assert_array_equal(values, file["target"].reshape(count)[order])
        smiles = file["smiles"].astype(str)[order]
    assert [s for k in (2, 1, 0) for s in parts[k][0].smiles] == smiles.tolist()
    for molecules, _ in parts:
        assert molecules.positions is None and not (molecules.atomic_numbers == 1).all()


@needs_data
def test_molecule_net_is_what_its_smiles_say():
    pytest.importorskip("rdkit")
    from keras_readinglist.chemistry import from_smiles

    molecules, _ = datasets.load("freesolv", "test")
    molecules = molecules[:20]
    read = from_smiles(molecules.smiles, positions=False).without_hydrogens()
    for name in ("atomic_numbers", "bonds", "charges", "hydrogens"):
        np.testing.assert_array_equal(getattr(molecules, name), getattr(read, name))


def test_other_seeds_split_otherwise():
    one, other = (by_permutation(1128, 112, 112, "test", seed) for seed in (0, 1))
    assert set(one) != set(other)


WATER = {
    "charges": np.array([8, 1, 1] + [0] * 26),
    "positions": np.pad([[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]], ((0, 26), (0, 0))),
    "SMILES": b"O",
    "frequencies": np.array([1600.0, 3800.0, 3700.0], "float32"),
    **dict.fromkeys(("mu", "alpha", "r2", "Cv"), 2.0),
    **dict.fromkeys(("homo", "lumo", "gap", "zpve"), -0.5),
    **{f"{name}_atomization": -0.25 for name in ("U0", "U", "H", "G")},
}


def test_qm9_in_the_units_of_the_paper():
    asked = []

    def examples(split):
        asked.append(split)
        return iter([WATER, {**WATER, "SMILES": "O", "mu": 3.0}])

    molecules, targets = qm9.from_tfds(examples, "validation")
    assert asked == ["validation"] and molecules.smiles == ("O", "O")
    assert molecules.atomic_numbers.shape == (2, 29) and molecules.sizes.tolist() == [3, 3]
    assert molecules.bonds[0, :3, :3].tolist() == [[0, 1, 1], [1, 0, 0], [1, 0, 0]]
    assert molecules.positions.dtype == "float32"
    assert len(targets) == 13 and {v.shape for v in targets.values()} == {(2,)}
    assert targets["mu"].tolist() == [2, 3] and targets["omega1"].tolist() == [3800, 3800]
    for name in ("homo", "lumo", "gap", "zpve"):
        np.testing.assert_allclose(targets[name], -0.5 * HARTREE)
    for name in ("U0", "U", "H", "G"):
        np.testing.assert_allclose(targets[name], -0.25 * HARTREE)


def test_qm9_is_known_to_tensorflow_datasets():
    tfds = pytest.importorskip("tensorflow_datasets")
    builder = tfds.builder_cls("qm9")
    config = {config.name: config for config in builder.BUILDER_CONFIGS}["dimenet"]
    assert (config.train_size, config.validation_size) == (110_000, 10_000)


def test_how_to_get_qm9(monkeypatch, tmp_path):
    monkeypatch.delenv(loading.ENVIRONMENT, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(loading, "prepared_tfds", lambda *_: None)
    with pytest.raises(datasets.DatasetNotFoundError, match=r"tfds\.load\('qm9/dimenet'\)"):
        datasets.load("qm9", "train")
