"""The BF reference machine: worlds are its programs, and short programs are likely."""

import random
import warnings

import numpy as np

from keras_readinglist.information.intelligence.programs import (
    HISTORY,
    OverTime,
    compile_program,
    draw_program,
    interpret,
    simplify,
)

_LENGTHS = (8, 10, 13, 16, 20, 24, 31, 43, 60)
_TRIALS, _CYCLES, _WARM = 5, 200, 4


class BFMachine:
    """A machine that turns short programs into worlds with actions, rewards and observations.

    In every cycle the world's program runs from its start over a work tape that persists. It
    reads the last actions by `,` and writes a reward and then observations by `.`; `%` throws
    dice; `[` and `]` loop while the cell is not the middle symbol. A program drawn by fair dice
    comes with probability 2 to the minus its length, the prior of universal intelligence.

    Args:
        symbols: Integer of at least 2, of every tape, and the number of actions. With an even
            number rewards are not balanced, and a warning says so.
        observation_cells: Positive integer.
        max_steps: Integer of at least 2; a program whose cycle takes so many instructions is void.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> machine = BFMachine()
        >>> machine.run(",.,.#", actions=[4, 0])
        [(100.0, [2], 4), (-100.0, [4], 4)]

    References:
        - [Legg, Veness, 2011](https://arxiv.org/abs/1109.5951), section 4
    """

    def __init__(self, symbols=5, observation_cells=1, max_steps=1000):
        for name, value, least in (
            ("symbols", symbols, 2),
            ("observation_cells", observation_cells, 1),
            ("max_steps", max_steps, 2),
        ):
            if not isinstance(value, (int, np.integer)) or value < least:
                raise ValueError(
                    f"`{name}` must be an integer of at least {least}. Received: {name}={value!r}"
                )
        if symbols % 2 == 0:
            warnings.warn("with an even number of `symbols` rewards are not balanced", stacklevel=2)
        self.symbols, self.observation_cells = symbols, observation_cells
        self.max_steps, self.middle = max_steps, (symbols - 1) // 2

    @property
    def states(self):
        """The number of different observations."""
        return self.symbols**self.observation_cells

    @property
    def first_observation(self):
        """What is observed before the first cycle: middle symbols, as one integer."""
        return sum(self.middle * self.symbols**k for k in range(self.observation_cells))

    def world(self, program, seed=0):
        """Return a fresh `World` that runs a program; `seed` decides its dice."""
        return World(self, program, seed)

    def environment(self, program, seed=0, episode_length=1000):
        """Return a world as an environment of gymnasium, which must be installed."""
        from keras_readinglist.information.intelligence.gymnasium_world import gymnasium_world

        return gymnasium_world(self, program, seed, episode_length)

    def run(self, program, actions, seed=0):
        """Run a program from a fresh machine.

        Returns:
            List of `(reward, observations, instructions)`, one per action.
        """
        world, rows = self.world(program, seed), []
        for action in actions:
            reward, _ = world.step(int(action))
            rows.append((reward, world.outputs[1:], world.steps))
        return rows

    def sample_programs(self, count, seed=0, minimal_length=0):
        """Draw programs that read, write, end in time, and heed actions or throw dice.

        Args:
            count: Integer, programs.
            seed: Integer.
            minimal_length: Integer; shorter programs are passed over.

        Returns:
            Two lists: programs (simplified), and their strata from 1 to 20 (see `classify`).
        """
        rng, programs, strata = np.random.default_rng(seed), [], []
        while len(programs) < count:
            program = simplify(draw_program(rng))
            if "," not in program or "." not in program or len(program) < minimal_length:
                continue
            stratum = self.classify(program)
            if stratum:
                programs.append(program)
                strata.append(stratum)
        return programs, strata

    def classify(self, program):
        """Return the stratum of a program, or `None` if it is void or passive.

        A passive program gives the same rewards, whatever the actions. Strata 1 to 4 return the
        action of 0 to 3 cycles ago as the reward; 5 and 6 that action changed by one, 7 and 8
        the one before; 9 and 10 copy either unless it is the middle symbol; 11 to 20 are all
        others, by length.
        """
        actions = np.random.default_rng(0).integers(0, self.symbols, (_TRIALS, _CYCLES)).tolist()
        rewards = []
        try:
            cycle = compile_program(program, self)
            for trial in range(_TRIALS):
                world = World(self, program, trial, cycle)
                rewards.append([world.step(action)[0] for action in actions[trial]])
        except OverTime:
            return None
        given = np.array(rewards)
        if (given[:, _WARM:] == given[0, _WARM:]).all():
            return None
        return _stratum(program, np.array(actions), self._symbol_of(given), self)

    def _symbol_of(self, rewards):
        half = (self.symbols - 1) / 2
        return np.rint(rewards / 100 * half + half).astype(int)

    def __eq__(self, other):
        return isinstance(other, BFMachine) and vars(self) == vars(other)

    __hash__ = object.__hash__


class World:
    """One program on a machine of its own.

    Args:
        machine: `BFMachine`.
        program: String.
        seed: Integer, of the dice.
        cycle: The compiled program, if there is one already.

    Raises:
        ValueError: If the program is malformed.

    Example:
        >>> World(BFMachine(), ",.#").step(4)
        (100.0, 2)
    """

    def __init__(self, machine, program, seed=0, cycle=None):
        self.machine, self.program = machine, program
        self.cycle = cycle or compile_program(program, machine)
        self.draw = random.Random(seed).random
        self.tape, self.pointer, self.steps = {}, 0, 0
        self.inputs = [machine.middle] * HISTORY
        self.outputs = [machine.middle] * (machine.observation_cells + 1)
        half = (machine.symbols - 1) / 2
        self.rewards = [100 * (symbol - half) / half for symbol in range(machine.symbols)]

    def step(self, action, trace=None):
        """Run one cycle.

        Args:
            action: Integer below the machine's `symbols`.
            trace: List that receives `(place in the program, pointer)` per instruction; the
                program is then interpreted.

        Returns:
            Reward in [-100, 100], and the observation as one integer.

        Raises:
            OverTime: If the program does not end in time.
        """
        self.inputs.insert(0, action)
        del self.inputs[HISTORY:]
        state = (self.tape, self.pointer, self.inputs, self.outputs, self.draw)
        if trace is None:
            self.pointer, self.steps = self.cycle(*state)
        else:
            self.pointer, self.steps = interpret(self.program, self.machine, *state, trace)
        outputs = self.outputs
        observation = outputs[1]
        for cell in outputs[2:]:
            observation = observation * self.machine.symbols + cell
        return self.rewards[outputs[0]], observation


def _stratum(program, actions, symbols, machine):
    size, middle = machine.symbols, machine.middle
    late = symbols[:, _WARM:]

    def before(cycles):
        return actions[:, _WARM - cycles : actions.shape[1] - cycles]

    for cycles in range(4):
        if (late == before(cycles)).all():
            return 1 + cycles
    for cycles in range(2):
        for sign, stratum in ((1, 5), (-1, 6)):
            if (late == (before(cycles) + sign) % size).all():
                return stratum + 2 * cycles
    for cycles in range(2):
        copied = before(cycles) != middle
        if (late == before(cycles))[copied].all():
            return 9 + cycles
    return 11 + int(np.searchsorted(_LENGTHS, len(program), side="right"))
