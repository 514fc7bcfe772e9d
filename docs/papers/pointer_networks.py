# %% [markdown]
# # Pointer Networks
#
# Vinyals, Fortunato and Jaitly, 2015. A decoder with a fixed output dictionary cannot sort, hull or
# tour inputs of any number. If its attention *is* the output, the dictionary grows with the input.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog
from keras_readinglist.applications import PointerNetwork, Seq2SeqBaseline
from keras_readinglist.datasets import convex_hull_batch, tsp_batch
from keras_readinglist.layers import PointerAttention
from keras_readinglist.metrics import geometry
from keras_readinglist.recipes import report

# %% [markdown]
# ## Attention that points
#
# Every encoder state $e_j$ is scored against the decoder state $d_i$,
#
# $$u_{ij} = v^\top \tanh(W_1 e_j + W_2 d_i), \qquad
# p(C_i \mid C_{<i}, P) = \operatorname{softmax}(u_i),$$
#
# and that is all: no blending of the memory, no output matrix.

# %%
print(inspect.getsource(PointerAttention._scores))

# %% [markdown]
# The answers must stand in one order. A hull begins with its vertex of lowest index and goes
# counter-clockwise; a learned end symbol competes with the points.

# %%
points, mask, hulls = convex_hull_batch(4, (5, 9), rng=3)
print(hulls)

# %% [markdown]
# ## A trained network

# %%
model = PointerNetwork.from_preset("pointer_network_hull")
answers, _ = model.generate(points, mask, constraint="no_repeat")
figure, axes = plt.subplots(1, 4, figsize=(10, 2.8))
for plot, cloud, there, answer, hull in zip(axes, points, mask, answers, hulls, strict=True):
    for path, style in ((hull, {"color": "orange", "lw": 5}), (answer, {"color": "purple"})):
        corners = cloud[path[path >= 0]]
        plot.plot(*np.vstack([corners, corners[:1]]).T, **style)
    plot.plot(*cloud[there].T, "k.")
    plot.set_xticks([])
    plot.set_yticks([])
figure.tight_layout()

# %% [markdown]
# Where it pointed, step by step, in the first example: rows are steps, the first column ends.

# %%
print(model.pointing(points, answers, mask)[0].round(2))

# %% [markdown]
# It also answers for more points than it ever saw; the baseline with a fixed dictionary cannot.

# %%
for count in (5, 10, 15):
    cloud, there, true = convex_hull_batch(300, count, rng=count)
    found, _ = model.generate(cloud, there, constraint="no_repeat")
    print(f"{count:2} points: {geometry.hull_accuracy(found, true):.1%} exact")
try:
    Seq2SeqBaseline(max_points=10, units=8).generate(np.random.rand(1, 15, 2))
except ValueError as error:
    print(error)

# %% [markdown]
# ## Tours
#
# Beam search over valid tours, all examples and beams at once:

# %%
tourist = PointerNetwork.from_preset("pointer_network_tsp")
cities, there, best = tsp_batch(200, 8, rng=1)
tours, _ = tourist.generate(cities, there, beam_size=3, constraint="tour")
print(f"shortest {geometry.tour_length(cities, best).mean():.3f}")
print(f"network  {geometry.tour_length(cities, tours).mean():.3f}")

# %% [markdown]
# ## What reproduces

# %%
measured = catalog.report("pointer-networks")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
