"""Properties of molecules: both layouts agree, and neither order, place nor padding matters."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_readinglist import datasets
from keras_readinglist.applications import MPNN, MPNNEnsemble
from keras_readinglist.chemistry import MoleculeFeatures, Molecules
from tests.applications.case import Case

FEW = datasets.load("xtb_small_molecules", "test")[0][:4]
SMALL = {"units": 20, "hidden_units": (8, 4), "output_units": 6, "set2set_steps": 2, "num_steps": 2}
NAMES = {"target_names": ["gap", "dipole"], "target_mean": [5.0, 2.0], "target_std": [2.0, 1.0]}


def small(features="gaussian", **kwargs):
    return MPNN(2, features=MoleculeFeatures(features), **SMALL, **NAMES, **kwargs)


def graphs(features="gaussian", molecules=FEW):
    return MoleculeFeatures(features).dense(molecules)


TARGETS = np.random.default_rng(0).standard_normal((4, 2)).astype("float32")
CASES = {
    "MPNN": Case(small, graphs(), TARGETS, loss="mse"),
    "MPNN-ggnn": Case(
        lambda **kw: small("bonds", message="matrix", readout="gated", master_units=5, **kw),
        graphs("bonds"),
        TARGETS,
        loss="mse",
    ),
    "MPNNEnsemble": Case(
        lambda **kw: MPNNEnsemble([small(directed=False, dtype=kw.get("dtype"))], **kw),
        graphs(),
        TARGETS,
        loss="mse",
    ),
}


@pytest.mark.parametrize("options", [{}, {"readout": "gated", "master_units": 5}])
def test_layouts_agree_and_padding_may_be_more(options):
    features, model = MoleculeFeatures("bonds"), small("bonds", **options)
    dense = model.predict_on_batch(features.dense(FEW))
    np.testing.assert_allclose(model.predict_on_batch(features.dense(FEW, 24)), dense, atol=1e-5)
    flat = features.flat(FEW, FEW.sizes.sum() + 3, int((FEW.bonds > 0).sum()) + 7)
    np.testing.assert_allclose(model.predict_on_batch(flat), dense, atol=1e-5)


class FlatBatches(keras.utils.PyDataset):
    """Two batches of different molecules, padded to the same numbers of atoms and of edges."""

    def __len__(self):
        return 2

    def __getitem__(self, index):
        rows = slice(2 * index, 2 * index + 2)
        return MoleculeFeatures("bonds").flat(FEW[rows], 40, 90), TARGETS[rows]


def test_flat_graphs_train_with_one_program():
    """Both layouts learn the same, whatever the molecules, and nothing is compiled anew."""
    traces, losses = [], []

    class Counted(MPNN):
        def call(self, inputs):
            traces.append(1)
            return super().call(inputs)

    model = Counted(2, features=MoleculeFeatures("bonds"), **SMALL, **NAMES)
    weights = model.get_weights()
    dense = small("bonds")
    dense.set_weights(weights)
    for learner in (model, dense):
        learner.compile(keras.optimizers.SGD(0.1), "mse")
    for index in range(2):
        graphs_, targets = FlatBatches()[index]
        losses.append(model.train_on_batch(graphs_, targets))
        rows = slice(2 * index, 2 * index + 2)
        wanted = dense.train_on_batch(MoleculeFeatures("bonds").dense(FEW[rows], 16), targets)
        np.testing.assert_allclose(losses[-1], wanted, rtol=1e-4)
    seen = len(traces)
    model.fit(FlatBatches(), epochs=1, verbose=0)
    if keras.config.backend() != "torch":  # which compiles nothing
        assert len(traces) <= seen + 2  # `fit` has a program of its own, and one for both batches
    after = model.get_weights()
    assert all(np.isfinite(w).all() for w in after)
    assert any((a != b).any() for a, b in zip(after, weights, strict=True))


def test_turning_mirroring_and_moving_change_nothing():
    model = small("distance", num_towers=2)
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    moved = dataclasses.replace(FEW, positions=(FEW.positions @ turn + 4).astype("float32"))
    before, after = (model.predict_properties(m) for m in (FEW, moved))
    for name in before:
        np.testing.assert_allclose(after[name], before[name], atol=1e-4)


def test_the_order_of_atoms_changes_nothing():
    model, one = small("virtual", message="pair"), FEW[:1]
    order = np.random.default_rng(0).permutation(one.sizes[0])
    moved = Molecules(one.atomic_numbers[:, order], one.bonds[:, order][:, :, order])
    before, after = (model.predict_properties(m)["gap"] for m in (one, moved))
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_molecules_one_by_one_are_those_of_a_batch():
    model = small()
    together = model.predict_properties(FEW, batch_size=3)["dipole"]
    alone = [model.predict_properties(FEW[i : i + 1])["dipole"][0] for i in range(len(FEW))]
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_standardized_is_the_inverse_of_named():
    model = small()
    targets = {"gap": np.array([1.0, 7.0]), "dipole": np.array([0.0, 3.0])}
    again = model.named(model.standardized(targets))
    for name, values in targets.items():
        np.testing.assert_allclose(again[name], values)


def test_what_happens_inside():
    model = small()
    answers = model.predict_properties(FEW)
    for index, found in enumerate(model.explain(FEW)):
        atoms = FEW.sizes[index]
        assert found["states"].shape == (3, atoms, 20)
        assert found["attention"].shape == (2, atoms)
        assert found["messages"].shape == (2, atoms, atoms)
        assert (found["messages"][:, range(atoms), range(atoms)] == 0).all()
        assert (found["messages"].max(axis=(1, 2)) > 0).all()
        np.testing.assert_allclose(found["attention"].sum(axis=1), 1, atol=1e-5)
        for name, value in found["properties"].items():
            np.testing.assert_allclose(value, answers[name][index], atol=1e-4)


def test_an_ensemble_is_the_mean_of_its_members():
    members = [small(), small()]
    ensemble = MPNNEnsemble(members)
    mean, spread = ensemble.predict_with_spread(FEW)
    each = np.stack([member.predict_properties(FEW)["gap"] for member in members])
    np.testing.assert_allclose(mean["gap"], each.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(spread["gap"], each.std(axis=0), atol=1e-5)
    np.testing.assert_allclose(ensemble.predict_properties(FEW)["gap"], mean["gap"], atol=1e-4)
    copy = MPNNEnsemble.from_config(ensemble.get_config())
    assert len(copy.members) == 2 and copy.features == ensemble.features


def test_smiles_are_read():
    pytest.importorskip("rdkit")
    answers = small().predict_properties(["C", "CC(=O)O"])
    assert {name: values.shape for name, values in answers.items()} == {"gap": (2,), "dipole": (2,)}


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: small(readout="max"), "`readout` must be one of"),
        (lambda: small(message="none"), "`message` must be one of"),
        (lambda: MPNN(2, features={"kind": "smell"}), "`kind` must be one of"),
        (lambda: MPNN(2), "`node_dim` must be a positive integer"),
        (lambda: MPNN(2, target_names=["one"], node_dim=3, edge_dim=2), "one entry for each"),
        (lambda: small(num_towers=2, master_units=4), "`master_units` must be 0"),
        (lambda: small(num_towers=3), "divisible"),
        (lambda: MPNN(1, 8, node_dim=3, edge_dim=2).predict_properties(FEW), "`features`"),
        (lambda: MPNNEnsemble([]), "`members`"),
        (lambda: MPNNEnsemble([small(), small("bonds")]), "same features"),
        (
            lambda: small().predict_properties(dataclasses.replace(FEW, positions=None)),
            "`molecules` must have positions",
        ),
    ],
)
def test_bad_arguments_are_refused(make, match):
    with pytest.raises(ValueError, match=match):
        make()
