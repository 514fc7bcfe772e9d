"""The mean of several models, and how far they are apart."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.applications.message_passing.molecule_model import MoleculeModel
from keras_readinglist.decoding.compiled import compiled


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MPNNEnsemble(MoleculeModel):
    """Averages models of the same properties: enn-s2s-ens5 of the paper.

    Their spread tells where the answer is not to be trusted.

    Args:
        members: List of built `MPNN` for the same features and targets.
        **kwargs: Base model keyword arguments.

    Call arguments, Input shape and Output shape: as for `MPNN`.

    Raises:
        ValueError: If there is no member, or they predict different properties.

    Example:
        >>> from keras_readinglist.chemistry import MoleculeFeatures
        >>> one, other = (MPNN(units=16, features=MoleculeFeatures("bonds")) for _ in range(2))
        >>> mean, spread = MPNNEnsemble([one, other]).predict_with_spread(["CCO"])
        >>> mean["target_0"].shape, bool(spread["target_0"][0] > 0)
        ((1,), True)

    References:
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), Table 2
    """

    def __init__(self, members, **kwargs):
        if not members:
            raise ValueError("`members` must hold at least one model. Received: members=[]")
        first = members[0]
        facts = {(m.features, *m.target_names, *m.target_mean, *m.target_std) for m in members}
        if len(facts) > 1:
            raise ValueError("`members` must have the same features and targets.")
        shared = {name: getattr(first, name) for name in ("target_names", "target_mean")}
        super().__init__(
            first.num_targets, first.features, target_std=first.target_std, **shared, **kwargs
        )
        self.members = list(members)
        self.built = True

    def call(self, inputs):
        # Not `ops.mean`, which turns float64 into float32.
        answers = ops.stack([member(inputs) for member in self.members])
        return ops.sum(answers, axis=0) / len(self.members)

    def predict_with_spread(self, molecules, batch_size=64):
        """Return the mean of the members' answers, and their standard deviation.

        Args:
            molecules: As in `predict_properties`.
            batch_size: Positive integer.

        Returns:
            Two dictionaries of float arrays `(molecules,)` by the name of the property.
        """
        answers = self._by_molecule(self._each, molecules, batch_size)
        of = [self.named(answers[:, k]) for k in range(len(self.members))]
        of = {name: np.stack([answer[name] for answer in of]) for name in self.target_names}
        mean = {name: values.mean(axis=0) for name, values in of.items()}
        return mean, {name: values.std(axis=0) for name, values in of.items()}

    @compiled
    def _each(self, inputs):
        return ops.stack([member(inputs) for member in self.members], axis=1)

    def get_config(self):
        base = {name: keras.Model.get_config(self)[name] for name in ("name", "trainable", "dtype")}
        return {**base, "members": [keras.saving.serialize_keras_object(m) for m in self.members]}

    @classmethod
    def from_config(cls, config):
        members = [keras.saving.deserialize_keras_object(m) for m in config.pop("members")]
        return cls(members, **config)
