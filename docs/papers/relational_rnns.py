# %% [markdown]
# # Relational Recurrent Neural Networks
#
# Santoro, Faulkner, Raposo, Rae, Chrzanowski, Weber, Wierstra, Vinyals, Pascanu and Lillicrap,
# 2018. An LSTM keeps what it has read in one vector, and nothing compares the parts of that vector.
# Here the memory is a matrix of slots, and at every step the slots attend to one another.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog
from keras_readinglist.applications import RelationalRNNClassifier, RelationalRNNSeq2Seq
from keras_readinglist.datasets import learn_to_execute, nth_farthest
from keras_readinglist.datasets.nth_farthest import floor_accuracy
from keras_readinglist.layers import RelationalMemory, RelationalMemoryCell
from keras_readinglist.layers.relational_memory import attention
from keras_readinglist.recipes import report

# %% [markdown]
# ## One step
#
# The projected input joins the slots as one more row, and all rows attend to all of them,
#
# $$A(M) = \operatorname{softmax}\!\left(\frac{Q K^\top}{\sqrt{d_k}}\right) V,$$
#
# in several heads. Queries, keys and values of a row are normalised together.

# %%
print(inspect.getsource(attention.attend))

# %% [markdown]
# What comes out of the attention and a small row-wise network is only a candidate: like the cell of
# an LSTM, every slot has an input gate and a forget gate, which read the input and the last memory.
#
# $$M' = \sigma(i) \tanh(C) + \sigma(f)\, M$$

# %%
print(inspect.getsource(RelationalMemoryCell.step))

# %% [markdown]
# All weights are shared by the slots. So to permute the slots before is to permute them afterwards:
# the memory has no first and last slot, and begins as an identity matrix, so that they differ.

# %%
layer = RelationalMemory(mem_slots=4, head_size=8, num_heads=2, return_state=True)
x, start = np.random.rand(1, 5, 3), np.random.rand(1, 4, 16).astype("float32")
order = [2, 0, 3, 1]
_, plain = layer(x, initial_state=start)
_, permuted = layer(x, initial_state=start[:, order])
after = np.array(plain).reshape(4, 16)[order]
print("largest difference:", np.abs(after - np.array(permuted).reshape(4, 16)).max())

# %% [markdown]
# ## Who is farthest?
#
# Four labelled points are read one after the other, each with the question: which is the n-th
# farthest from point m? The trivial rule is to answer m when n asks for m, and to guess otherwise.

# %%
inputs, answers = nth_farthest(2000, num_objects=4, dim=2, rng=7)
print(f"the trivial rule {floor_accuracy(4):.3f}")
for name in ("relational_rnn_farthest", "relational_rnn_farthest_lstm"):
    model = RelationalRNNClassifier.from_preset(name)
    right = model.predict(inputs, batch_size=1000, verbose=0).argmax(-1) == answers
    ranks = inputs[:, 0, 6:10].argmax(-1)
    by_rank = "  ".join(f"n={n}: {right[ranks == n].mean():.3f}" for n in range(4))
    print(f"{name:30} {right.mean():.3f}   {by_rank}")

# %% [markdown]
# Where the slots look while the points go by, mean over heads: the last column is the point just
# read, and the others are the slots themselves.

# %%
model = RelationalRNNClassifier.from_preset("relational_rnn_farthest")
weights = model.trace(inputs[:1])["attention"][0, :, 0].mean(axis=1)
figure, axes = plt.subplots(1, 4, figsize=(9, 2.2))
for t, plot in enumerate(axes):
    plot.imshow(weights[t], vmin=0, vmax=1, cmap="Greens")
    plot.set_title(f"point {t + 1}")
    plot.set_xticks(range(5), [1, 2, 3, 4, "in"])
    plot.set_yticks(range(4), [1, 2, 3, 4])
figure.tight_layout()

# %% [markdown]
# ## How it got there
#
# The paper asks for all ranks from the start, and trains for hundreds of thousands of steps. Here
# the farthest point alone is asked for at first, and one more rank after every 2,000 steps. Dotted
# lines are runs without this curriculum. The accuracy on all ranks, on questions held out; the grey
# line is the trivial rule:

# %%
measured = catalog.report("relational-rnns")
figure, plot = plt.subplots(figsize=(8, 3.2))
for run, style in (("farthest", "g-"), ("farthest_lstm", "b-"), ("uniform", "g:"),
                   ("uniform_lstm", "b:")):  # fmt: skip
    found = report.metrics(measured) if measured else {}
    prefix = f"{run}/validation_at_"
    curve = {int(k.removeprefix(prefix)): v["seeds"] for k, v in found.items() if prefix in k}
    for seed in next(iter(curve.values()), {}):
        label = run if seed == "0" else None
        plot.plot(list(curve), [at[seed] for at in curve.values()], style, label=label)
plot.axhline(floor_accuracy(4), color="gray", lw=1)
plot.set_xlabel("steps")
plot.set_ylabel("accuracy")
if measured:
    plot.legend()
figure.tight_layout()

# %% [markdown]
# Six vectors of 8 numbers, and the paper's eight of 16, need more: while all coordinates count,
# neither core finds even the farthest. So the vectors lie in a plane at first, get one coordinate
# after the other, and only then are further ranks asked for:

# %%
for run in ("six", "eight") if measured else ():
    metrics = report.metrics(measured)
    accuracy, floor = metrics[f"{run}/accuracy"]["mean"], metrics[f"{run}/floor"]["mean"]
    print(f"{run:10}  accuracy {accuracy:.3f}  trivial rule {floor:.3f}")

# %% [markdown]
# ## Small programs
#
# The same core reads a program and then, fed with zeros, writes what it gives. There is no teacher
# forcing, so the whole result must be in the memory when the program ends. After 5,000 steps (the
# paper: 200,000) the LSTM is ahead at reversing and doubling, and neither can add. A hash of its
# text decides whether a program is trained on or tested; these are tested:

# %%
tasks = ("add", "copy", "reverse", "double")
programs, results = learn_to_execute(8, max_length=2, tasks=tasks, rng=1, split="test")
core, lstm = (
    RelationalRNNSeq2Seq.from_preset(name)
    for name in ("relational_rnn_programs", "relational_rnn_programs_lstm")
)
print(f"{'program':18}{'result':10}{'memory':10}LSTM")
for row in zip(programs, results, core.execute(programs), lstm.execute(programs), strict=True):
    print("{:18}{:10}{:10}{}".format(*row))

# %% [markdown]
# ## What reproduces

# %%
Markdown(report.markdown(measured) if measured else "Not measured yet.")
