"""Values of Markov chains, learnt by temporal differences with a rate and without."""

import math

import numpy as np

from keras_readinglist.information import TemporalDifference

# What temporal differences are tried with: constant rates, and rates that fall with time.
RATES = {
    **{f"{rate}": rate for rate in (0.02, 0.05, 0.1, 0.2)},
    **{f"{k} / sqrt(t)": (lambda t, k=k: k / math.sqrt(t)) for k in (0.5, 1.0, 2.0)},
    **{f"{k} / cbrt(t)": (lambda t, k=k: k / t ** (1 / 3)) for k in (0.2, 0.5, 1.0)},
}


def random_walk(size):
    """Return transitions and rewards of a chain whose ends lead back to its middle."""
    moves, rewards = np.zeros((size, size)), np.zeros(size)
    for state in range(1, size - 1):
        moves[state, [state - 1, state + 1]] = 0.5
    moves[[0, -1], size // 2] = 1
    rewards[0], rewards[-1] = 1, -1
    return moves, rewards


def walk(moves, rewards, steps, replicas, seed):
    """Return states `(steps + 1, replicas)` of independent walks from the middle."""
    rng, cumulated = np.random.default_rng(seed), moves.cumsum(axis=1)
    states = np.full((steps + 1, replicas), len(moves) // 2)
    for time in range(steps):
        chance = rng.random(replicas)[:, None]
        states[time + 1] = (chance > cumulated[states[time]]).sum(axis=1)
    return states


def error_of(learner, states, rewards, exact):
    """Let a learner follow walks; return its error at the end, a root mean square."""
    for here, there in zip(states[:-1], states[1:], strict=True):
        learner.update(here, rewards[here], there)
    return float(np.sqrt(((learner.values - exact) ** 2).mean()))


def run_chain(config, callbacks):
    """Return the errors of HL(1) and temporal differences on a walk."""
    return contest(*random_walk(config["size"]), config)


def contest(moves, rewards, config):
    """Return the error of HL(1) and the least one of temporal differences, all on one walk."""
    size, gamma, replicas = config["size"], config["gamma"], config["replicas"]
    exact = np.linalg.solve(np.eye(size) - gamma * moves, rewards)
    states = walk(moves, rewards, config["steps"], replicas, config["seed"])
    hl = TemporalDifference("hl", size, gamma, 1.0, replicas=replicas)
    constant, falling = [], []
    for rate in RATES.values():
        for lam in config["lambdas"]:
            learner = TemporalDifference("td", size, gamma, lam, rate, replicas)
            with np.errstate(over="ignore", invalid="ignore"):  # too high a rate diverges
                error = error_of(learner, states, rewards, exact)
            (falling if callable(rate) else constant).append(error)
    return {
        "hl": error_of(hl, states, rewards, exact),
        "td_constant": np.nanmin(constant),
        "td_falling": np.nanmin(falling),
        "scale": float(np.sqrt((exact**2).mean())),
    }


def random_process(size, seed):
    """Return transitions, one of ten possible, and rewards of a process drawn by dice."""
    rng = np.random.default_rng((51, seed))
    moves = rng.random((size, size)) * (rng.random((size, size)) < 0.1)
    moves[np.arange(size), (np.arange(size) + 1) % size] += 0.1  # no state is the last
    return moves / moves.sum(axis=1, keepdims=True), rng.random(size) * (rng.random(size) < 0.1)


def run_random(config, callbacks):
    """Return the errors of HL(1) and temporal differences on a process drawn by dice."""
    return contest(*random_process(config["size"], config["seed"]), config)


def run_switching(config, callbacks):
    """Return mean errors while the punishment at one end becomes a reward and back.

    `early` is the first half of the first period; `later` is all the periods but the first.
    """
    size, gamma, period = config["size"], config["gamma"], config["period"]
    moves, punished = random_walk(size)
    paid = punished.copy()
    paid[-1] = 0.5
    states = walk(moves, punished, config["periods"] * period, config["replicas"], config["seed"])
    kinds = [(r, np.linalg.solve(np.eye(size) - gamma * moves, r)) for r in (punished, paid)]
    learners = {
        "hl": TemporalDifference("hl", size, gamma, 0.9995, replicas=config["replicas"]),
        "td": TemporalDifference("td", size, gamma, 0.8, 0.05, replicas=config["replicas"]),
    }
    errors = {name: [] for name in learners}
    for time, (here, there) in enumerate(zip(states[:-1], states[1:], strict=True)):
        rewards, exact = kinds[time // period % 2]
        for name, learner in learners.items():
            learner.update(here, rewards[here], there)
            errors[name].append(np.sqrt(((learner.values - exact) ** 2).mean()))
    found = {f"{name}_early": np.mean(e[: period // 2]) for name, e in errors.items()}
    found |= {f"{name}_later": np.mean(e[period:]) for name, e in errors.items()}
    found["later_ratio"] = found["hl_later"] / found["td_later"]
    return {name: float(value) for name, value in found.items()}
