"""The AIQ test: mean reward over worlds drawn from the prior of a reference machine."""

from dataclasses import dataclass

import numpy as np

from keras_readinglist.information.intelligence.machine import World
from keras_readinglist.information.intelligence.programs import OverTime, compile_program

STRATA = 20


@dataclass
class AIQResult:
    """An estimate with what it rests on.

    Attributes:
        mean: Float in [-100, 100].
        half_width: Float, half of the 95 % confidence interval.
        per_stratum: Dictionary from stratum to mean.
        n: Integer, programs used.
        failures: Integer, programs that ran out of time and count nowhere.
        scores: Array `(programs,)`, a score per program, not a number where it failed.
    """

    mean: float
    half_width: float
    per_stratum: dict
    n: int
    failures: int
    scores: np.ndarray


class AIQ:
    """Estimate the universal intelligence of agents by the worlds of a machine.

    All agents meet the same programs with the same dice, so that their scores are compared pair
    by pair. With antithetic pairs every program is met twice, once with the rewards' sign
    flipped: an agent that does not heed rewards scores exactly 0. With strata the shares of
    twenty kinds of programs come from a larger draw, and every kind is run in its proportion.

    Args:
        machine: `BFMachine`.
        episode_length: Positive integer, cycles.
        samples: Integer of at least 2, programs.
        discount: Float in (0, 1], of later rewards within the mean.
        strata: Boolean.
        antithetic: Boolean.
        seed: Integer.
        pool: Positive integer, how many times as many programs the shares of strata come from.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.information import BFMachine, RandomAgent
        >>> machine = BFMachine()
        >>> quiz = AIQ(machine, episode_length=50, samples=30)
        >>> quiz.evaluate(RandomAgent(machine)).mean
        0.0

    References:
        - [Legg, Veness, 2011](https://arxiv.org/abs/1109.5951)
    """

    def __init__(
        self,
        machine,
        episode_length=1000,
        samples=1000,
        discount=1.0,
        strata=True,
        antithetic=True,
        seed=0,
        pool=2,
    ):
        for name, value, least in (
            ("episode_length", episode_length, 1),
            ("samples", samples, 2),
            ("pool", pool, 1),
        ):
            if not isinstance(value, (int, np.integer)) or value < least:
                raise ValueError(
                    f"`{name}` must be an integer of at least {least}. Received: {name}={value!r}"
                )
        if not 0 < discount <= 1:
            raise ValueError(f"`discount` must lie in (0, 1]. Received: discount={discount}")
        self.machine, self.episode_length, self.samples = machine, episode_length, samples
        self.discount, self.strata, self.antithetic = discount, strata, antithetic
        self.seed, self.pool = seed, pool
        self._draw()

    def _draw(self):
        count = self.samples * (self.pool if self.strata else 1)
        programs, strata = self.machine.sample_programs(count, self.seed)
        strata = np.array(strata)
        self.shares = np.bincount(strata, minlength=STRATA + 1) / count
        taken = np.arange(count)
        if self.strata:
            taken = []
            for kind in np.unique(strata):
                wanted = max(2, round(self.samples * self.shares[kind]))
                taken.extend(np.flatnonzero(strata == kind)[:wanted])
        self.programs = [programs[place] for place in taken]
        self.kinds = strata[taken]
        self._cycles = [compile_program(program, self.machine) for program in self.programs]

    def run(self, agent, sign=1):
        """Return the mean discounted reward of an agent in every program, `(programs,)`.

        Args:
            agent: `Agent`.
            sign: 1 or -1, of the rewards.
        """
        count, machine = len(self.programs), self.machine
        worlds = [
            World(machine, program, self.seed + place, cycle)
            for place, (program, cycle) in enumerate(zip(self.programs, self._cycles, strict=True))
        ]
        observations, rewards = np.full(count, machine.first_observation), np.zeros(count)
        total, weight, weights = np.zeros(count), 1.0, 0.0
        agent.reset(count, self.seed)
        for _ in range(self.episode_length):
            actions = agent.act(observations, rewards).tolist()
            paid, seen = zip(*map(_step, worlds, actions), strict=True)
            rewards, observations = sign * np.array(paid), np.array(seen)
            total += weight * rewards
            weights += weight
            weight *= self.discount
        return total / weights

    def evaluate(self, agent):
        """Return the `AIQResult` of an agent."""
        scores = self.run(agent)
        if self.antithetic:
            scores = (scores + self.run(agent, sign=-1)) / 2
        mean, half_width, per_stratum, used = self._estimate(scores)
        return AIQResult(mean, half_width, per_stratum, used, len(scores) - used, scores)

    def compare(self, agents):
        """Measure agents on the same programs, and all pairs of them.

        Args:
            agents: Dictionary from name to `Agent`.

        Returns:
            Dictionary from name to `AIQResult`, and dictionary from pairs of names to
            `(difference, half_width)`: by how much the first scores above the second, by programs
            that both ended.
        """
        results = {name: self.evaluate(agent) for name, agent in agents.items()}
        names, pairs = list(results), {}
        for place, first in enumerate(names):
            for second in names[:place]:
                gap = results[first].scores - results[second].scores
                pairs[first, second] = self._estimate(gap)[:2]
        return results, pairs

    def _estimate(self, scores):
        """Return mean, half width, means of strata and number of what is a number."""
        known = ~np.isnan(scores)
        kinds = self.kinds if self.strata else np.zeros_like(self.kinds)
        groups = {int(kind): scores[known & (kinds == kind)] for kind in np.unique(kinds)}
        groups = {kind: group for kind, group in groups.items() if len(group)}
        shares = np.array([self.shares[kind] if self.strata else 1.0 for kind in groups])
        shares = shares / shares.sum()
        means = np.array([group.mean() for group in groups.values()])
        errors = [group.var(ddof=1) / len(group) if len(group) > 1 else 0.0
                  for group in groups.values()]  # fmt: skip
        half_width = 1.96 * np.sqrt(np.sum(shares**2 * errors))
        per_stratum = dict(zip(groups, means.tolist(), strict=True)) if self.strata else {}
        return float(shares @ means), float(half_width), per_stratum, int(known.sum())


def _step(world, action):
    """Run one cycle; once a program has run out of time its rewards are no numbers."""
    try:
        return world.step(action)
    except OverTime:
        world.cycle = _void
        return np.nan, world.machine.middle


def _void(*state):
    raise OverTime
