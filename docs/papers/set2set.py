# %% [markdown]
# # Order Matters: Sequence to Sequence for Sets
#
# Vinyals, Bengio and Kudlur, 2015. A network that reads a set one element after the other gives it
# an order that it does not have, and has to learn that the order means nothing. Here the reader is
# built so that it cannot see one.

# %%
import inspect
import re

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown
from keras import ops

from keras_readinglist import catalog, datasets
from keras_readinglist.applications import JointSetModel, PointerNetwork, ReadProcessWrite
from keras_readinglist.datasets import sorting_batch, star_graphical_model
from keras_readinglist.decoding.order_search import order_search
from keras_readinglist.layers import NoInputLSTMCell, ProcessBlock, Set2Set
from keras_readinglist.recipes import report
from keras_readinglist.tokenizers import WordTokenizer

# %% [markdown]
# ## Ask, listen, ask again
#
# Every element $x_i$ becomes a memory $m_i$ by itself. Then an LSTM without inputs asks the memory
# $P$ times:
#
# $$q_t = \operatorname{LSTM}(q^*_{t-1}), \quad a_{i,t} = \operatorname{softmax}_i(m_i \cdot q_t),
# \quad r_t = \sum_i a_{i,t} m_i, \quad q^*_t = [q_t; r_t].$$
#
# The sum does not know in which order the elements came, and nothing else reads them.

# %%
print(inspect.getsource(ProcessBlock._ask))

# %% [markdown]
# The last $q^*_P$ is the set as one vector. This is the layer that graph networks took over as
# their read-out, `Set2Set`. It takes padded sets with a mask, or the elements of all sets below one
# another with the number of their set.

# %%
rng = np.random.default_rng(0)
elements, order = rng.normal(size=(1, 5, 4)), rng.permutation(5)
layer = Set2Set(processing_steps=4, return_attention=True)
vector, attention = layer(elements)
shuffled, _ = layer(elements[:, order])
print("change by another order:", float(ops.max(ops.abs(vector - shuffled))))
graph = np.array([0, 1, 0, 1, 1])
print(Set2Set()(elements[0], segment_ids=graph, num_segments=2).shape)

# %% [markdown]
# Its LSTM needs no matrix for inputs: $q^*$ already contains the query before. The usual form feeds
# $q^*$ as input and $q$ as state once more, half as many weights again for the same functions;
# `from_torch_geometric` adds the two matrices and gets an equal layer.

# %%
cell = NoInputLSTMCell(128)
cell.build()
print(f"{cell.count_params():,} weights in place of {12 * 128**2 + 4 * 128:,}")

# %% [markdown]
# ## Read, process, write
#
# `ReadProcessWrite` writes with the decoder of a pointer network, which begins with a linear map of
# $q^*_P$. This one was trained to write the places of 2 to 15 numbers from the smallest on.

# %%
model = ReadProcessWrite.from_preset("read_process_write_sort")
values, mask, _ = sorting_batch(1, 8, rng=4)
places, _ = model.generate(values, mask)
print("given:  ", values[0, :, 0].round(2))
print("written:", values[0, places[0][places[0] >= 0], 0].round(2))

# %% [markdown]
# Where it looked while it processed, and where it pointed while it wrote; columns are the numbers,
# sorted here for the eye alone.

# %%
by_size = values[0, :, 0].argsort()
looks = model.process_attention(values, mask)[0][:, by_size]
points = model.pointing(values, places, mask)[0, :8, 1:][:, by_size]
figure, axes = plt.subplots(1, 2, figsize=(9, 3))
for plot, picture, title in zip(axes, (looks, points), ("process", "write"), strict=True):
    plot.imshow(picture, vmin=0, vmax=1, cmap="Purples")
    plot.set_title(title)
    plot.set_ylabel("step")
    plot.set_xticks(range(8), values[0, by_size, 0].round(2), rotation=90)
figure.tight_layout()

# %% [markdown]
# The numbers in other orders: what this network keeps of them does not change; what the LSTM of a
# pointer network keeps does, and it had to learn to bear it.

# %%
lstm = PointerNetwork.from_preset("pointer_network_sort")
orders = np.array([rng.permutation(8) for _ in range(20)])
for name, network in (("set", model), ("LSTM", lstm)):
    kept = network.read(values[0][orders])
    print(f"{name:4} largest change: {np.abs(kept - kept[0]).max():.6f}")

# %% [markdown]
# ## The order of what is written
#
# If the target is a set too, some order must be chosen, and the choice decides what has to be
# learned. The paper lets the model choose: it trains on the order to which the model itself gives
# the most probability, or draws one by the model's probabilities. `order_search` finds such orders
# for any model that goes from a token and a state to log-probabilities. As an example, a chain of
# words in which every word is likely to follow the one before it:

# %%
words = ["this", "is", "a", "five", "gram"]
chain = np.full((6, 5), 0.02)
chain[[5, 0, 1, 2, 3], range(5)] = 0.92  # the last row begins


def follow(tokens, state, t):
    """Return the log-probability of every word after the token."""
    return ops.take(np.log(chain), tokens, axis=0), state


mixed = np.array([[3, 0, 4, 2, 1]])
for mode in ("exact", "greedy", "sample"):
    found, log_p = order_search(follow, {}, mixed, mode=mode, start=5, seed=1)
    sentence = " ".join(words[mixed[0, place]] for place in ops.convert_to_numpy(found)[0])
    print(f"{mode:7} {float(log_p[0]):7.2f}  {sentence}")

# %% [markdown]
# `JointSetModel` gives a probability to several variables, one after the other, in any order, and
# may search for the order while it trains. In a star model a head, uniform, explains all others.
# From 500 samples, trained on random orders, the model fits best what it reads head first:

# %%
star = star_graphical_model(6, 6, rng=0, head=3)
samples, new = star.sample(500, rng=1), star.sample(2_000, rng=2)
keras.utils.set_random_seed(0)
joint = JointSetModel(6, 6, units=64, search="uniform", seed=0)
joint.compile(
    keras.optimizers.Adam(2e-3), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)
)
joint.fit(samples, samples, batch_size=50, epochs=60, verbose=0)
print(f"entropy of the star model: {star.entropy():.3f} nats")
for first in range(6):
    rest = [variable for variable in range(6) if variable != first]
    loss = -joint.log_probability(new, [first, *rest]).mean()
    print(f"variable {first} first: {loss:.3f}{'  (the head)' if first == star.head else ''}")

# %% [markdown]
# For a single example this is less clear: a draw by probability takes the variable whose value is
# likely at the moment, and the values of the head all are equally likely.

# %%
drawn = joint.search_orders(new, "sample")
print(f"the head comes first in {(drawn[:, 0] == star.head).mean():.0%} of the drawn orders")

# %% [markdown]
# The paper's other example are 5-grams of text: five words side by side, one variable each. Read
# from left to right most words follow from those before them; in the order 5, 1, 3, 4, 2 the same
# model has to begin with the last word, and is worse. The text below is Python's own reference, its
# topics split by their names, with a vocabulary of 2,000 words:

# %%
paragraphs = [
    " ".join(re.findall(r"\w+|[^\w\s]+", paragraph.lower()))
    for paragraph in datasets.load("python_documentation", "train")
]
tokenizer = WordTokenizer.from_text("\n".join(paragraphs), size=2_000)
for gram in datasets.ngram_batch(3, [tokenizer.encode(text) for text in paragraphs], rng=0):
    scattered = tokenizer.decode(gram[[4, 0, 2, 3, 1]])
    print(f"{tokenizer.decode(gram):40} {scattered}")

# %% [markdown]
# ## What reproduces
#
# Of the paper's section 5 the 5-grams were tried, on this smaller text. The natural order is better
# than a scattered one, as in the paper. To choose the better of the two for every example does not
# reach it within as many updates. A search among all 120 orders is far worse in every one of them,
# if least so in the natural one: its model has learned to tell a word when it would have chosen it.
# Of the orders that it draws 2 % run in a row, as by chance. The orders of parse trees were not
# tried.

# %%
measured = catalog.report("set2set")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
