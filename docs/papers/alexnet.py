# %% [markdown]
# # ImageNet Classification with Deep Convolutional Neural Networks
#
# Krizhevsky, Sutskever and Hinton, 2012. Hardly one of its parts was new. Together, trained on two
# graphics cards for a week, they made two fifths fewer errors than the best of the others:
# rectifiers, convolutions in two towers, normalization across channels, overlapping pooling,
# dropout, and pictures that are cropped, mirrored and recoloured.

# %%
import inspect

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown
from keras import ops

from keras_readinglist import catalog
from keras_readinglist.applications import AlexNet
from keras_readinglist.layers import (
    GroupedConv2D,
    LocalResponseNormalization,
    PCAColorAugmentation,
    TenCrop,
)
from keras_readinglist.optimizers import CoupledDecaySGD
from keras_readinglist.recipes import report

# %% [markdown]
# ## The network, weight by weight
#
# The paper says 224 pixels, but an 11 x 11 filter in steps of 4 makes 55 x 55 maps of 227. Its
# figure counts 253,440 units in the first layer; there are 290,400.

# %%
network = AlexNet()
for layer in network.layers:
    if layer.name.startswith(("conv", "norm", "pool", "fc")):
        print(f"{layer.name:6} {layer.output.shape[1:]!s:15} {layer.count_params():>11,}")
print(f"{network.count_params():,} in all")
print(f"{np.prod(network.get_layer('conv1').output.shape[1:]):,} units in the first layer")

# %% [markdown]
# ## Two towers
#
# Half of the filters were on one card and half on the other. In the second, fourth and fifth
# convolution no filter sees the other card, which also halves the weights. `GroupedConv2D` is the
# convolution of Keras with `groups=2`: same weights, same results, but convolved tower by tower
# where that is faster.

# %%
print(inspect.getsource(GroupedConv2D.convolution_op))

# %% [markdown]
# ## Normalization across channels
#
# $$b_i = a_i \Big/ \Big(k + \alpha \sum_{j=\max(0,\,i-n/2)}^{\min(N-1,\,i+n/2)} a_j^2\Big)^\beta$$
#
# with $k=2$, $n=5$, $\alpha=10^{-4}$, $\beta=0.75$. A trap for everybody who ports weights: Caffe
# and torch divide $\alpha$ by $n$. That is `alpha_mode="mean"`.

# %%
activities = np.abs(np.random.default_rng(0).normal(size=(1, 12))).astype("float32")
activities[0, 5] = 6  # one loud filter
paper = LocalResponseNormalization()
strong = LocalResponseNormalization(bias=1.0, alpha=1.0)
caffe = LocalResponseNormalization(alpha=5e-4, alpha_mode="mean")
print("the same:", np.allclose(paper(activities), caffe(activities)))
figure, axes = plt.subplots(1, 3, figsize=(9, 2.2), sharex=True)
for plot, title, values in zip(
    axes,
    ("before", "the paper's k and alpha", "k = 1, alpha = 1"),
    (activities, paper(activities), strong(activities)),
    strict=True,
):
    plot.bar(range(12), ops.convert_to_numpy(values)[0])
    plot.set_title(title)
figure.tight_layout()

# %% [markdown]
# With the paper's constants it is mostly a division by $2^{0.75}$ until activities are in the tens.
# In float16 the square of 256 is infinite; the layer sums in float32.

# %%
loud = np.full((1, 5), 1000, "float16")
print(LocalResponseNormalization(dtype="float16")(loud))

# %% [markdown]
# ## Weight decay within the momentum
#
# $$v \leftarrow 0.9\,v - 0.0005\,\epsilon\,w - \epsilon\,g, \qquad w \leftarrow w + v$$
#
# The `weight_decay` of Keras stays outside of $v$, so this is an optimizer of its own.

# %%
print(inspect.getsource(CoupledDecaySGD.update_step))

# %% [markdown]
# ## Another light
#
# To every pixel of a picture the same $[p_1, p_2, p_3][\alpha_1\lambda_1, \alpha_2\lambda_2,
# \alpha_3\lambda_3]^T$ is added, along the principal colours of the data set. The eigenvalues are
# those of pixels between 0 and 1: between 0 and 255 they are 65,025 times as large.

# %%
pictures = np.random.default_rng(0).integers(0, 256, (64, 8, 8, 1)) * [1.0, 0.8, 0.6]
layer = PCAColorAugmentation(seed=0)
layer.adapt(pictures)
grey = np.full((4, 1, 1, 3), 128.0, "float32")
print(ops.convert_to_numpy(layer(grey, training=True))[:, 0, 0].round(1))

# %% [markdown]
# ## A small network, trained here
#
# Four convolutions in two towers, on Fashion-MNIST, whose pictures and weights may be shipped. The
# filters of the first layer, the first tower above:

# %%
small = AlexNet.from_preset("alexnet_fashion")
kernel = small.get_layer("conv1").get_weights()[0][:, :, 0]
figure, axes = plt.subplots(2, 16, figsize=(10, 1.5))
for k, plot in enumerate(axes.ravel()):
    plot.imshow(kernel[..., k], cmap="gray")
    plot.axis("off")

# %% [markdown]
# It has only seen clothes. What does it say of trousers drawn by hand, and of the same upside down?

# %%
trousers = np.zeros((28, 28))
trousers[2:6, 9:19] = 0.8
trousers[6:26, 9:13] = trousers[6:26, 15:19] = 0.7
for title, picture in (("upright", trousers), ("upside down", trousers[::-1])):
    best = ", ".join(f"{name} {p:.0%}" for name, p in small.classify(picture, top=3)[0])
    print(f"{title:12} {best}")

# %% [markdown]
# ## Ten looks
#
# Four corners and the centre, each also mirrored; the prediction is the mean over all ten.

# %%
corners = np.arange(9.0).reshape(1, 3, 3, 1)
print(ops.convert_to_numpy(TenCrop(2)(corners))[0, ..., 0].reshape(10, -1).astype(int).tolist())
looks = keras.activations.softmax(ops.convert_to_tensor(small.ten_crop_predict(trousers)[0]))
looks = ops.convert_to_numpy(looks)
print("ten looks:", [small.class_names[k] for k in looks.argmax(axis=-1)])
print("their mean:", small.class_names[looks.mean(axis=0).argmax()])

# %% [markdown]
# ## Weights of others
#
# torchvision publishes trained weights of the network of one tower (Krizhevsky, 2014). Its files
# are read by `torch.load(weights_only=True)`, or as safetensors, and a table of names puts every
# array in its place; `AlexNet(variant="one_weird_trick", weights="imagenet")` fetches them.

# %%
print(f"{AlexNet(variant='one_weird_trick').count_params():,} weights, as in torchvision")

# %% [markdown]
# ## What reproduces

# %%
measured = catalog.report("alexnet")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
