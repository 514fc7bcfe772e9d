# %% [markdown]
# # Relation Networks
#
# Santoro and others, 2017. "Is the red thing nearer to the green one or to the blue one?" is a
# question about a pair. A relation network has the pair built in: one small network scores every
# pair of objects, the scores are summed, another small network answers.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog
from keras_readinglist.applications import (
    CNNMLPBaseline,
    MLPBaseline,
    RelationNetworkBabi,
    RelationNetworkVQA,
    StoryLSTMBaseline,
)
from keras_readinglist.datasets import babi_stories, sort_of_clevr
from keras_readinglist.datasets.sort_of_clevr import ANSWERS, COLOURS, KINDS
from keras_readinglist.layers import PairwiseRelation
from keras_readinglist.recipes import report
from keras_readinglist.recipes.relation_networks import stories

# %% [markdown]
# ## The sum over pairs
#
# $$\mathrm{RN}(O, q) = f\Big(\sum_{i} \sum_{j} g([o_i, o_j, q])\Big)$$
#
# The first layer of $g$ would read $n^2$ concatenations. But a matrix applied to a concatenation is
# a sum of matrices applied to its parts, so each object is multiplied twice and not $2n$ times:
#
# $$[o_i, o_j, q]\,W + b = \underbrace{o_i W_a}_{a_i} + \underbrace{o_j W_b}_{b_j} +
# \underbrace{q\,W_q + b}_{u}.$$
#
# With several questions about one image only $u$ differs.

# %%
print(inspect.getsource(PairwiseRelation._prepare))

# %% [markdown]
# Both forms give the same numbers, and so does the sum in chunks, which needs less memory:

# %%
rng = np.random.default_rng(0)
objects, question = rng.standard_normal((2, 9, 5)), rng.standard_normal((2, 4))
plain = PairwiseRelation((16, 8), factorized=False)
expected = plain(objects, condition=question)
for form in ({}, {"chunk_size": 2}):
    layer = PairwiseRelation((16, 8), **form)
    layer.build(objects.shape, question.shape)
    layer.set_weights(plain.get_weights())
    difference = np.abs(np.subtract(layer(objects, condition=question), expected)).max()
    print(form or "factorised", f"{difference:.1e}")

# %% [markdown]
# ## Sort-of-CLEVR
#
# Six shapes, one of every colour. Half of the questions are about one object, half compare it
# with the others. An object is never its own nearest, and no distance is a tie.

# %%
scenes = sort_of_clevr(400, rng=5)
figure, axes = plt.subplots(1, 4, figsize=(9, 2.4))
for plot, image in zip(axes, scenes.images, strict=False):
    plot.imshow(image)
    plot.set_xticks([])
    plot.set_yticks([])
figure.tight_layout()

# %% [markdown]
# From descriptions of the objects, a trained relation network and a trained perceptron of twice as
# many weights:

# %%
network = RelationNetworkVQA.from_preset("relation_network_state")
perceptron = MLPBaseline.from_preset("relation_network_state_mlp")
print(f"{network.count_params():,} and {perceptron.count_params():,} weights")
for name, model in (("relation network", network), ("perceptron", perceptron)):
    found, _ = model.answer(scenes.objects, scenes.questions)
    right = found == scenes.answers
    shares = {kind: f"{right[scenes.kinds == k].mean():.1%}" for k, kind in enumerate(KINDS)}
    print(f"{name:17}", shares)

# %% [markdown]
# Which pairs did it listen to? By how much does the lead of the answer fall if what $g$ says of
# a pair is left out?

# %%
asked = scenes.kinds[0].tolist().index(KINDS.index("nearest"))
heard = network.relations(scenes.objects[:1], scenes.questions[:1, asked])[0]
colour = COLOURS[int(scenes.questions[0, asked, :6].argmax())]
print(f"The shape nearest to {colour}: {ANSWERS[scenes.answers[0, asked]]}")
for flat in np.argsort(-np.abs(heard), axis=None)[:5]:
    i, j = np.unravel_index(flat, heard.shape)
    print(f"{COLOURS[i]:>7} and {COLOURS[j]:7} {heard[i, j]:+.2f}")

# %% [markdown]
# ## From pixels
#
# Four convolutions leave 5 × 5 cells; every cell, with its place, is an object. The network is not
# told what an object is. An image is encoded once for all its questions. Asked all questions from
# the start, it stayed for long where colours are not told apart; asked about one object first, it
# learned to find it within 3,000 steps, and to compare afterwards.

# %%
seeing = RelationNetworkVQA.from_preset("relation_network_pixels")
flat = CNNMLPBaseline.from_preset("relation_network_pixels_mlp")
print(f"{seeing.count_params():,} and {flat.count_params():,} weights")
for name, model in (("relation network", seeing), ("perceptron", flat)):
    found, _ = model.answer(scenes.images[:200], scenes.questions[:200])
    right, kinds = found == scenes.answers[:200], scenes.kinds[:200]
    shares = {kind: f"{right[kinds == k].mean():.1%}" for k, kind in enumerate(KINDS)}
    print(f"{name:17}", shares)

# %% [markdown]
# ## Stories
#
# The sentences of a story are objects too. An LSTM reads each by itself; its last state, and how
# far the sentence is from the end, are the object. The question is the condition.

# %%
print(inspect.getsource(RelationNetworkBabi._sentences))

# %% [markdown]
# The generator writes stories of six kinds in the official format, which `read_babi` reads:

# %%
print(babi_stories("two_supporting_facts", 1, rng=0))

# %% [markdown]
# One relation network was trained on all kinds at once; so was an LSTM of no fewer weights, which
# reads the story word by word and then the question. An eighth of all stories, chosen by a hash of
# their text, was kept for testing. Some of those (induction, which the paper's network learned, is
# here a guess between the three colours that were named):

# %%
reader = RelationNetworkBabi.from_preset("relation_network_stories")
lstm = StoryLSTMBaseline.from_preset("relation_network_stories_lstm")
print(f"{reader.count_params():,} and {lstm.count_params():,} weights")
tested = stories.draw(200, rng=5, testing=True)
for name, model in (("relation network", reader), ("LSTM", lstm)):
    found = stories.accuracies(model, *tested)
    print(f"{name:17}", {kind: f"{share:.1%}" for kind, share in found.items()})

# %% [markdown]
# Which pairs of sentences decided? As for scenes: by how much does the lead of the answer fall
# without them?

# %%
story = [
    "Ben went to the cellar.",
    "Anna took the lamp.",
    "Anna walked to the hall.",
    "Carla moved to the garden.",
    "Anna went to the attic.",
]
question = "Where is the lamp?"
for name, model in (("relation network", reader), ("LSTM", lstm)):
    answer, probabilities = model.ask(story, question)
    print(f"{name:17} {answer} {probabilities[answer]:.0%}")
heard = reader.relations(story, question)
for flat in np.argsort(-np.abs(heard), axis=None)[:4]:
    i, j = np.unravel_index(flat, heard.shape)
    print(f"{heard[i, j]:+.2f}  {story[i]} {story[j]}")

# %% [markdown]
# ## What reproduces

# %%
measured = catalog.report("relation-networks")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
