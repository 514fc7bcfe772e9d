# %% [markdown]
# # Kolmogorov Complexity and Algorithmic Randomness
#
# Chapter 14 of the book by Shen, Uspensky and Vereshchagin (2017) does statistics on a *single*
# string. No sample, no prior: which finite set explains it? Complexity cannot be computed, so this
# page replaces it by code lengths that can, and says so at every step.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog, information
from keras_readinglist.information.algorithmic import context_tree
from keras_readinglist.recipes import report

rng = np.random.default_rng(0)

# %% [markdown]
# ## A code without parameters
#
# Context-tree weighting mixes all tree sources at once. Only the final counts at every context
# matter, so the whole tree is weighed from its leaves upwards, all contexts of a length together:

# %%
print(inspect.getsource(context_tree._estimate))
chain = np.cumsum(rng.random(4096) < 0.1) % 2
coin = rng.integers(0, 2, 4096)
parity = np.array([k.bit_count() % 2 for k in range(4096)])
for name, x in (("sticky coin", chain), ("coin", coin), ("Thue-Morse", parity)):
    bits = information.context_code_length(x, alphabet=2)
    steps = information.lempel_ziv_complexity(x, normalize=True)
    print(f"{name:12} {len(x)} bits: {bits:7.1f} by contexts; Lempel-Ziv {steps:.2f}")

# %% [markdown]
# ## Structure functions
#
# $h_x(\alpha) = \min \{\log_2 |A| : x \in A,\ C(A) \le \alpha\}$: how many bits of noise remain
# when the model may have $\alpha$ bits. Models here are the sets of all sequences with the same
# transition counts, whose exact size is Whittle's formula. The smallest model whose two parts are
# as short as any is the *minimal sufficient statistic*.

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 3.2))
for axis, (name, x) in zip(
    axes, (("sticky coin", chain), ("coin", coin), ("Thue-Morse", parity)), strict=True
):
    found = information.structure_function(x)
    found.plot(axis)
    axis.set_title(f"{name}: {found.minimal_sufficient_statistic}", fontsize=10)
figure.tight_layout()

# %% [markdown]
# The Thue-Morse sequence is written by a program of one line, but no chain is its model: the
# structure function of a family is an upper bound, and says nothing of what the family lacks.
#
# ## Randomness deficiency
#
# $d(x \mid A) = \log_2 |A| - C(x \mid A)$: how untypical $x$ is in $A$. Few members can have much
# of it, since few strings have short codes.

# %%
for order in (0, 1, 2):
    model = information.MarkovType(chain, order)
    print(
        f"as a chain of order {order}: {information.randomness_deficiency(chain, model):7.1f} bits"
    )
strings = rng.integers(0, 2, (3000, 40))
saved = 40 - np.array([information.context_code_length(x, 4, alphabet=2) for x in strings])
for bits in (1, 2, 4):
    print(f"share shortened by {bits}: {np.mean(saved >= bits):.4f}, at most {2.0**-bits:.4f}")

# %% [markdown]
# ## Denoising by lossy compression
#
# A compressed picture $y$ is a model too: all pictures as far from it as this one. The quality with
# the shortest sum $Z(y) + \log_2 |\mathrm{ball}|$ keeps what is structure. Nobody says how much
# noise there is.

# %%
at = np.arange(64) - 31.5
clean = (np.hypot(at[None], at[:, None]) < 24) ^ (np.hypot(at[None] - 8, at[:, None] + 5) < 9)
noisy = clean ^ (rng.random(clean.shape) < 0.1)
found = information.lossy_denoise(noisy.astype(int))
figure, axes = plt.subplots(1, 4, figsize=(11, 2.8))
for axis, image, title in (
    (axes[0], noisy, f"{np.mean(noisy != clean):.1%} wrong"),
    (axes[1], found.image, f"{np.mean(found.image != clean):.1%} wrong"),
    (axes[2], found.image ^ noisy, f"{found.distortion[found.best]} cells called noise"),
):
    axis.imshow(image, cmap="gray", interpolation="nearest")
    axis.set_title(title, fontsize=10)
    axis.axis("off")
axes[3].plot(found.qualities, found.total_bits, label="both")
axes[3].plot(found.qualities, found.code_bits, label="picture")
axes[3].plot(found.qualities, found.noise_bits, label="noise")
axes[3].set_xlabel("rounds of smoothing")
axes[3].legend()
figure.tight_layout()

# %% [markdown]
# ## The normalized compression distance
#
# $\mathrm{NCD}(x, y) = (Z(xy) - \min(Z(x), Z(y))) / \max(Z(x), Z(y))$ asks how much of one text the
# other explains. Real compressors are not perfect: a text is a little away from itself, and
# zlib forgets what lies 32 KiB back (a warning says so).

# %%
licence = information.ncd_matrix(
    [inspect.getsource(information.lossy_denoise), inspect.getsource(context_tree), "0123" * 300],
    compressor="lzma",
)
print(licence.round(2))

# %% [markdown]
# ## What reproduces

# %%
measured = catalog.report("kolmogorov-randomness")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
