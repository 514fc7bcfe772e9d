# %% [markdown]
# # The Unreasonable Effectiveness of Recurrent Neural Networks
#
# Andrej Karpathy's essay of 2015: a network that predicts the next character of a text, over and
# over, learns far more than letters. This page trains nothing; it opens two trained networks.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog
from keras_readinglist.applications import CharRNN, TruncatedBPTT
from keras_readinglist.datasets import StreamBatcher
from keras_readinglist.decoding import sampling
from keras_readinglist.information import gate_saturation, probe_cells
from keras_readinglist.recipes import report

model = CharRNN.from_preset("char_rnn_shakespeare")
print(f"{model.count_params():,} weights, {len(model.tokenizer)} characters")

# %% [markdown]
# ## Writing
#
# The probabilities are $p_i \propto \exp(y_i / \tau)$. A low temperature $\tau$ stays with what is
# likely, a high one takes risks. A sample is the largest of $y_i / \tau + G_i$ with Gumbel noise
# $G$, so that the whole loop over characters is one compiled program.

# %%
print(inspect.getsource(sampling.choose))

# %%
for temperature in (0.3, 0.7, 1.2):
    print(f"--- temperature {temperature}")
    print(model.generate("KING RICHARD:\n", 160, temperature=temperature, seed=4))

# %% [markdown]
# ## Reading
#
# The same network measures how surprising a text is. Its mean in bits is what a compressor built
# on it would need per character.

# %%
text = "GONZALO:\nNow would I give a thousand furlongs of sea for an acre of barren ground.\n"
bits = model.score(text) / np.log(2)
figure, axes = plt.subplots(figsize=(9, 2.4))
axes.bar(range(len(text)), bits)
axes.set_xticks(range(len(text)), [c if c != "\n" else "↵" for c in text], fontsize=7)
axes.set_ylabel("bits")
axes.set_title(f"{bits.mean():.2f} bits per character")
figure.tight_layout()

# %% [markdown]
# ## Cells that can be read
#
# No cell was told what to do. Some follow a property of the text all the same:

# %%
play = "MENENIUS:\nWhy, masters, my good friends, mine honest neighbours,\n"
play += "Will you undo yourselves?\n\n"
play += "FIRST CITIZEN:\nWe cannot, sir, we are undone already.\n\n" + text
tracks = model.activations(play)
for probe in probe_cells(tracks, play, top=1):
    place = f"layer {probe.layer + 1}, cell {probe.unit}"
    print(f"{probe.property:26} {probe.statistic} {probe.value:+.2f}  {place}")
left, right = gate_saturation(tracks["f"])
print(f"forget gates: {left.mean():.0%} of the time nearly shut, {right.mean():.0%} nearly open")

# %% [markdown]
# ## Python source
#
# The second network read the Python standard library.

# %%
writer = CharRNN.from_preset("char_rnn_python")
print("def read(self, " + writer.generate("def read(self, ", 240, temperature=0.4, seed=2))

# %% [markdown]
# ## Training
#
# The text is cut into parallel streams, and the state after one chunk is where the next begins;
# the gradient is cut there. That takes one wrapper and works in `fit` on every backend:

# %%
small = CharRNN(model.tokenizer.vocabulary, units=32, num_layers=1)
trainer = TruncatedBPTT(small, batch_size=4)
trainer.compile("adam", loss="mse")
streams = StreamBatcher(small.tokenizer.encode(play * 4), batch_size=4, sequence_length=25)
print(len(streams), "chunks of", streams[0][0].shape)
print(inspect.getsource(TruncatedBPTT.call))

# %% [markdown]
# ## What reproduces

# %%
measured = catalog.report("unreasonable-rnns")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
