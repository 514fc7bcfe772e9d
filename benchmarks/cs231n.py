"""The multiclass hinge, neighbours and occlusion, against torch, scikit-learn and a loop."""

import keras
import numpy as np
from harness import Workload

from keras_readinglist.applications import KNearestNeighbors, ThreeLayerConvNet
from keras_readinglist.losses import MulticlassHinge
from keras_readinglist.visualization import occlusion_map

ROWS, CLASSES = 10_000, 100
KNOWN, NEW, PIXELS = 5_000, 500, 3_072
PATCH, STRIDE = 7, 3


def _hinge(scores, labels):
    """Return a function that computes the loss and the gradient of the scores."""
    loss = MulticlassHinge()
    if keras.config.backend() == "jax":
        import jax

        scores, labels = jax.numpy.asarray(scores), jax.numpy.asarray(labels)
        gradient = jax.jit(jax.value_and_grad(lambda s, y: loss(y, s)))
        return lambda: jax.block_until_ready(gradient(scores, labels))
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        scores, labels = tf.constant(scores), tf.constant(labels)

        @tf.function
        def run():
            with tf.GradientTape() as tape:
                tape.watch(scores)
                value = loss(labels, scores)
            return value, tape.gradient(value, scores)

        return run
    import torch

    scores, labels = torch.tensor(scores, requires_grad=True), torch.tensor(labels)
    return lambda: torch.autograd.grad(loss(labels, scores), scores)


def _peer_hinge(scores, labels):
    import torch

    loss = torch.nn.MultiMarginLoss()
    scores, labels = torch.tensor(scores, requires_grad=True), torch.tensor(labels).long()
    return lambda: torch.autograd.grad(CLASSES * loss(scores, labels), scores)


def _naive(model, images):
    """Return a function that covers one place after the other."""

    def run():
        for image in images:
            for top in range(0, 28 - PATCH + 1, STRIDE):
                for left in range(0, 28 - PATCH + 1, STRIDE):
                    covered = image.copy()
                    covered[top : top + PATCH, left : left + PATCH] = image.mean(axis=(0, 1))
                    model.predict_on_batch(covered[None])

    return run


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    import sklearn
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(0)
    if keras.config.backend() != "tensorflow":  # torch is not imported beside it
        import torch

        scores = rng.standard_normal((ROWS, CLASSES)).astype("float32")
        labels = rng.integers(0, CLASSES, ROWS).astype("int32")
        yield Workload(
            name=f"MulticlassHinge, value and gradient: {ROWS:,} x {CLASSES} scores",
            item="cs231n",
            peer=f"torch.nn.MultiMarginLoss {torch.__version__}",
            unit="ms",
            goal=1.0,
            ours=_hinge(scores, labels),
            theirs=_peer_hinge(scores, labels),
        )
    known, new = (rng.random((n, PIXELS)).astype("float32") for n in (KNOWN, NEW))
    classes = rng.integers(0, 10, KNOWN)
    ours = KNearestNeighbors(5).fit(known, classes)
    theirs = KNeighborsClassifier(5, algorithm="brute").fit(known, classes)
    yield Workload(
        name=f"5 neighbours of {NEW} among {KNOWN:,} rows of {PIXELS:,}, Euclidean",
        item="cs231n",
        peer=f"scikit-learn, brute force {sklearn.__version__}",
        unit="ms",
        goal=1.0,
        ours=lambda: ours.predict(new),
        theirs=lambda: theirs.predict(new),
    )
    keras.utils.set_random_seed(0)
    model = ThreeLayerConvNet((28, 28, 1), filters=(8, 16), kernel_size=3, hidden_units=32)
    images = rng.random((1, 28, 28, 1)).astype("float32")
    yield Workload(
        name="Occlusion of an image at 64 places, a ConvNet of 26,698 weights",
        item="cs231n",
        peer=f"a loop of predict_on_batch {keras.__version__}",
        unit="ms",
        goal=3.0,
        ours=lambda: occlusion_map(model, images, patch=PATCH, stride=STRIDE),
        theirs=_naive(model, images),
        repeats=5,
    )
