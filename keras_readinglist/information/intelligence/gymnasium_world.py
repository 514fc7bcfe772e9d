"""A world of the BF machine as an environment of gymnasium."""

from functools import cache

from keras_readinglist.information.intelligence.machine import World
from keras_readinglist.information.intelligence.programs import OverTime


def gymnasium_world(machine, program, seed=0, episode_length=1000):
    """Return a program as an environment: discrete actions, discrete observations.

    Args:
        machine: `BFMachine`.
        program: String.
        seed: Integer, of the dice until `reset` is given another.
        episode_length: Positive integer, cycles until the episode is truncated.

    Raises:
        ImportError: If gymnasium is not installed.
        ValueError: If the program is malformed.
    """
    return _environment_class()(machine, program, seed, episode_length)


@cache
def _environment_class():
    try:
        import gymnasium
    except ImportError as error:
        raise ImportError("environments need gymnasium: `pip install gymnasium`") from error

    class BFEnvironment(gymnasium.Env):
        """A program of the BF machine; an episode ends early if a cycle runs out of time."""

        metadata = {"render_modes": []}

        def __init__(self, machine, program, seed, episode_length):
            self.machine, self.program, self.seed = machine, program, seed
            self.episode_length = episode_length
            self.action_space = gymnasium.spaces.Discrete(machine.symbols)
            self.observation_space = gymnasium.spaces.Discrete(machine.states)
            self.world = World(machine, program, seed)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            self.seed = self.seed if seed is None else seed
            self.world = World(self.machine, self.program, self.seed, self.world.cycle)
            self.time, self.seen = 0, self.machine.first_observation
            return self.seen, {}

        def step(self, action):
            self.time += 1
            try:
                reward, self.seen = self.world.step(int(action))
            except OverTime:
                return self.seen, 0.0, True, False, {"over_time": True}
            return self.seen, reward, False, self.time >= self.episode_length, {}

    return BFEnvironment
