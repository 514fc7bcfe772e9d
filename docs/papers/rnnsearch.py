# %% [markdown]
# # Neural Machine Translation by Jointly Learning to Align and Translate
#
# Bahdanau, Cho and Bengio, 2014. Networks that translated read a whole sentence into one vector and
# wrote from it. This one keeps a vector for every word it read, and before every word it writes
# decides anew which of them to look at. What it looked at is an alignment that nobody gave it.

# %%
import inspect

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown
from keras import ops

from keras_readinglist import catalog
from keras_readinglist.applications import RNNSearch
from keras_readinglist.datasets import reversed_phrases
from keras_readinglist.layers import (
    AdditiveAttention,
    AttentionGRUCell,
    Maxout,
    RNNSearchDecoder,
    RNNSearchEncoder,
)
from keras_readinglist.recipes import report

# %% [markdown]
# ## Reading
#
# A gated recurrent unit reads forwards, another backwards, and the annotation of a word is both
# their states at it, $h_j = [\overrightarrow{h}_j; \overleftarrow{h}_j]$:
#
# $$z = \sigma(W_z x + U_z h), \quad r = \sigma(W_r x + U_r h), \quad
# \tilde h = \tanh(W x + U(r \circ h)), \quad h' = (1 - z) \circ h + z \circ \tilde h.$$
#
# Two things are easy to get wrong. The reset gate multiplies the state *before* the matrix $U$, not
# its product as in cuDNN; and $z$ is the share of the *new* state, where Keras and torch have it
# the other way round. Both are arguments of this package's `GRU`; and padding is left out in both
# directions, so that the backward unit begins at the last word and not at a row of zeros:

# %%
rng = np.random.default_rng(0)
sentence = rng.normal(size=(1, 5, 3)).astype("float32")
padded = np.concatenate([sentence, np.full((1, 4, 3), np.nan, "float32")], axis=1)
reader = RNNSearchEncoder(units=4)
annotations, last = reader(sentence)
again, last_again = reader(padded, mask=np.arange(9)[None] < 5)
print("annotations:", annotations.shape)
print("change by padding:", float(ops.max(ops.abs(again[:, :5] - annotations))))

# %% [markdown]
# ## Looking
#
# The state $s_{i-1}$ of the writer and every annotation go through a small network, whose softmax
# are the weights of a blend, the context:
#
# $$e_{ij} = v^\top \tanh(W_a s_{i-1} + U_a h_j), \quad \alpha_i = \operatorname{softmax}(e_i),
# \quad c_i = \sum_j \alpha_{ij} h_j.$$
#
# `keras.layers.AdditiveAttention` has neither $W_a$ nor $U_a$, so states and annotations would need
# one width; `AdditiveAttention` of this package has both, and the pointer networks of this list use
# the same scorer. $v$ begins at zero: at first everything is looked at alike, and $W_a$ and $U_a$
# learn from the second update on.

# %%
attention = AdditiveAttention(units=6, return_attention_scores=True)
context, weights = attention(last[:, None], annotations)
print("context:", context.shape, " weights at first:", ops.convert_to_numpy(weights)[0, 0])

# %% [markdown]
# ## Writing
#
# The writer is the same unit with the context as a third input, $C_z c_i$ and so on. As
# $c_i C = \sum_j \alpha_{ij} (h_j C)$, the annotations are multiplied with $C$, as with $U_a$, once
# for all words; in the loop remain the small scorer, a blend, and the product with the state.

# %%
print(inspect.getsource(AttentionGRUCell.attentive_step))

# %% [markdown]
# The next word depends on $s_{i-1}$, the word before and the context through a maxout layer: of
# every two neighbouring units the larger goes on. The appendix of the paper prints $s_{i-1}$ there,
# its Eq. 4 has $s_i$, and most public implementations take that and leave the maxout out; here it
# is `readout_state`, with the printed one as default. The whole output layer, the dearest part for
# a large vocabulary, is computed for all steps at once behind the loop.

# %%
print(inspect.getsource(Maxout.call))
print(inspect.getsource(RNNSearchDecoder._outputs))

# %% [markdown]
# ## An alignment that is known
#
# On real text nobody knows the true alignment. So the recipe trains first on a made language: a
# phrase is up to three adjectives and a noun; its translation has the words in reverse, and a word
# of agreement behind. The generator knows where each word comes from (the last row below, -1 for
# what comes from no word).

# %%
source, target, alignment = reversed_phrases(1, 6, rng=3)
for name, row in (("source", source), ("target", target), ("from", alignment)):
    print(f"{name:7}", *(f"{value:3}" for value in row[0][: (target > 0).sum()]))

# %% [markdown]
# A model of 64 units learns sentences of up to five words within a few seconds, and with it the
# alignment:

# %%
keras.utils.set_random_seed(0)
wide = ("kernel_initializer", "attention_initializer", "score_initializer")
model = RNNSearch(88, 32, 64, 64, 32, tied=True, **dict.fromkeys(wide, "glorot_uniform"))
model.compile(
    keras.optimizers.Adam(5e-3, global_clipnorm=1.0),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
)
for step in range(201):
    source, target, _ = reversed_phrases(128, (1, 5), rng)
    fed = np.pad(target[:, :-1], ((0, 0), (1, 0)), constant_values=1)
    inputs = {"source": source, "target": fed}
    loss = model.train_on_batch(inputs, target, sample_weight=(target > 0).astype("float32"))
    if step % 100 == 0:
        print(f"step {step:3}: loss {float(loss):.3f}")
source, target, alignment = reversed_phrases(500, (1, 5), rng=1)
weights, _ = model.align(source, target)
found = (weights.argmax(axis=-1) == alignment)[alignment >= 0].mean()
print(f"looks most at the true word: {found:.1%}")

# %% [markdown]
# ## English to French
#
# The models of the gallery were trained on pairs of Tatoeba, with one vocabulary of 2,000 pieces
# for both languages. Where French puts the adjective behind, the weights leave the diagonal.
# The network rests a part of its attention on the end of the sentence; here are the words alone.

# %%
translator = RNNSearch.from_preset("rnnsearch_english_french")
fixed = RNNSearch.from_preset("encoder_decoder_english_french")
sentences = [
    "She is reading an old book.",
    "I bought a red car last year.",
    "The white cat is sleeping on the old chair near the window because it is cold outside.",
]
for name, network in (("attention", translator), ("one vector", fixed)):
    for written in network.translate(sentences):
        print(f"{name:10}  {written}")

# %%
_, (read, written, weights) = translator.translate(sentences[1], return_alignments=True)
figure, axes = plt.subplots(figsize=(5, 4.5))
among = weights[:, :-1]
axes.imshow(among / among.sum(axis=1, keepdims=True), vmin=0, vmax=1, cmap="Blues")
axes.set_xticks(range(among.shape[1]), read[:-1], rotation=60)
axes.set_yticks(range(len(written)), written)
figure.tight_layout()

# %% [markdown]
# `align` follows any given translation, so it also tells how much a translation surprises the
# model, which is what a beam search minimises:

# %%
source = translator.encode(sentences[1:2])
for candidate in ("J'ai acheté une voiture rouge.", "J'ai acheté une rouge voiture."):
    _, log_p = translator.align(source, translator.encode([candidate]))
    print(f"{-log_p.sum() / np.log(2):6.1f} bits  {candidate}")

# %% [markdown]
# ## What reproduces
#
# The paper trains for days on 348 million words; here it is minutes on short sentences, so its BLEU
# is out of reach and is not the claim. The claims are that the alignment is found, that attention
# is better than one fixed vector, and that the gap grows with the length of the sentence.

# %%
measured = catalog.report("rnnsearch")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
