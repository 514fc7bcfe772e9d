# %% [markdown]
# # Neural Turing Machines
#
# Graves, Wayne and Danihelka, 2014. A recurrent network keeps what it knows in the vector that also
# does its computing. Give it a memory beside that vector, and heads that read and write it by soft
# weightings, and the whole machine can be trained by gradient descent, as if it were a network.

# %%
import inspect

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog, layers
from keras_readinglist.applications import LSTMSequenceModel, NTMSequenceModel
from keras_readinglist.datasets import associative_recall_task, copy_task, repeat_copy_task
from keras_readinglist.layers import ntm
from keras_readinglist.recipes import report

# %% [markdown]
# ## Addressing
#
# A head is a weighting $w$ of the rows of the memory $M$: it is never negative and sums to one. It
# comes about in four steps. First the rows that are like a key, with a strength $\beta$ (Eq. 5, 6):
#
# $$w^c_n = \operatorname{softmax}_n(\beta \cos(k, M_n)).$$

# %%
memory = np.eye(5, 3, dtype="float32")[None]
key = np.array([[[0.1, 1.0, 0.0]]], "float32")
for strength in (1.0, 20.0):
    print(
        np.array(ntm.content_addressing(memory, key, np.full((1, 1), strength, "float32"))).round(2)
    )

# %% [markdown]
# A gate blends them with the weighting of the step before (Eq. 7), a shift moves the result along
# the rows and around the end (Eq. 8), and sharpening takes back the blur (Eq. 9). With the gate
# closed and a shift of one, the head walks: that is a loop over an array.

# %%
print(inspect.getsource(ntm.circular_shift).split('"""')[2])
w = np.eye(5, dtype="float32")[None, :1]
blurred = ntm.circular_shift(w, np.array([[[0.1, 0.2, 0.7]]], "float32"))
print("shifted  ", np.array(blurred).round(2))
print("sharpened", np.array(ntm.sharpen(blurred, np.full((1, 1), 3.0, "float32"))).round(2))

# %% [markdown]
# Reading is a blend of rows; writing erases and adds. With several heads all erase before any adds,
# so that their order means nothing (Eq. 2 to 4).

# %%
print(inspect.getsource(ntm.memory_write).split('"""')[2])

# %% [markdown]
# One step of the machine, and the layer that runs it over a sequence:

# %%
print(inspect.getsource(layers.NTMCell.step))
machine = layers.NTM(memory_slots=16, memory_width=8, output_dim=8, return_sequences=True)
print(machine(np.zeros((2, 9, 9), "float32")).shape)

# %% [markdown]
# ## Copying
#
# The network sees some vectors, then a delimiter, and must write the vectors again. It was trained
# on 1 to 20 of them.

# %%
copier, lstm = (NTMSequenceModel.from_preset("ntm_copy"),
                LSTMSequenceModel.from_preset("ntm_copy_lstm"))  # fmt: skip
lengths = (10, 20, 40, 80, 120)
print("length  machine     LSTM  wrong bits per sequence, and by guessing")
for length, ours, theirs in zip(
    lengths,
    copier.evaluate_lengths(lengths, sequences=16),
    lstm.evaluate_lengths(lengths, sequences=16),
    strict=True,
):
    print(f"{length:6} {ours['wrong_bits']:8.2f} {theirs['wrong_bits']:8.1f} {ours['chance']:7.0f}")

# %% [markdown]
# What its heads do, for 40 vectors: the write head walks down the tape; when the delimiter has
# come, the read head, which waited at the start or jumps back to it, walks the same rows. The
# length is nowhere in the program that it has learned.

# %%
inputs, targets, mask = copy_task(1, 40, rng=0)
seen = copier.attention(inputs)
figure, axes = plt.subplots(1, 3, figsize=(11, 3.4))
panels = (
    ("written: probability of a one", 1 / (1 + np.exp(-seen["logits"][0].T))),
    ("write weighting", seen["weightings"][0, :, 1].T),
    ("read weighting", seen["weightings"][0, :, 0].T),
)
for plot, (name, values) in zip(axes, panels, strict=True):
    plot.imshow(values, aspect="auto", cmap="viridis", interpolation="nearest")
    plot.set_title(name)
    plot.set_xlabel("step")
figure.tight_layout()

# %% [markdown]
# ## Repeat copy
#
# How often the vectors are due is given with the delimiter. After the last time an end mark is due,
# so the machine has to count, and its reading head has to return. Trained on up to 10 vectors, up
# to 10 times. The paper's machine keeps the content right beyond that, and loses count; this one,
# after 8,000 steps, is only near to right within the range:

# %%
repeater = NTMSequenceModel.from_preset("ntm_repeat_copy")
for length, repeats in ((5, 5), (10, 10), (20, 10), (10, 20)):
    episode = repeat_copy_task(16, length, repeats, rng=1)
    due = episode[1][episode[2]].reshape(16, -1, 9)
    *content, end = (repeater.answer(episode) != due).sum(axis=(0, 1)) / 16
    print(
        f"{length:2} vectors {repeats:2} times: {sum(content):.2f} of {8 * length * repeats} bits "
        f"wrong, and the end mark at {end:.2f} of {length * repeats + 1} steps"
    )

# %% [markdown]
# ## Recall
#
# Items of three vectors, then one of them again: which came after it? Trained on 2 to 6 items.

# %%
recaller = NTMSequenceModel.from_preset("ntm_recall")
for items in (2, 6, 10, 15, 20):
    episode = associative_recall_task(32, items, rng=1)
    due = episode[1][episode[2]].reshape(32, 3, 6)
    print(f"{items:2} items: {(recaller.answer(episode) != due).sum() / 32:.2f} of 18 bits wrong")

# %% [markdown]
# ## Any controller
#
# A Keras cell, or any layer, can be the controller:

# %%
mine = layers.NTM(16, 8, controller=keras.layers.GRUCell(24), read_heads=2, output_dim=3)
print(mine(np.zeros((2, 5, 4), "float32")).shape)

# %% [markdown]
# ## What reproduces

# %%
measured = catalog.report("neural-turing-machines")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
