"""The coffee automaton: cream and coffee on a closed grid, under several dynamics."""

import numpy as np

from keras_readinglist.information.coffee import packed, sequential
from keras_readinglist.information.coffee.tensor_sweeps import TensorLattice
from keras_readinglist.information.coffee.walkers import Walkers

_CHOICES = {
    "dynamics": ("interacting", "non_interacting", "stirred"),
    "update": ("parallel", "sequential"),
    "clock": ("attempts", "swaps"),
    "boundary": ("periodic", "torus", "reflect"),
    "engine": ("numpy", "keras"),
}


class CoffeeAutomaton:
    """Cream (1) above coffee (0), mixing on a grid with walls; the number of ones is conserved.

    - `"interacting"`: neighbours swap (the symmetric exclusion process). In parallel a step is a
      sweep over the four matchings of the edges, in each of which every edge swaps with a
      probability; one sweep mixes as much as one attempt per edge. In sequence a step is one
      attempt at a random edge, or, by the clock `"swaps"`, one swap of a random differing pair.
    - `"non_interacting"`: a walker for every one; at each step all go to a random neighbour.
    - `"stirred"`: a step shifts rows and then columns around along sines of random phase, which
      only moves cells, and then sweeps in parallel. Unlike the other two it makes structure.

    Args:
        height: Positive integer.
        width: Positive integer. Defaults to `height`.
        dynamics: `"interacting"`, `"non_interacting"` or `"stirred"`.
        update: `"parallel"` or `"sequential"`, of `"interacting"` alone.
        clock: `"attempts"` or `"swaps"`, what a sequential step is.
        swap_probability: Float in [0, 1], of a parallel swap.
        replicas: Positive integer, independent automata in one.
        stir_amplitude: Float, the largest shift as a share of the grid.
        sweeps_per_stir: Integer, sweeps after every stir.
        boundary: Where walkers go at the walls: `"periodic"` (left and right are joined),
            `"torus"` (all sides) or `"reflect"` (a walker told to leave stays).
        initial_state: Array of zeros and ones `(height, width)` or `(replicas, height, width)`, or
            `None` for cream in the upper half.
        seed: Integer.
        engine: `"numpy"` (bits packed in words) or `"keras"` (tensors, on the backend's device).
            Both follow the same law with different random numbers.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> cup = CoffeeAutomaton(16, replicas=2, seed=1)
        >>> cup.step(10)
        >>> cup.state.shape, cup.state.sum(axis=(1, 2)).tolist()
        ((2, 16, 16), [128, 128])

    References:
        - [Aaronson, Carroll, Ouellette, 2014](https://arxiv.org/abs/1405.6903)
    """

    def __init__(
        self,
        height=100,
        width=None,
        dynamics="interacting",
        update="parallel",
        clock="attempts",
        swap_probability=0.5,
        replicas=1,
        stir_amplitude=0.1,
        sweeps_per_stir=2,
        boundary="periodic",
        initial_state=None,
        seed=0,
        engine="numpy",
    ):
        self.height, self.width = height, height if width is None else width
        self.dynamics, self.update, self.clock = dynamics, update, clock
        self.swap_probability, self.replicas = swap_probability, replicas
        self.stir_amplitude, self.sweeps_per_stir = stir_amplitude, sweeps_per_stir
        self.boundary, self.seed, self.engine = boundary, seed, engine
        self._check()
        self.initial_state = self._start(initial_state)
        self.reset()

    def _check(self):
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(f"`{name}` must be one of {choices}. Received: {name}={value!r}")
        for name in ("height", "width", "replicas"):
            value = getattr(self, name)
            if not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value!r}")
        if not 0 <= self.swap_probability <= 1:
            raise ValueError(
                f"`swap_probability` must lie in [0, 1]. Received: {self.swap_probability}"
            )
        if not isinstance(self.sweeps_per_stir, (int, np.integer)) or self.sweeps_per_stir < 0:
            raise ValueError(
                "`sweeps_per_stir` must be an integer of at least 0. "
                f"Received: sweeps_per_stir={self.sweeps_per_stir!r}"
            )
        if self.dynamics != "interacting" and self.update != "parallel":
            raise ValueError(f"`update` must be 'parallel' for dynamics={self.dynamics!r}.")
        if self.engine == "keras" and (
            self.dynamics == "non_interacting" or self.update == "sequential"
        ):
            raise ValueError("`engine` must be 'numpy' for walkers and for sequential updates.")

    def _start(self, state):
        shape = (self.replicas, self.height, self.width)
        if state is None:
            state = np.zeros(shape, np.uint8)
            state[:, : self.height // 2] = 1
            return state
        state = np.asarray(state)
        if not np.isin(state, (0, 1)).all():
            raise ValueError("`initial_state` must hold zeros and ones alone.")
        if state.shape not in (shape, shape[1:]):
            raise ValueError(
                f"`initial_state` must have the shape {shape[1:]} or {shape}. "
                f"Received shape: {state.shape}"
            )
        return np.broadcast_to(state, shape).astype(np.uint8)

    def reset(self):
        """Go back to the initial state, to time 0 and to the seed."""
        self.time = 0
        self.rng = np.random.Generator(np.random.SFC64(self.seed))
        if self.dynamics == "non_interacting":
            self._cells = Walkers(self.initial_state, self.boundary)
        elif self.engine == "keras":
            self._cells = TensorLattice(self.initial_state, self.seed)
        else:
            layout = packed.best_layout(self.replicas)
            self._cells = layout(self.initial_state)

    @property
    def state(self):
        """The grids, uint8 of shape `(replicas, height, width)`; where a walker is, for walkers."""
        return np.minimum(self.counts, 1)

    @property
    def counts(self):
        """The number of ones in every cell; differs from `state` for walkers alone."""
        return self._cells.read()

    def step(self, n=1):
        """Go on by `n` steps; see the class for what a step is."""
        if not isinstance(n, (int, np.integer)) or n < 0:
            raise ValueError(f"`n` must be an integer of at least 0. Received: n={n!r}")
        if n == 0:
            return
        if self.dynamics == "non_interacting":
            for _ in range(n):
                self._cells.step(self.rng)
        elif self.update == "sequential":
            self._sequential(n)
        elif self.dynamics == "stirred":
            for _ in range(n):
                self._cells.write(self.stir(self._cells.read()))
                self._sweeps(self.sweeps_per_stir)
        else:
            self._sweeps(n)
        self.time += n

    def run(self, times, callback=None):
        """Go through increasing times; return the states, or what `callback(automaton)` returns.

        Args:
            times: Increasing sequence of integers.
            callback: Function of the automaton, or `None`.
        """
        seen = []
        for time in times:
            if time < self.time:
                raise ValueError(f"`times` must increase from {self.time}. Received: {time}")
            self.step(int(time) - self.time)
            seen.append(callback(self) if callback else self.state)
        return seen

    def _sweeps(self, n):
        if self.engine == "keras":
            self._cells.sweeps(n, self.swap_probability)
            return
        count = self._cells.coin_words()
        for _ in range(n):
            self._cells.sweep(packed.random_words(self.rng, count, self.swap_probability))

    def stir(self, state):
        """Shift rows and then columns around along sines with fresh phases: a permutation."""
        rows, columns = self.shifts()
        replica = np.arange(self.replicas)[:, None, None]
        row, column = np.arange(self.height)[:, None], np.arange(self.width)
        state = state[replica, row, (column - rows[:, :, None]) % self.width]
        return state[replica, (row - columns[:, None, :]) % self.height, column]

    def shifts(self):
        """Draw the shifts of a stir: of every row to the right, of every column down."""
        phases = self.rng.uniform(0, 2 * np.pi, (2, self.replicas, 1))
        angle = [2 * np.pi * np.arange(size) / size for size in (self.height, self.width)]
        swing = [self.stir_amplitude * size for size in (self.width, self.height)]
        return [
            np.rint(a * np.sin(t + p)).astype(int)
            for a, t, p in zip(swing, angle, phases, strict=True)
        ]

    def _sequential(self, n):
        state = self._cells.read()
        edges = sequential.grid_edges(self.height, self.width)
        if len(edges) == 0:
            return
        if self.clock == "swaps":
            for cells in state.reshape(self.replicas, -1):
                sequential.jump(cells, lambda k: edges[self.rng.integers(0, len(edges), k)], n)
        else:
            chunk = max(64, self.height * self.width // 2)
            for done in range(0, n, chunk):
                steps = min(chunk, n - done)
                state = sequential.apply_edges(state, sequential.sequential_edges(self, steps))
        self._cells.write(state)

    def get_config(self):
        """Return the constructor's arguments; the initial state as nested lists."""
        names = ("height", "width", *_CHOICES, "swap_probability", "replicas")
        names += ("stir_amplitude", "sweeps_per_stir", "seed")
        config = {name: getattr(self, name) for name in names}
        return {**config, "initial_state": self.initial_state.tolist()}
