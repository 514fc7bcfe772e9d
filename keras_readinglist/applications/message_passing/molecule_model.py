"""What models of molecules share: molecules in, named properties in their units out."""

import keras
import numpy as np

from keras_readinglist import chemistry
from keras_readinglist.layers.validation import check_size
from keras_readinglist.presets import PresetMixin


class MoleculeModel(PresetMixin, keras.Model):
    """A model that computes standardised properties, and knows their names and units."""

    def __init__(
        self, num_targets, features, target_names=None, target_mean=None, target_std=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.num_targets = check_size("num_targets", num_targets)
        self.features = features
        if isinstance(features, dict):
            self.features = chemistry.MoleculeFeatures(**features)
        names = target_names or [f"target_{i}" for i in range(num_targets)]
        mean, std = target_mean or [0.0] * num_targets, target_std or [1.0] * num_targets
        for name, values in (("target_names", names), ("target_mean", mean), ("target_std", std)):
            if len(values) != num_targets:
                raise ValueError(
                    f"`{name}` must have one entry for each of the {num_targets} targets. "
                    f"Received: {name}={values}"
                )
        self.target_names = [str(name) for name in names]
        self.target_mean, self.target_std = (list(map(float, v)) for v in (mean, std))

    def molecules(self, molecules):
        """Return molecules, of SMILES if they are given as such.

        Args:
            molecules: `chemistry.Molecules`, or a sequence of SMILES.

        Raises:
            ValueError: If the model is not made for molecules, or one cannot be read.
        """
        if self.features is None:
            raise ValueError("`features` must be given to a model that is to read molecules.")
        if isinstance(molecules, chemistry.Molecules):
            return molecules
        return chemistry.from_smiles(molecules, positions=self.features.needs_positions)

    def predict_properties(self, molecules, batch_size=64):
        """Predict the properties of molecules.

        Args:
            molecules: `chemistry.Molecules`, or a sequence of SMILES, which RDKit reads and lays
                out in space.
            batch_size: Positive integer.

        Returns:
            Dictionary of float arrays `(molecules,)` by the name of the property, in its unit.

        Raises:
            ValueError: If a molecule cannot be read.
        """
        return self.named(self._by_molecule(self._predict, molecules, batch_size))

    def _predict(self, inputs):
        return self.predict_on_batch(inputs)

    def _by_molecule(self, answer, molecules, batch_size):
        """Return what a function of `inputs` says of molecules, in their order."""
        molecules = self.molecules(molecules)
        nothing = np.zeros((len(molecules), 1))
        batches = chemistry.MoleculeBatches(molecules, nothing, self.features, batch_size)
        rows = [batches.rows(index) for index in range(len(batches))]
        said = [np.asarray(answer(inputs=batches[i][0]))[: len(r)] for i, r in enumerate(rows)]
        return np.concatenate(said)[np.argsort(np.concatenate(rows))]

    def standardized(self, targets):
        """Return a dictionary of properties as the array that the model learns."""
        columns = np.stack([np.asarray(targets[name]) for name in self.target_names], axis=1)
        return (columns - self.target_mean) / self.target_std

    def named(self, answers):
        """Return standardised answers as a dictionary of properties in their units."""
        columns = (np.asarray(answers, "float64") * self.target_std + self.target_mean).T
        return dict(zip(self.target_names, columns, strict=True))

    def get_config(self):
        names = ("num_targets", "target_names", "target_mean", "target_std")
        features = None if self.features is None else self.features.get_config()
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own, "features": features}
