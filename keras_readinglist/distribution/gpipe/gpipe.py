"""Training of a model that is cut over several devices, with the update of a single one."""

from typing import NamedTuple

import keras
import numpy as np

from keras_readinglist.distribution.gpipe.chain import chain_of, split_links
from keras_readinglist.distribution.gpipe.costs import METHODS, link_costs
from keras_readinglist.distribution.gpipe.micro_batches import micro_batches, resolve_loss
from keras_readinglist.distribution.gpipe.schedule import Schedule
from keras_readinglist.distribution.launch import processes
from keras_readinglist.distribution.partition import balance_partitions
from keras_readinglist.layers.validation import check_choice, check_size


class Cell(NamedTuple):
    """A row of the partition.

    Attributes:
        links: Names of its links.
        cost: Float, in the unit by which the cells were balanced; `None` if sizes were given.
        params: Integer.
        device: Where it is, as a string.
    """

    links: tuple
    cost: float | None
    params: int
    device: str


class GPipe:
    """Train a model whose layers lie on several devices, by streams of micro-batches.

    The gradients of all micro-batches are summed before the weights are updated, so the update is
    that of one device, whatever the number of cells. Only batch normalization sees micro-batches
    instead of batches. The model itself gets what was learned after every epoch.

    On JAX one process has all devices. On torch each cell has a process, which `torchrun` or
    `launch` started: all of them build the model, from which point on its weights are those of the
    first, and call the same methods with the same arguments; the first reads the inputs, the last
    the targets, and all return the same. Callbacks that write belong into one process, those that
    change training into all. TensorFlow trains one cell.

    Args:
        model: A built functional or sequential `keras.Model`, see `chain_of`. Its loss is given to
            `compile`; a `compute_loss` of its own is refused.
        num_partitions: Positive integer, the cells, each on a device of its own. On torch it is
            the number of processes; on TensorFlow one.
        num_microbatches: Positive integer, into how many parts a batch is cut. With four times as
            many as cells hardly a device idles.
        balance: What is balanced over the cells: `"flops"`, `"params"`, `"memory"` or `"time"`, as
            in `link_costs`; or a list of the number of links of every cell.
        devices: List of devices of JAX; `None` for the first ones. On torch a process has one.
        rematerialize: Boolean, whether cells are computed again on the way back, so that a device
            keeps the inputs of its micro-batches and nothing of what is inside.
        batch_statistics: `"deferred"`, the moving averages of batch normalization move once a
            batch by the statistics of the whole batch; `"microbatch"`, by those of each part.

    Raises:
        ValueError: If an argument is out of range, there are more cells than links or devices, on
            torch other than one for each process, or the model cannot be cut.
        NotImplementedError: If there are several cells on TensorFlow.

    Example:
        >>> layers = keras.layers
        >>> model = keras.Sequential([keras.Input((4,)), layers.Dense(8, "relu"), layers.Dense(1)])
        >>> pipeline = GPipe(model, num_partitions=1, num_microbatches=2)
        >>> pipeline.compile(keras.optimizers.SGD(0.001), "mse")
        >>> history = pipeline.fit(np.ones((8, 4)), np.ones((8, 1)), epochs=2, verbose=0)
        >>> history.history["loss"][1] < history.history["loss"][0]
        True

    References:
        - [Huang et al., 2018](https://arxiv.org/abs/1811.06965), section 2
    """

    def __init__(
        self,
        model,
        num_partitions=1,
        num_microbatches=4,
        balance="flops",
        devices=None,
        rematerialize=True,
        batch_statistics="deferred",
    ):
        check_choice("batch_statistics", batch_statistics, ("deferred", "microbatch"))
        self.num_microbatches = check_size("num_microbatches", num_microbatches)
        self.model, self.rematerialize = model, bool(rematerialize)
        self.links, self._costs = chain_of(model), None
        if isinstance(balance, str):
            check_choice("balance", balance, METHODS)
            num_partitions = check_size("num_partitions", num_partitions)
            self._costs = link_costs(model, balance) if num_partitions > 1 else None
            costs = self._costs or [0.0] * len(self.links)
            self.sizes = balance_partitions(costs, num_partitions)
        else:
            self.sizes = list(balance)
        self.cells = split_links(self.links, self.sizes)
        _check(model, self.cells)
        make = _engine_class(len(self.cells))
        self.engine = make(self.cells, devices, self.rematerialize, batch_statistics == "deferred")
        self.loss, self.metrics = None, []

    @property
    def partition(self):
        """The cells, a list of `Cell`s."""
        rows, start = [], 0
        for cell, size, device in zip(self.cells, self.sizes, self.engine.devices, strict=True):
            chosen = slice(start, start + size)
            cost = None if self._costs is None else sum(self._costs[chosen])
            names = tuple(link.name for link in self.links[chosen])
            rows.append(Cell(names, cost, cell.count_params(), str(device)))
            start += size
        return rows

    @property
    def schedule(self):
        """The `Schedule` of a batch."""
        return Schedule(len(self.cells), self.num_microbatches, self.rematerialize)

    @property
    def bubble_fraction(self):
        """The share of the ticks of all devices that are idle."""
        return self.schedule.bubble_fraction

    def speedup_bound(self):
        """Return how much faster than one device the pipeline can be, if sending took no time.

        Without re-materialisation on either side: `M sum(C) / ((M - 1) max(C) + sum(C))` for cells
        of costs `C`.
        """
        costs = [row.cost or 1.0 for row in self.partition]
        return Schedule(len(self.cells), self.num_microbatches, False).speedup(costs)

    def summary(self, print_fn=print):
        """Print the partition, the bubble and the bound of the speed-up.

        Args:
            print_fn: Function of a string.
        """
        for number, row in enumerate(self.partition):
            cost = "" if row.cost is None else f", cost {row.cost:.3g}"
            ends = row.links[0] if len(row.links) == 1 else f"{row.links[0]} ... {row.links[-1]}"
            print_fn(f"cell {number} on {row.device}: {ends}, {row.params:,} parameters{cost}")
        print_fn(f"bubble {self.bubble_fraction:.1%}, speed-up at most {self.speedup_bound():.2f}")

    def compile(self, optimizer, loss, metrics=()):
        """Prepare for training.

        Args:
            optimizer: As in `keras.Model.compile`; float16 with its scaled loss is refused.
            loss: Name, function or `keras.losses.Loss`, of all outputs.
            metrics: Sequence of `keras.metrics.Metric`s.
        """
        wrong = [metric for metric in metrics if not isinstance(metric, keras.metrics.Metric)]
        if wrong:
            raise ValueError(
                "`metrics` must be objects, such as keras.metrics.SparseCategoricalAccuracy(). "
                f"Received: metrics={wrong}"
            )
        self.loss, self.metrics = resolve_loss(loss), list(metrics)
        self.model.compile(optimizer=optimizer, loss=loss)
        optimizer = self.model.optimizer
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            raise ValueError(
                "`model` must not compute in float16, whose loss is scaled: use mixed_bfloat16. "
                f"Received: optimizer={optimizer.name}"
            )
        optimizer.build(self.model.trainable_variables)
        self.engine.compile(optimizer, self.loss, self.metrics)

    def train_on_batch(self, x, y, sample_weight=None):
        """Train on one batch, and give the model what was learned.

        Args:
            x: Array or structure of arrays.
            y: Array.
            sample_weight: Array or `None`.

        Returns:
            Float, the loss.
        """
        self.engine.load()
        loss = self.engine.train(self._parts(x, y, sample_weight))
        self.engine.sync()
        return float(keras.ops.convert_to_numpy(loss))

    def gradients(self, x, y, sample_weight=None):
        """Return the gradients of a batch, of all trainable variables in the order of the model.

        Args:
            x: Array or structure of arrays.
            y: Array.
            sample_weight: Array or `None`.

        Returns:
            List of NumPy arrays.
        """
        self.engine.load()
        self.engine.gradients(self._parts(x, y, sample_weight))
        owners = [variable for cell in self.cells for variable in cell.trainable_variables]
        found = {
            id(variable): np.array(keras.ops.convert_to_numpy(gradient))
            for variable, gradient in zip(owners, self.engine.sums, strict=True)
        }
        return [found[id(variable)] for variable in self.model.trainable_variables]

    def stepper(self, x, y):
        """Return a function that trains on one batch again and again, for timings.

        Args:
            x: Array or structure of arrays.
            y: Array.

        Returns:
            Function without arguments that returns the loss, on its device; the model does not get
            what is learned.
        """
        self.engine.load()
        parts = self._parts(x, y, None)
        return lambda: self.engine.train(parts)

    def _parts(self, x, y, sample_weight):
        if self.loss is None:
            raise ValueError("Call `compile` before training.")
        return micro_batches(x, y, sample_weight, self.num_microbatches, self.loss)

    def fit(
        self,
        x,
        y,
        batch_size=32,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_data=None,
        shuffle=True,
        sample_weight=None,
        initial_epoch=0,
        seed=0,
    ):
        """Train on arrays, as `keras.Model.fit`.

        Args:
            x: Array or structure of arrays.
            y: Array.
            batch_size: Positive integer.
            epochs: Positive integer, the epoch at which training ends.
            verbose: As in Keras.
            callbacks: List of `keras.callbacks.Callback`s; their model is the whole one.
            validation_data: Pair of `x` and `y`, or `None`.
            shuffle: Boolean.
            sample_weight: Array or `None`.
            initial_epoch: Integer, from where training goes on.
            seed: Integer; the order of an epoch depends on it and on the epoch alone.

        Returns:
            A `keras.callbacks.History`.
        """
        history = keras.callbacks.History()
        starts = range(0, len(y), check_size("batch_size", batch_size))
        if verbose == "auto":
            verbose = int(processes()[0] == 0)
        watching = keras.callbacks.CallbackList(
            [*(callbacks or ()), history],
            add_progbar=bool(verbose),
            verbose=verbose,
            epochs=epochs,
            steps=len(starts),
            model=self.model,
        )
        self.model.stop_training = False
        watching.on_train_begin()
        for epoch in range(initial_epoch, epochs):
            watching.on_epoch_begin(epoch)
            for metric in self.metrics:
                metric.reset_state()
            self.engine.load()
            order = np.arange(len(y))
            if shuffle:
                order = np.random.default_rng([seed, epoch]).permutation(order)
            losses = []
            for step, start in enumerate(starts):
                watching.on_train_batch_begin(step)
                chosen = order[start : start + batch_size]
                batch = _rows((x, y, sample_weight), chosen)
                losses.append((self.engine.train(self._parts(*batch)), len(chosen)))
                watching.on_train_batch_end(step, {"loss": losses[-1][0]})
            self.engine.sync()
            total = sum(float(keras.ops.convert_to_numpy(v)) * count for v, count in losses)
            logs = {"loss": total / len(y), **self._measured()}
            if validation_data is not None:
                found = self.evaluate(*validation_data, batch_size=batch_size)
                logs |= {f"val_{name}": value for name, value in found.items()}
            watching.on_epoch_end(epoch, logs)
            if self.engine.agree(self.model.stop_training):
                break
        watching.on_train_end()
        return history

    def evaluate(self, x, y, batch_size=32):
        """Return loss and metrics, computed by the pipeline.

        Args:
            x: Array or structure of arrays.
            y: Array.
            batch_size: Positive integer.

        Returns:
            Dictionary of floats.
        """
        outputs, total = self.predict(x, batch_size), 0.0
        for metric in self.metrics:
            metric.reset_state()
        for start in range(0, len(y), batch_size):
            truth, output = y[start : start + batch_size], outputs[start : start + batch_size]
            share = 1.0 if self.loss.reduction == "sum" else len(truth)
            total += share * float(keras.ops.convert_to_numpy(self.loss(truth, output)))
            for metric in self.metrics:
                metric.update_state(truth, output)
        return {"loss": total / (1 if self.loss.reduction == "sum" else len(y)), **self._measured()}

    def _measured(self):
        return {m.name: float(keras.ops.convert_to_numpy(m.result())) for m in self.metrics}

    def predict(self, x, batch_size=32):
        """Return the outputs for arrays, computed by the pipeline.

        Args:
            x: Array or structure of arrays.
            batch_size: Positive integer, the examples that stream through at once.

        Returns:
            NumPy array.
        """
        self.engine.load()
        count, found = len(keras.tree.flatten(x)[0]), []
        for start in range(0, count, batch_size):
            chosen = range(start, min(start + batch_size, count))
            parts = np.array_split(np.array(chosen), min(self.num_microbatches, len(chosen)))
            found += self.engine.forward([_rows(x, part) for part in parts])
        return np.concatenate([keras.ops.convert_to_numpy(output) for output in found])

    def save(self, *args, **kwargs):
        """Save the model, with the optimizer, as `keras.Model.save`.

        Args:
            *args: As in Keras.
            **kwargs: As in Keras.
        """
        self.model.save(*args, **kwargs)


def _rows(structure, chosen):
    """Return some rows of all arrays of a structure."""
    return keras.tree.map_structure(
        lambda array: None if array is None else np.asarray(array)[chosen], structure
    )


def _check(model, cells):
    """Raise `ValueError` for what the pieces of a model cannot do."""
    if type(model).compute_loss is not keras.Model.compute_loss:
        raise ValueError(
            "`model` must have no `compute_loss` of its own: the loss is computed in the last "
            f"cell alone. Received: {type(model).__name__}"
        )
    variables = [id(variable) for cell in cells for variable in cell.variables]
    if len(set(variables)) != len(variables):
        raise ValueError(
            "`model` must not share variables between two cells. Received a partition into "
            f"{[len(cell.layers) for cell in cells]} layers"
        )


def _engine_class(num_cells):
    """Return the engine of the running backend."""
    backend = keras.config.backend()
    if backend == "jax":
        from keras_readinglist.distribution.gpipe.jax_engine import JaxEngine

        return JaxEngine
    if backend == "torch" and (num_cells > 1 or processes()[1] > 1):
        from keras_readinglist.distribution.gpipe.torch_engine import TorchEngine

        return TorchEngine
    if num_cells > 1:
        raise NotImplementedError(
            f"A pipeline of several cells needs JAX or torch; {backend} trains one cell. "
            f"Received: num_partitions={num_cells}"
        )
    from keras_readinglist.distribution.gpipe.single_engine import SingleEngine

    return SingleEngine
