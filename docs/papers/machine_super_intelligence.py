# %% [markdown]
# # Machine Super Intelligence
#
# Legg's thesis (2008) defines intelligence as an agent's ability to earn reward in all computable
# worlds, where a world of complexity $K$ counts $2^{-K}$. The sum cannot be computed. Legg and
# Veness (2011) sample it: worlds are programs of a small reference machine, drawn by fair dice, so
# that short programs come often by themselves. This page builds the machine, measures agents on
# it, and then takes up the thesis's own learning rule, temporal differences without a learning
# rate.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog, information
from keras_readinglist.information.intelligence import programs
from keras_readinglist.recipes import report
from keras_readinglist.recipes.machine_super_intelligence import aiq, chains, grid

# %% [markdown]
# ## Worlds are programs
#
# In every cycle the program runs from its start over a tape that persists. `,` reads the last
# actions, `.` writes a reward and then what is observed. This world pays what you do:

# %%
machine = information.BFMachine()
machine.run(",.#", actions=[4, 0, 2])

# %% [markdown]
# And this one adds your actions up; the middle symbol 2 changes nothing:

# %%
machine.run("<,[->+<]>..#", actions=[4, 0, 3, 2, 2])

# %% [markdown]
# A program is translated to Python once, so that a world is a function:

# %%
print(programs._source("<,[->+<]>..#", machine))

# %% [markdown]
# ## The prior
#
# Instructions are drawn uniformly; what cannot end, or pays the same whatever one does, is left
# out. A fifth of all worlds only copy the action to the reward:

# %%
drawn, strata = machine.sample_programs(500, seed=0)
figure, axis = plt.subplots(figsize=(7, 2.6))
axis.bar(range(1, 21), np.bincount(strata, minlength=21)[1:] / len(strata))
axis.set_xticks(range(1, 21))
axis.set_xlabel("stratum (1 to 10 by what they do, 11 to 20 by length)")
axis.set_ylabel("share")
figure.tight_layout()
print(drawn[:6])

# %% [markdown]
# ## The test
#
# Every program is met twice, the second time with the sign of the rewards flipped: luck cancels,
# and an agent that does not heed rewards scores exactly 0. All agents meet the same programs with
# the same dice, so that they are compared world by world, which is far sharper than comparing two
# means. An agent lives in all worlds at once, as rows of one array:

# %%
print(inspect.getsource(information.HLQAgent.act))

# %%
quiz = information.AIQ(machine, episode_length=300, samples=300, seed=0)
results, pairs = quiz.compare(aiq.agents(machine))
figure, axis = plt.subplots(figsize=(7, 2.6))
names = list(results)
axis.errorbar(
    [results[name].mean for name in names],
    range(len(names)),
    xerr=[results[name].half_width for name in names],
    fmt="o",
)
axis.set_yticks(range(len(names)), names)
axis.set_xlabel("mean reward per cycle, with 95 % intervals")
figure.tight_layout()
for (first, second), (gap, half_width) in pairs.items():
    print(f"{first:6} over {second:6} {gap:+6.1f} ± {half_width:.1f}")

# %% [markdown]
# `information.KerasQAgent` is a Q-network of Keras on any backend, one in every world. An agent of
# your own needs a method `act(observation, reward)`: `information.PerWorld(machine, make)` lets one
# of it live in every world. And
# `machine.environment(program)` is an environment of gymnasium.
#
# ## Learning without a learning rate
#
# HL(λ) derives the rate of every state from its discounted visits. On a chain of 21 states, where
# a linear solve gives the true values, it needs no tuning:

# %%
moves, rewards = chains.random_walk(21)
exact = np.linalg.solve(np.eye(21) - 0.9 * moves, rewards)
states = chains.walk(moves, rewards, steps=5000, replicas=20, seed=0)
learners = {
    "HL(1)": information.TemporalDifference("hl", 21, 0.9, 1.0, replicas=20),
    "TD(0.5), rate 0.05": information.TemporalDifference("td", 21, 0.9, 0.5, 0.05, 20),
    "TD(0.5), rate 0.2": information.TemporalDifference("td", 21, 0.9, 0.5, 0.2, 20),
}
figure, axis = plt.subplots(figsize=(7, 3))
for name, learner in learners.items():
    errors = []
    for here, there in zip(states[:-1], states[1:], strict=True):
        learner.update(here, rewards[here], there)
        errors.append(np.sqrt(((learner.values - exact) ** 2).mean()))
    axis.plot(errors, label=name)
axis.set_xlabel("step")
axis.set_ylabel("error")
axis.legend()
figure.tight_layout()

# %% [markdown]
# With actions to choose it becomes Sarsa without a rate, `information.HLSAgent`, and
# `information.HLQAgent`. In the windy gridworld the goal pays 1 and leads back to the start, 15
# steps away at best, which is worth 6.7:

# %%
for agent in (
    information.SarsaLambdaAgent(grid.GRID, lam=0.9, alpha=0.3, epsilon=0.005, gamma=0.99),
    information.HLSAgent(grid.GRID, lam=0.995, epsilon=0.005, gamma=0.99),
):
    earned = grid.worth(agent, {"replicas": 5, "steps": 10_000, "seed": 0})
    print(f"{type(agent).__name__:16} {earned:.2f}")

# %% [markdown]
# ## AIXI, scaled down
#
# AIXI plans by a mixture over all programs; its runnable approximation (Veness et al., 2011) mixes
# all tree sources instead. `information.ContextTree` learns bit by bit, and undoes bits exactly, as
# planning needs:

# %%
tree = information.ContextTree(depth=4)
tree.update([0, 1, 1] * 30)
before = tree.predict()
tree.update([1, 1, 1, 0])
tree.revert(4)
print(before, tree.predict() == before)

# %% [markdown]
# A percept has several bits, and every bit a tree of its own that sees the bits before it. The
# planner takes an action in this model, draws what follows, and so on to its horizon; then it
# undoes all that it imagined. Actions that promised much are tried more often:

# %%
print(inspect.getsource(information.MCAIXIAgent._simulate))

# %% [markdown]
# Against one who repeats rock whenever rock has won, chance earns nothing and the best is 0.25. The
# agent has to lose with scissors now to win with paper next:

# %%
world = information.rock_paper_scissors()
agent = information.MCAIXIAgent(
    world.actions, world.observations, world.rewards, depth=12, horizon=2, simulations=60,
    epsilon=1.0, epsilon_decay=0.997,
)  # fmt: skip
seen, reward, earned = world.reset(seed=0), 0.0, []
for _ in range(3000):
    seen, reward = world.step(agent.act(seen, reward))
    earned.append(reward)
figure, axis = plt.subplots(figsize=(7, 2.6))
axis.plot(np.convolve(earned, np.ones(500) / 500, "valid"))
axis.axhline(0.25, color="grey", linestyle="--", label="the best")
axis.set_xlabel("cycle")
axis.set_ylabel("mean reward of 500")
axis.legend()
figure.tight_layout()

# %% [markdown]
# ## What reproduces
#
# Scores of the public code rest on a few dozen to a few hundred programs of its own. On *our*
# programs its agents score what ours score (Freq on 400: theirs 37.6, ours 36.3; HLQ on 60:
# 45.4 and 45.7), and rewards and instructions agreed in all cycles of 342 programs without dice.
# The differences below come from the programs: only agents on the same programs are ranked.

# %%
measured = catalog.report("machine-super-intelligence")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
