# %% [markdown]
# # Understanding LSTM Networks
#
# Christopher Olah's essay of 2015 takes the LSTM apart gate by gate. This page does the same with
# running code. The layers are `keras_readinglist.layers.LSTM`, `GRU` and `SimpleRNN`; their weights
# have the names, order and shapes of Keras' own.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog, layers
from keras_readinglist.applications import LSTMExplorer
from keras_readinglist.applications.lstm_explorer import gate_trace, gradient_norm_by_lag
from keras_readinglist.datasets import adding_problem
from keras_readinglist.layers.recurrent import steps
from keras_readinglist.recipes import report

# %% [markdown]
# ## A plain network forgets
#
# $h_t = \tanh(x_t W + h_{t-1} U + b)$. Going back one step multiplies the gradient by
# $U^\top \operatorname{diag}(1 - h^2)$, so over many steps it shrinks or grows geometrically.

# %%
print(inspect.getsource(steps.rnn_step))

# %% [markdown]
# ## The gates of an LSTM
#
# The forget gate $f$ decides what the cell keeps, the input gate $i$ how much of the candidate $g$
# it takes in, the output gate $o$ what it shows:
#
# $$c_t = f_t \circ c_{t-1} + i_t \circ g_t, \qquad h_t = o_t \circ \tanh(c_t).$$
#
# Along the cell $\partial c_t / \partial c_{t-1} = f_t$: no matrix, no squashing. One function
# computes the gates of one step, or of a whole sequence at once:

# %%
print(inspect.getsource(steps.lstm_gates))

# %% [markdown]
# Peepholes, coupled gates and the GRU are arguments or sisters of the same layer:

# %%
x = np.random.default_rng(0).standard_normal((2, 7, 3)).astype("float32")
for layer in (
    layers.LSTM(4),
    layers.LSTM(4, peephole=True),
    layers.LSTM(4, coupled=True),
    layers.GRU(4),
    layers.SimpleRNN(4),
):
    layer(x)
    print(f"{type(layer).__name__:10} {layer.count_params():4} weights")

# %% [markdown]
# ## A task that needs memory
#
# Of 100 numbers two are marked, one in each half; the answer is their sum. To say 1 every time
# costs a squared error of 1/6. These networks were trained by
# `keras-readinglist reproduce understanding-lstms`:

# %%
inputs, targets = adding_problem(256, 100, rng=0)
models = {
    cell: LSTMExplorer.from_preset(f"adding_problem_{cell}")
    for cell in ("rnn", "lstm", "peephole", "coupled", "gru")
}
for cell, model in models.items():
    error = np.square(model.predict(inputs, verbose=0) - targets).mean()
    print(f"{cell:10} squared error {error:.4f}")

# %% [markdown]
# What happens inside one of them? The cell of the unit that moves most, while one sequence is
# read; the marked steps are dashed.

# %%
tracks = gate_trace(models["lstm"].recurrent, inputs[:1])
unit = int(tracks["c"][0].std(axis=0).argmax())
figure, axes = plt.subplots(figsize=(8, 3))
for name in ("f", "i", "o", "c"):
    axes.plot(tracks[name][0, :, unit], label=name)
for step in np.flatnonzero(inputs[0, :, 1]):
    axes.axvline(step, color="gray", linestyle="--")
axes.set_xlabel("step")
axes.legend(ncols=4)
figure.tight_layout()

# %% [markdown]
# ## How far back the gradient reaches
#
# The norm of the gradient of the answer with respect to the input so many steps back.

# %%
figure, axes = plt.subplots(figsize=(8, 3.2))
for cell, model in models.items():
    axes.semilogy(np.maximum(gradient_norm_by_lag(model, inputs[:32]), 1e-14), label=cell)
axes.set_xlabel("steps back from the end")
axes.set_ylabel("size of the gradient")
axes.legend(ncols=5)
figure.tight_layout()

# %% [markdown]
# A caution: with a forget bias of 1 the gates of a *fresh* LSTM are near 0.73, and
# $0.73^{90} \approx 10^{-12}$, while the orthogonal matrix of a fresh plain network hardly shrinks
# anything. The gates are not open from the start; what counts is that they can learn to open.
#
# ## What reproduces

# %%
measured = catalog.report("understanding-lstms")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
