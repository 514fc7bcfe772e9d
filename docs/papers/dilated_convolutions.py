# %% [markdown]
# # Multi-Scale Context Aggregation by Dilated Convolutions
#
# Yu and Koltun, 2015. To name a pixel, a network has to see what is around it, at full resolution.
# Pools and strides let a network see far, and lose where things are. Kernels with gaps lose
# nothing, and see exponentially far.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown
from keras import ops

from keras_readinglist import catalog
from keras_readinglist.applications import DilatedFrontEnd, DilatedNet
from keras_readinglist.datasets import marker_fill
from keras_readinglist.datasets.marker_fill import COLOURS
from keras_readinglist.initializers import IdentityConv
from keras_readinglist.layers import ContextModule, DilatedConv2D
from keras_readinglist.recipes import report
from keras_readinglist.visualization import influence, receptive_field

# %% [markdown]
# ## Kernels with gaps
#
# $$(F *_l k)(p) = \sum_{s + l t = p} F(s)\, k(t)$$
#
# A 3 x 3 kernel with dilation $l$ has nine weights, whatever $l$ is. `DilatedConv2D` is the
# `Conv2D` of Keras with borders that mirror, and a second method: every grid of pixels $l$ apart is
# convolved by itself, without gaps, as one more picture of the batch. On a CPU both take the same
# time.

# %%
print(inspect.getsource(DilatedConv2D._folded))
maps = np.random.default_rng(0).normal(size=(1, 17, 23, 3)).astype("float32")
direct, folded = (DilatedConv2D(4, dilation_rate=3, method=m) for m in ("direct", "space_to_batch"))
direct(maps), folded(maps)
folded.set_weights(direct.get_weights())
print("largest difference:", float(ops.max(ops.abs(direct(maps) - folded(maps)))))

# %% [markdown]
# A stack of 3 x 3 kernels sees $1 + 2 \sum l_i$ pixels a side: with seven layers that double 67,
# and with seven plain ones 15.

# %%
for dilations in ((1, 1, 2, 4, 8, 16, 1), (1,) * 7, (2, 4, 8, 16)):
    print(dilations, receptive_field([DilatedConv2D(1, dilation_rate=r) for r in dilations]))

# %% [markdown]
# The gradient of one output tells the same, and where there are gaps: rates that begin with 2 leave
# every second pixel out.

# %%
figure, axes = plt.subplots(1, 3, figsize=(9, 3.2))
for plot, dilations in zip(axes, ((1, 1, 2, 4, 8, 16, 1), (1,) * 7, (2, 4, 8, 16)), strict=True):
    module = ContextModule(1, dilations=dilations, initializer="ones")
    seen = influence(module, np.ones((1, 71, 71, 1)))
    plot.imshow((seen / seen.max()) ** 0.3, cmap="inferno")
    plot.set_title(", ".join(map(str, dilations)), fontsize=9)
    plot.set_axis_off()
figure.tight_layout()

# %% [markdown]
# ## The context module, and how it begins
#
# Seven dilated layers, each cut off below zero, and a linear one: C maps in, C maps out. Its layers
# begin as the identity, so that the untrained module gives out what it got:
#
# $$k(t, a, b) = [t = 0]\,[\lfloor aC/c_{in} \rfloor = \lfloor bC/c_{out} \rfloor]
# \,\frac{C}{c_{out}} + \varepsilon.$$

# %%
print(inspect.getsource(IdentityConv.__call__))
module = ContextModule(sigma=0)
scores = np.random.default_rng(0).normal(size=(1, 40, 40, 21)).astype("float32")
print("gives out relu(x):", bool(ops.all(module(scores) == np.maximum(scores, 0))))
large = ContextModule(size="large", initializer="zeros")
large.build((None, None, None, 21))
print(f"{module.count_params():,} weights, the large module {large.count_params():,}")

# %% [markdown]
# ## The front end
#
# VGG-16 without its last two pools. What came after a pool that was taken out is dilated, so that
# it sees as far as before, and the dense layers become convolutions. No layer adds a border: the
# picture is mirrored by as much as the network sees, 186 pixels. With a sixteenth of the maps:

# %%
front = DilatedFrontEnd(21, width=1 / 16)
print(receptive_field(front), "margin", front.margin)
print("628 x 628 pixels give", front.maps(np.zeros((1, 628, 628, 3), "float32")).shape[1:3])
print(DilatedNet(dataset="kitti", front_end=DilatedFrontEnd(11, "near")).context.dilations)

# %% [markdown]
# Since nothing is added inside, large pictures can be cut into tiles, and the tiles show no seams.

# %%
small = DilatedFrontEnd(3, "small", width=0.25)
small.set_weights([np.random.default_rng(1).normal(size=w.shape) / 4 for w in small.get_weights()])
picture = np.random.default_rng(0).random((90, 130, 3))
whole, tiled = small.probabilities(picture)[0], small.probabilities(picture, tile=40)[0]
print("largest difference:", np.abs(whole - tiled).max())

# %% [markdown]
# ## Where a wide view is needed
#
# Outlines are to be filled with the colour of the marker inside. The front end sees 7 pixels, and
# finds the markers; the context modules are trained on its scores, with dilations 1 to 16 and with
# none.

# %%
images, labels = marker_fill(3, rng=5)
networks = {
    "front end": DilatedFrontEnd.from_preset("dilated_front_end"),
    "dilations 1": DilatedNet.from_preset("dilated_undilated"),
    "1 to 16": DilatedNet.from_preset("dilated_context"),
}
columns = {"picture": images, "truth": labels}
columns |= {name: network.segment(images) for name, network in networks.items()}
figure, axes = plt.subplots(3, 5, figsize=(9, 5.6))
for column, (name, shown) in zip(axes.T, columns.items(), strict=True):
    for plot, values in zip(column, shown, strict=True):
        values = values if values.ndim == 3 else COLOURS[np.where(values > 0, values + 1, 0)]
        plot.imshow(values)
        plot.set_axis_off()
    column[0].set_title(name, fontsize=10)
figure.tight_layout()

# %% [markdown]
# ## What reproduces
#
# Real pictures are those of CamVid at a quarter of their width and height, with a small front end
# that was not trained on others before. The paper's own tables need VOC and Cityscapes at full
# size: the networks can be built, and are not trained here. The later DRN of its first author, the
# weights in Caffe's format and the random fields behind some of the tables are not part of this.

# %%
measured = catalog.report("dilated-convolutions")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
