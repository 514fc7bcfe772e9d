"""The windy gridworld: agents of one table each, with a learning rate and without."""

from types import SimpleNamespace

import numpy as np

from keras_readinglist.information import HLQAgent, HLSAgent, QLambdaAgent, SarsaLambdaAgent

ROWS, COLUMNS = 7, 10
WIND = np.array([0, 0, 0, 1, 1, 1, 2, 2, 1, 0])
START, GOAL = 3 * COLUMNS, 3 * COLUMNS + 7
WAYS = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])
GRID = SimpleNamespace(states=ROWS * COLUMNS, symbols=len(WAYS))


def step(states, actions):
    """Return where actions lead in the wind, and their rewards; the goal pays 1 and leads back."""
    rows, columns = np.divmod(states, COLUMNS)
    rows = np.clip(rows + WAYS[actions, 0] - WIND[columns], 0, ROWS - 1)
    columns = np.clip(columns + WAYS[actions, 1], 0, COLUMNS - 1)
    there = rows * COLUMNS + columns
    return np.where(there == GOAL, START, there), (there == GOAL).astype(float)


def worth(agent, config):
    """Return the discounted reward that the agents earn at the end, from their mean reward."""
    runs, steps = config["replicas"], config["steps"]
    agent.reset(runs, config["seed"])
    states, rewards, earned = np.full(runs, START), np.zeros(runs), []
    for _ in range(steps):
        states, rewards = step(states, agent.act(states, rewards))
        earned.append(rewards.mean())
    return float(np.mean(earned[-steps // 10 :]) / (1 - agent.gamma))


def run_grid(config, callbacks):
    """Return the best of every kind of agent among its settings."""
    gamma, found = 0.99, {}
    for lam in config["lambdas"]:
        for name, kind in (("sarsa", SarsaLambdaAgent), ("q", QLambdaAgent)):
            for alpha in config["rates"]:
                agent = kind(GRID, lam, alpha, config["epsilon"], gamma)
                found.setdefault(name, []).append(worth(agent, config))
    for lam in config["hl_lambdas"]:
        for name, kind in (("hls", HLSAgent), ("hlq", HLQAgent)):
            agent = kind(GRID, lam, config["epsilon"], gamma)
            found.setdefault(name, []).append(worth(agent, config))
    return {name: max(values) for name, values in found.items()}
