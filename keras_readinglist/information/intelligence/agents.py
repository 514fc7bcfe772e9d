"""Agents that learn in many worlds at once, and share nothing between them."""

import numpy as np

_SMALLEST = 1e-100


def check_in_unit(name, value, open_end=False):
    """Raise a `ValueError` unless a value lies in [0, 1], or in [0, 1)."""
    if not 0 <= value <= 1 or (open_end and value == 1):
        end = ")" if open_end else "]"
        raise ValueError(f"`{name}` must lie in [0, 1{end}. Received: {name}={value}")


class Agent:
    """The protocol of an agent: `reset` once, then `act` in every cycle.

    All methods handle a batch of worlds. What is learnt in one world stays there.

    Args:
        machine: `BFMachine`, which says how many actions and observations there are.
    """

    settings = ()  # the names of all other arguments, kept as attributes

    def __init__(self, machine):
        self.machine = machine

    def reset(self, worlds, seed=0):
        """Forget everything.

        Args:
            worlds: Positive integer, how many worlds the agent lives in.
            seed: Integer.
        """
        self.worlds = np.arange(worlds)
        self.rng = np.random.default_rng(seed)

    def act(self, observations, rewards):
        """Learn from what the last actions led to, and choose the next.

        Args:
            observations: Integer array `(worlds,)`.
            rewards: Float array `(worlds,)`.

        Returns:
            Integer array `(worlds,)`, actions.
        """
        raise NotImplementedError

    def get_config(self):
        """Return the arguments of the agent, without the machine."""
        return {name: getattr(self, name) for name in self.settings}

    def _explore(self, values, epsilon):
        """Return greedy actions, ties broken by chance, but `epsilon` of them random.

        Also returns which actions are greedy.
        """
        noise = self.rng.random((len(self.worlds), self.machine.symbols + 2))
        best = values == values.max(axis=1, keepdims=True)
        chosen = np.where(best, noise[:, 2:], -1.0).argmax(axis=1)
        tried = (noise[:, 1] * self.machine.symbols).astype(int)
        actions = np.where(noise[:, 0] < epsilon, tried, chosen)
        return actions, best[self.worlds, actions]


class RandomAgent(Agent):
    """Takes every action with the same probability.

    Args:
        machine: `BFMachine`.

    Example:
        >>> from keras_readinglist.information import BFMachine
        >>> agent = RandomAgent(BFMachine())
        >>> agent.reset(worlds=3)
        >>> agent.act(np.zeros(3, int), np.zeros(3)).shape
        (3,)

    References:
        - [Legg, Veness, 2011](https://arxiv.org/abs/1109.5951)
    """

    def act(self, observations, rewards):
        return self.rng.integers(0, self.machine.symbols, len(self.worlds))


class FreqAgent(Agent):
    """Takes the action of the best mean reward so far, but explores now and then.

    Args:
        machine: `BFMachine`.
        epsilon: Float in [0, 1], the share of random actions.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.information import BFMachine
        >>> FreqAgent(BFMachine(), epsilon=0.03).get_config()
        {'epsilon': 0.03}

    References:
        - [Legg, Veness, 2011](https://arxiv.org/abs/1109.5951)
    """

    settings = ("epsilon",)

    def __init__(self, machine, epsilon=0.05):
        super().__init__(machine)
        check_in_unit("epsilon", epsilon)
        self.epsilon = epsilon

    def reset(self, worlds, seed=0):
        super().reset(worlds, seed)
        self.sums = np.zeros((worlds, self.machine.symbols))
        self.counts = np.zeros((worlds, self.machine.symbols))
        self.actions = None

    def act(self, observations, rewards):
        if self.actions is not None:
            self.sums[self.worlds, self.actions] += rewards
            self.counts[self.worlds, self.actions] += 1
        means = self.sums / np.maximum(self.counts, 1)
        self.actions, _ = self._explore(means, self.epsilon)
        return self.actions


class _TracingAgent(Agent):
    """An agent with a table of values of actions, and traces of what it did before."""

    def __init__(self, machine, lam, epsilon, gamma):
        super().__init__(machine)
        for name, value in (("lam", lam), ("epsilon", epsilon)):
            check_in_unit(name, value)
        check_in_unit("gamma", gamma, open_end=True)
        self.lam, self.epsilon, self.gamma = lam, epsilon, gamma

    def reset(self, worlds, seed=0):
        super().reset(worlds, seed)
        shape = (worlds, self.machine.states, self.machine.symbols)
        self.values, self.traces = np.zeros(shape), np.zeros(shape)
        self.last = None


class QLambdaAgent(_TracingAgent):
    """Watkins' Q(λ): a table of values of actions, with traces that an exploring step ends.

    Args:
        machine: `BFMachine`.
        lam: Float in [0, 1], how slowly traces fade.
        alpha: Float in [0, 1], the learning rate.
        epsilon: Float in [0, 1], the share of random actions.
        gamma: Float in [0, 1), the discount.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.information import BFMachine
        >>> agent = QLambdaAgent(BFMachine(), lam=0.0, gamma=0.9)
        >>> agent.reset(worlds=2)
        >>> agent.values.shape
        (2, 5, 5)

    References:
        - Watkins, 1989, Learning from Delayed Rewards
    """

    settings = ("lam", "alpha", "epsilon", "gamma")

    def __init__(self, machine, lam=0.5, alpha=0.5, epsilon=0.05, gamma=0.9):
        super().__init__(machine, lam, epsilon, gamma)
        check_in_unit("alpha", alpha)
        self.alpha = alpha

    def act(self, observations, rewards):
        future = self.values[self.worlds, observations]
        if self.last is not None:
            self._learn(rewards + self.gamma * future.max(axis=1))
            future = self.values[self.worlds, observations]
        actions, greedy = self._explore(future, self.epsilon)
        self.traces *= np.where(greedy, self.gamma * self.lam, 0.0)[:, None, None]
        self.last = (self.worlds, observations.copy(), actions)
        return actions

    def _learn(self, target):
        """Move the values of what was done towards what the last of it turned out to be worth."""
        error = target - self.values[self.last]
        self.traces[self.last] += 1
        self.values += (self.alpha * error)[:, None, None] * self.traces


class SarsaLambdaAgent(QLambdaAgent):
    """Sarsa(λ): as Q(λ), but it learns the value of what it does, exploring included.

    Args:
        machine: `BFMachine`, or anything with `states` and `symbols`.
        lam: Float in [0, 1], how slowly traces fade.
        alpha: Float in [0, 1], the learning rate.
        epsilon: Float in [0, 1], the share of random actions.
        gamma: Float in [0, 1), the discount.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.information import BFMachine
        >>> SarsaLambdaAgent(BFMachine(), lam=0.9).get_config()["lam"]
        0.9

    References:
        - Rummery, Niranjan, 1994, On-line Q-learning using connectionist systems
    """

    def act(self, observations, rewards):
        future = self.values[self.worlds, observations]
        actions, _ = self._explore(future, self.epsilon)
        if self.last is not None:
            self._learn(rewards + self.gamma * future[self.worlds, actions])
            self.traces *= self.gamma * self.lam
        self.last = (self.worlds, observations.copy(), actions)
        return actions


class HLQAgent(_TracingAgent):
    """Q-learning without a learning rate: every pair's rate follows from its visits.

    Args:
        machine: `BFMachine`.
        lam: Float in [0, 1], how slowly old visits are forgotten.
        epsilon: Float in [0, 1], the share of random actions.
        gamma: Float in [0, 1), the discount.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.information import BFMachine
        >>> HLQAgent(BFMachine()).get_config()
        {'lam': 0.995, 'epsilon': 0.02, 'gamma': 0.7}

    References:
        - [Hutter, Legg, 2007](https://arxiv.org/abs/0810.5631), section 6
    """

    settings = ("lam", "epsilon", "gamma")
    on_policy = False

    def __init__(self, machine, lam=0.995, epsilon=0.02, gamma=0.7):
        super().__init__(machine, lam, epsilon, gamma)

    def reset(self, worlds, seed=0):
        super().reset(worlds, seed)
        self.visits = np.ones_like(self.values)

    def act(self, observations, rewards):
        future = self.values[self.worlds, observations]
        actions, greedy = self._explore(future, self.epsilon)
        here = (self.worlds, observations.copy(), actions)
        if self.last is not None:
            ahead = future[self.worlds, actions] if self.on_policy else future.max(axis=1)
            error = rewards + self.gamma * ahead - self.values[self.last]
            self.traces[self.last] += 1
            self.visits[self.last] += 1
            seen = self.visits[here]
            scale = seen / (seen - self.gamma * self.traces[here]) * error
            self.values += scale[:, None, None] * self.traces / self.visits
            kept = greedy | self.on_policy  # off the policy, an exploring step ends all traces
            self.traces *= np.where(kept, self.gamma * self.lam, 0.0)[:, None, None]
            self.visits *= self.lam
            np.maximum(self.visits, _SMALLEST, out=self.visits)
        self.last = here
        return actions


class HLSAgent(HLQAgent):
    """Sarsa without a learning rate: as `HLQAgent`, but it learns the value of what it does.

    Args:
        machine: `BFMachine`, or anything with `states` and `symbols`.
        lam: Float in [0, 1], how slowly old visits are forgotten.
        epsilon: Float in [0, 1], the share of random actions.
        gamma: Float in [0, 1), the discount.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.information import BFMachine
        >>> HLSAgent(BFMachine(), lam=0.99).get_config()["lam"]
        0.99

    References:
        - [Hutter, Legg, 2007](https://arxiv.org/abs/0810.5631), section 6
    """

    on_policy = True


class PerWorld(Agent):
    """Lets an agent of one world, as one of Keras, live in many: one of it in each.

    Args:
        machine: `BFMachine`.
        make: Function from a seed to an object with `act(observation, reward)`, of integers and
            floats, that returns an action.

    Example:
        >>> from keras_readinglist.information import AIQ, BFMachine
        >>> class Stubborn:
        ...     def act(self, observation, reward):
        ...         return 4
        >>> machine = BFMachine()
        >>> quiz = AIQ(machine, episode_length=20, samples=20)
        >>> quiz.evaluate(PerWorld(machine, lambda seed: Stubborn())).mean
        0.0
    """

    def __init__(self, machine, make):
        super().__init__(machine)
        self.make = make

    def reset(self, worlds, seed=0):
        super().reset(worlds, seed)
        self.agents = [self.make(seed + world) for world in range(worlds)]

    def act(self, observations, rewards):
        rows = zip(self.agents, observations.tolist(), rewards.tolist(), strict=True)
        return np.array([agent.act(seen, reward) for agent, seen, reward in rows], int)
