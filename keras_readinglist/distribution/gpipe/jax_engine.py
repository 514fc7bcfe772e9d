"""A pipeline on JAX: one process enqueues the work of all its devices, which then overlap."""

from keras import ops

from keras_readinglist.distribution.gpipe.batch_statistics import (
    DeferredStatistics,
    ImmediateStatistics,
)
from keras_readinglist.distribution.gpipe.cell_optimizer import cell_optimizer
from keras_readinglist.distribution.gpipe.jax_stage import LastStage, Stage
from keras_readinglist.distribution.gpipe.schedule import Schedule


class JaxEngine:
    """Runs the cells of a model on devices of JAX.

    Args:
        cells: List of `keras.Model`s.
        devices: List of devices of JAX, one for each cell; `None` for the first ones.
        rematerialize: Boolean, as in `GPipe`.
        deferred: Boolean, whether averages of batch normalization move once a batch.
    """

    def __init__(self, cells, devices, rematerialize, deferred):
        import jax

        devices = list(devices or jax.devices())
        if len(devices) < len(cells):
            raise ValueError(
                "`num_partitions` must be at most the number of devices; virtual ones of a CPU are "
                "made by XLA_FLAGS=--xla_force_host_platform_device_count=N. "
                f"Received: num_partitions={len(cells)} and the devices {devices}"
            )
        self.cells, self.devices = cells, devices[: len(cells)]
        self.rematerialize = rematerialize
        self._statistics = DeferredStatistics if deferred else ImmediateStatistics
        self.stages, self.optimizers = [], []

    def compile(self, optimizer, loss, metrics):
        """Prepare for training.

        Args:
            optimizer: A `keras.optimizers.Optimizer` that was built with the model's variables.
            loss: As for `LastStage`.
            metrics: As for `LastStage`.
        """
        last, self.stages = len(self.cells) - 1, []
        for number, (cell, device) in enumerate(zip(self.cells, self.devices, strict=True)):
            statistics = self._statistics(cell)
            given = cell, device, number == 0, self.rematerialize, statistics
            tail = {"loss": loss, "metrics": metrics}
            self.stages.append(LastStage(*given, **tail) if number == last else Stage(*given))
        self.optimizers = [_CellOptimizer(optimizer, stage) for stage in self.stages]
        self._clip = optimizer.global_clipnorm

    def load(self):
        """Copy weights, states and slots from the model and its optimizer to the devices."""
        for stage, optimizer in zip(self.stages, self.optimizers, strict=True):
            stage.load()
            optimizer.load()

    def sync(self):
        """Copy weights, states, slots and metrics back, to the first device."""
        for stage, optimizer in zip(self.stages, self.optimizers, strict=True):
            _assign(stage.cell.trainable_variables, stage.trained, self.devices[0])
            _assign(stage.cell.non_trainable_variables, stage.state, self.devices[0])
            optimizer.sync(self.devices[0])
        for metric, values in zip(self.stages[-1].metrics, self.stages[-1].measured, strict=True):
            _assign(metric.variables, values, self.devices[0])

    def agree(self, stop):
        """Return whether to stop: there is one process, and it decides."""
        return stop

    @property
    def sums(self):
        """The gradients of a batch, cell after cell."""
        return [gradient for stage in self.stages for gradient in stage.gradients]

    def gradients(self, parts):
        """Run a batch through the pipeline and back; return its loss, a scalar on a device.

        The gradients are then `sums`.

        Args:
            parts: List of `MicroBatch`es.
        """
        stages, moving = self.stages, {}
        for stage in stages:
            stage.begin()
        for phase, cell, number in Schedule(len(stages), len(parts)).tasks():
            if phase == "backward":  # the last cell went back at once: the first are ready first
                number = len(parts) - 1 - number
            stage, part = stages[cell], parts[number]
            if phase == "forward":
                x = stage.place(part.x) if cell == 0 else moving.pop(number)
                tail = ()
                if stage is stages[-1]:
                    tail = (*stage.place((part.y, part.weight)), part.loss_share)
                moving[number] = stage.forward(number, x, part.share, *tail)
            else:
                moving[number] = stage.backward(number, moving.pop(number), part.share)
            onwards = cell + (1 if phase == "forward" else -1)
            if 0 <= onwards < len(stages) and moving[number] is not None:
                moving[number] = stages[onwards].place(moving[number])
        losses = [stage.finish() for stage in stages]
        return sum(stages[-1].place(losses))

    def train(self, parts):
        """Train on a batch; return its loss.

        Args:
            parts: As for `gradients`.
        """
        loss = self.gradients(parts)
        norm = None
        if self._clip is not None:
            squares = [optimizer.squares() for optimizer in self.optimizers]
            norm = ops.sqrt(sum(self.stages[0].place(squares)))
        for stage, optimizer in zip(self.stages, self.optimizers, strict=True):
            scale = None
            if norm is not None:
                scale = stage.place(self._clip / ops.maximum(norm, self._clip))
            optimizer.update(scale)
        return loss

    def forward(self, parts):
        """Return the outputs of micro-batches that are not trained on, in order.

        Args:
            parts: List of inputs.
        """
        moving = {}
        for phase, cell, number in Schedule(len(self.stages), len(parts)).tasks():
            if phase == "forward":
                x = moving.pop(number) if cell else parts[number]
                moving[number] = self.stages[cell].infer(self.stages[cell].place(x))
        return [moving[number] for number in range(len(parts))]


class _CellOptimizer:
    """A copy of an optimizer for the variables of one cell, on its device.

    Args:
        optimizer: The optimizer of the whole model, which keeps the slots between epochs.
        stage: A `Stage`.
    """

    def __init__(self, optimizer, stage):
        import jax

        self.stage, self.slots = stage, []
        self.copy, self.originals = cell_optimizer(optimizer, stage.cell)
        self._update = jax.jit(self._run, donate_argnums=(0, 1))
        self._squares = jax.jit(lambda gradients: sum(ops.sum(ops.square(g)) for g in gradients))

    def load(self):
        self.slots = self.stage.copied(self.originals)

    def sync(self, device):
        _assign(self.originals, self.slots, device)

    def squares(self):
        """Return the squared norm of all gradients of the cell."""
        return self.stage.place(self._squares(self.stage.gradients))

    def update(self, scale):
        """Update the weights of the cell by its gradients times a scale, and forget these."""
        stage = self.stage
        stage.trained, self.slots = self._update(stage.trained, self.slots, stage.gradients, scale)
        stage.gradients = None

    def _run(self, trained, slots, gradients, scale):
        if not trained:
            return trained, slots
        if scale is not None:
            gradients = [gradient * scale for gradient in gradients]
        return self.copy.stateless_apply(slots, gradients, trained)


def _assign(variables, values, device):
    """Give variables of Keras copies of values; the values themselves may be donated later."""
    import jax

    for variable, value in zip(variables, values, strict=True):
        variable.assign(jax.device_put(value, device, may_alias=False))
