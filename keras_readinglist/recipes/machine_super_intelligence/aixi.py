"""AIXI scaled down in the small worlds of its paper."""

import numpy as np

from keras_readinglist.information import MCAIXIAgent
from keras_readinglist.information.intelligence import tabular_world


def run_aixi(config, callbacks):
    """Return the mean reward in the last fifth of a life, and what random actions earn."""
    world = getattr(tabular_world, config["world"])()
    names = ("depth", "horizon", "simulations", "epsilon", "epsilon_decay", "seed")
    options = {name: config[name] for name in names}
    agent = MCAIXIAgent(world.actions, world.observations, world.rewards, **options)
    rng = np.random.default_rng(config["seed"])
    last = config["cycles"] // 5
    return {
        "reward": _earned(world, agent.act, config)[-last:].mean(),
        "random": _earned(world, lambda *_: int(rng.integers(world.actions)), config).mean(),
    }


def _earned(world, act, config):
    seen, reward = world.reset(config["seed"]), 0.0
    rewards = np.zeros(config["cycles"])
    for cycle in range(config["cycles"]):
        seen, rewards[cycle] = world.step(act(seen, reward))
        reward = rewards[cycle]
    return rewards
