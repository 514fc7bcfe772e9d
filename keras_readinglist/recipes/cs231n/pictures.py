"""A ConvNet on Fashion-MNIST, and whether pictures of what it looks at are true of it."""

import keras
import numpy as np

from keras_readinglist import datasets
from keras_readinglist.applications import ThreeLayerConvNet
from keras_readinglist.datasets.fashion_mnist import CLASSES
from keras_readinglist.datasets.images import ImageBatches
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, Trained
from keras_readinglist.recipes.training import fit
from keras_readinglist.visualization import (
    fooling_image,
    grad_cam,
    occlusion_map,
    saliency,
    smooth_grad,
)

REDUCED = {
    "fashion": {
        "images": 50_000,
        "epochs": 6,
        "batch_size": 100,
        "rate": 2e-3,
        "filters": (8, 16),
        "kernel_size": 3,
        "hidden_units": 32,
        "deleted": 200,
        "share": 0.2,
        "fooled": 100,
        "length": 0.1,
        "steps": 100,
        "seeds": (0,),
    },
}
RUNS = {"fashion": Run("fashion")}
_PATCH, _STRIDE = 7, 3  # of 28 pixels: 8 places a side, every pixel is covered


def train(config, callbacks):
    """Train the network; the rate falls to zero along a cosine."""
    keras.utils.set_random_seed(config["seed"])
    images, labels = (each[: config["images"]] for each in datasets.load("fashion_mnist", "train"))
    model = ThreeLayerConvNet(
        (28, 28, 1),
        filters=config["filters"],
        kernel_size=config["kernel_size"],
        hidden_units=config["hidden_units"],
        class_names=CLASSES,
    )
    batches = ImageBatches(images, labels, config["batch_size"], seed=config["seed"])
    steps = config["epochs"] * len(batches)
    rate = keras.optimizers.schedules.CosineDecay(config["rate"], steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    fit(model, batches, config["epochs"], callbacks)
    return model


def tested(count=None):
    """Return the first test pictures `(n, 28, 28, 1)` between 0 and 1, and their classes."""
    images, labels = datasets.load("fashion_mnist", "test")
    return images[:count, ..., None].astype("float32") / 255, labels[:count]


def maps(model, images, classes=None):
    """Return what each method says of the pixels of pictures, `(n, 28, 28)` by its name."""
    covered = occlusion_map(model, images, classes, patch=_PATCH, stride=_STRIDE)
    return {
        "saliency": saliency(model, images, classes),
        "smooth_grad": smooth_grad(model, images, classes),
        "grad_cam": grad_cam(model, images, "conv2", classes),
        "occlusion": _spread(1.0 - covered, images.shape[1:3]),
    }


def _spread(loss, shape):
    """Return for every pixel the mean loss over the patches that cover it."""
    total, count = np.zeros((len(loss), *shape)), np.zeros(shape)
    for i, j in np.ndindex(loss.shape[1:]):
        rows = slice(i * _STRIDE, i * _STRIDE + _PATCH)
        columns = slice(j * _STRIDE, j * _STRIDE + _PATCH)
        total[:, rows, columns] += loss[:, i, j, None, None]
        count[rows, columns] += 1
    return total / np.maximum(count, 1)


def probabilities(model, images):
    """Return the probabilities of the classes."""
    return keras.ops.convert_to_numpy(keras.ops.softmax(model.predict(images, verbose=0)))


def without(images, heat, share):
    """Return pictures whose pixels of the largest heat have the mean of the picture instead."""
    count = round(share * heat[0].size)
    flat = heat.reshape(len(heat), -1)
    places = np.argsort(-flat, axis=1, kind="stable")[:, :count]
    blank = images.reshape(len(images), -1).copy()
    middle = np.repeat(blank.mean(axis=1, keepdims=True), count, axis=1)
    np.put_along_axis(blank, places, middle, axis=1)
    return blank.reshape(images.shape)


def measure(model, config):
    """Measure the accuracy, what deleted pixels cost, and how easily it is fooled."""
    images, labels = tested()
    scores = model.predict(images, batch_size=500, verbose=0)
    found = {"accuracy": float((scores.argmax(axis=1) == labels).mean())}
    return {**found, **deletion(model, config), **fooling(model, config)}


def deletion(model, config):
    """Return how far the probability of the answer falls without the pixels that a method names."""
    from scipy.stats import ttest_rel

    images, _ = tested(config["deleted"])
    rows = np.arange(len(images))
    before = probabilities(model, images)
    chosen = before.argmax(axis=1)
    rng = np.random.default_rng(231)
    heats = {**maps(model, images), "random": rng.random(images.shape[:3])}
    falls = {}
    for name, heat in heats.items():
        after = probabilities(model, without(images, heat, config["share"]))
        falls[name] = before[rows, chosen] - after[rows, chosen]
    found = {f"fall_{name}": float(fall.mean()) for name, fall in falls.items()}
    test = ttest_rel(falls["saliency"], falls["random"], alternative="greater")
    return {**found, "log10_p": float(np.log10(max(test.pvalue, 1e-300)))}


def fooling(model, config):
    """Return how many pictures are taken for another class after small steps, and how small."""
    images, _ = tested(config["fooled"])
    chosen = probabilities(model, images).argmax(axis=1)
    targets = (chosen + np.random.default_rng(231).integers(1, 10, len(images))) % 10
    found = fooling_image(
        model, images, targets, config["length"], config["steps"], limits=(0.0, 1.0)
    )
    moved = np.sqrt(np.square(found.images - images).mean(axis=(1, 2, 3)))
    return {
        "fooled": float(found.success.mean()),
        "fooling_steps": float(found.steps.mean()),
        "fooling_change": float(moved[found.success].mean()) if found.success.any() else 1.0,
    }


def _check(model):
    """Return the accuracy on the test pictures that come with the package."""
    images, labels = datasets.load("fashion_mnist_sample", "test")
    scores = model.predict_on_batch(model.preprocess(list(images)))
    return {"accuracy": float((scores.argmax(axis=1) == labels).mean())}


EXPERIMENTS = {
    "fashion": Experiment(
        train,
        measure,
        {"images": 100, "epochs": 1, "batch_size": 50, "deleted": 3, "fooled": 2, "steps": 2},
    )
}
CLAIMS = (
    Claim(
        "Fashion-MNIST, two convolutions with 26,698 weights: accuracy",
        metric="fashion/accuracy",
        goal=0.88,
        note="The model of the gallery.",
    ),
    Claim(
        "Fall of the answer's probability without the 20 % most salient pixels, against any 20 %",
        metric="fashion/fall_saliency",
        goal=None,
        baseline="fashion/fall_random",
        note="200 test pictures; blank pixels have the mean of the picture.",
    ),
    Claim(
        "Power of ten of the probability that this is chance, by a paired test",
        metric="fashion/log10_p",
        goal=-2.0,
        higher_is_better=False,
    ),
    Claim(
        "Pictures that are taken for a given other class within 100 steps, share of 100",
        metric="fashion/fooled",
        goal=0.95,
    ),
)
PRESETS = {
    "cs231n_convnet_fashion": Trained(
        run="fashion",
        description="Names the garment on a grey picture of 28 x 28 pixels.",
        data="Fashion-MNIST",
        licence="MIT",
        attribution="Fashion-MNIST, Zalando SE",
        check=_check,
    )
}
