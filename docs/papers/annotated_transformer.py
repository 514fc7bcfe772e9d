# %% [markdown]
# # The Annotated Transformer
#
# Rush, 2018, revised by Huang, Subramanian, Sum, Almubarak and Biderman, 2022. The notebook set the
# text of *Attention Is All You Need* beside a program that runs. This page does so with the tested
# parts of this library, on any of three backends, and says where the notebook's code does something
# else than its text.

# %%
import inspect

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog
from keras_readinglist.applications import Transformer
from keras_readinglist.applications.translation import walkthrough
from keras_readinglist.applications.translation.walkthrough import walk_through
from keras_readinglist.datasets import copied_symbols
from keras_readinglist.layers import SinusoidalPositionEmbedding
from keras_readinglist.layers.masking import causal_mask, masked_softmax, padding_mask
from keras_readinglist.layers.transformer import TransformerEncoderBlock
from keras_readinglist.losses import LabelSmoothedCrossEntropy
from keras_readinglist.recipes import report
from keras_readinglist.recipes.annotated_transformer import build, smoothing_curve
from keras_readinglist.schedules import NoamSchedule

# %% [markdown]
# ## From tokens to vectors
#
# Every token has a row of one matrix $E$, times $\sqrt{d}$, so that the entries have variance 1.
# Attention knows no order; so each place adds a vector of its own,
#
# $$PE_{p,2i} = \sin(p / 10000^{2i/d}), \qquad PE_{p,2i+1} = \cos(p / 10000^{2i/d}).$$
#
# Four of its columns, as in the notebook:

# %%
waves = keras.ops.convert_to_numpy(SinusoidalPositionEmbedding()(np.zeros((1, 100, 20))))[0]
figure, plot = plt.subplots(figsize=(8, 2.6))
plot.plot(waves[:, 4:8], label=[f"column {k}" for k in range(4, 8)])
plot.set_xlabel("position")
plot.legend(loc="lower right", ncols=4)
figure.tight_layout()

# %% [markdown]
# ## Attention
#
# A query is compared with all keys, and what is read is a mean of the values:
#
# $$\operatorname{Attention}(Q, K, V) = \operatorname{softmax}(Q K^\top / \sqrt{d_k})\, V.$$
#
# The products of independent numbers of variance 1 have variance $d_k$: without the root the
# softmax would be nearly hard, and its gradient nearly zero. `walk_through` computes a whole
# Transformer in NumPy, for one sentence; its attention is this:

# %%
print(inspect.getsource(walkthrough._attend))

# %% [markdown]
# The layer that models use, `MultiHeadAttention`, does the same with the fused kernel of the
# backend, for a batch, with a cache, and in half precision. Both agree:

# %%
model = Transformer.from_preset("transformer_copy")
source, target = [6, 4, 7, 4, 8, 2], [1, 6, 4, 7, 4, 8]  # 3 1 4 1 5: digits begin at 3
walk = walk_through(model, source, target)
logits = model({"source": np.array([source]), "target": np.array([target])})
print("largest difference:", np.abs(keras.ops.convert_to_numpy(logits)[0] - walk.logits).max())

# %% [markdown]
# One row of one head, down to its numbers. The decoder has written 3 and 1, and asks the source
# what comes next:

# %%
attention, head, query = walk.cross[1], 0, 2
scores = attention.scores[head, query]
for key, score, share in zip("31415.", scores, attention.weights[head, query], strict=True):
    print(f"{key}   q · k / √d = {score:7.3f}   exp = {np.exp(score - scores.max()):.4f}   "
          f"softmax = {share:.4f}")  # fmt: skip

# %% [markdown]
# ## Masks
#
# Two things must not be seen: padding, and, while the decoder learns all positions at once, the
# future. Both are Boolean, and combine by *and*.

# %%
ids = np.array([[1, 6, 4, 7, 0, 0]])
masks = {
    "padding": padding_mask(ids)[:, None] & (ids[:, :, None] >= 0),
    "future": causal_mask(6, 6),
    "both": padding_mask(ids)[:, None] & causal_mask(6, 6),
}
figure, axes = plt.subplots(1, 3, figsize=(8, 2.6))
for plot, (title, mask) in zip(axes, masks.items(), strict=True):
    plot.imshow(keras.ops.convert_to_numpy(mask)[0], cmap="Purples", vmin=0, vmax=1)
    plot.set_title(title)
    plot.set_xlabel("key")
axes[0].set_ylabel("query")
figure.tight_layout()

# %% [markdown]
# The notebook writes $-10^9$ where it may not look, which no number of half precision is; and a
# query that sees nothing gets the mean of what it must not see. Here such a query reads zeros:

# %%
print("the lowest number of half precision:", np.finfo("float16").min)
print(masked_softmax(np.ones((1, 3), "float32"), np.zeros((1, 3), bool)))

# %% [markdown]
# ## Blocks
#
# A sublayer stands in a residual connection with a normalization. The paper prints
# $\operatorname{norm}(x + f(x))$; the notebook's code has $x + f(\operatorname{norm}(x))$, and one
# more normalization after each stack, which its text does not say. `norm_first` chooses:

# %%
print(inspect.getsource(TransformerEncoderBlock._around))

# %% [markdown]
# Its normalization divides by the deviation with $d - 1$ in place of $d$, and adds $\epsilon$ to
# it outside the root. That scales by $\sqrt{(d-1)/d}$:

# %%
for norm in (walkthrough._norm, walkthrough._notebook_norm):
    print(inspect.getsource(norm))


# %%
class Plain:
    gamma, beta, epsilon = np.ones(8), np.zeros(8), 1e-6


x = np.random.default_rng(0).normal(size=(1, 8))
print(walkthrough._notebook_norm(Plain, x) / walkthrough._norm(Plain, x), np.sqrt(7 / 8))

# %% [markdown]
# ## The learning rate
#
# $$\mathrm{rate} = d^{-1/2} \min(t^{-1/2},\; t \cdot \mathrm{warmup}^{-3/2}),$$
#
# the notebook's three examples:

# %%
figure, plot = plt.subplots(figsize=(8, 2.6))
steps = np.arange(1, 20_000)
for width, warmup in ((512, 4_000), (512, 8_000), (256, 4_000)):
    rates = keras.ops.convert_to_numpy(NoamSchedule(width, warmup)(steps - 1))
    plot.plot(steps, rates, label=f"d = {width}, warm-up {warmup:,}")
plot.set_xlabel("update")
plot.legend()
figure.tight_layout()

# %% [markdown]
# The notebook accumulates gradients of ten batches and calls its schedule after every one, so that
# a warm-up of 3,000 is 300 updates; it updates after the *first* batch of ten, does not divide by
# ten, and takes what is left at the end of an epoch into the next. In Keras an optimizer
# accumulates, and its schedule counts updates:

# %%
optimizer = keras.optimizers.Adam(NoamSchedule(8), gradient_accumulation_steps=10)
layer = keras.layers.Dense(1)
layer.build((None, 2))
counts = []
for _ in range(20):
    gradients = [keras.ops.ones(weight.shape) for weight in layer.trainable_variables]
    optimizer.apply(gradients, layer.trainable_variables)
    counts.append(int(optimizer.iterations))
print(counts)

# %% [markdown]
# Batches have unequal numbers of tokens; so sums over tokens are accumulated, not means. That
# micro-batches give the same update as one batch is tested (`tests/recipes`).
#
# ## Label smoothing
#
# The target gives a share $\epsilon$ to the other words. The notebook spreads it over all but the
# right one and padding, and takes off the entropy of the target; `exclude_ignored` and `from_kl` do
# so, and no target is ever made. The loss is least where the model is as sure as the target, 0.9,
# and rises if it is surer:

# %%
sure, losses = smoothing_curve()
figure, plot = plt.subplots(figsize=(8, 2.6))
plot.plot(sure, losses)
plot.axvline(0.9, color="gray", ls=":")
plot.set_xlabel("probability of the right word")
plot.set_ylabel("loss, nats")
figure.tight_layout()
loss = LabelSmoothedCrossEntropy(0.1, ignore_id=0, exclude_ignored=True, from_kl=True)
print("of padding alone:", float(loss(np.array([[0, 0]]), np.zeros((1, 2, 5), "float32"))))

# %% [markdown]
# ## A first example: copying
#
# Ten symbols are read and must be written. The notebook's batch begins with 1, and nothing ends it;
# here sources end with 2, targets begin with 1, and symbols follow from 3.

# %%
batch, labels, weights = copied_symbols(2, (3, 5), rng=0)
print("read:", batch["source"].tolist())
print("fed: ", batch["target"].tolist())
print("due: ", labels.tolist())

# %% [markdown]
# A hundred updates of a very small one:

# %%
keras.utils.set_random_seed(0)
config = {"num_symbols": 10, "num_layers": 1, "d_model": 32, "d_ff": 64, "num_heads": 4}
small = build({**config, "dropout": 0.0})
small.compile(keras.optimizers.Adam(3e-3), LabelSmoothedCrossEntropy(0.0))
curve = [float(small.train_on_batch(*copied_symbols(64, 5, rng=step))) for step in range(100)]
print("loss:", [round(value, 2) for value in curve[::20]], "…", round(curve[-1], 2))

# %% [markdown]
# The trained one writes whole batches at once, greedily or by beam search, with the keys and
# values of what is written kept; it ends by itself.

# %%
sources, due, _ = copied_symbols(1_000, (1, 10), rng=1)
written, _ = model.generate(sources["source"], max_steps=11)
right = ((written[:, 0] == due) | (due == 0)).all(axis=1)
print(f"{np.mean(right):.1%} of 1,000 copied without an error")

# %% [markdown]
# What the heads of both layers of the decoder read of the source. Somewhere there must be a
# diagonal, one place ahead of what was written.

# %%
maps = keras.ops.convert_to_numpy(
    model.attention_maps(np.array([source]), np.array([target]))["cross"]
)[0]
figure, axes = plt.subplots(*maps.shape[:2], figsize=(8, 4))
for layer, row in enumerate(axes):
    for head, plot in enumerate(row):
        plot.imshow(maps[layer, head], vmin=0, vmax=1, cmap="Purples")
        plot.set_xticks(range(6), "31415.")
        plot.set_yticks(range(6), [">", *"31415"])
        plot.set_title(f"layer {layer + 1}, head {head + 1}", fontsize=9)
figure.tight_layout()

# %% [markdown]
# ## Where the notebook's code is not what its text says
#
# - `make_model` does not hand its dropout on to the attention, which drops a tenth even where none
#   is asked for. Here each has an argument, and none is none: checked below.
# - Accumulation: above.
# - The copy example trains with 1 as the start and 0 as padding, then decodes 0 to 9 from the start
#   0, so that padding is both read and written on. Here padding is masked wherever it stands: what
#   is written does not change with its number, checked below.
# - The vocabulary is made of training, validation and test data. `SubwordTokenizer.train` is given
#   the training split alone, and what it does not know is `<unk>`.
# - `average` calls a method that does not exist, and tying stands under `if False` with names that
#   are not there; beam search and byte pairs are described. Here they are code with tests: `tied`,
#   `beam_size`, `SubwordTokenizer`.
# - Greedy decoding takes one sentence, computes its whole prefix anew at every step, and goes on
#   after the end. `generate` takes a batch, keeps keys and values, and stops when all have ended;
#   `python benchmarks/run.py annotated_transformer` times both.
# - Every attention keeps the weights of its last call as `self.attn`. Here they are returned where
#   they are asked for, and nothing is kept.
# - Every sentence is padded to 72 tokens. `TranslationPairs` makes batches of six shapes: see the
#   ledger below.

# %%
for rate in (0.0, 0.1):
    made = build({**config, "dropout": rate})
    runs = [keras.ops.convert_to_numpy(made(batch, training=True)) for _ in range(2)]
    print(f"dropout {rate}: two runs of training differ by {np.abs(runs[0] - runs[1]).max():.3f}")

# %%
for padding in (0, 3, 9):
    row = np.array([[*source, *[0] * padding]])
    found, log_p = model.generate(row, max_steps=8)
    print(padding, found[0, 0].tolist(), round(float(log_p[0, 0]), 4))

# %% [markdown]
# ## What reproduces
#
# The notebook reports no score of its own. Its copy task, 128 features in place of 512:

# %%
measured = catalog.report("annotated-transformer")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
