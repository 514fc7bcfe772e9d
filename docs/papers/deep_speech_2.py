# %% [markdown]
# # Deep Speech 2
#
# Amodei and 33 others, 2015. Before, a recognizer was a chain of parts that people built by hand: a
# lexicon of pronunciations, models of phonemes and of their neighbours, an alignment. Here one
# network reads the spectrogram and writes letters, in English as in Mandarin, and learns from pairs
# of a sound and its text alone.

# %%
import inspect
import itertools

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown
from keras import ops

from keras_readinglist import catalog
from keras_readinglist.applications import BatchDispatcher, DeepSpeech2, bigram_alphabet
from keras_readinglist.applications.speech import Alphabet
from keras_readinglist.datasets import load
from keras_readinglist.datasets.audio_augmentation import add_noise, augmented
from keras_readinglist.datasets.spoken_digit import connected
from keras_readinglist.decoding import CTCBeamSearch, ctc_greedy_decode
from keras_readinglist.information import NGramLanguageModel
from keras_readinglist.layers import RowConvolution, SequenceBatchNormalization
from keras_readinglist.losses import ctc_feasible, ctc_loss
from keras_readinglist.metrics import word_error_rate
from keras_readinglist.recipes import report
from keras_readinglist.recipes.deep_speech_2.digits import digit_search

# %% [markdown]
# ## From sound to letters
#
# Windows of 20 ms, one every 10 ms, become the logarithm of their power by frequency. Two
# convolutions over time and frequency follow, recurrent layers that are normalized over sequences,
# and one row of logits every 40 ms. The clips are of the Free Spoken Digit Dataset (Zohar Jackson
# et al., CC BY-SA 4.0), of takes that were not trained on, joined to strings.

# %%
sounds, said = connected(load("spoken_digit_sample", "test"), count=20, length=(3, 5), seed=1)
model = DeepSpeech2.from_preset("deep_speech_2_digits")
sound = sounds[0]
print(f"{len(sound) / model.sample_rate:.1f} s, {model.count_params():,} weights")
print("said: ", said[0])
print("heard:", model.transcribe(sound))

# %%
logits = model.logits([sound])[0]
p = np.exp(logits - logits.max(-1, keepdims=True))
p /= p.sum(-1, keepdims=True)
figure, (above, below) = plt.subplots(2, 1, figsize=(10, 5), sharex=True)
seconds = len(sound) / model.sample_rate
above.imshow(
    model.spectrogram.log_power(sound).T,
    origin="lower", aspect="auto", extent=(0, seconds, 0, 4), cmap="magma",
)  # fmt: skip
above.set_ylabel("kHz")
times = np.arange(len(p)) * model.stride * 0.01
for label in np.unique(p.argmax(-1)):
    name = model.alphabet[label - 1] if label else "blank"
    below.plot(times, p[:, label], lw=1, color="lightgrey" if label == 0 else None)
    for t in np.flatnonzero((p.argmax(-1) == label) & (label > 0)):
        below.annotate(name.replace(" ", "␣"), (times[t], 1.02), ha="center")
below.set(xlabel="seconds", ylabel="probability", ylim=(0, 1.15))
figure.tight_layout()

# %% [markdown]
# ## Batches without a trace of padding
#
# Clips of a batch have different lengths. Statistics of batch normalization are those of the clips
# laid end to end (section 3.2), every convolution sees zeros behind an end, and so a clip in a
# batch gives what it gives alone, whatever lies behind it:

# %%
norm, rng = SequenceBatchNormalization(), np.random.default_rng(0)
x = rng.standard_normal((2, 6, 3)).astype("float32")
shown = np.arange(6) < np.array([[6], [4]])
x[~shown] = np.nan
normalized = ops.convert_to_numpy(norm(x, mask=shown, training=True))
print("mean     ", normalized[shown].mean(0).round(6))
print("deviation", normalized[shown].std(0).round(4))
together, alone = model.logits([sound, sound[:9000]])[1], model.logits([sound[:9000]])[0]
print("largest difference of a clip in a batch:", np.abs(together - alone).max())

# %% [markdown]
# ## While somebody speaks
#
# A network that reads both ways must wait for the end. This one reads forwards, and a *row
# convolution* above the last layer lets it see a few steps of the future (section 3.7):
#
# $$r_{t,i} = \sum_{j=0}^{\tau} W_{i,j}\, h_{t+j,i}.$$

# %%
row = RowConvolution(context=2)
row.build((None, None, 1))
row.kernel.assign(np.array([[1.0], [10.0], [100.0]]))
print(ops.convert_to_numpy(row(np.arange(1.0, 6.0).reshape(1, 5, 1)))[0, :, 0])

# %% [markdown]
# Fed by pieces of any size it gives the logits of the whole clip, later by its latency and no more.

# %%
stream, heard = model.open_stream(), []
for piece in np.split(sound, np.sort(rng.integers(0, len(sound), 12))):
    heard.append(stream.push(piece))
print(*dict.fromkeys(heard), sep="\n")
print(stream.flush())
print("largest difference to the whole clip:", np.abs(stream.logits - logits).max())
print("latency:", model.latency_ms, "ms")

# %% [markdown]
# Where many speak at once, whoever has sound that waits shares the next batch: nobody waits for a
# batch to fill, and the batch grows with the load (*Batch Dispatch*, section 6.1). Each gets what
# it gets alone.

# %%
dispatcher = BatchDispatcher(model)
speakers = [dispatcher.open_stream() for _ in range(2)]
for begin in range(0, 16_000, 1_600):  # fifths of a second, of both
    for stream, clip in zip(speakers, sounds, strict=False):
        stream.accept(clip[begin : begin + 1_600])
    batches = dispatcher.run()
for stream, clip in zip(speakers, sounds, strict=False):
    stream.accept(clip[16_000:])
    stream.close()
dispatcher.run()
print(batches, "batches for the last fifth of a second of both")
print("as alone:", [s.text for s in speakers] == model.transcribe(sounds[:2]))

# %% [markdown]
# ## Learning without an alignment
#
# Nobody says when which letter is spoken. A path $\pi$ names a class for every frame, among them a
# blank; repeats are merged, then blanks are dropped. The probability of a text is that of all its
# paths (Graves et al., 2006),
#
# $$p(y \mid x) = \sum_{\pi:\, \mathrm{collapse}(\pi) = y} \prod_t p_t(\pi_t),$$
#
# which a recursion over the text with blanks in between sums in $T \cdot (2 L + 1)$ steps. For four
# frames all paths can be written down:

# %%
frames = rng.standard_normal((4, 3))
probabilities = np.exp(frames) / np.exp(frames).sum(-1, keepdims=True)
target, total, paths = (1, 2), 0.0, []
for path in itertools.product(range(3), repeat=4):
    if tuple(label for label, _ in itertools.groupby(path) if label) == target:
        paths.append("".join("_ab"[label] for label in path))
        total += np.prod([probabilities[t, label] for t, label in enumerate(path)])
loss = ctc_loss(np.array([target]), frames[None], np.array([2]), np.array([4]))
print(len(paths), "paths:", *paths)
print("their sum", round(total, 6), " by the recursion", round(float(np.exp(-loss[0])), 6))

# %% [markdown]
# Equal letters need a blank between them. A text that does not fit into its frames costs infinity,
# or nothing by `zero_infinity=True`, with a gradient of zero, on every backend:

# %%
labels, lengths, short = np.array([[1, 1], [1, 2]]), np.array([2, 2]), np.array([2, 2])
given = labels, np.zeros((2, 2, 3)), lengths, short
print("fits:", np.array(ctc_feasible(labels, lengths, short)), " loss:", np.array(ctc_loss(*given)))
print("with zero_infinity:", np.array(ctc_loss(*given, zero_infinity=True)))

# %% [markdown]
# Fewer frames make a recognizer faster, and leave less room for letters. Pairs of letters need half
# of it (section 3.6). They do not overlap, so that there is one way to write a text:

# %%
pairs = Alphabet(bigram_alphabet())
print(len(pairs) + 1, "classes:", [pairs.symbols[c - 1] for c in pairs.encode("the cat sat")])

# %% [markdown]
# `DeepSpeech2(alphabet=bigram_alphabet(), convolutions=((1280, 11, 2),))` is such a network; that
# convolution, whose sizes are no pairs, goes over time alone, and frequencies are its channels.
#
# ## Finding the text
#
# The likeliest path is not the likeliest text, since a text may have many paths:

# %%
doubt = np.log([[[0.6, 0.4], [0.6, 0.4]]])
print("greedy:", ctc_greedy_decode(doubt)[0], " beam search:", CTCBeamSearch()(doubt)[0])

# %% [markdown]
# A prefix beam search keeps for every prefix the probability of its paths that end with a blank,
# and of those that do not, and adds what a language model and a bonus per word say (section 3.8):
#
# $$Q(y) = \log p(y \mid x) + \alpha \log p_{\mathrm{lm}}(y) + \beta\, \mathrm{words}(y).$$
#
# All prefixes of all utterances take a step at once, without a loop over classes. What grows into a
# prefix that is kept already is added to that one:

# %%
print(inspect.getsource(CTCBeamSearch._merge))

# %% [markdown]
# The language model counts words with modified Kneser-Ney smoothing. A word that follows one other
# alone is unlikely elsewhere, however often it occurs:

# %%
texts = ["san francisco"] * 20 + ["a cup", "the cup", "my cup"]
language = NGramLanguageModel(order=2).fit(texts)
for word in ("francisco", "cup"):
    after = {before: np.exp(language.logp(word, [before])) for before in ("san", "new")}
    print(f"{word:10}", {before: round(float(p), 3) for before, p in after.items()})

# %% [markdown]
# In noise the letters begin to fail; a search that knows how digits are written mends some of them.

# %%
search = digit_search(model)
rows = ["noise        greedy  beam   first clip"]
for level in (40, 20, 10, 5):
    noisy = [add_noise(x, level, np.random.default_rng(i)) for i, x in enumerate(sounds)]
    greedy, beam = model.transcribe(noisy), model.transcribe(noisy, search)
    rates = word_error_rate(greedy, said), word_error_rate(beam, said)
    rows.append(f"{-level:4} dB   {rates[0]:9.0%} {rates[1]:5.0%}   {greedy[0]}")
print(*rows, sep="\n")

# %% [markdown]
# ## Other voices
#
# Five people are few. Other speeds, pitches, rooms and noise make more of them out of the same
# recordings, for networks that have the time to learn them. `telephone` leaves of a sound what a
# telephone carries, and the layer `SpecAugment` (Park et al., 2019) covers bands and stretches of a
# spectrogram in training. No number of the report was measured with these two.

# %%
figure, axes = plt.subplots(1, 4, figsize=(11, 2.5), sharey=True)
for seed, plot in enumerate(axes):
    changed = sound if not seed else augmented(sound, np.random.default_rng(seed))
    plot.imshow(model.spectrogram.log_power(changed).T, origin="lower", aspect="auto", cmap="magma")
    plot.set(xticks=[], yticks=[], xlabel="as recorded" if not seed else f"changed, seed {seed}")
figure.tight_layout()

# %% [markdown]
# ## What reproduces
#
# The paper trains on 11,940 hours of English speech. Here it is the same architecture, small, on
# strings of digits by five people: its word error rates are not those of the paper.

# %%
measured = catalog.report("deep-speech-2")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
