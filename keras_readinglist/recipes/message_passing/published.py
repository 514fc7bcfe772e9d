"""Public sets: atomisation energies of QM7, and the measured solubility of ESOL."""

import numpy as np

from keras_readinglist import datasets
from keras_readinglist.chemistry import CompositionFit
from keras_readinglist.datasets import molecule_net
from keras_readinglist.recipes.message_passing.training import (
    FULL_SIZES,
    SIZES,
    TINY,
    errors,
    first,
    network,
    train,
)
from keras_readinglist.recipes.recipe import Claim, Experiment, Run

QM7 = (1, 6, 7, 8, 16)
ORGANIC = (6, 7, 8, 9, 15, 16, 17, 35, 53)
_ESOL = {
    "kind": "bonds",
    "hydrogens": False,
    "epochs": 60,
    "hidden_units": [32, 8],
    "weight_decay": 1e-2,
    "seeds": (0, 1, 2, 3, 4),
}
REDUCED = {
    "qm7": {**SIZES, "epochs": 80},
    "esol": {**SIZES, **_ESOL},
}
FULL = {
    "qm7": {**SIZES, **FULL_SIZES},
    "esol": {**SIZES, **_ESOL, "epochs": 200},
}


def _energies(split):
    """Return molecules of QM7, with what elements leave of their energy, and the fit of them."""
    begin, energies = datasets.load("qm7", "train")
    fit = CompositionFit(QM7).fit(begin, energies["pbe0"])
    molecules, targets = datasets.load("qm7", split)
    return (molecules, {"energy": fit.residual(molecules, targets["pbe0"])}), fit


def run_qm7(config, callbacks):
    """Train a network for the atomisation energy."""
    content = first(_energies("train")[0], config["train_size"])
    return train(network(config, *content, elements=QM7), content, config, callbacks)


def measure_qm7(model, config):
    """Measure it on the test split, in kcal/mol, beside the fit of the elements alone."""
    content, _ = _energies("test")
    held = errors(model, _energies("validation")[0])["energy"]
    alone = float(np.abs(content[1]["energy"]).mean())
    return {**errors(model, content), "validation": held, "composition": alone}


def _solubility(split, seed):
    content = molecule_net.read(datasets.find("esol") or _missing())
    return molecule_net.split_rows(content, split, seed)


def _missing():
    return datasets.load("esol", "train")  # says what to type


def run_esol(config, callbacks):
    """Train a network for the logarithm of the solubility; the seed is that of the split too."""
    content = first(_solubility("train", config["seed"]), config["train_size"])
    return train(network(config, *content, elements=ORGANIC), content, config, callbacks)


def measure_esol(model, config):
    """Return the root mean square error, as it is published, on test and validation data."""
    found = {}
    for split in ("test", "validation"):
        molecules, targets = _solubility(split, config["seed"])
        gaps = model.predict_properties(molecules)["logp"] - targets["logp"]
        found[split] = float(np.sqrt((gaps**2).mean()))
    begin = _solubility("train", config["seed"])[1]["logp"]
    spread = float(np.sqrt(((targets["logp"] - begin.mean()) ** 2).mean()))
    return {"rmse": found["test"], "validation_rmse": found["validation"], "mean_rmse": spread}


EXPERIMENTS = {
    "qm7": Experiment(run_qm7, measure_qm7, TINY),
    "esol": Experiment(run_esol, measure_esol, TINY),
}
RUNS = {"qm7": Run("qm7", seeds=(1, 2)), "esol": Run("esol")}
CLAIMS = (
    Claim(
        "QM7, error of the atomisation energy (kcal/mol) on 1,301 molecules",
        metric="qm7/energy",
        goal=3.0,
        baseline="qm7/composition",
        higher_is_better=False,
        note="The baseline is a least-squares fit of the numbers of atoms.",
    ),
    Claim(
        "ESOL, root mean square error of the log solubility, random splits",
        metric="esol/rmse",
        paper="0.58",
        goal=0.65,
        baseline="esol/mean_rmse",
        higher_is_better=False,
        unconfirmed=True,
        note="Published for such a network by MoleculeNet (Wu et al., 2018), not by this paper.",
    ),
)
