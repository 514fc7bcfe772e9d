"""Batches of molecules of about the same size."""

import keras
import numpy as np

MULTIPLE = 8


class MoleculeBatches(keras.utils.PyDataset):
    """Molecules in batches for `fit`, shuffled anew every epoch.

    Those of a batch are padded to the same multiple of eight atoms, for the work grows with the
    square of it; sizes that do not fill a batch join the next. What a batch lacks is filled up with
    molecules that do not count. So a program is compiled for few sizes, and for no other shape.

    Args:
        molecules: `Molecules`.
        targets: Float array `(molecules, targets)`; NaN is what was not measured. A molecule that
            lacks one of several targets does not count at all: where many do, train a network for
            each target, as the paper does.
        features: A `MoleculeFeatures`.
        batch_size: Positive integer. Defaults to 32.
        seed: Integer, or `None` to keep the order.

    Raises:
        ValueError: If there is no row of targets for every molecule, or an argument is out of
            range.

    Example:
        >>> from keras_readinglist.chemistry import MoleculeFeatures, from_smiles
        >>> few = from_smiles(["C", "CC", "CCC"], positions=False)
        >>> batches = MoleculeBatches(few, np.zeros((3, 1)), MoleculeFeatures("bonds"), 2)
        >>> [batches[i][0]["node"].shape for i in range(len(batches))]
        [(2, 8, 15), (2, 16, 15)]
    """

    def __init__(self, molecules, targets, features, batch_size=32, seed=None):
        super().__init__()
        if not features.hydrogens:
            molecules = molecules.without_hydrogens()
        self.molecules, self.targets = molecules, np.asarray(targets, "float32")
        if self.targets.ndim != 2 or len(self.targets) != len(molecules):
            raise ValueError(
                f"`targets` must have the shape ({len(molecules)}, targets). "
                f"Received shape: {self.targets.shape}"
            )
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be positive. Received: batch_size={batch_size}")
        self.features, self.batch_size, self.seed = features, batch_size, seed
        self.sizes = padded_sizes(molecules.sizes, batch_size)
        self._epoch, self._batches = None, []
        self.epoch = 0

    @property
    def epoch(self):
        """The number of the running epoch, which decides the order."""
        return self._epoch

    @epoch.setter
    def epoch(self, number):
        if number == self._epoch:
            return
        self._epoch = number
        order = np.arange(len(self.molecules))
        rng = np.random.default_rng((self.seed or 0, number))
        if self.seed is not None:
            order = rng.permutation(order)
        batches = []
        for size in np.unique(self.sizes):
            rows = order[self.sizes[order] == size]
            cuts = range(0, len(rows), self.batch_size)
            batches.extend((int(size), rows[cut : cut + self.batch_size]) for cut in cuts)
        shuffled = range(len(batches)) if self.seed is None else rng.permutation(len(batches))
        self._batches = [batches[i] for i in shuffled]

    def __len__(self):
        """Return the number of batches."""
        return len(self._batches)

    def __getitem__(self, index):
        """Return graphs, targets, and the weights of both."""
        size, rows = self._batches[index]
        graphs = self.features.dense(self.molecules[rows], size)
        targets, more = self.targets[rows], self.batch_size - len(rows)
        weights = np.isfinite(targets).all(axis=-1).astype("float32")
        graphs, targets, weights = keras.tree.map_structure(
            lambda x: np.pad(x, [(0, more)] + [(0, 0)] * (x.ndim - 1)),
            (graphs, np.nan_to_num(targets), weights),
        )
        return graphs, targets, weights

    def on_epoch_end(self):
        """Go on to the order of the next epoch."""
        self.epoch += 1

    def rows(self, index):
        """Return the numbers of the molecules of a batch; padding comes behind them."""
        return self._batches[index][1]


def padded_sizes(sizes, batch_size):
    """Return what every molecule is padded to: see `MoleculeBatches`.

    Args:
        sizes: Int array of the numbers of atoms.
        batch_size: Positive integer.

    Example:
        >>> padded_sizes(np.array([3, 7, 12, 20]), batch_size=2).tolist()
        [8, 8, 24, 24]
    """
    padded = np.maximum(-(-sizes // MULTIPLE), 1) * MULTIPLE
    for size in np.unique(padded)[:-1]:
        few = padded == size
        if few.sum() < batch_size:
            padded[few] = padded[padded > size].min()
    return padded
