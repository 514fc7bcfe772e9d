"""Small worlds given by tables, and those in which approximations of AIXI are tried."""

import numpy as np

from keras_readinglist.information.intelligence.agents import check_in_unit


class TabularWorld:
    """A world of a few states that an agent sees through observations.

    Args:
        moves: Array `(actions, states, states)`, probabilities of the next state.
        sights: Array `(actions, states, observations)`, probabilities of what is observed when an
            action has led to a state.
        pay: Array `(actions, states, states)`, the reward of an action that led from the first
            state to the second.
        start: Array `(states,)`, probabilities of the first state. Defaults to equal ones.

    Raises:
        ValueError: If shapes differ, or probabilities do not sum to 1.

    Example:
        >>> world = biased_coin(0.7)
        >>> world.reset(seed=0)
        0
        >>> observation, reward = world.step(1)
        >>> reward == float(observation == 1)
        True

    Attributes:
        actions: Integer, how many actions there are.
        observations: Integer, how many observations there are.
        rewards: Tuple of the rewards that are paid, ascending.

    References:
        - [Veness et al., 2011](https://arxiv.org/abs/0909.0801), section 7
    """

    def __init__(self, moves, sights, pay, start=None):
        self.moves, self.sights, self.pay = (np.asarray(t, float) for t in (moves, sights, pay))
        self.actions, states = self.moves.shape[:2]
        self.start = np.full(states, 1 / states) if start is None else np.asarray(start, float)
        shapes = {
            "moves": (self.actions, states, states),
            "sights": (self.actions, states, self.sights.shape[-1]),
            "pay": (self.actions, states, states),
            "start": (states,),
        }
        for name, shape in shapes.items():
            table = getattr(self, name)
            if table.shape != shape:
                raise ValueError(f"`{name}` must have the shape {shape}. Received: {table.shape}")
            if name != "pay" and not (np.allclose(table.sum(-1), 1) and (table >= 0).all()):
                raise ValueError(f"`{name}` must be probabilities. Received sums: {table.sum(-1)}")
        self.observations = self.sights.shape[-1]
        self.rewards = tuple(np.unique(self.pay[self.moves > 0]).tolist())

    def reset(self, seed=0):
        """Begin anew, and return the first observation, which is always 0.

        Args:
            seed: Integer.
        """
        self.rng = np.random.default_rng(seed)
        self.state = self._draw(self.start)
        return 0

    def step(self, action):
        """Take an action.

        Args:
            action: Integer.

        Returns:
            An integer, what is observed, and a float, the reward.
        """
        before, self.state = self.state, self._draw(self.moves[action, self.state])
        seen = self._draw(self.sights[action, self.state])
        return seen, float(self.pay[action, before, self.state])

    def _draw(self, probabilities):
        return int((self.rng.random() >= probabilities.cumsum()[:-1]).sum())


def biased_coin(chance=0.7):
    """Return the guessing of a coin: 1 for a right guess. The best mean reward is `chance`.

    Args:
        chance: Float, the probability of side 1.

    Returns:
        A `TabularWorld` of two actions and two observations.

    Raises:
        ValueError: If `chance` is no probability.

    Example:
        >>> biased_coin(0.9).rewards
        (0.0, 1.0)

    References:
        - [Veness et al., 2011](https://arxiv.org/abs/0909.0801), section 7
    """
    check_in_unit("chance", chance)
    moves = np.tile([1 - chance, chance], (2, 2, 1))
    pay = np.repeat(np.eye(2)[:, None], 2, axis=1)
    return TabularWorld(moves, np.tile(np.eye(2), (2, 1, 1)), pay)


def rock_paper_scissors():
    """Return a game against one who repeats rock after a won rock. The best mean reward is 0.25.

    Moves are 0, 1, 2: rock, paper, scissors. The move of the other is observed; rewards are 1 for a
    victory and -1 for a defeat.

    Returns:
        A `TabularWorld` of three actions and three observations.

    Example:
        >>> rock_paper_scissors().rewards
        (-1.0, 0.0, 1.0)

    References:
        - [Veness et al., 2011](https://arxiv.org/abs/0909.0801), section 7
    """
    moves, pay = np.zeros((3, 9, 9)), np.zeros((3, 9, 9))
    sights = np.tile(np.eye(3).repeat(3, axis=0), (3, 1, 1))
    for state in range(9):  # 3 times the other's last move, and ours
        for ours in range(3):
            for theirs in range(3):
                repeats = state == 2  # rock against scissors
                moves[ours, state, 3 * theirs + ours] = float(theirs == 0) if repeats else 1 / 3
                pay[ours, state, 3 * theirs + ours] = ((ours - theirs + 1) % 3) - 1
    return TabularWorld(moves, sights, pay)


def line_maze():
    """Return four cells in a row that look alike; the third pays 1 and throws to another cell.

    Actions are left and right. Without sight the best mean reward is 0.5.

    Returns:
        A `TabularWorld` of two actions and one observation.

    Example:
        >>> world = line_maze()
        >>> world.actions, world.observations
        (2, 1)

    References:
        - [Veness et al., 2011](https://arxiv.org/abs/0909.0801), section 7
    """
    moves, pay = np.zeros((2, 4, 4)), np.zeros((2, 4, 4))
    elsewhere = np.array([1, 1, 0, 1]) / 3
    for action, step in enumerate((-1, 1)):
        for state in range(4):
            there = min(max(state + step, 0), 3)
            moves[action, state] = elsewhere if there == 2 else np.eye(4)[there]
            pay[action, state] = there == 2
    return TabularWorld(moves, np.ones((2, 4, 1)), pay, elsewhere)


def cheese_maze():
    """Return a maze of eleven cells of which the walls around are seen, several looking alike.

    Five cells in a row, and two below the first, the third and the last of them; the cheese lies
    below the third. A step costs 1, a wall 10, the cheese pays 10 and throws to another cell.
    Actions are up, right, down, left. Who knew his cell would earn 1.82, but walls alone are seen.

    Returns:
        A `TabularWorld` of four actions and six observations.

    Example:
        >>> cheese_maze().rewards
        (-10.0, -1.0, 10.0)

    References:
        - [Veness et al., 2011](https://arxiv.org/abs/0909.0801), section 7
    """
    cells = [(0, c) for c in range(5)] + [(r, c) for r in (1, 2) for c in (0, 2, 4)]
    place = {cell: k for k, cell in enumerate(cells)}
    cheese, ways = place[2, 2], ((-1, 0), (0, 1), (1, 0), (0, -1))
    walls = [sum(2**k for k, (dr, dc) in enumerate(ways) if (r + dr, c + dc) not in place)
             for r, c in cells]  # fmt: skip
    elsewhere = np.ones(11)
    elsewhere[cheese] = 0
    elsewhere /= elsewhere.sum()
    moves, pay = np.zeros((4, 11, 11)), np.zeros((4, 11, 11))
    for action, (dr, dc) in enumerate(ways):
        for state, (r, c) in enumerate(cells):
            there = place.get((r + dr, c + dc), state)
            found = there == cheese
            moves[action, state] = elsewhere if found else np.eye(11)[there]
            pay[action, state] = 10 if found else -10 if there == state else -1
    kinds = np.unique(walls, return_inverse=True)[1]
    return TabularWorld(moves, np.tile(np.eye(kinds.max() + 1)[kinds], (4, 1, 1)), pay, elsewhere)


def tiger(hearing=0.85):
    """Return two doors, a tiger behind one: listen for 1, open for 10 or, with the tiger, for -100.

    Actions are to listen, to open the left door, and the right one. Whatever is opened, all begins
    anew.

    Args:
        hearing: Float, the probability that listening tells the right door.

    Returns:
        A `TabularWorld` of three actions and two observations.

    Raises:
        ValueError: If `hearing` is no probability.

    Example:
        >>> tiger().rewards
        (-100.0, -1.0, 10.0)

    References:
        - [Veness et al., 2011](https://arxiv.org/abs/0909.0801), section 7
    """
    check_in_unit("hearing", hearing)
    moves, sights = np.full((3, 2, 2), 0.5), np.full((3, 2, 2), 0.5)
    moves[0], sights[0] = np.eye(2), [[hearing, 1 - hearing], [1 - hearing, hearing]]
    pay = np.zeros((3, 2, 2))
    pay[0] = -1
    pay[1], pay[2] = [[-100] * 2, [10] * 2], [[10] * 2, [-100] * 2]
    return TabularWorld(moves, sights, pay)
