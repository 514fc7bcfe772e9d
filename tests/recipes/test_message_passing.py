"""The full scale reads QM9, and paths ask what they say."""

import numpy as np
import pytest

from keras_readinglist import datasets
from keras_readinglist.recipes.message_passing import RECIPE, properties, reach

pytestmark = pytest.mark.once
THIRTEEN = ("mu", "alpha", "homo", "lumo", "gap", "r2", "zpve", "U0", "U", "H", "G", "Cv", "omega1")


def test_the_full_scale_is_qm9(monkeypatch):
    few = datasets.load("xtb_small_molecules", "test")[0][:3]
    asked = []

    def load(name, split):
        asked.append((name, split))
        return few, {target: np.full(3, float(k)) for k, target in enumerate(THIRTEEN)}

    monkeypatch.setattr(datasets, "load", load)
    config = RECIPE.config("enn_s2s_dipole", "full", 0)
    molecules, targets = properties.load("train", config, [config["target"]])
    assert molecules is few and targets["dipole"].tolist() == [0, 0, 0]
    assert set(properties.load("test", config)[1]) == set(THIRTEEN)
    assert set(properties.load("test", config, properties.TARGETS)[1]) == set(properties.TARGETS)
    assert {name for name, _ in asked} == {"qm9"}
    assert config["batch_size"] == 20 and config["epochs"] == 540  # three million steps


def test_paths_join_the_marked_end_and_the_asked_one():
    inputs, marked = reach.path_batch(50, 4, np.random.default_rng(0))
    edges = inputs["edge_mask"].astype(int)
    assert (edges == edges.swapaxes(1, 2)).all() and (edges.sum(axis=(1, 2)) == 8).all()
    asked = inputs["node"][..., 1].argmax(axis=1)
    assert (inputs["node"][..., 0].sum(axis=1) == marked[:, 0]).all()
    for row in np.flatnonzero(marked):
        start = inputs["node"][row, :, 0].argmax()
        near = [np.linalg.matrix_power(edges[row], k)[start, asked[row]] for k in range(5)]
        assert near == [0, 0, 0, 0, 1]
