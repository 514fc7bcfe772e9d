"""A pipeline on torch: a process for each cell, and `torch.distributed.pipelining` between them."""

import keras
from keras import ops

from keras_readinglist.distribution.gpipe.batch_statistics import (
    DeferredStatistics,
    ImmediateStatistics,
)
from keras_readinglist.distribution.gpipe.cell_optimizer import cell_optimizer
from keras_readinglist.distribution.gpipe.micro_batches import MicroBatch
from keras_readinglist.distribution.gpipe.torch_stage import TorchStage
from keras_readinglist.distribution.launch import processes

_SCHEDULES = 4  # what is kept of them: whole batches and the rest, to train on and to predict


class TorchEngine:
    """Runs the cell of this process; all processes call the same methods in the same order.

    Args:
        cells: List of `keras.Model`s, one for each process of the group.
        devices: Unused; the device of a process is that of its variables.
        rematerialize: Boolean, as in `GPipe`.
        deferred: Boolean, whether averages of batch normalization move once a batch.
    """

    def __init__(self, cells, devices, rematerialize, deferred):
        self.rank, size = processes()
        if size != len(cells):
            raise ValueError(
                "`num_partitions` must be the number of processes on torch. Start them by "
                f"`torchrun --nproc-per-node {len(cells)} script.py`, where the script calls "
                "`keras_readinglist.distribution.initialize()` first, or by "
                f"`keras_readinglist.distribution.launch(function, {len(cells)})`. "
                f"Received: num_partitions={len(cells)} and {size} process(es) in the group"
            )
        self.cells, self.cell = cells, cells[self.rank]
        self.device = self.cell.variables[0].value.device
        self.devices = [f"{self.device.type} of process {rank}" for rank in range(size)]
        self.rematerialize = rematerialize
        self.statistics = (DeferredStatistics if deferred else ImmediateStatistics)(self.cell)
        self.optimizer = self.stage = None
        self.metrics, self._slots, self._schedules = [], [], {}

    def compile(self, optimizer, loss, metrics):
        """Prepare for training; from here on all processes have the weights of the first.

        Args:
            optimizer: A `keras.optimizers.Optimizer` that was built with the model's variables.
            loss: As for `TorchStage`.
            metrics: As for `TorchStage`.
        """
        empty = [metric.name for metric in metrics if not metric.variables]
        if empty:
            raise ValueError(
                "`metrics` must have their variables before they see data, in every process. "
                f"Received: {', '.join(empty)}"
            )
        self.optimizer, self.metrics = optimizer, metrics
        self.stage = TorchStage(
            self.cell, self.rank == 0, self.rematerialize, self.statistics, loss, metrics
        )
        self._schedules = {}
        self._slots = [cell_optimizer(optimizer, cell)[1] for cell in self.cells]
        _broadcast([v for cell in self.cells for v in cell.variables], 0)
        _broadcast(optimizer.variables, 0)

    def load(self):
        """Do nothing: the variables are where they are used."""

    def sync(self):
        """Give every process the weights, states and slots of all cells, and the metrics."""
        for rank, (cell, slots) in enumerate(zip(self.cells, self._slots, strict=True)):
            _broadcast([*cell.variables, *slots], rank)
        _broadcast([v for metric in self.metrics for v in metric.variables], self._last)

    def agree(self, stop):
        """Return whether any of the processes wants to stop."""
        return bool(self._sum([float(stop)])[0] > 0)

    @property
    def _last(self):
        return len(self.cells) - 1

    @property
    def sums(self):
        """The gradients of a batch, cell after cell, sent to every process."""
        import torch

        found = []
        for rank, cell in enumerate(self.cells):
            if rank == self.rank:
                values = [gradient.contiguous() for gradient in self.stage.gradients]
            else:
                values = [
                    torch.empty_like(variable.value, memory_format=torch.contiguous_format)
                    for variable in cell.trainable_variables
                ]
            for value in values:
                torch.distributed.broadcast(value, rank)
            found += values
        return found

    def gradients(self, parts):
        """Run a batch through the pipeline and back; return its loss, the same in every process.

        Args:
            parts: List of `MicroBatch`es, the same in every process; the first reads the inputs,
                the last the targets.
        """
        return self._run(parts)[0]

    def train(self, parts):
        """Train on a batch; return its loss.

        Args:
            parts: As for `gradients`.
        """
        loss, squares = self._run(parts)
        optimizer, gradients = self.optimizer, self.stage.gradients
        clip = optimizer.global_clipnorm
        if clip is not None:
            scale = clip / ops.maximum(ops.sqrt(squares), clip)
            gradients = [gradient * scale for gradient in gradients]
            optimizer.global_clipnorm = None  # it would see the norm of this cell alone
        try:
            optimizer.apply(gradients, self.stage.trainable)
        finally:
            optimizer.global_clipnorm = clip
        return loss

    def forward(self, parts):
        """Return the outputs of micro-batches that are not trained on, in every process.

        Args:
            parts: List of inputs.
        """
        import torch

        parts = [MicroBatch(part, None, None, 0.0, 0.0) for part in parts]
        with torch.no_grad():
            merged = self._step(parts, training=False)
            if self.rank != self._last:
                merged = torch.empty(self._shape, dtype=self._dtype, device=self.device)
            torch.distributed.broadcast(merged, self._last)
        return self.stage.outputs(merged)

    def _run(self, parts):
        """Compute gradients; return the loss of all cells, and the squared norm if it is asked."""
        self._step(parts, training=True)
        self.stage.finish()
        squares = 0.0
        if self.optimizer.global_clipnorm is not None:
            squares = sum(ops.sum(ops.square(gradient)) for gradient in self.stage.gradients)
        return self._sum([self.stage.total, squares])

    def _sum(self, values):
        """Return the sums of a list of numbers over all processes."""
        import torch

        total = ops.stack([ops.cast(value, "float32") for value in values]).to(self.device)
        torch.distributed.all_reduce(total)
        return total

    def _step(self, parts, training):
        """Let a schedule run over micro-batches; return the outputs in the last process."""
        import torch

        schedule = self._schedule(parts, training)
        self.stage.begin(parts, training)
        numbers = torch.arange(len(parts), device=self.device)
        return schedule.step(
            *([numbers] if self.rank == 0 else []),
            **({"target": numbers} if training and self.rank == self._last else {}),
        )

    def _schedule(self, parts, training):
        """Return the schedule for so many micro-batches of such a shape."""
        rows = max(len(keras.tree.flatten(part.x)[0]) for part in parts)
        spec = keras.tree.map_structure(
            lambda array: keras.KerasTensor((rows, *array.shape[1:]), str(array.dtype)), parts[0].x
        )
        key = training, len(parts), str(spec)
        if key not in self._schedules:
            if len(self._schedules) == _SCHEDULES:
                self._schedules.pop(next(iter(self._schedules)))
            self._schedules[key] = self._made(spec, len(parts), training)
        schedule, self._shape, self._dtype = self._schedules[key]
        return schedule

    def _made(self, spec, count, training):
        """Return a schedule, and shape and type of all outputs."""
        import torch
        from torch.distributed.pipelining import PipelineStage, ScheduleGPipe

        # Known shapes: else torch would run the cell once to find them, which moves its state.
        sent = [torch.zeros(1, dtype=torch.int64, device="meta")]
        for cell in self.cells:
            spec = cell.compute_output_spec(spec)
            dtype = getattr(torch, spec.dtype)
            sent.append(torch.empty(spec.shape, dtype=dtype, device="meta", requires_grad=training))
        module = torch.nn.Module()
        module.forward = self.stage.forward
        stage = PipelineStage(
            module,
            self.rank,
            len(self.cells),
            self.device,
            input_args=sent[self.rank],
            output_args=sent[self.rank + 1],
        )
        loss = self.stage.measure if training else None
        schedule = ScheduleGPipe(stage, count, loss_fn=loss, scale_grads=False)
        return schedule, (count * spec.shape[0], *spec.shape[1:]), dtype


def _broadcast(variables, rank):
    """Give variables the values that they have in one process."""
    import torch

    values = [variable.value.detach().contiguous() for variable in variables]
    for work in [torch.distributed.broadcast(value, rank, async_op=True) for value in values]:
        work.wait()
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
