# %% [markdown]
# # The First Law of Complexodynamics
#
# Scott Aaronson's essay of 2011 asks why closed systems are most interesting in the middle of
# their lives. Entropy cannot say so: it only rises. He proposes *complextropy*, a sophistication
# with bounded resources, and conjectures that it is small, then large, then small again. This page
# makes sophistication computable, without giving up exactness: its bits decode.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog, information
from keras_readinglist.information.complexodynamics import two_part_code
from keras_readinglist.recipes import report

# %% [markdown]
# ## Sophistication
#
# A finite set $S$ that contains $x$ is a *model* of $x$. Describing $x$ through it takes two
# parts: $K(S)$ bits for the model, and $\log_2 |S|$ bits to say which of its elements $x$ is.
# Koppel's sophistication is the size of the smallest model whose description is as short as any:
#
# $$\operatorname{soph}_c(x) = \min \{K(S) : x \in S,\ K(S) + \log_2 |S| \le K(x) + c\}.$$
#
# $K$ is not computable, so the models are restricted: partitions of an image into dyadic
# rectangles, each with its number of ones. Among these the shortest description is found exactly.
# A leaf of $m$ cells with $k$ ones costs $1 + \log_2(m+1)$ bits of model and $\log_2 \binom mk$
# bits of data; halving a rectangle costs 2 bits. All rectangles of one shape are decided at once:

# %%
print(inspect.getsource(two_part_code._leaf))
print(inspect.getsource(two_part_code._improve))

# %% [markdown]
# ## Three cups
#
# The essay's picture: coffee with cream on top, with tendrils, and mixed.

# %%
cup = information.CoffeeAutomaton(64, dynamics="stirred", seed=1)
figure, axes = plt.subplots(1, 3, figsize=(9, 3.4))
for axis, state in zip(axes, cup.run([0, 6, 60]), strict=True):
    code = information.two_part_image_code(state[0], return_partition=True)
    axis.imshow(state[0], cmap="copper", interpolation="nearest")
    for top, bottom, left, right, _ in code.leaves:
        corner, sides = (left - 0.5, top - 0.5), (right - left, bottom - top)
        axis.add_patch(plt.Rectangle(corner, *sides, fill=False, edgecolor="white", linewidth=0.6))
    axis.set_title(f"model {code.model_bits:.0f}, all {code.total_bits:.0f} bits", fontsize=10)
    axis.axis("off")
figure.tight_layout()

# %% [markdown]
# The bits are real. `encode_image` writes them, `decode_image` reads them back:

# %%
written = information.encode_image(state[0])
assert (information.decode_image(written) == state[0]).all()
print(f"{8 * len(written)} bits on disk; computed: {code.total_bits:.0f}")

# %% [markdown]
# ## How much structure at which price
#
# Kolmogorov's structure function: how many bits of noise remain when the model may have so many
# bits. For tendrils a few hundred bits of model save thousands; for mixed coffee a model saves
# nothing.

# %%
cup.reset()
figure, axis = plt.subplots(figsize=(7, 3.4))
for name, state in zip(("unmixed", "tendrils", "mixed"), cup.run([0, 6, 60]), strict=True):
    profile = information.sophistication_profile(state[0])
    axis.plot(*profile.T, marker=".", label=name)
axis.set_xscale("symlog", linthresh=10)
axis.set_xlabel("bits of the model")
axis.set_ylabel("bits of noise")
axis.legend()
figure.tight_layout()

# %% [markdown]
# ## Along the way
#
# Stirred coffee against coffee left alone, until both are mixed. The total only rises. The bits of
# the model rise and fall when the coffee is stirred; left alone, all that ever has to be described
# is one border.

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3.4))
schedules = {
    "stirred": range(0, 61, 2),
    "interacting": np.unique(np.r_[0, np.geomspace(1, 8192, 24).astype(int)]),
}
for dynamics, times in schedules.items():
    cup = information.CoffeeAutomaton(128, dynamics=dynamics, seed=0)
    run = information.complexodynamics_run(cup, times)
    for axis, name in zip(axes, ("sophistication", "entropy"), strict=True):
        axis.plot(np.linspace(0, 1, len(run["time"])), run[name][:, 0], label=dynamics)
        axis.set_title("bits of the model" if name == "sophistication" else "all bits")
        axis.set_xlabel("from unmixed to mixed")
axes[0].legend()
figure.tight_layout()

# %% [markdown]
# *Why plain sophistication fails.* A state reached by a short random rule after $t$ steps belongs
# to the set "what the rule reaches at time $t$", which takes $O(\log t)$ bits to describe. A model
# that may run the dynamics sees through everything. The rectangles cannot: that is the bound on
# resources that the essay asks for. Logical depth has no good computable stand-in, and none is
# given here.
#
# ## What reproduces

# %%
measured = catalog.report("complexodynamics")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
