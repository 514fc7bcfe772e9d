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
from keras_readinglist.recipes import machine_super_intelligence as recipe
from keras_readinglist.recipes import report

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
results, pairs = quiz.compare(recipe.agents(machine))
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
moves, rewards = recipe.random_walk(21)
exact = np.linalg.solve(np.eye(21) - 0.9 * moves, rewards)
states = recipe.walk(moves, rewards, steps=5000, replicas=20, seed=0)
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
# ## The mixture behind MC-AIXI
#
# AIXI plans by a mixture over all programs; its runnable approximation mixes all tree sources
# instead. `information.ContextTree` learns bit by bit and undoes bits exactly, as planning needs.
# The planner itself is not part of this library.

# %%
tree = information.ContextTree(depth=4)
tree.update([0, 1, 1] * 30)
before = tree.predict()
tree.update([1, 1, 1, 0])
tree.revert(4)
print(before, tree.predict() == before)

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
