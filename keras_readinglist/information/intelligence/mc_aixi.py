"""AIXI scaled down: a mixture of tree sources for the world, and a search through its future."""

import math

import numpy as np

from keras_readinglist.information.intelligence.factored_tree import FactoredContextTree


class MCAIXIAgent:
    """Plans by drawing futures from a mixture of all tree sources of what has been seen.

    AIXI weighs every computable world by its simplicity. Here worlds are tree sources of bits,
    which context-tree weighting mixes exactly, and the expectation over futures is a search (ρUCT):
    actions that promised much are tried more often, percepts are drawn from the mixture, and what
    was drawn is undone.

    Args:
        actions: Positive integer, how many actions there are.
        observations: Positive integer, how many observations there are.
        rewards: Sequence of the rewards that may come, ascending.
        depth: Integer of at least 0, bits of context.
        horizon: Positive integer, cycles that are foreseen.
        simulations: Positive integer, futures that are drawn for a decision.
        exploration: Float of at least 0: how much seldom tried actions are favoured in the search.
        epsilon: Float in [0, 1], the share of random actions at first.
        epsilon_decay: Float in [0, 1], by which it shrinks in every cycle.
        seed: Integer.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> agent = MCAIXIAgent(actions=2, observations=1, rewards=(0.0, 1.0), horizon=2)
        >>> action = agent.act(0, 0.0)
        >>> for _ in range(30):
        ...     action = agent.act(0, float(action == 1))
        >>> action
        1

    References:
        - [Veness et al., 2011](https://arxiv.org/abs/0909.0801), sections 4 and 5
    """

    def __init__(
        self,
        actions,
        observations,
        rewards,
        depth=16,
        horizon=4,
        simulations=50,
        exploration=1.4,
        epsilon=0.0,
        epsilon_decay=1.0,
        seed=0,
    ):
        sizes = {"actions": actions, "observations": observations, "horizon": horizon,
                 "simulations": simulations}  # fmt: skip
        for name, value in sizes.items():
            if not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value!r}")
        self.rewards = tuple(map(float, rewards))
        if not self.rewards or list(self.rewards) != sorted(set(self.rewards)):
            raise ValueError(f"`rewards` must be different and ascending. Received: {rewards}")
        for name, value in (("epsilon", epsilon), ("epsilon_decay", epsilon_decay)):
            if not 0 <= value <= 1:
                raise ValueError(f"`{name}` must lie in [0, 1]. Received: {name}={value}")
        if not exploration >= 0:
            raise ValueError(f"`exploration` must not be negative. Received: {exploration}")
        self.actions, self.observations = int(actions), int(observations)
        self.horizon, self.simulations, self.exploration = horizon, simulations, exploration
        self.depth, self.seed = depth, seed
        self.first_epsilon, self.epsilon_decay = epsilon, epsilon_decay
        self._action_bits = _codes(self.actions)
        self._seen_bits, self._reward_bits = _codes(self.observations), _codes(len(self.rewards))
        self.reset()

    def get_config(self):
        """Return the arguments of the agent."""
        names = ("actions", "observations", "rewards", "depth", "horizon", "simulations",
                 "exploration", "epsilon_decay", "seed")  # fmt: skip
        return {**{name: getattr(self, name) for name in names}, "epsilon": self.first_epsilon}

    def reset(self, seed=None):
        """Forget everything.

        Args:
            seed: Integer. Defaults to that of the agent.
        """
        self.rng = np.random.default_rng(self.seed if seed is None else seed)
        self.epsilon = self.first_epsilon
        width = max(1, len(self._seen_bits[0]) + len(self._reward_bits[0]))
        self.model = FactoredContextTree(width, self.depth)
        self._acted = False

    def act(self, observation, reward):
        """Learn from what the last action led to, and choose the next.

        Args:
            observation: Integer.
            reward: One of `rewards`; before the first action it says nothing.

        Returns:
            Integer, the action.
        """
        if self._acted:
            self.model.update(self._percept(observation, reward))
        self._acted = True
        if self.rng.random() < self.epsilon:
            action = int(self.rng.integers(self.actions))
        else:
            action = self.plan()
        self.epsilon *= self.epsilon_decay
        self.model.observe(self._action_bits[action])
        return action

    def plan(self):
        """Return the action of the best mean reward among the futures that were drawn."""
        root, learnt = _Decision(self.actions), len(self.model)
        for _ in range(self.simulations):
            self._simulate(root, self.horizon)
            self.model.revert(len(self.model) - learnt)
        tried = [way.mean if way else -math.inf for way in root.ways]
        best = [action for action, mean in enumerate(tried) if mean == max(tried)]
        return best[int(self.rng.integers(len(best)))]

    def _percept(self, observation, reward):
        if reward not in self.rewards:
            raise ValueError(f"`reward` must be one of {self.rewards}. Received: {reward}")
        if not 0 <= observation < self.observations:
            raise ValueError(
                f"`observation` must lie in [0, {self.observations}). Received: {observation}"
            )
        bits = self._seen_bits[observation] + self._reward_bits[self.rewards.index(reward)]
        return bits or [0]

    def _imagine(self, action):
        """Take an action in the model; return the percept that is drawn, and its reward."""
        self.model.observe(self._action_bits[action])
        bits, width = self.model.sample(self.rng), len(self._seen_bits[0])
        # A code that stands for nothing is soon known to be improbable; until then it is the last.
        reward = min(_number(bits[width:]), len(self.rewards) - 1) if bits[width:] else 0
        return tuple(bits), self.rewards[reward]

    def _simulate(self, node, horizon):
        """Draw a future from a decision on; return the rewards in it."""
        if not node.visits:
            total = 0.0
            for _ in range(horizon):
                total += self._imagine(int(self.rng.integers(self.actions)))[1]
        else:
            action = self._choose(node, horizon)
            if node.ways[action] is None:
                node.ways[action] = _Chance()
            way = node.ways[action]
            percept, total = self._imagine(action)
            if horizon > 1:
                following = way.decisions.setdefault(percept, _Decision(self.actions))
                total += self._simulate(following, horizon - 1)
            way.visits += 1
            way.mean += (total - way.mean) / way.visits
        node.visits += 1
        return total

    def _choose(self, node, horizon):
        """Return an untried action, or the one of the highest upper bound."""
        untried = [action for action, way in enumerate(node.ways) if way is None]
        if untried:
            return untried[int(self.rng.integers(len(untried)))]
        scale = horizon * max(self.rewards[-1] - self.rewards[0], 1e-12)
        spread = math.log(node.visits)
        bounds = [way.mean / scale + self.exploration * math.sqrt(spread / way.visits)
                  for way in node.ways]  # fmt: skip
        return bounds.index(max(bounds))


class _Decision:
    """A place in the search where the agent chooses."""

    __slots__ = ("visits", "ways")

    def __init__(self, actions):
        self.visits, self.ways = 0, [None] * actions


class _Chance:
    """A place in the search where the world answers."""

    __slots__ = ("decisions", "mean", "visits")

    def __init__(self):
        self.visits, self.mean, self.decisions = 0, 0.0, {}


def _codes(count):
    """Return every number below `count` as bits, the highest first."""
    width = (count - 1).bit_length()
    return [[number >> place & 1 for place in reversed(range(width))] for number in range(count)]


def _number(bits):
    number = 0
    for bit in bits:
        number = 2 * number + bit
    return number
