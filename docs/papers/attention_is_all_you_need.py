# %% [markdown]
# # Attention Is All You Need
#
# Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser and Polosukhin, 2017. Recurrent networks
# read a sentence word by word, so that the first word reaches the last through all between. Here
# every word asks every other at once: any two are one step apart, and all are computed together.
# *The Annotated Transformer* takes the model apart line by line; this page shows what it is for.

# %%
import inspect
import time

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog
from keras_readinglist.applications import Transformer
from keras_readinglist.datasets import copied_symbols, written_sums
from keras_readinglist.layers import MultiHeadAttention, TransformerDecoderBlock
from keras_readinglist.layers.key_value_cache import write
from keras_readinglist.recipes import report

# %% [markdown]
# ## Many heads
#
# A head compares queries with keys, $\operatorname{softmax}(Q K^\top / \sqrt{d_k}) V$, after
# projections of its own; their answers stand side by side and are projected once more:
#
# $$\operatorname{MultiHead}(Q, K, V) = [\mathrm{head}_1; \dots; \mathrm{head}_h] W^O, \qquad
# \mathrm{head}_i = \operatorname{Attention}(Q W_i^Q, K W_i^K, V W_i^V).$$
#
# `MultiHeadAttention` leaves the middle to the fused kernel of the backend, unless the weights are
# asked for or dropped:

# %%
layer, x = (
    MultiHeadAttention(num_heads=4, key_dim=8),
    np.random.default_rng(0).normal(size=(2, 6, 32)),
)
fused = layer(x, x, use_causal_mask=True)
by_hand, weights = layer(x, x, use_causal_mask=True, return_attention_scores=True)
print("largest difference:", float(keras.ops.max(keras.ops.abs(fused - by_hand))))
print("a row of a head:", np.round(keras.ops.convert_to_numpy(weights)[0, 0, 3], 3))

# %% [markdown]
# What it costs, for a sequence of $n$ vectors of $d$ numbers (Table 1 of the paper; $k$ is the
# width of a kernel, $r$ that of a neighbourhood):
#
# | layer | operations | one after the other | from the first to the last |
# | --- | --- | --- | --- |
# | self-attention | $n^2 d$ | 1 | 1 |
# | recurrent | $n d^2$ | $n$ | $n$ |
# | convolution | $k n d^2$ | 1 | $\log_k n$, if dilated |
# | self-attention to neighbours | $r n d$ | 1 | $n / r$ |
#
# ## A translator
#
# The paper translates news with 65 and 213 million parameters. The model that is shipped has 0.9
# million, two blocks in encoder and decoder, one matrix for English, French and the softmax, and
# read 160,000 pairs of short sentences of Tatoeba six times.

# %%
model = Transformer.from_preset("transformer_english_french")
sentences = [
    "She gave me a red flower.",
    "I don't know where he lives.",
    "We have a big black dog.",
    "Tom told Mary that he would be late.",
]
for english, french in zip(sentences, model.translate(sentences), strict=True):
    print(f"{english:40s} {french}")

# %% [markdown]
# What looks at what, in the last block. Rows are pieces that the decoder writes:

# %%
source = model.encode(sentences[:1])
tokens, _ = model.generate(source, beam_size=4, length_penalty=0.6)
written = tokens[0, 0, : list(tokens[0, 0]).index(2) + 1]
maps = model.attention_maps(source, np.array([[1, *written[:-1]]]))
pieces = model.tokenizer.vocabulary
figure, axes = plt.subplots(1, 4, figsize=(10, 3.4), sharey=True)
for head, plot in enumerate(axes):
    plot.imshow(maps["cross"][0, -1, head], cmap="Purples", vmin=0, vmax=1)
    plot.set_xticks(range(source.shape[1]), [pieces[i] for i in source[0]], rotation=90)
    plot.set_title(f"head {head + 1}")
axes[0].set_yticks(range(len(written)), [pieces[i] for i in written])
figure.tight_layout()

# %% [markdown]
# ## Writing with a cache
#
# At step $t$ the decoder needs the keys and values of all tokens before. They have been computed
# already: a cache of a static shape keeps them, and each step fills one place. The memory of the
# encoder is projected once; the beams of a sentence share it, as further queries.

# %%
print(inspect.getsource(write))
print(inspect.getsource(TransformerDecoderBlock.step))

# %% [markdown]
# The same tokens as when everything is computed anew at each step, in less time:


# %%
def anew(source, steps):
    """Write greedily without a cache."""
    fed = np.zeros((len(source), steps + 1), "int32")
    fed[:, 0] = 1
    for t in range(steps):
        logits = model.predict_on_batch({"source": source, "target": fed[:, :-1]})[:, t]
        logits[:, :2] = -np.inf
        ended = (fed[:, 1 : t + 1] == 2).any(axis=1)
        fed[:, t + 1] = np.where(ended, 2, logits.argmax(axis=-1))
    return fed[:, 1:]


source, steps = model.encode(sentences), 30
ways = {
    "cache": lambda: model.generate(source, steps)[0][:, 0],
    "anew": lambda: anew(source, steps),
}
for name, way in ways.items():
    way()  # compiles
    began = time.perf_counter()
    found = way()
    print(f"{name}: {time.perf_counter() - began:.3f} s", found[0, :8].tolist())

# %% [markdown]
# ## Beam search
#
# Greedy search takes the likeliest token; a beam keeps several beginnings. Longer sentences have
# smaller probabilities, so that candidates are ranked by $\log p \,/\, ((5 + n) / 6)^\alpha$:

# %%
for alpha in (0.0, 0.6):
    tokens, log_p = model.generate(model.encode(sentences[3:]), beam_size=4, length_penalty=alpha)
    print("alpha", alpha)
    for row, score in zip(tokens[0], log_p[0], strict=True):
        print(f"  {score:6.2f}  {model.tokenizer.decode(row)}")

# %% [markdown]
# `beam_steps` tells what the beam held at every step, and what each of it continued: the tree of
# which a translation is one path. The pieces of the first four steps, the likeliest on top:

# %%
steps = model.beam_steps(model.encode(sentences[3:]), beam_size=4)
for rank in range(4):
    row = zip(steps["tokens"][0, rank, :4], steps["parents"][0, rank, :4], strict=True)
    print("   ".join(f"{pieces[token]:>8} (after {parent + 1})" for token, parent in row))

# %% [markdown]
# ## A mean of models
#
# The paper translates with the mean of the last five checkpoints. `callbacks.CheckpointAverager`
# takes it while a model is trained, `callbacks.average_weights` of files that were kept. The models
# of this page need neither: their rate falls to zero, so that their last weights hardly differ.
#
# ## Tasks without data
#
# To see whether a Transformer works, one needs no languages. Symbols written in reverse ask for
# positions, sorted ones for counting, and sums for several things at once: two digits that stand
# apart, and a carry. Numbers are written from the ones on, as one adds on paper.

# %%
reversed_ones, due, _ = copied_symbols(1, length=8, rng=0, order="reversed")
sums, total, _ = written_sums(1, digits=4, rng=1)
for read, write_this in ((reversed_ones["source"], due), (sums["source"], total)):
    print(*("".join("0123456789+"[i - 3] for i in row[0] if i > 2) for row in (read, write_this)))

# %% [markdown]
# The ledger below has the shares of a thousand that a model of 0.2 million parameters writes
# without an error, after 800 updates, for sums 2,000.
#
# ## What reproduces
#
# The paper's task needs weeks of a graphics card of today for three seeds; `--scale full` of the
# recipe is larger, but not that. Measured here, against RNNsearch of as many parameters on the same
# pairs:

# %%
measured = catalog.report("attention-is-all-you-need")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
