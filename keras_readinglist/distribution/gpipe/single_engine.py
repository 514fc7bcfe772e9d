"""One cell on one device, on any backend: micro-batches are summed, and nothing is sent."""

import keras
from keras import ops

from keras_readinglist.distribution.gpipe.batch_statistics import (
    DeferredStatistics,
    ImmediateStatistics,
)
from keras_readinglist.distribution.gpipe.micro_batches import MicroBatch


class SingleEngine:
    """Runs a model that is one cell, on TensorFlow or torch.

    Args:
        cells: List of one `keras.Model`.
        devices: Unused; the device is that of Keras.
        rematerialize: Unused; a single cell goes back at once, and keeps one micro-batch.
        deferred: Boolean, whether averages of batch normalization move once a batch.
    """

    def __init__(self, cells, devices, rematerialize, deferred):
        (self.cell,) = cells
        self.devices = [keras.config.backend()]
        self.statistics = (DeferredStatistics if deferred else ImmediateStatistics)(self.cell)
        self.optimizer = self.loss = None
        self.metrics, self.sums = [], []

    def compile(self, optimizer, loss, metrics):
        """Prepare for training.

        Args:
            optimizer: A built `keras.optimizers.Optimizer`.
            loss: A `keras.losses.Loss`.
            metrics: List of `keras.metrics.Metric`s.
        """
        self.optimizer, self.loss, self.metrics = optimizer, loss, metrics
        self._update = self._apply
        if keras.config.backend() == "tensorflow":
            import tensorflow as tf

            self._graph = tf.function(self._taped, reduce_retracing=True)
            self._update = tf.function(self._apply)

    def load(self):
        """Do nothing: the variables are where they are used."""

    def sync(self):
        """Do nothing, as `load`."""

    def agree(self, stop):
        """Return whether to stop: there is one process, and it decides."""
        return stop

    def gradients(self, parts):
        """Return the loss of a batch; its gradients are then `sums`.

        Args:
            parts: List of `MicroBatch`es.
        """
        variables = self.cell.non_trainable_variables
        before = [ops.copy(v.value) for v in variables]
        _assign(variables, self.statistics.blank(before))
        gathered, seen, total, self.sums = self.statistics.start(before), 0.0, 0.0, None
        for part in parts:
            loss, gradients = self._differentiate(part)
            total = total + loss
            old = self.sums or [0.0] * len(gradients)
            self.sums = [one + other for one, other in zip(old, gradients, strict=True)]
            after = [ops.copy(v.value) for v in variables]
            gathered = self.statistics.merge(gathered, after, seen, part.share)
            _assign(variables, self.statistics.blank(after))
            seen += part.share
        _assign(variables, self.statistics.commit(before, after, gathered))
        return total

    def train(self, parts):
        """Train on a batch; return its loss.

        Args:
            parts: As for `gradients`.
        """
        loss = self.gradients(parts)
        self._update(self.sums)
        self.sums = None
        return loss

    def forward(self, parts):
        """Return the outputs of micro-batches that are not trained on, in order.

        Args:
            parts: List of inputs.
        """
        return [ops.stop_gradient(self.cell(part, training=False)) for part in parts]

    def _apply(self, gradients):
        self.optimizer.apply(gradients, self.cell.trainable_variables)

    def _run(self, part):
        """Return the share of a micro-batch in the loss of the batch."""
        x, target, weight = keras.tree.map_structure(_tensor, tuple(part[:3]))
        y = self.cell(x, training=True)
        inside = sum(self.cell.losses, ops.zeros(()))
        loss = ops.cast(self.loss(target, y, weight), "float32") * part.loss_share
        for metric in self.metrics:
            metric.update_state(target, ops.stop_gradient(y), sample_weight=weight)
        return loss + inside * part.share

    def _differentiate(self, part):
        """Return the loss of a micro-batch and its gradients."""
        if keras.config.backend() == "tensorflow":
            return self._graph(MicroBatch(*keras.tree.map_structure(_tensor, tuple(part))))
        import torch

        loss = self._run(part)
        variables = [variable.value for variable in self.cell.trainable_variables]
        return loss.detach(), torch.autograd.grad(loss, variables, materialize_grads=True)

    def _taped(self, part):
        import tensorflow as tf

        variables = [variable.value for variable in self.cell.trainable_variables]
        with tf.GradientTape() as tape:
            loss = self._run(part)
        found = tape.gradient(loss, variables, unconnected_gradients="zero")
        return loss, list(map(tf.convert_to_tensor, found))  # an embedding's is a list of rows


def _tensor(value):
    return None if value is None else ops.convert_to_tensor(value)


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
