"""Universal intelligence, exactly, over finite classes of known worlds."""

import numpy as np


def _checked(transitions, name="transitions"):
    transitions = np.asarray(transitions, float)
    if transitions.ndim != 3 or transitions.shape[1] != transitions.shape[2]:
        raise ValueError(
            f"`{name}` must have shape (actions, states, states). Received: {transitions.shape}"
        )
    if (transitions < 0).any() or not np.allclose(transitions.sum(axis=2), 1):
        raise ValueError(f"`{name}` must have rows that are distributions. Received: others")
    return transitions


def universal_intelligence(policy, environments, complexities, gamma=0.9):
    """Return the universal intelligence of a known policy over finitely many tabular worlds.

    That is the sum of the values of the worlds, each weighted by 2 to the minus its complexity.
    Rewards in [0, 1] are scaled by `1 - gamma`, so that a value is at most 1.

    Args:
        policy: Array `(states, actions)`, of distributions over actions.
        environments: List of pairs: transitions `(actions, states, states)` and rewards
            `(actions, states)` in [0, 1]. All start in state 0.
        complexities: Sequence of floats, bits, one per world.
        gamma: Float in [0, 1), the discount.

    Returns:
        Float.

    Raises:
        ValueError: If shapes do not agree or an argument is out of range.

    Example:
        >>> bandit = ([[[1.0]], [[1.0]]], [[0.2], [0.7]])
        >>> round(universal_intelligence([[0.5, 0.5]], [bandit], [1.0]), 4)
        0.225

    References:
        - [Legg, Hutter, 2007](https://arxiv.org/abs/0712.3329), section 3
    """
    if not 0 <= gamma < 1:
        raise ValueError(f"`gamma` must lie in [0, 1). Received: gamma={gamma}")
    if len(environments) != len(complexities):
        raise ValueError(
            "`complexities` must be one per environment. "
            f"Received: {len(complexities)} for {len(environments)}"
        )
    policy, total = np.asarray(policy, float), 0.0
    if policy.ndim != 2 or (policy < 0).any() or not np.allclose(policy.sum(axis=1), 1):
        raise ValueError(f"`policy` must have rows that are distributions. Received: {policy}")
    for (transitions, rewards), bits in zip(environments, complexities, strict=True):
        transitions, rewards = _checked(transitions), np.asarray(rewards, float)
        if rewards.shape != transitions.shape[:2] or rewards.min() < 0 or rewards.max() > 1:
            raise ValueError("`rewards` must be (actions, states), in [0, 1]. Received: others")
        moves = np.einsum("sa,ast->st", policy, transitions)
        paid = np.einsum("sa,as->s", policy, rewards)
        values = np.linalg.solve(np.eye(len(moves)) - gamma * moves, (1 - gamma) * paid)
        total += 2.0**-bits * values[0]
    return float(total)


def convergence_class(transitions):
    """Say what kinds of worlds a tabular Markov decision process belongs to.

    Args:
        transitions: Array `(actions, states, states)`.

    Returns:
        Dictionary of booleans: `"bandit"` (one state), `"passive"` (actions change nothing),
        `"ergodic"` (under every stationary policy all states are visited for ever),
        `"communicating"` (some policy leads from every state to every other), and `"episodic"`
        (from everywhere, whatever is done, the start comes back).

    Raises:
        ValueError: If the array is no such process.

    Example:
        >>> chain = [[[0, 1], [1, 0]], [[1, 0], [0, 1]]]
        >>> kinds = convergence_class(chain)
        >>> kinds["communicating"], kinds["ergodic"]
        (True, False)

    References:
        - Legg, 2008, Machine Super Intelligence, chapter 3
    """
    transitions = _checked(transitions)
    possible = transitions > 0
    states = possible.shape[1]

    def avoidable(target):
        # The largest set without the target in which some action always stays.
        safe = np.arange(states) != target
        while True:
            stays = ~(possible & ~safe).any(axis=2)
            smaller = safe & stays.any(axis=0)
            if (smaller == safe).all():
                return safe.any()
            safe = smaller

    reach = np.eye(states, dtype=bool) | possible.any(axis=0)
    for _ in range(states):
        reach = reach @ reach
    return {
        "bandit": states == 1,
        "passive": bool(np.allclose(transitions, transitions[:1])),
        "ergodic": not any(avoidable(state) for state in range(states)),
        "communicating": bool(reach.all()),
        "episodic": not avoidable(0),
    }
