"""The model of the gallery: two towers on Fashion-MNIST, and ten looks at a picture."""

from functools import cache

import keras
import numpy as np

from keras_readinglist import datasets
from keras_readinglist.applications import AlexNet
from keras_readinglist.datasets.fashion_mnist import CLASSES
from keras_readinglist.datasets.images import ImageBatches
from keras_readinglist.recipes.alexnet.training import accuracy, train
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, Trained

REDUCED = {
    "fashion": {
        "batch_size": 128,
        "images": 50_000,
        "tested": 1_000,
        "learning_rate": 0.02,
        "dropout": 0.3,
        "epochs": 4,
        "seeds": (0,),
    },
}
FULL = {"fashion": {**REDUCED["fashion"], "tested": 10_000, "epochs": 40}}
_TINY = {"images": 64, "tested": 50, "batch_size": 32, "epochs": 1}
RUNS = {"fashion": Run("fashion")}
_FASHION = {"mean": 0.286, "std": 0.353}  # of its pixels
_load = cache(datasets.load)


def train_fashion(config, callbacks):
    """Train two towers on mirrored pictures; the rate falls to zero along a cosine."""
    keras.utils.set_random_seed(config["seed"])
    images, labels = _load("fashion_mnist", "train")
    model = AlexNet(
        variant="small",
        input_shape=(28, 28, 1),
        classes=10,
        towers=2,
        classifier_activation=None,
        dropout=config["dropout"],
        preprocessing=_FASHION,
        class_names=CLASSES,
        seed=config["seed"],
    )
    images, labels = images[: config["images"], ..., None], labels[: config["images"]]
    images = ((images / 255 - _FASHION["mean"]) / _FASHION["std"]).astype("float32")
    mirrored = keras.layers.RandomFlip("horizontal", seed=config["seed"])
    batches = ImageBatches(images, labels, config["batch_size"], mirrored, seed=config["seed"])
    return train(model, batches, config, callbacks)


def measure_fashion(model, config):
    """Measure accuracy on whole test pictures and on ten crops of them, and of pictures turned."""
    images, labels = (part[: config["tested"]] for part in _load("fashion_mnist", "test"))
    images = images[..., None]
    crops = [
        model.ten_crop_predict(part).mean(axis=1) for part in np.split(images, len(images) // 50)
    ]
    seen = {
        "accuracy": images,
        "upside_down_accuracy": images[:, ::-1],
        "shifted_accuracy": np.roll(images, 5, axis=1),
    }
    return {
        "ten_crop_accuracy": (np.concatenate(crops).argmax(axis=-1) == labels).mean(),
        **{name: accuracy(model, model.preprocess(x), labels) for name, x in seen.items()},
    }


def check_fashion(model):
    """Return the accuracy on the test pictures that come with the package."""
    images, labels = _load("fashion_mnist_sample", "test")
    return {"accuracy": accuracy(model, model.preprocess(images[..., None]), labels)}


EXPERIMENTS = {"fashion": Experiment(train_fashion, measure_fashion, _TINY)}
CLAIMS = (
    Claim(
        "Two towers on Fashion-MNIST: the mean over ten crops, against one look",
        metric="fashion/ten_crop_accuracy",
        goal=None,
        baseline="fashion/accuracy",
        note="On 1,000 test pictures. They are enlarged by 8/7 before they are cropped, and the "
        "network was trained on whole ones, unlike the paper's.",
    ),
)
PRESETS = {
    "alexnet_fashion": Trained(
        run="fashion",
        description="Names ten kinds of clothes, in two towers with local response normalization.",
        data="Fashion-MNIST",
        licence="MIT",
        attribution="(c) 2017 Zalando SE",
        check=check_fashion,
    )
}
