"""Gap, dipole and energy of small molecules that the network never saw.

The molecules, and their properties by GFN2-xTB, are the data set `xtb_small_molecules`. The energy
is what the number of atoms of each element leaves to explain. One network is trained for each
property, as in the paper; the ensemble of the gallery learns all five. The full scale is QM9, where
the dipole is `mu`, the energy `U0`, and the ensemble learns all thirteen.
"""

import keras
import numpy as np

from keras_readinglist import datasets
from keras_readinglist.applications import MPNNEnsemble
from keras_readinglist.chemistry import CompositionFit
from keras_readinglist.recipes.message_passing import baselines
from keras_readinglist.recipes.message_passing.training import (
    FULL_SIZES,
    SIZES,
    TINY,
    errors,
    first,
    network,
    train,
    with_ratios,
)
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, Trained, as_computed

TARGETS = ("gap", "dipole", "energy")
ALL = ("energy", "homo", "lumo", "gap", "dipole")
QM9 = {"dipole": "mu", "energy": "U0"}
UNITS = {"gap": "eV", "dipole": "D", "energy": "eV"}
MEMBERS = 5


def load(split, config, names=None):
    """Return molecules and targets of a split.

    Args:
        split: `"train"`, `"validation"` or `"test"`.
        config: The configuration of a run; `"dataset"` is `"qm9"` at the full scale.
        names: Properties, or `None` for all.
    """
    if config.get("dataset") == "qm9":
        molecules, targets = datasets.load("qm9", split)
        return molecules, {name: targets[QM9.get(name, name)] for name in names or targets}
    train_molecules, train_targets = datasets.load("xtb_small_molecules", "train")
    molecules, targets = datasets.load("xtb_small_molecules", split)
    fit = CompositionFit().fit(train_molecules, train_targets["energy"])
    targets = {**targets, "energy": fit.residual(molecules, targets["energy"])}
    return molecules, {name: targets[name] for name in names or ALL}


def run_property(config, callbacks):
    """Train a network for one property."""
    content = first(load("train", config, [config["target"]]), config["train_size"])
    return train(network(config, *content), content, config, callbacks)


def measure_property(model, config):
    """Measure it on molecules that it never saw, and how far it moves when they are turned."""
    found = errors(model, load("test", config, [config["target"]]))
    mae = found[config["target"]]
    held = errors(model, load("validation", config, [config["target"]]))[config["target"]]
    return {
        "mae": mae,
        "validation_mae": held,
        "ratio": with_ratios(found)[f"{config['target']}_ratio"],
        "mae_less_30_percent": 0.7 * mae,
    }


class Together(keras.Model):
    """The members of an ensemble side by side, each of which has to learn the targets itself."""

    def __init__(self, ensemble):
        super().__init__()
        self.ensemble = ensemble
        self.built = True

    def call(self, inputs):
        answers = [member(inputs) for member in self.ensemble.members]
        return keras.ops.stack(answers, axis=1)


def mean_of_members(targets, answers):
    """Return the squared error of all members, `(batch,)`."""
    gaps = answers - keras.ops.expand_dims(targets, 1)
    return keras.ops.mean(keras.ops.square(gaps), axis=(1, 2))


def run_ensemble(config, callbacks):
    """Train networks of all five properties, which differ in their first weights."""
    content = first(load("train", config), config["train_size"])
    members = [
        network({**config, "seed": 1000 * config["seed"] + k}, *content)
        for k in range(config["members"])
    ]
    ensemble = MPNNEnsemble(members)
    return train(ensemble, content, config, callbacks, mean_of_members, Together(ensemble))


def measure_ensemble(model, config):
    """Measure ensemble and members, and by how much a turn in space moves the answer."""
    content = load("test", config)
    found = with_ratios(errors(model, content))
    alone = [errors(member, content) for member in model.members]
    singles = {f"{name}_single": float(np.mean([one[name] for one in alone])) for name in alone[0]}
    return {**found, **singles, "turned": turned(model, content[0][:200])}


def turned(model, molecules):
    """Return by how much answers change when molecules are turned, mirrored and moved, at most.

    In units of the spread of a property.
    """
    import dataclasses

    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    turn[:, 0] *= -np.sign(np.linalg.det(turn))  # a mirror image
    elsewhere = (molecules.positions @ turn + [1.0, -2.0, 3.0]).astype("float32")
    moved = dataclasses.replace(molecules, positions=elsewhere)
    before, after = (model.predict_properties(m) for m in (molecules, moved))
    return max(
        float(np.abs(before[name] - after[name]).max() / spread)
        for name, spread in zip(model.target_names, model.target_std, strict=True)
    )


def run_baselines(config, callbacks):
    """Return the errors of methods without a network, tuned on validation data."""
    parts = [first(load("train", config, TARGETS), config["train_size"])]
    parts += [load(part, config, TARGETS) for part in ("validation", "test")]
    return baselines.measure(*parts, config["tuned_on"])


# Kernel, width and penalty are chosen on as many molecules, and then fitted to all.
_WITHOUT = {"train_size": None, "tuned_on": 3000, "seeds": (0,)}
REDUCED = {
    "property": {**SIZES, "target": "gap"},
    "ensemble": {**SIZES, "members": MEMBERS, "seeds": (0,)},
    "baselines": _WITHOUT,
}
# A kernel between all 110,000 molecules would take 97 GB.
FULL = {
    "property": {**SIZES, **FULL_SIZES, "target": "gap", "dataset": "qm9"},
    "ensemble": {**SIZES, **FULL_SIZES, "members": MEMBERS, "dataset": "qm9", "seeds": (0,)},
    "baselines": {**_WITHOUT, "train_size": 20_000, "dataset": "qm9"},
}
EXPERIMENTS = {
    "property": Experiment(run_property, measure_property, TINY),
    "ensemble": Experiment(run_ensemble, measure_ensemble, {**TINY, "members": 2}),
    "baselines": Experiment(run_baselines, as_computed, {"train_size": 80, "tuned_on": 40}),
}
_GGNN = {"message": "matrix", "readout": "gated", "kind": "bins"}
# What differs, and the seeds for each property. What no claim is made of has one. Where seed 0 is
# not named, its result was lost with the machine that made it; logs of it agree with the others.
_ALL, _LAST, _ONE = None, (1, 2), (0,)
_SEEDS = {"gap": _ALL, "dipole": _LAST, "energy": _ALL}
_VARIANTS = {
    "bonds": ({"kind": "bonds"}, {"dipole": _LAST, "energy": _LAST}),
    "virtual": ({"kind": "virtual"}, {"energy": _LAST}),
    "bonds_gated": ({"kind": "bonds", "readout": "gated"}, {"energy": _ALL}),
    "implicit": ({"hydrogens": False}, {"dipole": _ALL}),
    "pair": ({"message": "pair"}, {"dipole": _LAST, "energy": _LAST}),
    "ggnn": (_GGNN, {"dipole": _LAST, "energy": _ALL}),
    "bins": ({"kind": "bins"}, {"dipole": _ONE, "energy": _ONE}),
    "towers": ({"num_towers": 8}, {"dipole": _ONE, "energy": _ONE}),
}
RUNS = {
    "baselines": Run("baselines"),
    **{
        f"enn_s2s_{target}": Run("property", {"target": target}, seeds)
        for target, seeds in _SEEDS.items()
    },
    "ensemble": Run("ensemble"),
    **{
        f"{name}_{target}": Run("property", {**variant, "target": target}, seeds)
        for name, (variant, targets) in _VARIANTS.items()
        for target, seeds in targets.items()
    },
    "enn_s2s_energy_1000": Run("property", {"target": "energy", "train_size": 1000}),
}
_GOALS = {"gap": 0.22, "dipole": 0.25, "energy": 0.15}


def _lower(name, metric, baseline, goal, **more):
    return Claim(name, metric=metric, baseline=baseline, goal=goal, higher_is_better=False, **more)


CLAIMS = (
    *(
        _lower(
            f"Error of the {target} ({UNITS[target]}), against half of that of the better of "
            "ridge regression and kernel ridge regression",
            f"enn_s2s_{target}/mae",
            f"baselines/{target}_half",
            _GOALS[target],
            note="The paper: errors of enn-s2s on QM9 are 0.50 of those of the best such method.",
        )
        for target in TARGETS
    ),
    *(
        _lower(
            f"Error of the {target} ({UNITS[target]}) with distances, 30 % below bonds alone",
            f"enn_s2s_{target}/mae",
            f"bonds_{target}/mae_less_30_percent",
            _GOALS[target],
            note="The paper's mean error ratio: 2.57 without distances, 0.98 with them.",
        )
        for target in ("dipole", "energy")
    ),
    _lower(
        "Error of the energy (eV) on bonds with virtual edges, against bonds alone",
        "virtual_energy/mae",
        "bonds_energy/mae",
        None,
        note="The paper's mean error ratio: 2.90 against 3.47.",
    ),
    _lower(
        "Error of the dipole (D) with hydrogens as atoms, against hydrogens as numbers",
        "enn_s2s_dipole/mae",
        "implicit_dipole/mae",
        _GOALS["dipole"],
        note="The paper's mean error ratio: 0.68 against 0.98.",
    ),
    _lower(
        "Error of the energy (eV) on bonds, read by Set2Set against a gated sum",
        "bonds_energy/mae",
        "bonds_gated_energy/mae",
        None,
        note="The paper's mean error ratio: 2.57 against 2.90 with virtual edges.",
    ),
    *(
        _lower(
            f"Error of the {target} ({UNITS[target]}), edge network against pair message",
            f"enn_s2s_{target}/mae",
            f"pair_{target}/mae",
            _GOALS[target],
            note="The paper's mean error ratio, trained on all properties at once: 1.53 against "
            "3.98.",
        )
        for target in ("dipole", "energy")
    ),
    *(
        _lower(
            f"Error of the {target} ({UNITS[target]}), enn-s2s against the gated graph network",
            f"enn_s2s_{target}/mae",
            f"ggnn_{target}/mae",
            _GOALS[target],
            note="The paper's mean error ratio: 0.68 against 1.36.",
        )
        for target in ("dipole", "energy")
    ),
    _lower(
        "Error of the energy (eV) after 1,000 molecules, against the better of the methods without "
        "a network after all 7,127",
        "enn_s2s_energy_1000/mae",
        "baselines/energy_best",
        None,
        note="The paper: on R2, enn-s2s with a tenth of the data is ahead of all others with all.",
    ),
    _lower(
        "Error of the gap (eV), five networks against one of them",
        "ensemble/gap",
        "ensemble/gap_single",
        _GOALS["gap"],
        note="The paper's mean error ratio: 0.52 against 0.68. Trained on five properties at once.",
    ),
    _lower(
        "Turning, mirroring and moving molecules changes a property by at most (of its spread)",
        "ensemble/turned",
        None,
        1e-3,
        note="Distances are all that the network sees: exact but for rounding.",
    ),
)


def _check(model):
    molecules, targets = load("test", {})
    rows = slice(100)
    return errors(model, (molecules[rows], {n: v[rows] for n, v in targets.items()}))


PRESETS = {
    "enn_s2s_small_molecules": Trained(
        "ensemble",
        "Predicts energy, orbital energies, gap and dipole of molecules of H, C, N, O and F.",
        data="xtb_small_molecules, made by this project with RDKit and GFN2-xTB",
        licence="Apache-2.0",
        check=_check,
    ),
}
