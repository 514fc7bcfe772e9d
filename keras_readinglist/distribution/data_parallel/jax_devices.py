"""The devices of JAX that train one model: XLA splits the program by how its inputs lie."""

import os

import keras
import numpy as np


class JaxDevices:
    """All devices, of one process or of several, and how a model is laid out over them.

    Raises:
        ValueError: If there is one device only.
    """

    def __init__(self):
        import jax

        several = "KERAS_DISTRIBUTION_NUM_PROCESSES" in os.environ
        if several and not jax.distributed.is_initialized():
            keras.distribution.initialize()
        if jax.device_count() < 2:
            raise ValueError(
                f"There is one device only, {jax.devices()[0]}, and nothing to split batches over."
            )
        self.rank, self.count = jax.process_index(), jax.process_count()
        self.distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
        self._parted, self._model = self.count == 1, None
        self.used = True  # a step is one program for all devices, whatever is in it

    def close(self):
        """Leave nothing set, also if a training has failed."""
        self.pause()
        self._forget()

    def share(self, value):
        """Return the value that process 0 has."""
        if self.count == 1:
            return value
        from jax.experimental import multihost_utils

        return np.asarray(multihost_utils.broadcast_one_to_all(np.asarray(value)))[()]

    def part(self, dataset):
        """Return the dataset with the rows that this process feeds to its devices."""
        self._parted = True
        return dataset if self.count == 1 else _Rows(dataset, self.rank, self.count)

    def begin(self, model):
        """Put the variables on all devices, and have the step compiled for them."""
        if not self._parted:
            raise ValueError("Of several hosts, give `fit` what `part` makes of the dataset.")
        for variable in _variables(model):
            variable.assign(self._everywhere(self.share(np.asarray(variable.value))))
        self._model = model
        model.make_test_function(force=True)  # before `resume`: what it takes may lie anywhere
        self.resume()
        model.make_train_function(force=True)

    def begin_epoch(self, model):
        """Put there what another callback has assigned to: states that begin anew."""
        for variable in _variables(model):
            if len(variable.value.devices()) == 1:
                variable.assign(self._everywhere(np.asarray(variable.value)))

    def _everywhere(self, value):
        import jax

        mesh = self.distribution.device_mesh.backend_mesh
        sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
        return jax.make_array_from_callback(value.shape, sharding, lambda at: value[at])

    def end(self, model):
        """Put the variables on one device again."""
        self.pause()
        for variable in _variables(model):
            variable.assign(variable.value.addressable_data(0))
        self._forget()

    def _forget(self):
        """Drop what was compiled for many devices."""
        if self._model is not None:
            model, self._model = self._model, None
            model.train_function = model.test_function = model.predict_function = None

    def pause(self):
        """Let data go to one device."""
        keras.distribution.set_distribution(None)

    def resume(self):
        """Let data be split over all devices."""
        keras.distribution.set_distribution(self.distribution)


class _Rows(keras.utils.PyDataset):
    """The rows of one process of every batch."""

    def __init__(self, dataset, rank, count):
        super().__init__()
        self.dataset, self.rank, self.count = dataset, rank, count

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        return keras.tree.map_structure(self._own, self.dataset[index])

    def _own(self, x):
        if len(x) % self.count:
            raise ValueError(
                f"A batch is split over {self.count} processes: its rows must be a multiple of "
                f"that. Received shape: {np.shape(x)}"
            )
        size = len(x) // self.count
        return x[self.rank * size : (self.rank + 1) * size]

    def on_epoch_end(self):
        self.dataset.on_epoch_end()


def _variables(model):
    return [*model.variables, *model.optimizer.variables, *model.metrics_variables]
