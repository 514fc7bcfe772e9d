"""Processes of torch that train one model, each on its rows of every batch.

Where the trainer of Keras calls the model, every process gives it its own rows and then has the
outputs of all of them: loss and metrics are computed from the whole batch, in every process alike.
The gradient of process `r` is then that of the loss of all processes with respect to what `r`
computed, and the average over the processes is the gradient of the loss.
"""

import contextlib
import os
import zlib

import keras
from keras import ops

from keras_readinglist.distribution.launch import initialize

_PATIENCE = 1800  # seconds: one process may validate, or write, while others wait


class TorchProcesses:
    """The process group that `torchrun` describes, and what is changed in a model to train in it.

    Raises:
        ValueError: If this process was not started by `torchrun`, or alone.
    """

    def __init__(self):
        from torch import distributed

        if int(os.environ.get("WORLD_SIZE", 1)) < 2:
            raise ValueError(
                "On torch batches are split over processes, and this one is alone: start it by "
                "`torchrun --nproc-per-node 2` or more."
            )
        self._began = not distributed.is_initialized()
        if self._began:
            initialize(timeout=_PATIENCE)
        self.rank, self.count = distributed.get_rank(), distributed.get_world_size()
        self.used, self._compare, self._inside, self._changed = False, True, False, []

    def close(self):
        """Leave the process group, if it was joined here, and a training that has failed."""
        from torch import distributed

        self._undo()
        if self._began and distributed.is_initialized():
            distributed.destroy_process_group()

    def share(self, value):
        """Return the value that process 0 has."""
        from torch import distributed

        values = [value]
        distributed.broadcast_object_list(values, src=0)
        return values[0]

    def part(self, dataset):
        """Return the dataset: targets and weights of all rows are needed for the loss."""
        return dataset

    def begin(self, model):
        """Start with the variables of process 0, and change what is called in a step."""
        from torch import distributed

        for variable in [*model.variables, *model.optimizer.variables]:
            distributed.broadcast(variable.value.data, src=0)
        self.used = False
        rowwise = getattr(model, "rowwise", model)
        self._change(rowwise, "call", self._split(rowwise))
        for layer in rowwise._flatten_layers():
            if _keeps_averages(layer):
                self._change(layer, "call", self._whole(layer))
        self._change(model.optimizer, "apply", self._averaged(model.optimizer))

    def begin_epoch(self, model):
        """Have the next batch compared between the processes."""
        self._compare = True

    def end(self, model):
        """Let the model be called, and updated, as before."""
        self._undo()

    def _undo(self):
        for owner, name in self._changed:
            delattr(owner, name)
        self._changed = []

    def pause(self):
        """Do nothing: without gradients nothing is split."""

    def resume(self):
        """Do nothing."""

    def _change(self, owner, name, function):
        setattr(owner, name, function)
        self._changed.append((owner, name))

    def _split(self, model):
        """Return a call of the model on the rows of this process, with the outputs of all rows."""
        import torch

        call = model.call

        def split(*args, **kwargs):
            if not torch.is_grad_enabled():
                return call(*args, **kwargs)
            rows = self._rows((args, kwargs))
            self.used = self._inside = True
            try:
                with _noise(model, self.rank):
                    outputs = call(*rows[0], **rows[1])
            finally:
                self._inside = False
            return self._map(self._gather, outputs)

        return split

    def _whole(self, layer):
        """Return a call of a layer that depends on the batch: on all rows, with those of here."""
        call = layer.call

        def whole(*args, **kwargs):
            if not self._inside:
                return call(*args, **kwargs)
            args, kwargs = self._map(self._gather, (args, kwargs))
            self._inside = False
            try:
                with _noise(layer, -self.rank):
                    outputs = call(*args, **kwargs)
            finally:
                self._inside = True
            return self._map(self._own, outputs)

        return whole

    def _averaged(self, optimizer):
        """Return an update by the gradients of all processes."""
        import torch
        from torch import distributed

        apply = optimizer.apply

        def averaged(gradients, *args, **kwargs):
            gradients = list(gradients)
            for dtype in dict.fromkeys(g.dtype for g in gradients if g is not None):
                places = [i for i, g in enumerate(gradients) if g is not None and g.dtype == dtype]
                flat = torch.cat([gradients[i].reshape(-1) for i in places])
                distributed.all_reduce(flat)
                pieces = torch.split(flat / self.count, [gradients[i].numel() for i in places])
                for i, piece in zip(places, pieces, strict=True):
                    gradients[i] = piece.reshape(gradients[i].shape)
            return apply(gradients, *args, **kwargs)

        return averaged

    def _rows(self, arguments):
        """Return arguments of a call with the rows of this process of every tensor."""
        import torch

        tensors = [x for x in keras.tree.flatten(arguments) if isinstance(x, torch.Tensor)]
        sizes = {tuple(x.shape[:1]) for x in tensors}
        if len(sizes) != 1 or sizes == {()} or min(sizes)[0] % self.count:
            raise ValueError(
                f"A batch is split over {self.count} processes: all its inputs must have the same "
                f"number of rows, a multiple of that. Received shapes: "
                f"{[tuple(x.shape) for x in tensors]}"
            )
        if self._compare:
            self._check_same(tensors)
            self._compare = False
        return self._map(self._own, arguments)

    def _check_same(self, tensors):
        """Raise a `ValueError` if processes have different batches, as of unequal seeds."""
        from torch import distributed

        sums, found = [zlib.crc32(ops.convert_to_numpy(x).tobytes()) for x in tensors], []
        found = [None] * self.count
        distributed.all_gather_object(found, sums)
        if any(other != sums for other in found):
            raise ValueError(
                "The processes must be given the same batches, in the same order: shuffle none, or "
                "with the same seed, as by `keras.utils.set_random_seed`."
            )

    def _map(self, function, structure):
        import torch

        def mapped(x):
            return function(x) if isinstance(x, torch.Tensor) else x

        return keras.tree.map_structure(mapped, structure)

    def _own(self, x):
        size = x.shape[0] // self.count
        return _with_mask(x[self.rank * size : (self.rank + 1) * size], x, self._own)

    def _gather(self, x):
        if not x.ndim:
            raise ValueError("A model that is split must give a row for every example, no scalar.")
        return _with_mask(_gathering().apply(x, self.rank, self.count), x, self._gather)


def _keeps_averages(layer):
    """Return whether a layer itself, and none inside it, has moving averages of batches."""
    below = {id(v) for inner in layer._flatten_layers(include_self=False) for v in inner.variables}
    own = (v for v in layer.non_trainable_variables if id(v) not in below)
    return any(variable.name.startswith("moving_") for variable in own)


def _with_mask(y, x, function):
    """Return `y` with what the function makes of the mask that `x` carries, if it does."""
    mask = getattr(x, "_keras_mask", None)
    if mask is not None:
        y._keras_mask = function(mask)
    return y


@contextlib.contextmanager
def _noise(layer, rank):
    """Let the random generators of a layer draw other numbers in every process.

    Their states differ for as long as rows are computed, and are equal again when it is done.
    """
    states = [v for v in layer.variables if "seed_generator_state" in v.name] if rank else []
    shift = ops.convert_to_tensor([rank * 1_000_003, 0], "int64")
    for state in states:
        state.assign(ops.cast(state.value, "int64") + shift)
    try:
        yield
    finally:
        for state in states:
            state.assign(ops.cast(state.value, "int64") - shift)


def _gathering():
    """Return the function of all processes' rows, whose gradients come from all processes."""
    import torch
    from torch import distributed

    class Gather(torch.autograd.Function):
        @staticmethod
        def forward(context, x, rank, count):
            context.rows = slice(rank * len(x), (rank + 1) * len(x))
            sent = x.to(torch.uint8) if x.dtype == torch.bool else x
            parts = [torch.empty_like(sent) for _ in range(count)]
            distributed.all_gather(parts, sent.contiguous())
            return torch.cat(parts).to(x.dtype)

        @staticmethod
        def backward(context, gradient):
            gradient = gradient.clone(memory_format=torch.contiguous_format)
            distributed.all_reduce(gradient)
            return gradient[context.rows], None, None

    return Gather
