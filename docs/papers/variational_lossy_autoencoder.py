# %% [markdown]
# # Variational Lossy Autoencoder
#
# Chen et al., 2017. An autoencoder with a strong decoder often leaves its code empty. The paper
# says why, by counting bits, and turns the fault into a tool: what the decoder can see for itself
# stays out of the code.

# %%
import inspect

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog
from keras_readinglist.applications import VariationalLossyAutoencoder
from keras_readinglist.datasets import textured_digits
from keras_readinglist.information import BitsBackCodec
from keras_readinglist.layers import AutoregressiveFlow, FreeBits, PixelConv2D
from keras_readinglist.recipes import report

# %% [markdown]
# ## What a code costs
#
# A picture $x$ is sent in two parts: a code $z$, and the pixels given the code. Which code, the
# sender draws from $q(z \mid x)$; the receiver, once it has the picture, works out the random bits
# that made this choice, and has them back. The net length is
#
# $$-\mathcal{L}(x) = \operatorname{E}_q[-\log p(x \mid z) - \log p(z) + \log q(z \mid x)]
#   = -\log p(x) + D(q(z \mid x) \,\|\, p(z \mid x)).$$
#
# The last term is paid only by those who use the code: it is zero if the code is ignored. So
# whatever the decoder can model without the code, it will. That is the preference for local
# information; it is there even if training is perfect.
#
# ## A decoder with a window
#
# The paper's remedy is a decoder that sees but a few pixels before each,
# $p(x \mid z) = \prod_i p(x_i \mid z, x_{W(i)})$. The windows are convolutions whose kernels have
# zeros where later pixels are:

# %%
for field in ((3, 1), (5, 3)):
    layer = PixelConv2D(1, field)
    print(field, layer.mask[:, :, 0, 0].astype(int).tolist())

# %% [markdown]
# Only what this window cannot predict is left for the code. Digits whose inside is filled with
# horizontal stripes have both kinds of information: where the digit is takes a view of the whole,
# and how its stripes run, only the pixel on the left.

# %%
pictures, digits = textured_digits("test")
chosen = [int(np.flatnonzero(digits == k)[0]) for k in (0, 2, 3, 7, 8)]
originals = pictures[chosen]
print(pictures.shape, "mean:", round(float(pictures.mean()), 3))

# %% [markdown]
# Three models of one size, which differ in what the decoder sees: nothing, four neighbours, or all
# pixels before each.

# %%
names = ("independent", "window", "all_pixels")
models = {
    name: VariationalLossyAutoencoder.from_preset(f"lossy_autoencoder_{name}") for name in names
}
for name, model in models.items():
    print(f"{name:12}", {k: round(v, 2) for k, v in model.elbo(pictures).items()})

# %% [markdown]
# A decoder that sees all before each pixel could do without a code. Ours keeps some nats: it is
# small, and at the first pixel a code already tells where the digit will be.
#
# Copies with the same code: the first row is the original, below it stand one copy by each model
# and the mean of 64. A mean shows what the code knows.

# %%
rows = [originals[..., 0]]
for model in models.values():
    copies = np.stack([model.reconstruct(originals, seed)[..., 0] for seed in range(64)])
    rows += [copies[0], copies.mean(axis=0)]
figure, axes = plt.subplots(len(rows), len(chosen), figsize=(6, 8))
titles = ["original", *(f"{name}, {what}" for name in names for what in ("copy", "mean"))]
for line, images, title in zip(axes, rows, titles, strict=True):
    line[0].set_ylabel(title, rotation=0, ha="right")
    for axis, image in zip(line, images, strict=True):
        axis.imshow(image, cmap="gray", vmin=0, vmax=1)
        axis.set(xticks=[], yticks=[])
plt.show()

# %% [markdown]
# ## A prior that learns
#
# The second half of the paper replaces the Gaussian prior by an autoregressive flow: noise
# $\epsilon$ becomes a code number by number, each moved and scaled as those before it say.
# Backwards, which is what a likelihood needs, all numbers are found at once. The same map on the
# side of the posterior is an inverse autoregressive flow; the bound is the same, but as a prior it
# makes the generative model deeper.

# %%
flow = AutoregressiveFlow(steps=2, hidden=(16,), mean_only=False)
codes = np.random.default_rng(0).standard_normal((4, 8)).astype("float32")
noise, log_det = flow(codes)
back = flow.invert(noise)
print("and back:", float(np.abs(keras.ops.convert_to_numpy(back) - codes).max()) < 1e-5)
print(inspect.getsource(AutoregressiveFlow.call))

# %% [markdown]
# Where a decoder would still leave the code empty, some nats of each number can be made free,
# softly by a factor on their price:

# %%
print(inspect.getsource(FreeBits.call))

# %% [markdown]
# ## The message itself
#
# The bound is the length of a file. `BitsBackCodec` pops a code off a stack of bits, pushes the
# pixels and then the code (Townsend et al., 2019, who call it BB-ANS). It needs the extra
# `compression`.

# %%
print(inspect.getsource(BitsBackCodec._push))
model = models["window"]
try:
    words, bits = BitsBackCodec(model).encode(pictures[:128])
    exact = (BitsBackCodec(model).decode(words, 128) == pictures[:128]).all()
    bound = -model.elbo(pictures[:128])["elbo"] / np.log(2)
    print(f"{bits / 128:.1f} bits a picture, the bound {bound:.1f}; exact: {exact}")
except ImportError as error:
    print(error)

# %% [markdown]
# As commands: `keras-readinglist compress digits.npy --output digits.bin`, and
# `keras-readinglist decompress digits.bin --output back.npy`.
#
# ## What reproduces
#
# Measured on stripes that were never trained on; the commands stand in the table.

# %%
measured = catalog.report("variational-lossy-autoencoder")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
