"""Worlds of the BF machine, agents, context trees: against definitions written another way."""

import itertools
import math
import random

import numpy as np
import pytest

from keras_readinglist import information as info
from keras_readinglist.information.intelligence import programs

pytestmark = pytest.mark.once
MACHINE = info.BFMachine()


def _slow(program, actions, seed, limit=1000, size=5, half_tape=100_000):
    """Run a program by recursion over its syntax tree, on a tape of an array."""

    class End(Exception):
        pass

    def parse(symbols):
        block = []
        for symbol in symbols:
            if symbol == "]":
                break
            block.append(parse(symbols) if symbol == "[" else symbol)
        return block

    middle, draw = (size - 1) // 2, random.Random(seed).random
    tree, tape = parse(iter(program)), np.full(2 * half_tape + 1, middle)
    now, out, rows = {"at": half_tape}, [middle, middle], []

    def count():
        now["steps"] += 1
        if now["steps"] >= limit:
            raise programs.OverTime

    def walk(block):
        for item in block:
            if now["out"] == 2:
                raise End
            if item == "#":
                count()
                raise End
            if isinstance(item, list):
                count()
                while tape[now["at"]] != middle:
                    walk(item)
                    if now["out"] == 2:
                        raise End
                    count()
                continue
            count()
            at = now["at"]
            if item in "<>":
                at += {"<": -1, ">": 1}[item]
                now["at"] = at if 0 <= at <= 2 * half_tape else half_tape
            elif item in "+-":
                tape[at] = (tape[at] + {"+": 1, "-": size - 1}[item]) % size
            elif item == ".":
                out[now["out"]] = int(tape[at])
                now["out"] += 1
            elif item == ",":
                tape[at] = (
                    ([*now["in"], *[middle] * 25])[now["read"]] if now["read"] < 25 else middle
                )
                now["read"] += 1
            elif item == "%":
                tape[at] = int(draw() * size)

    for cycle in range(len(actions)):
        now |= {"in": actions[cycle::-1][:25], "read": 0, "out": 0, "steps": 0}
        try:
            walk(tree)
        except End:
            pass
        rows.append(((out[0] - 2) * 50.0, [out[1]], now["steps"]))
    return rows


def _or_over_time(run, *arguments):
    try:
        return run(*arguments)
    except programs.OverTime:
        return "over time"


def test_compiled_programs_run_as_their_definition():
    rng = np.random.default_rng(0)
    drawn = [programs.draw_program(rng) for _ in range(300)]
    over, nested = 0, "[" * 17 + "+." + "]" * 17 + "#"
    for index, program in enumerate([nested, "," * 30 + "..#", *drawn]):
        actions = rng.integers(0, 5, 6).tolist()
        truth = _or_over_time(_slow, program, actions, index)
        assert _or_over_time(MACHINE.run, program, actions, index) == truth
        over += truth == "over time"
    assert over > 3


def test_a_traced_world_is_the_same_world():
    rng = np.random.default_rng(1)
    for program in MACHINE.sample_programs(20, seed=3)[0]:
        fast, traced = (info.World(MACHINE, program, 5) for _ in range(2))
        for action in rng.integers(0, 5, 30).tolist():
            trace = []
            assert fast.step(action) == traced.step(action, trace)
            assert fast.steps == traced.steps == len(trace)
            used = [{k: v for k, v in w.tape.items() if v != 2} for w in (fast, traced)]
            assert used[0] == used[1] and fast.pointer == traced.pointer


def test_the_tape_wraps_to_its_middle():
    machine = info.BFMachine(max_steps=200_000)
    for mark, symbol in ((">", 3), ("<", 1)):
        # A cell is marked, left for a whole tape, and found again.
        program = ("+" if symbol == 3 else "-") + mark * 100_001 + "..#"
        assert machine.run(program, [0])[0][0] == 50 * (symbol - 2)


def test_simplified_programs_run_alike():
    rng = np.random.default_rng(2)
    for seed in range(100):
        program = programs.draw_program(rng)
        short = programs.simplify(program)
        assert len(short) <= len(program) and not programs._USELESS.search(short)
        rows = [_or_over_time(MACHINE.run, text, [3, 0, 4], seed) for text in (program, short)]
        if "over time" not in rows:
            assert [row[:2] for row in rows[0]] == [row[:2] for row in rows[1]]


@pytest.mark.parametrize(
    ("program", "stratum"),
    [
        (",.#", 1),
        (",,.#", 2),
        (",,,.#", 3),
        (",,,,.#", 4),
        (",+.#", 5),
        (",-.#", 6),
        (",,+.#", 7),
        (",,-.#", 8),
        (",[.].#", 1),
        (",[..]#", 9),
        (",,[..]#", 10),
        (">%.,#", 11),
        (",%.#", 11),
        (">" * 60 + ",%.#", 20),
        (",[,].#", None),
        ("+.,#", 7),
        ("++[-].,#", None),
        ("+[],.#", None),
    ],
)
def test_strata(program, stratum):
    assert MACHINE.classify(program) == stratum


def test_shares_of_the_prior_are_those_of_the_public_code():
    _, strata = MACHINE.sample_programs(250, seed=1)
    shares = np.bincount(strata, minlength=21) / 250
    for stratum, public in ((1, 305 / 1437), (2, 157 / 1437), (3, 39 / 1437)):
        assert abs(shares[stratum] - public) < 3 * math.sqrt(public / 250)


def _slow_hlq(agent_config, observations, rewards, actions, greedy):
    """HLQ(λ) in one world by the equations, entry by entry."""
    lam, gamma = agent_config["lam"], agent_config["gamma"]
    values, traces, visits = np.zeros((5, 5)), np.zeros((5, 5)), np.ones((5, 5))
    for t in range(1, len(actions)):
        last, here = (observations[t - 1], actions[t - 1]), (observations[t], actions[t])
        delta = rewards[t] + gamma * values[observations[t]].max() - values[last]
        traces[last] += 1
        visits[last] += 1
        for x in itertools.product(range(5), range(5)):
            beta = visits[here] / visits[x] / (visits[here] - gamma * traces[here])
            values[x] += beta * traces[x] * delta
        traces *= gamma * lam if greedy[t] else 0
        visits *= lam
    return values


def test_hlq_follows_its_equations_in_every_world():
    rng = np.random.default_rng(0)
    agent = info.HLQAgent(MACHINE, lam=0.9, epsilon=0.3, gamma=0.8)
    agent.reset(3)
    seen, paid = rng.integers(0, 5, (40, 3)), rng.normal(size=(40, 3))
    chosen, greedy = [], []
    for observations, rewards in zip(seen, paid, strict=True):
        before = agent.values.copy()
        actions = agent.act(observations, rewards)
        rows = before[np.arange(3), observations]
        greedy.append(rows[np.arange(3), actions] == rows.max(axis=1))
        chosen.append(actions)
    chosen, greedy = np.array(chosen), np.array(greedy)
    assert 0 < greedy.mean() < 1
    for world in range(3):
        columns = (seen[:, world], paid[:, world], chosen[:, world], greedy[:, world])
        truth = _slow_hlq(agent.get_config(), *columns)
        np.testing.assert_allclose(agent.values[world], truth, rtol=1e-9)


def test_q_learns_what_one_step_of_the_world_pays():
    quiz = info.AIQ(MACHINE, episode_length=300, samples=10, strata=False)
    quiz.programs, quiz.kinds = [",.#"] * 2, np.array([1, 1])
    quiz._cycles = [programs.compile_program(",.#", MACHINE)] * 2
    for agent in (info.FreqAgent, info.QLambdaAgent, info.HLQAgent):
        assert quiz.evaluate(agent(MACHINE)).mean > 60


def test_who_does_not_heed_rewards_scores_nothing():
    quiz = info.AIQ(MACHINE, episode_length=20, samples=40)
    result = quiz.evaluate(info.RandomAgent(MACHINE))
    assert result.mean == 0 == result.half_width and not result.scores.any()
    one_sided = info.AIQ(MACHINE, episode_length=20, samples=40, antithetic=False)
    assert one_sided.evaluate(info.RandomAgent(MACHINE)).half_width > 0


def test_the_estimate_of_strata_is_the_weighted_mean():
    quiz = info.AIQ(MACHINE, episode_length=5, samples=60)
    scores = np.random.default_rng(0).normal(size=len(quiz.programs))
    scores[0] = np.nan
    mean, half_width, per_stratum, used = quiz._estimate(scores)
    kept = quiz.kinds[1:]
    truth = sum(quiz.shares[k] * scores[1:][kept == k].mean() for k in set(kept))
    error = sum(
        quiz.shares[k] ** 2 * scores[1:][kept == k].var(ddof=1) / (kept == k).sum()
        for k in set(kept)
        if (kept == k).sum() > 1
    )
    assert used == len(scores) - 1 and set(per_stratum) == set(kept.tolist())
    np.testing.assert_allclose([mean, half_width], [truth, 1.96 * math.sqrt(error)])


def test_agents_meet_the_same_worlds():
    quiz = info.AIQ(MACHINE, episode_length=30, samples=30)
    agents = {"freq": info.FreqAgent(MACHINE), "again": info.FreqAgent(MACHINE)}
    results, pairs = quiz.compare(agents)
    assert pairs == {("again", "freq"): (0.0, 0.0)}
    np.testing.assert_array_equal(results["freq"].scores, results["again"].scores)


def test_a_program_out_of_time_counts_nowhere():
    quiz = info.AIQ(MACHINE, episode_length=5, samples=3, strata=False)
    quiz._cycles[0] = programs.compile_program("+[],.#", MACHINE)
    result = quiz.evaluate(info.FreqAgent(MACHINE))
    assert (result.n, result.failures) == (2, 1) and np.isfinite(result.mean)


def test_discounted_means_weigh_early_rewards():
    quiz = info.AIQ(MACHINE, episode_length=3, samples=2, strata=False, discount=0.5)
    quiz._cycles = [programs.compile_program(",.#", MACHINE)] * 2

    class Scripted:
        def __init__(self):
            self.actions = [4, 0, 2]

        def act(self, observation, reward):
            return self.actions.pop(0)

    scores = quiz.run(info.PerWorld(MACHINE, lambda seed: Scripted()))
    np.testing.assert_allclose(scores, [100 * (1 - 0.5) / 1.75] * 2)


def test_hl_of_one_state_is_the_running_mean():
    rewards = np.random.default_rng(0).normal(size=20)
    learner = info.TemporalDifference("hl", 1, gamma=0.0, lam=1.0)
    for reward in rewards:
        learner.update(0, reward, 0)
    np.testing.assert_allclose(learner.values, rewards.sum() / 21)


@pytest.mark.parametrize(("method", "alpha"), [("hl", None), ("td", 0.1)])
def test_values_approach_those_of_the_linear_equations(method, alpha):
    rng = np.random.default_rng(0)
    moves = rng.dirichlet(np.ones(4), 4)
    rewards = rng.normal(size=4)
    exact = np.linalg.solve(np.eye(4) - 0.8 * moves, rewards)
    learner = info.TemporalDifference(method, 4, 0.8, 1.0 if method == "hl" else 0.5, alpha, 8)
    state = np.zeros(8, int)
    cumulated = moves.cumsum(axis=1)
    for _ in range(2000):
        following = (rng.random(8)[:, None] > cumulated[state]).sum(axis=1)
        learner.update(state, rewards[state], following)
        state = following
    error = abs(learner.values.mean(axis=0) - exact).max()
    assert error < 0.15


def _kt(zeros, ones):
    probability = 1.0
    for count in (zeros, ones):
        probability *= math.prod(i + 0.5 for i in range(count))
    return probability / math.factorial(zeros + ones)


def _brute_force(bits, depth):
    """Mix over all tree sources of a depth: every pruned tree, by its description length."""

    def trees(context):
        yield [context], 1 if len(context) < depth else 0
        if len(context) < depth:
            for (left, a), (right, b) in itertools.product(
                trees((*context, 0)), trees((*context, 1))
            ):
                yield left + right, a + b + 1

    total, padded = 0.0, [0] * depth + bits
    for leaves, cost in trees(()):
        probability = 2.0**-cost
        for leaf in leaves:
            counts = [0, 0]
            for place, bit in enumerate(bits):
                before = padded[place : place + depth][::-1]
                counts[bit] += tuple(before[: len(leaf)]) == leaf
            probability *= _kt(*counts)
        total += probability
    return math.log(total)


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_the_context_tree_is_the_mixture_of_all_tree_sources(depth):
    bits = np.random.default_rng(depth).integers(0, 2, 12).tolist()
    tree = info.ContextTree(depth)
    tree.update(bits)
    assert tree.log_probability == pytest.approx(_brute_force(bits, depth), rel=1e-12)
    same = info.context_code_length(bits, depth, alphabet=2)
    assert tree.log_probability == pytest.approx(-same * math.log(2), rel=1e-9)


def test_reverting_restores_a_tree_exactly():
    bits = np.random.default_rng(0).integers(0, 2, 60).tolist()
    tree, short = info.ContextTree(6), info.ContextTree(6)
    tree.update(bits)
    short.update(bits[:25])
    tree.revert(35)
    assert tree.log_probability == short.log_probability and tree.predict() == short.predict()
    tree.revert(25)
    assert tree.log_probability == 0 and tree.predict() == 0.5


def test_both_bits_share_all_probability():
    tree = info.ContextTree(4)
    tree.update([0, 1, 1, 0, 1, 1, 0])
    before = tree.log_probability
    tree.update(0)
    assert math.exp(tree.log_probability - before) + _after_revert(tree) == pytest.approx(1)


def _after_revert(tree):
    tree.revert()
    return tree.predict()


def test_intelligence_of_bandits_is_what_they_pay():
    one = np.ones((2, 1, 1))
    worlds = [(one, [[0.1], [0.9]]), (one, [[0.6], [0.2]])]
    for share in (0.0, 0.3, 1.0):
        policy = [[1 - share, share]]
        truth = (0.1 + 0.8 * share) / 2 + (0.6 - 0.4 * share) / 8
        assert info.universal_intelligence(policy, worlds, [1, 3]) == pytest.approx(truth)


def test_kinds_of_worlds():
    cycle = np.roll(np.eye(3), 1, axis=1)[None]
    stay = np.eye(3)[None]
    kinds = info.convergence_class(cycle)
    assert kinds == {
        "bandit": False, "passive": True, "ergodic": True, "communicating": True, "episodic": True
    }  # fmt: skip
    both = info.convergence_class(np.concatenate([cycle, stay]))
    assert both["communicating"] and not both["ergodic"] and not both["episodic"]
    trap = info.convergence_class([[[0, 1], [0, 1]]])
    assert not trap["communicating"] and not trap["ergodic"]
    # State 1 may be shunned, the start may not.
    homeward = info.convergence_class([[[1, 0], [1, 0]], [[0, 1], [1, 0]]])
    assert homeward["episodic"] and not homeward["ergodic"]


def test_worlds_pass_the_check_of_gymnasium():
    pytest.importorskip("gymnasium")
    from gymnasium.utils.env_checker import check_env

    world = MACHINE.environment(",.%.#", episode_length=10)
    check_env(world, skip_render_check=True)
    endless = MACHINE.environment("+[],.#")
    endless.reset()
    assert endless.step(0)[1:3] == (0.0, True)


def test_an_even_number_of_symbols_is_warned_of():
    with pytest.warns(UserWarning, match="balanced"):
        info.BFMachine(symbols=4)


@pytest.mark.parametrize(
    "make",
    [
        lambda: MACHINE.world("[,.#"),
        lambda: MACHINE.world(",.]#"),
        lambda: MACHINE.world(",!.#"),
        lambda: info.BFMachine(symbols=1),
        lambda: info.BFMachine(observation_cells=0),
        lambda: info.FreqAgent(MACHINE, epsilon=2),
        lambda: info.QLambdaAgent(MACHINE, gamma=1.0),
        lambda: info.QLambdaAgent(MACHINE, lam=-0.1),
        lambda: info.HLQAgent(MACHINE, gamma=1.0),
        lambda: info.AIQ(MACHINE, samples=1),
        lambda: info.AIQ(MACHINE, episode_length=0),
        lambda: info.AIQ(MACHINE, discount=0),
        lambda: info.TemporalDifference("sarsa", 3, 0.9, 1.0),
        lambda: info.TemporalDifference("td", 3, 0.9, 1.0),
        lambda: info.TemporalDifference("hl", 3, 0.9, 1.5),
        lambda: info.TemporalDifference("hl", 0, 0.9, 1.0),
        lambda: info.ContextTree(-1),
        lambda: info.ContextTree(2).update([0, 2]),
        lambda: info.ContextTree(2).revert(1),
        lambda: info.universal_intelligence([[1.0]], [([[[1.0]]], [[2.0]])], [0.0]),
        lambda: info.universal_intelligence([[0.7]], [([[[1.0]]], [[1.0]])], [0.0]),
        lambda: info.universal_intelligence([[1.0]], [], [0.0]),
        lambda: info.universal_intelligence([[1.0]], [], [], gamma=1.0),
        lambda: info.convergence_class([[0.5, 0.5]]),
        lambda: info.convergence_class([[[0.5, 0.4], [0, 1]]]),
    ],
)
def test_bad_input_is_named(make):
    with pytest.raises(ValueError, match="^`.*Received"):
        make()
