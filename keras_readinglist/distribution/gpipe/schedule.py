"""Which device works on which micro-batch, and when."""

from typing import NamedTuple

import numpy as np

from keras_readinglist.layers.validation import check_size

_BACKWARD = 2.0  # two products for each of a forward pass: for the weights and for the inputs


class Task(NamedTuple):
    """What a device does without interruption.

    Attributes:
        phase: `"forward"` or `"backward"`.
        cell: Integer, the cell and its device, from 0.
        micro_batch: Integer, from 0.
    """

    phase: str
    cell: int
    micro_batch: int


class Event(NamedTuple):
    """A task and its time.

    Attributes:
        task: A `Task`.
        begin: Float.
        end: Float.
    """

    task: Task
    begin: float
    end: float


class Schedule:
    """Fill a pipeline with micro-batches, let them run through, and drain it again.

    Micro-batch `m` is in cell `k` at tick `m + k`; the way back mirrors the way there. All devices
    are busy but for the bubble, `(cells - 1) / (micro_batches + cells - 1)` of the time.

    Args:
        num_cells: Positive integer.
        num_micro_batches: Positive integer.
        rematerialize: Boolean, whether the way back computes a cell again from its inputs, so that
            nothing of what was inside is kept.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> schedule = Schedule(num_cells=2, num_micro_batches=3)
        >>> schedule.table()[:4].tolist()
        [[0, -1], [1, 0], [2, 1], [-1, 2]]
        >>> schedule.bubble_fraction
        0.25

    References:
        - [Huang et al., 2018](https://arxiv.org/abs/1811.06965), section 2.3 and figure 2
    """

    def __init__(self, num_cells, num_micro_batches, rematerialize=True):
        self.num_cells = check_size("num_cells", num_cells)
        self.num_micro_batches = check_size("num_micro_batches", num_micro_batches)
        self.rematerialize = bool(rematerialize)

    def ticks(self):
        """Return, for every tick, the list of the `Task`s that run at once."""
        cells, count = self.num_cells, self.num_micro_batches
        there = [
            [Task("forward", k, t - k) for k in range(cells) if 0 <= t - k < count]
            for t in range(count + cells - 1)
        ]
        return there + [[task._replace(phase="backward") for task in t] for t in reversed(there)]

    def tasks(self):
        """Return all `Task`s in an order in which each comes after those that it waits for."""
        return [task for tick in self.ticks() for task in tick]

    def table(self):
        """Return the micro-batch of every device at every tick, -1 where it is idle."""
        ticks = self.ticks()
        table = np.full((len(ticks), self.num_cells), -1)
        for tick, tasks in enumerate(ticks):
            for task in tasks:
                table[tick, task.cell] = task.micro_batch
        return table

    @property
    def bubble_fraction(self):
        """The share of all ticks of all devices that are idle, counted."""
        return float((self.table() < 0).mean())

    def timeline(self, costs=None):
        """Return when every task begins and ends, if devices wait for nothing but their inputs.

        A backward pass lasts twice as long as a forward pass, and with re-materialisation another
        forward pass.

        Args:
            costs: The time of a forward pass of each cell over a micro-batch; `None` for ones.

        Returns:
            List of `Event`s.
        """
        costs = [1.0] * self.num_cells if costs is None else list(map(float, costs))
        if len(costs) != self.num_cells or min(costs) < 0:
            raise ValueError(
                f"`costs` must be {self.num_cells} non-negative numbers. Received: costs={costs}"
            )
        free, done, events = [0.0] * self.num_cells, {}, []
        for task in self.tasks():
            phase, cell, _ = task
            begin = max([free[cell], *(done[other] for other in self._awaited(task))])
            lasts = 1.0 if phase == "forward" else _BACKWARD + self.rematerialize
            free[cell] = done[task] = begin + lasts * costs[cell]
            events.append(Event(task, begin, done[task]))
        return events

    def _awaited(self, task):
        """Return the tasks whose results a task reads."""
        phase, cell, micro_batch = task
        if phase == "forward":
            return [Task(phase, cell - 1, micro_batch)] if cell else []
        if cell == self.num_cells - 1:
            return [Task("forward", cell, micro_batch)]
        return [Task(phase, cell + 1, micro_batch)]

    def idle_fraction(self, costs=None):
        """Return the share of the time of all devices that is idle, for cells of given costs."""
        events = self.timeline(costs)
        span = max(event.end for event in events)
        busy = sum(event.end - event.begin for event in events)
        return 1 - busy / (span * self.num_cells) if span else 0.0

    def speedup(self, costs=None):
        """Return how much faster the devices are than one of them, which keeps all it computed.

        Args:
            costs: As for `timeline`.
        """
        costs = [1.0] * self.num_cells if costs is None else costs
        alone = (1 + _BACKWARD) * sum(costs) * self.num_micro_batches
        return alone / max(event.end for event in self.timeline(costs)) if alone else 1.0

    def memory(self, inputs, insides):
        """Return the most bytes of activations that each device holds at once, counted.

        Args:
            inputs: Bytes of the inputs of each cell, for a micro-batch.
            insides: Bytes of all that is computed inside each cell, for a micro-batch.

        Returns:
            List of integers. With re-materialisation a cell keeps the inputs of the micro-batches
            on their way, and the insides of one; without it, the insides of all.
        """
        peaks = []
        for cell in range(self.num_cells):
            held = peak = 0
            working = inputs[cell] + insides[cell]  # of the micro-batch that is in the cell
            kept = inputs[cell] if self.rematerialize else working
            for task in (task for task in self.tasks() if task.cell == cell):
                others = held if task.phase == "forward" else held - kept
                peak = max(peak, others + working)
                held += kept if task.phase == "forward" else -kept
            peaks.append(int(peak))
        return peaks
