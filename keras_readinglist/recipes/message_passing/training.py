"""How networks of molecules are trained and measured."""

import keras
import numpy as np

from keras_readinglist.applications import MPNN
from keras_readinglist.chemistry import CHEMICAL_ACCURACY, MoleculeBatches, MoleculeFeatures
from keras_readinglist.recipes.training import fit

SIZES = {
    "kind": "gaussian",
    "hydrogens": True,
    "message": "edge_network",
    "readout": "set2set",
    "units": 64,
    "num_steps": 3,
    "num_towers": 1,
    "set2set_steps": 6,
    "hidden_units": [64, 24],
    "directed": False,
    "output_units": 128,
    "batch_size": 32,
    "epochs": 60,
    "learning_rate": 1e-3,
    "last_rate": 2e-5,
    "decay_from": 0.3,
    "clipnorm": 4.0,
    "weight_decay": 0.0,
    "train_size": None,
    "seeds": (0, 1, 2),
}
# The authors' public defaults, and the paper's number of steps of training on QM9.
FULL_SIZES = {
    "kind": "distance",
    "units": 200,
    "num_steps": 6,
    "set2set_steps": 12,
    "hidden_units": [50, 50, 50, 50],
    "directed": True,
    "output_units": 200,
    "batch_size": 20,
    "epochs": 540,
    "learning_rate": 1.3e-4,
}
TINY = {"units": 24, "hidden_units": [8, 4], "output_units": 8, "epochs": 1, "train_size": 64}


def network(config, molecules, targets, elements=(1, 6, 7, 8, 9), names=None):
    """Return an untrained network, with the mean and the spread of what it is trained on.

    Args:
        config: The configuration of a run.
        molecules: `Molecules` for training.
        targets: Dictionary of their properties.
        elements: Atomic numbers with a feature of their own.
        names: The properties to predict. Defaults to all.
    """
    keras.utils.set_random_seed(config["seed"])
    names = list(targets) if names is None else names
    columns = np.stack([targets[name] for name in names], axis=1)
    same = ("units", "num_steps", "message", "readout", "set2set_steps", "num_towers")
    same += ("directed", "hidden_units", "output_units")
    return MPNN(
        len(names),
        features=MoleculeFeatures(config["kind"], config["hydrogens"], elements),
        target_names=names,
        target_mean=np.nanmean(columns, axis=0).tolist(),
        target_std=np.nanstd(columns, axis=0).tolist(),
        **{name: config[name] for name in same},
    )


def first(content, count):
    """Return the first `count` molecules and targets of a split; all for `None`."""
    molecules, targets = content
    rows = slice(count)
    return molecules[rows], {name: values[rows] for name, values in targets.items()}


def train(model, content, config, callbacks, loss="mse", learner=None):
    """Train a model of molecules on a split, with a rate that falls linearly.

    Args:
        model: A model with `features` and `standardized`.
        content: Pair of molecules and targets.
        config: The configuration of a run.
        callbacks: List of callbacks.
        loss: As for `model.compile`.
        learner: What is fitted in place of the model, if it is another.
    """
    molecules, targets = content
    batches = MoleculeBatches(
        molecules,
        model.standardized(targets),
        model.features,
        config["batch_size"],
        config["seed"],
    )
    steps = len(batches) * config["epochs"]
    begin = int(config["decay_from"] * steps)
    rate = keras.optimizers.schedules.PolynomialDecay(
        config["learning_rate"], max(1, steps - begin), config["last_rate"]
    )
    optimizer = keras.optimizers.AdamW(
        After(begin, rate), config["weight_decay"], global_clipnorm=config["clipnorm"]
    )
    learner = model if learner is None else learner
    learner.compile(optimizer=optimizer, loss=loss)
    fit(learner, batches, config["epochs"], callbacks)
    return model


@keras.saving.register_keras_serializable(package="keras_readinglist")
class After(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that begins at a step; before, the rate is its first."""

    def __init__(self, begin, schedule):
        super().__init__()
        self.begin, self.schedule = begin, schedule

    def __call__(self, step):
        return self.schedule(keras.ops.maximum(keras.ops.cast(step, "float32") - self.begin, 0))

    def get_config(self):
        return {"begin": self.begin, "schedule": self.schedule}


def errors(model, content):
    """Return the mean absolute error of every property, in its unit."""
    molecules, targets = content
    found = model.predict_properties(molecules)
    return {name: float(np.abs(found[name] - targets[name]).mean()) for name in found}


def with_ratios(found):
    """Return errors with the same in units of chemical accuracy, where it is known."""
    ratios = {
        f"{name}_ratio": value / CHEMICAL_ACCURACY[name]
        for name, value in found.items()
        if name in CHEMICAL_ACCURACY
    }
    return {**found, **ratios}
