# %% [markdown]
# # Recurrent Neural Network Regularization
#
# Zaremba, Sutskever and Vinyals, 2014. Dropout made large networks generalise, but not recurrent
# ones: noise in the recurrence is multiplied at every step, and the network forgets. The paper
# leaves the recurrence alone, and drops only what goes from layer to layer.

# %%
import inspect
import itertools

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown
from keras import ops

from keras_readinglist import catalog
from keras_readinglist.applications import LSTMLanguageModel, ModelEnsemble
from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers import RecurrentStack
from keras_readinglist.recipes import report, rnn_regularization
from keras_readinglist.schedules import ZarembaSchedule

# %% [markdown]
# ## Where dropout acts
#
# With the dropout operator $D$, the layers $l = 1 \dots L$ and the embedding of the word $h^0_t$,
#
# $$i, f, o, g = \sigma, \sigma, \sigma, \tanh(W \, D(h^{l-1}_t) + U \, h^l_{t-1} + b), \quad
# c^l_t = f \circ c^l_{t-1} + i \circ g, \quad h^l_t = o \circ \tanh(c^l_t),$$
#
# and the next word is guessed from $D(h^L_t)$. Every element has a throw of its own at every step.
# What was read $k$ steps before reaches the guess through $L + 1$ such operators, whatever $k$ is.
# `RecurrentStack` draws the factors of all steps in one operation, outside the loop.

# %%
print(inspect.getsource(RecurrentStack.call))

# %% [markdown]
# Count them, in a stack of linear layers that hand everything on: layer 1 to its next step and to
# layer 2. A mask of one half doubles the mean square of what it lets pass. So the mean square of
# the gradient of the last output, for an input $k$ steps before, is $2^n$ after $n$ strikes.


# %%
def strikes(mode, steps=8, units=16):
    """Return how often each input is struck on its way to the last output, the latest first."""
    options = {"cell": "rnn", "activation": "linear", "seed": 0}
    stack = RecurrentStack(units, dropout=0.5, dropout_mode=mode, **options)
    x = np.ones((8_000, steps, units), "float32")
    stack.build(x.shape)
    on, off, bias = np.eye(units), np.zeros((units, units)), np.zeros(units)
    stack.set_weights([on, on, bias, on, off, bias])
    last = Differentiable(stack, lambda y: ops.sum(y[:, -1]), training=True)
    return np.log2(np.square(last.of_inputs(x)[0]).mean(axis=(0, 2)))[::-1]


for mode in ("none", "non_recurrent", "naive_recurrent"):
    print(f"{mode:16}", strikes(mode).round(1))

# %% [markdown]
# Three, for two layers, whatever the distance, where dropout acts between layers; and one more for
# every step where it acts in the recurrence too.
#
# ## The models of the paper
#
# All parameters are uniform, biases among them, and all widths are equal.

# %%
for size in ("small", "medium"):
    model = LSTMLanguageModel.from_size(size, 10_000)
    print(f"{size:7} {model.stack.units} units, {model.count_params():,} parameters")

# %% [markdown]
# The learning rate is 1 for some epochs and then falls by a factor. The loss is summed over the
# steps of a chunk and averaged over the streams, so a rate of 1 is a rate of 35 for the mean.

# %%
table = {"small": (4, 2, 13), "medium": (6, 1.2, 39), "large": (14, 1.15, 55)}
for size, (hold, decay, epochs) in table.items():
    schedule = ZarembaSchedule(hold, decay, steps_per_epoch=1)
    plt.semilogy(range(1, epochs + 1), [float(schedule(k)) for k in range(epochs)], label=size)
plt.xlabel("epoch")
plt.ylabel("learning rate")
plt.legend()
plt.show()

# %% [markdown]
# Penn Treebank must not be passed on. With the three files `ptb.train.txt`, `ptb.valid.txt` and
# `ptb.test.txt` in a folder `ptb` of your data directory,
# `keras-readinglist reproduce rnn-regularization --scale full` trains the small and the medium
# model with the settings of the paper:

# %%
medium = rnn_regularization.RECIPE.config("regularised", "full", 0)
print({name: medium[name] for name in ("units", "dropout", "sequence_length", "epochs", "clip")})

# %% [markdown]
# ## Words of Shakespeare
#
# Two models of a size that can be shipped, trained on the first 25,000 words of the works, with
# dropout and without.

# %%
names = {"with dropout": "lstm_words_regularised", "without": "lstm_words_unregularised"}
models = {name: LSTMLanguageModel.from_preset(preset) for name, preset in names.items()}
models["mean of both"] = ModelEnsemble(list(models.values()))
for name, model in models.items():
    guesses = ", ".join(f"{word!r} {p:.0%}" for word, p in model.next_tokens("to be or not to", 4))
    print(f"{name:12} perplexity {model.perplexity('to be or not to be'):6.1f}; next: {guesses}")

# %% [markdown]
# An ensemble averages probabilities. By Jensen's inequality its surprisal is never above the mean
# of its members', at any word.

# %%
line = "to be or not to be that is the question"
surprisal = {name: model.score(line) for name, model in models.items()}
members = (surprisal["with dropout"] + surprisal["without"]) / 2
print((members - surprisal["mean of both"]).round(2))

# %% [markdown]
# ## Articles of Wikipedia
#
# Two LSTMs of 200 units read nine tenths of the test articles of WikiText-2; the last tenth is held
# out. Without dropout they are learned by heart, and what is held out is guessed worse from the
# sixth epoch on.

# %%
measured = catalog.report("rnn-regularization")
metrics = report.metrics(measured)
for run, kind in itertools.product(("unregularised", "regularised"), ("train", "valid")):
    keys = [f"articles_{run}/{kind}_{epoch:02d}" for epoch in range(1, 15)]
    style = {"train": "--", "valid": "-"}[kind]
    color = {"unregularised": "C1", "regularised": "C0"}[run]
    plt.plot(range(1, 15), [metrics[key]["mean"] for key in keys], style, color=color,
             label=f"{run}, {kind}")  # fmt: skip
plt.xlabel("epoch")
plt.ylabel("perplexity")
plt.yscale("log")
plt.legend()
plt.show()

# %% [markdown]
# ## What reproduces

# %%
Markdown(report.markdown(measured) if measured else "Not measured yet.")
