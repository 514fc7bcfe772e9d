"""AIXI scaled down: its model is exact, its search looks ahead, and it learns small worlds."""

import copy
import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest

from keras_readinglist import information as info

pytestmark = pytest.mark.once


def _lived(width=2, depth=3, cycles=15):
    model, rng = info.FactoredContextTree(width, depth), np.random.default_rng(0)
    for _ in range(cycles):
        model.observe(rng.integers(0, 2, 1).tolist())
        model.update(rng.integers(0, 2, width).tolist())
    return model


def test_all_percepts_share_all_probability():
    model = _lived(width=3)
    before, total = model.log_probability, 0.0
    for percept in itertools.product((0, 1), repeat=3):
        model.update(percept)
        total += math.exp(model.log_probability - before)
        model.revert(3)
    assert total == pytest.approx(1, abs=1e-12)


def test_every_bit_has_the_tree_of_its_own_contexts():
    model, single = info.FactoredContextTree(2, 3), [info.ContextTree(3), info.ContextTree(4)]
    rng = np.random.default_rng(1)
    for _ in range(30):
        action, first, second = rng.integers(0, 2, 3).tolist()
        model.observe([action])
        model.update([first, second])
        for place, tree in enumerate(single):
            tree.observe([action])
            for k, bit in enumerate((first, second)):
                tree.update(bit) if k == place else tree.observe([bit])
    expected = sum(tree.log_probability for tree in single)
    assert model.log_probability == pytest.approx(expected, rel=1e-12)


def test_what_was_imagined_is_undone_exactly():
    model = _lived()
    before = copy.deepcopy(model)
    rng, length = np.random.default_rng(2), len(model)
    for _ in range(10):
        model.observe([1])
        model.sample(rng)
    model.revert(len(model) - length)
    assert model.history == before.history and model.log_probability == before.log_probability
    for tree, old in zip(model.trees, before.trees, strict=True):
        assert tree.predict() == old.predict()


def test_imagined_contexts_leave_no_nodes():
    model, rng = _lived(depth=12), np.random.default_rng(2)

    def nodes(node):
        return 0 if node is None else 1 + nodes(node[3]) + nodes(node[4])

    counts = []
    for _ in range(300):
        model.observe([int(rng.integers(2))])
        model.sample(rng)
        model.observe([int(rng.integers(2))])
        model.sample(rng)
        model.revert(6)
        counts.append(sum(nodes(tree._root) for tree in model.trees))
    # Contexts that were seen once are unfolded when they are looked at, and then it ends.
    assert counts[-1] == counts[-100] < 2 * counts[0]


def test_percepts_are_drawn_with_their_probabilities():
    model, rng, before = _lived(width=1), np.random.default_rng(3), None
    chance, drawn = model.trees[0].predict(), []
    for _ in range(2000):
        drawn += model.sample(rng)
        model.revert(1)
        before = before or model.log_probability
    assert np.mean(drawn) == pytest.approx(chance, abs=4 * (chance * (1 - chance) / 2000) ** 0.5)


def _investment():
    """Return a world in which action 1 costs 1, and whatever follows it pays 3."""
    moves, pay = np.zeros((2, 2, 2)), np.zeros((2, 2, 2))
    moves[0, 0, 0] = moves[1, 0, 1] = moves[:, 1, 0] = 1
    pay[1, 0, 1], pay[:, 1, 0] = -1, 3
    return info.TabularWorld(moves, np.tile(np.eye(2), (2, 1, 1)), pay, [1, 0])


@pytest.mark.parametrize(("horizon", "action"), [(1, 0), (2, 1)])
def test_a_search_of_two_cycles_pays_now_to_earn_later(horizon, action):
    world = _investment()
    agent = info.MCAIXIAgent(2, 2, world.rewards, depth=6, horizon=horizon, epsilon=1.0)
    seen, reward = world.reset(), 0.0
    for _ in range(201):
        seen, reward = world.step(agent.act(seen, reward))
    while world.state:  # decide where there is something to decide
        seen, reward = world.step(agent.act(seen, reward))
    agent.epsilon = 0.0
    assert agent.act(seen, reward) == action


def test_a_coin_is_guessed():
    world = info.biased_coin(0.8)
    agent = info.MCAIXIAgent(2, 2, world.rewards, depth=4, horizon=1, simulations=10, seed=1)
    seen, reward, earned = world.reset(), 0.0, []
    for _ in range(300):
        seen, reward = world.step(agent.act(seen, reward))
        earned.append(reward)
    assert np.mean(earned[100:]) > 0.7


def test_a_seed_is_a_life():
    def life(seed):
        world = info.rock_paper_scissors()
        agent = info.MCAIXIAgent(3, 3, world.rewards, simulations=5, horizon=2, seed=seed)
        seen, reward, taken = world.reset(), 0.0, []
        for _ in range(20):
            taken.append(agent.act(seen, reward))
            seen, reward = world.step(taken[-1])
        return taken

    assert life(0) == life(0) != life(1)


def test_a_reset_agent_and_one_of_its_configuration_live_the_same_life():
    first = info.MCAIXIAgent(2, 2, (0, 1), depth=4, horizon=1, epsilon=0.5, epsilon_decay=0.9)

    def life(agent):
        taken = []
        for _ in range(30):
            taken.append(agent.act(len(taken) % 2, float(len(taken) % 2)))
        return taken

    lived = life(first)
    first.reset()
    assert life(first) == lived == life(info.MCAIXIAgent(**first.get_config()))


@pytest.mark.parametrize(
    ("make", "best"),
    [
        (info.biased_coin, 0.7),
        (info.rock_paper_scissors, 0.25),
        (info.line_maze, 0.75),  # 0.5 for who does not know where he is
        (info.cheese_maze, 1.8205),
        (info.tiger, 10.0),
    ],
)
def test_the_best_mean_reward_of_who_knows_the_state(make, best):
    world = make()
    values = np.zeros(world.moves.shape[1])
    for _ in range(500):
        paid = (world.moves * (world.pay + values)).sum(axis=-1).max(axis=0)
        gain, values = (paid - values).max(), (paid + values) / 2  # averaged: no cycles
    assert gain == pytest.approx(best, abs=1e-4)


def test_rock_paper_scissors_by_its_rules():
    world = info.rock_paper_scissors()
    world.reset(seed=0)
    theirs, ours, rng = None, None, np.random.default_rng(1)
    for _ in range(500):
        won = (theirs, ours) == (0, 2)
        ours = int(rng.integers(3))
        theirs, reward = world.step(ours)
        beats = {(1, 0), (2, 1), (0, 2)}  # paper rock, scissors paper, rock scissors
        assert reward == ((ours, theirs) in beats) - ((theirs, ours) in beats)
        assert theirs == 0 or not won


def test_an_agent_of_one_world_sits_the_test():
    machine = info.BFMachine()
    rewards = (-100.0, -50.0, 0.0, 50.0, 100.0)

    def make(seed):
        return info.MCAIXIAgent(5, 5, rewards, depth=6, horizon=1, simulations=10, seed=seed)

    quiz = info.AIQ(machine, episode_length=60, samples=4, strata=False)
    quiz.programs = [",.#"] * 4
    assert quiz.evaluate(info.PerWorld(machine, make)).mean > 10


@pytest.mark.parametrize(
    ("agent", "method", "alpha"),
    [
        (lambda chain: info.SarsaLambdaAgent(chain, 0.8, 0.1, 0.0, 0.9), "td", 0.1),
        (lambda chain: info.HLSAgent(chain, 0.99, 0.0, 0.9), "hl", None),
    ],
)
def test_with_one_action_control_is_prediction(agent, method, alpha):
    chain = SimpleNamespace(states=4, symbols=1)
    agent = agent(chain)
    agent.reset(worlds=3)
    learner = info.TemporalDifference(method, 4, 0.9, agent.lam, alpha, replicas=3)
    rng = np.random.default_rng(0)
    states = rng.integers(0, 4, (50, 3))
    rewards = rng.standard_normal((50, 3))
    agent.act(states[0], np.zeros(3))
    for before, reward, after in zip(states[:-1], rewards, states[1:], strict=False):
        agent.act(after, reward)
        learner.update(before, reward, after)
    np.testing.assert_allclose(agent.values[..., 0], learner.values, rtol=1e-9)


@pytest.mark.parametrize(
    "make",
    [
        lambda: info.FactoredContextTree(0, 3),
        lambda: info.FactoredContextTree(2, -1),
        lambda: info.FactoredContextTree(2, 3).update([1]),
        lambda: info.FactoredContextTree(2, 3).revert(1),
        lambda: info.MCAIXIAgent(0, 1, (0, 1)),
        lambda: info.MCAIXIAgent(2, 1, (1, 0)),
        lambda: info.MCAIXIAgent(2, 1, ()),
        lambda: info.MCAIXIAgent(2, 1, (0, 1), horizon=0),
        lambda: info.MCAIXIAgent(2, 1, (0, 1), simulations=2.5),
        lambda: info.MCAIXIAgent(2, 1, (0, 1), epsilon=1.5),
        lambda: info.MCAIXIAgent(2, 1, (0, 1), exploration=-1),
        lambda: info.biased_coin(1.5),
        lambda: info.tiger(hearing=-0.1),
        lambda: _acted().act(0, 0.5),
        lambda: _acted().act(1, 0.0),
        lambda: info.TabularWorld(np.ones((2, 2, 2)), np.ones((2, 2, 1)), np.ones((2, 2, 2))),
        lambda: info.TabularWorld(np.ones((1, 1, 1)), np.ones((1, 2, 1)), np.ones((1, 1, 1))),
    ],
)
def test_bad_input_is_named(make):
    with pytest.raises(ValueError, match="^`.*Received"):
        make()


def _acted():
    agent = info.MCAIXIAgent(2, 1, (0, 1), simulations=2)
    agent.act(0, 0.0)
    return agent
