# %% [markdown]
# # Scaling Laws for Neural Language Models
#
# Kaplan et al., 2020. The loss of a Transformer that predicts text falls as a power of its size, of
# its data and of the compute spent on it. Whoever has measured small models can say what a large
# one will do, and how large it should be.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog
from keras_readinglist.applications import DecoderLM
from keras_readinglist.information import (
    ChinchillaLaw,
    KaplanLaw,
    count_flops,
    count_params,
    fit_chinchilla,
    fit_scaling_law,
    forward_flops_per_token,
    isoflop_minimum,
    non_embedding_params,
    training_flops,
)
from keras_readinglist.information.scaling import PF_DAY
from keras_readinglist.recipes import report

# %% [markdown]
# ## What is counted
#
# The size $N$ leaves embeddings out: with $d$ for the width, four times as much between the dense
# layers, and $n$ blocks it is $N = 12 n d^2$. Reading a token costs two operations for every
# parameter, and the backward pass twice as much again, so that $D$ tokens cost about $C = 6 N D$.
# `count_params` and `count_flops` count at the layers of any Keras model: biases, normalizations,
# the logits, and both products of attention too.

# %%
decoder = DecoderLM(128, num_layers=2, d_model=32, num_heads=4, context=64)
print("non-embedding parameters:", decoder.non_embedding_params, non_embedding_params(2, 32))
print("all of them, with tables, biases and normalizations:", decoder.count_params())
print("forward operations for a token:", forward_flops_per_token(2, 32, n_ctx=64))
a_batch = np.zeros((1, 64), "int32")
print("counted at its layers:", count_params(decoder), count_flops(decoder, a_batch) // 64)
print(f"GPT-3's size and tokens: {training_flops(1.75e11, 3e11) / PF_DAY:.0f} PF-days")

# %% [markdown]
# ## Four laws
#
# Where nothing else is short,
#
# $$L(N) = \left(\frac{N_c}{N}\right)^{\alpha_N}, \qquad
# L(D) = \left(\frac{D_c}{D}\right)^{\alpha_D}, \qquad
# L(C) = \left(\frac{C_c}{C}\right)^{\alpha_C}.$$
#
# Where size and data are both short, they share a bracket:
#
# $$L(N, D) = \left[\left(\frac{N_c}{N}\right)^{\alpha_N / \alpha_D} + \frac{D_c}{D}
# \right]^{\alpha_D}.$$

# %%
law = KaplanLaw()
print(inspect.getsource(KaplanLaw.loss_nd))
sizes = np.logspace(5, 9, 50)
for tokens in (2e8, 2e9, 2e10, np.inf):
    plt.loglog(sizes, law.loss_nd(sizes, tokens), label=f"{tokens:.0e} tokens")
plt.xlabel("non-embedding parameters")
plt.ylabel("loss, nats per token")
plt.legend()
plt.show()
print(f"Eight times the size wants {8**0.74:.1f} times the data.")

# %% [markdown]
# ## Our own sweep
#
# Decoders of two blocks on the letters of Shakespeare. The rate of every size is the best of three
# on validation works; losses are of works that nothing was chosen on. The largest is held out, and
# the line has to foretell it. All seeds are drawn.

# %%
measured = catalog.report("scaling-laws")
run = measured["runs"]["sweep"]
config, seeds = run["config"], [seed["metrics"] for seed in run["seeds"].values()]
widths, last = (*config["widths"], config["held_out"]), config["steps"][-1]
params = np.array([seeds[0][f"params_{width}"] for width in widths])
losses = np.array([[seed[f"loss_{width}_{last}"] for width in widths] for seed in seeds])
fit = fit_scaling_law(params[:-1], losses.mean(axis=0)[:-1])
for each in losses:
    plt.loglog(params[:-1], each[:-1], "k.")
    plt.loglog(params[-1:], each[-1:], "o", markerfacecolor="none")
plt.loglog(params, fit.loss(params))
plt.xlabel("non-embedding parameters")
plt.ylabel("loss, nats per letter")
plt.show()
low, high = fit.interval
print(f"exponent {fit.law.exponent:.4f}, between {low:.4f} and {high:.4f} at 95 %")
print("residuals, in percent:", (100 * fit.residuals).round(2))
error = fit.loss(params[-1]) / losses.mean(axis=0)[-1] - 1
print(f"the held-out size: {error:+.1%}")

# %% [markdown]
# ## A floor
#
# A power law goes on to zero, and text does not: the next letter is never certain. Hoffmann et
# al. (2022) let the loss end at a floor,
#
# $$L(N, D) = E + \frac{A}{N^\alpha} + \frac{B}{D^\beta}.$$
#
# Fitted to the small decoders at three budgets of steps, it has to foretell the same decoder.

# %%
small = [(width, steps) for width in config["widths"] for steps in config["steps"]]
read = config["batch_size"] * config["context"]
n, d = np.array([(seeds[0][f"params_{w}"], read * steps) for w, steps in small]).T
found = np.mean([[seed[f"loss_{w}_{s}"] for w, s in small] for seed in seeds], axis=0)
floored = fit_chinchilla(n, d, found)
print(floored)
error = floored.loss(params[-1], read * last) / losses.mean(axis=0)[-1] - 1
print(f"the held-out size: {error:+.1%}")

# %% [markdown]
# ## Little data
#
# Three sizes learn from less text, and are stopped when the loss on validation works is lowest.
# More parameters then help less.

# %%
steps = config["steps"][1]
for width in config["limited_widths"]:
    names = [f"loss_{width}_data_{characters}" for characters in config["characters"]]
    names.append(f"loss_{width}_{steps}")
    means = [np.mean([seed[name] for seed in seeds]) for name in names]
    label = f"{seeds[0][f'params_{width}']:,.0f} parameters"
    plt.loglog([*config["characters"], read * steps], means, "o-", label=label)
plt.xlabel("letters, the last seen once")
plt.ylabel("loss, nats per letter")
plt.legend()
plt.show()
data = [np.mean([seed[name] for seed in seeds]) for name in ("data_exponent", "data_error")]
print("exponent of the data {:.3f}; root mean square error of L(N, D) {:.2%}".format(*data))

# %% [markdown]
# ## Spending a budget
#
# Among all models that cost $C$ there is a best one. The paper's fits say that nearly all of a
# larger budget should go into size, $N \propto C^{0.73}$. Hoffmann et al. shared it equally; what
# had misled the first fit were embeddings left out of small models, warm-ups that were too long for
# them, and rates that were not tuned for every size (Pearce and Song, 2024; Porian et al., 2024).

# %%
chinchilla = ChinchillaLaw.besiroglu()
for flops in (1e18, 1e21, 1e24):
    # At the critical batch size half of the operations are the least that are needed.
    old, new = law.optimal_allocation(flops / 2 / PF_DAY), chinchilla.optimal_allocation(flops)
    print(f"{flops:.0e} operations: {old.params:.1e} or {new.params:.1e} parameters,", end=" ")
    print(f"{old.tokens / old.params:.1f} or {new.tokens / new.params:.1f} tokens for each")

# %%
flops = 1e21
around = chinchilla.optimal_allocation(flops).params * np.logspace(-1, 1, 41)
plt.semilogx(around, chinchilla.isoflop(flops, around))
plt.xlabel("parameters at 1e21 operations")
plt.ylabel("loss")
plt.show()
near = around[10:31]
print(
    f"valley: {isoflop_minimum(near, chinchilla.isoflop(flops, near)):.2e} parameters by a parabola"
)

# %% [markdown]
# ## What 24,576 parameters write
#
# `DecoderLM` writes from a cache of keys and values.

# %%
writer = DecoderLM.from_preset("decoder_lm_shakespeare")
prompt = np.frombuffer(b"KING ", "uint8")[None].astype("int32")
text = writer.generate(prompt, 59, temperature=0.7, seed=1)[0]
print("KING " + bytes(text.astype("uint8").tolist()).decode("ascii", "replace"))

# %% [markdown]
# ## What reproduces

# %%
Markdown(report.markdown(measured))
