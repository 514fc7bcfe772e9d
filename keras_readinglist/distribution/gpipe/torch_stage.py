"""One cell of a pipeline in its process, on torch: what the schedule calls for each micro-batch."""

import functools
import itertools

import keras
from keras import ops


class TorchStage:
    """What a process computes of the micro-batches of a batch, one after another.

    Tensors that are sent have the size of the largest micro-batch. What a smaller one lacks is
    zeros, which no cell reads: statistics, losses and dropout are those of its examples alone.

    Args:
        cell: A `keras.Model`.
        first: Boolean, whether it reads the data, and nothing that is sent.
        rematerialize: Boolean, whether only inputs are kept for the way back.
        statistics: A `DeferredStatistics` of the cell.
        loss: Function of targets, outputs and sample weights, which the last cell calls.
        metrics: List of `keras.metrics.Metric`s, which the last cell updates.
    """

    def __init__(self, cell, first, rematerialize, statistics, loss, metrics):
        self.cell, self.first, self.rematerialize = cell, first, rematerialize
        self.statistics, self.loss, self.metrics = statistics, loss, metrics
        self.trainable = cell.trainable_variables
        self.others = cell.non_trainable_variables

    def begin(self, parts, training):
        """Start a batch.

        Args:
            parts: List of `MicroBatch`es.
            training: Boolean.
        """
        self._parts, self._training = parts, training
        self._numbers = itertools.count()  # schedules call a stage in the order of micro-batches
        self._counts = [len(keras.tree.flatten(part.x)[0]) for part in parts]
        self._rows = max(self._counts)
        self.total = ops.zeros(())
        if training:
            for variable in self.trainable:
                variable.value.grad = None
            self._seen, self._before = 0.0, [variable.value for variable in self.others]
            self._state = self.statistics.blank(self._before)
            self._gathered = self.statistics.start(self._before)

    def forward(self, received):
        """Return the outputs of the next micro-batch.

        Args:
            received: Outputs of the cell before, or what the schedule splits for the first cell.
        """
        number = next(self._numbers)
        part = self._parts[number]
        if self.first:
            x = keras.tree.map_structure(ops.convert_to_tensor, part.x)
        else:
            x = _cut(received, self._counts[number])
        y = self._train(x, part.share) if self._training else self.cell(x, training=False)
        return _fill(y, self._rows)

    def _train(self, x, share):
        """Return outputs, to which the gradient of the losses inside is attached."""
        run = functools.partial(self._run, self._state)
        if self.rematerialize:
            from torch.utils.checkpoint import checkpoint

            # All random numbers come from the state, which is given again.
            run = functools.partial(checkpoint, run, use_reentrant=False, preserve_rng_state=False)
        y, inside, after = run(x)
        self._gathered = self.statistics.merge(self._gathered, after, self._seen, share)
        self._state = self.statistics.blank(after)
        self._seen += share
        if inside is None:
            return y
        self.total = self.total + share * inside.detach()
        return _attachment()(y, share * inside)

    def _run(self, state, x):
        """Return outputs, the losses of the layers or `None`, and the new state."""
        known = zip(self.others, state, strict=True)
        with keras.StatelessScope(known, collect_losses=True) as scope:
            y = self.cell.call(x, training=True)
        # `losses` of a layer tells its own by their addresses, which are used again and again.
        losses = [*scope.losses, *(v.regularizer(v) for v in self.trainable if v.regularizer)]
        after = [scope.get_current_value(variable).detach() for variable in self.others]
        return y, ops.cast(sum(losses), "float32") if losses else None, after

    def measure(self, y, number):
        """Return the share of a micro-batch in the loss of the batch, in the last cell.

        Args:
            y: Outputs of the cell.
            number: Tensor of one integer, the micro-batch.
        """
        part = self._parts[int(number)]
        y = _cut(y, self._counts[int(number)])
        target, weight = (
            None if value is None else ops.convert_to_tensor(value)
            for value in (part.y, part.weight)
        )
        loss = ops.cast(self.loss(target, y, weight), "float32") * part.loss_share
        for metric in self.metrics:
            metric.update_state(target, y.detach(), sample_weight=weight)
        self.total = self.total + loss.detach()
        return loss

    def finish(self):
        """End a batch that was trained on: move the averages of batch normalization."""
        state = self.statistics.commit(self._before, self._state, self._gathered)
        for variable, value in zip(self.others, state, strict=True):
            variable.assign(value)

    def outputs(self, merged):
        """Return the outputs of the micro-batches, of what the last stage gives for all of them."""
        chunks = merged.split(self._rows)
        return [_cut(y, rows) for y, rows in zip(chunks, self._counts, strict=True)]

    @property
    def gradients(self):
        """The gradients of a batch, in the order of the trainable variables."""
        values = [variable.value for variable in self.trainable]
        return [ops.zeros_like(v) if v.grad is None else v.grad for v in values]


def _cut(values, rows):
    return values if len(values) == rows else values[:rows]


def _fill(values, rows):
    """Return values with rows of zeros up to a number of rows, in one piece of memory."""
    if len(values) < rows:
        zeros = values.new_zeros((rows - len(values), *values.shape[1:]))
        values = ops.concatenate([values, zeros])
    return values.contiguous()


@functools.cache
def _attachment():
    """Return a function that gives its first argument, and a gradient of one to its second.

    So a loss inside a cell is part of the loss of the batch, though no other process sees it.
    """
    import torch

    class Attachment(torch.autograd.Function):
        @staticmethod
        def forward(ctx, outputs, loss):
            return outputs.view_as(outputs)

        @staticmethod
        def backward(ctx, gradient):
            return gradient, gradient.new_ones((), dtype=torch.float32)

    return Attachment.apply
