"""The callback that splits the batches of `fit`, whatever the backend."""

import keras

from keras_readinglist.distribution.data_parallel.jax_devices import JaxDevices
from keras_readinglist.distribution.data_parallel.torch_processes import TorchProcesses

ENGINES = {"jax": JaxDevices, "torch": TorchProcesses}


class DataParallel(keras.callbacks.Callback):
    """Splits every batch of `fit` over devices (JAX) or processes (torch), for the same update.

    The model is an ordinary one: it is laid out when training begins, and is on one device again
    when it has ended. Losses, metrics, masks, sample weights and the statistics of normalization
    are those of the whole batch, so that the loss curve is that of one device. Only dropout draws
    other numbers on torch, each process its own. Validation is not split.

    On JAX one process feeds all its devices; several hosts are joined as
    `keras.distribution.initialize` says, if its environment variables are set. On torch every
    process is started by `torchrun` and runs the same program on the same batches. There a row of
    the outputs must depend on that row of the inputs alone, but for layers that normalize by the
    batch: those with weights called `moving_...`, as of `keras.layers.BatchNormalization`.

    Raises:
        ValueError: If there is one device or process only, if the backend is TensorFlow, or if a
            distribution of Keras is set, which would be ignored on torch. In `fit`: if a batch
            cannot be split evenly, or the processes were given different batches.

    Example:
        >>> with DataParallel() as replicas:  # doctest: +SKIP
        ...     model.fit(replicas.part(batches), callbacks=[replicas])

    References:
        - [Huang et al., 2018](https://arxiv.org/abs/1811.06965), section 2.3, which adds it to
          pipelines
    """

    def __init__(self):
        super().__init__()
        backend = keras.config.backend()
        if backend not in ENGINES:
            raise ValueError(
                f"Batches are split over devices on {' and '.join(ENGINES)} only. "
                f"Received: the backend {backend}"
            )
        if keras.distribution.distribution() is not None:
            raise ValueError(
                "`DataParallel` lays the model out by itself: call "
                "`keras.distribution.set_distribution(None)` before."
            )
        self._engine, self.trained = ENGINES[backend](), False

    @property
    def rank(self):
        """The number of this process. Process 0 is the one to write files."""
        return self._engine.rank

    def part(self, dataset):
        """Return what this process has to feed of a dataset.

        Args:
            dataset: A `keras.utils.PyDataset`, the same in all processes.
        """
        return self._engine.part(dataset)

    def share(self, value):
        """Return the value that process 0 has.

        Args:
            value: Integer or NumPy array.
        """
        return self._engine.share(value)

    def close(self):
        """Leave the group of processes, and a training that an error has ended."""
        self._engine.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def on_train_begin(self, logs=None):
        """Lay the model out."""
        self._engine.begin(self.model)

    def on_epoch_begin(self, epoch, logs=None):
        """See to it that devices, or processes, still agree."""
        self._engine.begin_epoch(self.model)

    def on_train_batch_end(self, batch, logs=None):
        """See to it that the step was one of many devices."""
        if not self._engine.used:
            raise ValueError(
                "A model whose `train_step` does not call the model itself cannot be split. "
                f"Received: {self.model.name}, a {type(self.model).__name__}"
            )
        self.trained = True

    def on_test_begin(self, logs=None):
        """Let validation see whole batches, of any size."""
        self._engine.pause()

    def on_test_end(self, logs=None):
        """Split batches again."""
        self._engine.resume()

    def on_train_end(self, logs=None):
        """Give the model back as one of a single device."""
        self._engine.end(self.model)
