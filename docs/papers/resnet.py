# %% [markdown]
# # Deep Residual Learning for Image Recognition
#
# He, Zhang, Ren and Sun, 2015. A network with more layers could do all that one with fewer does:
# the additional layers need only do nothing. Yet plain networks of 56 layers have a larger error on
# the very pictures they are trained on than networks of 20. The paper lets layers learn what is to
# be *added* to their input, so that doing nothing is the easiest of all.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog, datasets
from keras_readinglist.applications import ResNet, ResNet50, ResNetCIFAR
from keras_readinglist.layers import ResidualBlock, ResidualUnit, ZeroPadShortcut
from keras_readinglist.recipes import report
from keras_readinglist.visualization import Lesions, loss_surface

# %% [markdown]
# ## A block
#
# Two convolutions compute $\mathcal F(x)$, and the block gives $y = \operatorname{relu}(\mathcal
# F(x) + x)$. If the last convolution gives zeros, what is left is a rectifier, to the bit.

# %%
print(inspect.getsource(ResidualUnit.call))
x = np.random.default_rng(0).standard_normal((1, 8, 8, 16)).astype("float32")
block = ResidualBlock(16)
block.build(x.shape)
block.convolutions[-1].kernel.assign(np.zeros((3, 3, 16, 16)))
print("a silent block is a rectifier:", bool((np.maximum(x, 0) == np.array(block(x))).all()))

# %% [markdown]
# Where a stage begins, the picture is halved and has more channels, and $x$ cannot be added. Option
# **A** keeps every second pixel and pads the new channels with zeros: no weight at all. **B**
# projects by a 1x1 convolution there, and **C** in every block. `"none"` is the plain network,
# which has exactly the weights of A.

# %%
print(ZeroPadShortcut(32, strides=2)(x).shape)
for shortcut in ("A", "B", "C", "none"):
    block = ResidualBlock(16, strides=2, shortcut=shortcut)
    block.build(x.shape)
    print(f"{shortcut:>4}: {block.count_params():,} weights")

# %% [markdown]
# A bottleneck does its 3x3 convolution on a quarter of the channels: 1x1, 3x3, 1x1. The stride
# stands in the first 1x1 in the paper, in the 3x3 in most code since: `stride_in="3x3"`.
#
# ## Networks
#
# `ResNet` is one class for all: `ResNet18` to `ResNet152`, their second version and plain twins,
# and the small ones of section 4.2 for CIFAR-10. Their sizes are those of the paper. With
# `weights="imagenet"` the network is that of `keras.applications`, biases included, and equal in
# output; without weights it is that of the paper.

# %%
for depth in (20, 56):
    model = ResNetCIFAR(depth)
    print(model.name, f"{sum(int(np.prod(w.shape)) for w in model.trainable_weights):,}")
print("ResNet-50:", f"{sum(int(np.prod(w.shape)) for w in ResNet50().trainable_weights):,}")

# %% [markdown]
# ## Cutting units out
#
# Two networks of 56 layers come with the package, trained on clothes of 14 x 14 pixels in the same
# way. One has shortcuts. What if one unit is cut out, after training? (Veit et al., 2016.)

# %%
pictures, classes = datasets.load("fashion_mnist_sample", "test")
figure, axis = plt.subplots(figsize=(7, 2.6))
for name, label in (("resnet56_fashion", "with shortcuts"), ("plain56_fashion", "without")):
    network = ResNet.from_preset(name)
    lesions, inputs = Lesions(network), network.preprocess(list(pictures))
    right = [(lesions(inputs, [unit]).argmax(-1) == classes).mean() for unit in range(27)]
    axis.plot(range(1, 28), right, "o-", label=label)
    print(f"{label:>15}: {(lesions(inputs).argmax(-1) == classes).mean():.1%} with all units")
axis.set(xlabel="unit that is cut out", ylabel="right", ylim=(0, 1))
axis.legend()
figure.tight_layout()

# %% [markdown]
# With shortcuts there are $2^{27}$ ways through the network, and half of them are left. Without,
# there is one way. The units that halve the picture matter most: nothing else has learned to.
#
# ## The loss around the weights
#
# Training sees the loss near the weights. On a plane through them, in two random directions whose
# filters are as long as the network's own (Li et al., 2018), it looks like this; the exhibit turns
# the whole landscape, of 21 x 21 points.

# %%
figure, axes = plt.subplots(1, 2, figsize=(7, 2.8))
for axis, name in zip(axes, ("resnet56_fashion", "plain56_fashion"), strict=True):
    network = ResNet.from_preset(name)
    inputs = network.preprocess(list(pictures[:100]))
    losses = loss_surface(network, inputs, classes[:100], points=7)
    shown = axis.imshow(np.log1p(losses), extent=(-1, 1, -1, 1))
    axis.set_title(name.partition("_")[0])
    figure.colorbar(shown, ax=axis, label="log(1 + loss)")
figure.tight_layout()

# %% [markdown]
# ## What was reproduced
#
# On CIFAR-10, as JPEG and at 16 x 16 pixels, a quarter of the width and 2,000 steps where the paper
# has 64,000: so the errors are not those of the paper; the order of the networks is what is asked.

# %%
Markdown(report.markdown(catalog.report("resnet")))
