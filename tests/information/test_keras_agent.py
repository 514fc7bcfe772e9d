"""A Q-network in every world: it learns, and worlds do not touch each other."""

import numpy as np
import pytest

from keras_readinglist import information as info

MACHINE = info.BFMachine()


def lived(rewards, seed=0):
    """Return what agents do where rewards follow actions alone, and what they think is best."""
    agent = info.KerasQAgent(MACHINE, units=8, epsilon=0.4, gamma=0.0)
    agent.reset(3, seed)
    observations, paid, rows = np.full(3, 2), np.zeros(3), []
    for _ in range(120):
        actions = agent.act(observations, paid)
        paid = rewards[np.arange(3), actions]
        rows.append(actions)
    values = agent.model.predict_on_batch(np.eye(5, dtype="float32")[observations])
    return np.array(rows), np.asarray(values)[..., 0].argmax(axis=1)


def test_every_world_is_learnt_by_itself():
    rewards = np.array([[-100, -50, 0, 50, 100], [100, 50, 0, -50, -100], [0, 0, 100, 0, 0.0]])
    actions, best = lived(rewards)
    np.testing.assert_array_equal(best, rewards.argmax(axis=1))
    # Other rewards in the third world change nothing in the first two.
    other, _ = lived(np.concatenate([rewards[:2], -rewards[2:]]))
    np.testing.assert_array_equal(actions[:, :2], other[:, :2])
    assert (actions[:, 2] != other[:, 2]).any()


@pytest.mark.parametrize(
    "options", [{"units": 0}, {"learning_rate": 0}, {"epsilon": 2}, {"gamma": 1.0}], ids=str
)
def test_bad_input_is_named(options):
    with pytest.raises(ValueError, match="^`.*Received"):
        info.KerasQAgent(MACHINE, **options)
