# %% [markdown]
# # CS231n: Convolutional Neural Networks for Visual Recognition
#
# Li, Johnson, Yeung and Karpathy, Stanford, 2015 to 2017. A course that begins with the nearest
# picture and ends with ways to look into a ConvNet. What it taught a generation is a manner of
# working: know what the loss is before you train, check every gradient, and look at what was
# learned.

# %%
import inspect

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog, visualization
from keras_readinglist.applications import KNearestNeighbors, LinearClassifier, ThreeLayerConvNet
from keras_readinglist.applications.cs231n import sanity_check
from keras_readinglist.applications.cs231n.autograd import (
    Affine,
    BatchNorm,
    Graph,
    ReLU,
    Sequential,
    Value,
    softmax_loss,
)
from keras_readinglist.callbacks import ActivationHistogram
from keras_readinglist.datasets import spiral_data
from keras_readinglist.losses import MulticlassHinge
from keras_readinglist.recipes import report
from keras_readinglist.recipes.cs231n import gradients
from keras_readinglist.recipes.cs231n.pictures import without
from keras_readinglist.testing import gradient_check

# %% [markdown]
# ## Two losses
#
# A linear classifier gives a score to every class, $s = x W + b$. The multiclass support vector
# machine of Weston and Watkins wants the right score to lead by a margin of 1,
#
# $$L = \sum_{j \neq y} \max(0, s_j - s_y + 1),$$
#
# and the softmax classifier wants its probability to be large, $L = -s_y + \log \sum_j e^{s_j}$.
# Scores that are all alike cost $C - 1$ and $\ln C$: a network that begins with another loss is
# wrong before it was trained. `keras.losses.CategoricalHinge` is another loss, which counts only
# the worst class.

# %%
scores, label = np.array([[3.2, 5.1, -1.7]]), np.array([0])
print("cat, car, frog:", float(MulticlassHinge()(label, scores)))
print("all alike, 10 classes:", float(MulticlassHinge()(label, np.zeros((1, 10)))))
print(inspect.getsource(MulticlassHinge.call))

# %% [markdown]
# The course checks three things before it trains: the loss of chance, that the regulariser raises
# it, and that twenty examples can be learned by heart.

# %%
keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
pictures, labels = rng.random((100, 8, 8, 3)), rng.integers(0, 10, 100)
model = LinearClassifier((8, 8, 3), 10, regularization=1e-3)
print(sanity_check(model, pictures, labels, MulticlassHinge(), steps=500))

# %% [markdown]
# ## Values forward, gradients back
#
# Every operation knows its own slope. That is all that backpropagation needs: from the end of the
# expression each operation multiplies what comes from behind with that slope and hands it on; where
# a value was used twice, what comes back adds up.

# %%
print(inspect.getsource(Value.__mul__), inspect.getsource(Value.backward), sep="\n")
graph = Graph("sigmoid(w0 * x0 + w1 * x1 + w2)", w0=2, x0=-1, w1=-3, x1=-2, w2=-3)
graph.backward()
for node in graph.nodes:
    print(f"{node.name or node.operation:8} {node.data:8.2f} {node.grad:8.2f}")

# %% [markdown]
# `applications.cs231n.autograd` has the same for arrays: modules with a forward and a backward pass
# by hand. That of batch normalization is the one that most get wrong, since mean and variance
# depend on every example,
#
# $$\frac{\partial L}{\partial x_i} = \frac{\gamma}{N \sigma} \left(N d_i - \sum_j d_j - \hat x_i
# \sum_j d_j \hat x_j \right).$$

# %%
print(inspect.getsource(BatchNorm.backward))

# %% [markdown]
# ## Gradients are checked
#
# `testing.check_gradients` compares any gradient with central differences, leaves out coordinates
# at which the function has a kink, and says how far off the others are. Here are the modules, and
# nine seeded bugs:

# %%
for name, (make, shape) in {**gradients.SMOOTH, **gradients.KINKED, **gradients.BUGS}.items():
    found = gradients.report_of(make, shape, seed=0)
    verdict = "right" if found.ok else "WRONG"
    print(f"{name:38} {found.max_relative_error:8.1e} {found.kinks:3} kinks  {verdict}")

# %% [markdown]
# The same check works for Keras layers and models on every backend, in float32 and so less sharply:

# %%
layer = keras.layers.Conv2D(3, 3, activation="relu")
print(gradient_check(layer, rng.normal(size=(2, 6, 6, 2)).astype("float32")))

# %% [markdown]
# ## The spiral
#
# Three arms that no straight border separates. A linear classifier gets half of the points; with a
# hundred rectifiers the same few lines get nearly all.

# %%
x, y = spiral_data(100, 3, seed=0)
x = x.astype("float64")
rng = np.random.default_rng(0)
networks = {
    "linear": (Sequential(Affine(2, 3, rng, 0.01)), 200),
    "100 rectifiers": (
        Sequential(Affine(2, 100, rng, 0.01), ReLU(), Affine(100, 3, rng, 0.01)),
        5000,
    ),
}
at = np.linspace(-1.1, 1.1, 150)
grid = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
figure, axes = plt.subplots(1, 2, figsize=(8, 4))
for plot, (name, (network, steps)) in zip(axes, networks.items(), strict=True):
    for _ in range(steps):
        loss, gradient = softmax_loss(network.forward(x), y)
        network.backward(gradient)
        network.step(1.0, decay=1e-3)
    right = (network.forward(x).argmax(axis=1) == y).mean()
    regions = network.forward(grid).argmax(axis=1).reshape(150, 150)
    plot.contourf(at, at, regions, levels=[-0.5, 0.5, 1.5, 2.5], alpha=0.3, cmap="viridis")
    plot.scatter(*x.T, c=y, s=12, cmap="viridis")
    plot.set_title(f"{name}: {right:.0%}")
figure.tight_layout()

# %% [markdown]
# ## Nearest neighbours
#
# The plainest classifier keeps all pictures. Euclidean distances to all of them are one matrix
# product, $\|x\|^2 - 2 x \cdot y + \|y\|^2$; sums of absolute differences have no such form.

# %%
neighbors = KNearestNeighbors(k=5).fit(x, y)
new, truth = spiral_data(100, 3, seed=1)
print(f"5 neighbours on another spiral: {(neighbors.predict(new) == truth).mean():.0%}")

# %% [markdown]
# How many neighbours? The test set must not say. The training set is cut into folds, and each is
# predicted from the others:

# %%
order = rng.permutation(len(x))
found = neighbors.fold_accuracies(x[order], y[order], ks=(1, 5, 25, 100), folds=5)
for k, right in found.items():
    print(f"{k:3} neighbours: {right.mean():.0%}, folds {right.min():.0%} to {right.max():.0%}")

# %% [markdown]
# ## What does the network look at?
#
# `visualization` asks any Keras model of images, on every backend. `saliency` is the gradient of a
# score with respect to the pixels. It is the score *before* the softmax: behind a softmax that is
# sure all gradients vanish, the usual bug. A model that ends in one is looked at without it, and is
# itself not changed. `smooth_grad` averages over noisy copies, `grad_cam` weighs the maps of a
# layer by their mean gradient, and `occlusion_map` covers one place after the other.
#
# The network here was trained on Fashion-MNIST; the pictures are simple shapes, drawn by hand.

# %%
network = ThreeLayerConvNet.from_preset("cs231n_convnet_fashion")
trousers = np.zeros((28, 28))
trousers[2:8, 9:19] = trousers[8:26, 9:13] = trousers[8:26, 15:19] = 0.7
bag = np.zeros((28, 28))
bag[10:25, 3:25] = 0.7
bag[4:10, 9] = bag[4:10, 18] = bag[4, 9:19] = 0.7
images = network.preprocess([trousers, bag])
print([row[0] for row in network.classify([trousers, bag], top=1)])
heats = {
    "saliency": visualization.saliency(network, images),
    "SmoothGrad": visualization.smooth_grad(network, images),
    "Grad-CAM": visualization.grad_cam(network, images, "conv2"),
    "occlusion": 1 - visualization.occlusion_map(network, images, patch=7, stride=3),
}
figure, axes = plt.subplots(2, 5, figsize=(10, 4))
for row, image in zip(range(2), images, strict=True):
    axes[row, 0].imshow(image[..., 0], cmap="gray")
    for plot, (name, heat) in zip(axes[row, 1:], heats.items(), strict=True):
        plot.imshow(heat[row], cmap="inferno")
        plot.set_title(name if row == 0 else "")
for plot in axes.flat:
    plot.axis("off")
figure.tight_layout()

# %% [markdown]
# Is a picture of that kind true? If it is, the network needs the pixels that it names. Without the
# most salient fifth of them the answer should suffer more than without any fifth:

# %%
chosen = network.predict(images, verbose=0).argmax(axis=1)
for name, heat in {"saliency": heats["saliency"], "random": rng.random((2, 28, 28))}.items():
    p = keras.ops.softmax(network.predict(without(images, heat, 0.2), verbose=0))
    print(
        f"without 20 % by {name:9}",
        [f"{float(row[k]):.0%}" for row, k in zip(p, chosen, strict=True)],
    )

# %% [markdown]
# The same gradient, followed by the picture rather than by the weights, fools the network after a
# few small steps:

# %%
fooled = visualization.fooling_image(network, images, [8, 1], rate=0.1, limits=(0, 1))
change = np.sqrt(np.square(fooled.images - images).mean(axis=(1, 2, 3)))
print("steps:", fooled.steps, " change of a pixel:", change.round(3), fooled.success)

# %% [markdown]
# The first layer can be looked at as it is:

# %%
plt.figure(figsize=(4, 2))
plt.imshow(visualization.filter_grid(network.get_layer("conv1"), columns=8), cmap="gray")
plt.axis("off")

# %% [markdown]
# and what each of its filters says of the trousers, and of the bag:

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 2))
grids = visualization.activation_grid(network, images, "conv1", columns=8)
for plot, grid in zip(axes, grids, strict=True):
    plot.imshow(grid, cmap="inferno")
    plot.axis("off")

# %% [markdown]
# A network that is begun badly says so before it learns: `callbacks.ActivationHistogram` keeps how
# the outputs of every layer are distributed. Ten layers of hyperbolic tangents, with weights of a
# deviation of 0.01, and of 0.1 by the rule of Glorot and Bengio:

# %%
for deviation in (0.01, 0.1):
    deep = keras.Sequential([keras.Input((100,))])
    for seed in range(10):  # 0.1 is the root of 2 / (100 + 100)
        kernel = keras.initializers.RandomNormal(stddev=deviation, seed=seed)
        deep.add(keras.layers.Dense(100, "tanh", kernel_initializer=kernel))
    deep.compile("sgd", "mse")
    watch, noise = ActivationHistogram(rng.normal(size=(64, 100))), np.zeros((1, 100))
    deep.fit(noise, noise, callbacks=[watch], verbose=0)
    print(f"{deviation:>5}:", *(f"{found[0]:.2g}" for found in watch.deviations.values()))

# %% [markdown]
# ## What reproduces
#
# CIFAR-10 is measured on a copy in JPEG, which loses a little. Of the assignments' hand-made
# features, captions, style transfer and adversarial networks nothing was tried; guided
# backpropagation, deconvolution and feature inversion were left out. t-SNE is scikit-learn's.

# %%
measured = catalog.report("cs231n")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
