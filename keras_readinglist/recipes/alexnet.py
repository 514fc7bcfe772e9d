"""AlexNet in small: two towers on Fashion-MNIST, which may be shipped, and ten looks at a picture.

The full scale trains longer; ImageNet is left to those who have it.
"""

from functools import cache

import keras
import numpy as np

from keras_readinglist import datasets
from keras_readinglist.applications import AlexNet
from keras_readinglist.datasets.fashion_mnist import CLASSES
from keras_readinglist.datasets.images import ImageBatches
from keras_readinglist.optimizers import CoupledDecaySGD
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run, Trained
from keras_readinglist.recipes.training import fit

REDUCED = {
    "fashion": {
        "batch_size": 128,
        "images": 50_000,
        "tested": 1_000,
        "learning_rate": 0.02,
        "dropout": 0.3,
        "epochs": 3,
        "decay_epochs": 4,
        "seeds": (0,),
    },
}
_LONGER = {"tested": 10_000, "epochs": 40, "decay_epochs": 40}
FULL = {"fashion": {**REDUCED["fashion"], **_LONGER}}
_TINY = {"images": 64, "tested": 50, "batch_size": 32, "epochs": 1}
RUNS = {"fashion": Run("fashion")}
_FASHION = {"mean": 0.286, "std": 0.353}  # of its pixels
_load = cache(datasets.load)


def accuracy(model, images, labels):
    """Return the share of right answers."""
    return float((model.predict(images, batch_size=500, verbose=0).argmax(-1) == labels).mean())


def train_fashion(config, callbacks):
    """Train two towers on mirrored pictures; the rate is to fall to zero over `decay_epochs`."""
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
    steps = config["decay_epochs"] * len(batches)
    rate = keras.optimizers.schedules.CosineDecay(config["learning_rate"], steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(CoupledDecaySGD(rate), loss, metrics=["accuracy"])
    fit(model, batches, config["epochs"], callbacks)
    return model


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
    """Return the accuracy on the first 500 test pictures."""
    images, labels = _load("fashion_mnist", "test")
    return {"accuracy": accuracy(model, model.preprocess(images[:500, ..., None]), labels[:500])}


RECIPE = Recipe(
    slug="alexnet",
    scales={"reduced": REDUCED, "full": FULL},
    experiments={"fashion": Experiment(train_fashion, measure_fashion, _TINY)},
    runs=RUNS,
    claims=(
        Claim(
            "Two towers on Fashion-MNIST: the mean over ten crops, against one look",
            metric="fashion/ten_crop_accuracy",
            goal=None,
            baseline="fashion/accuracy",
            note="On 1,000 test pictures. They are enlarged by 8/7 before they are cropped, and "
            "the network was trained on whole ones, unlike the paper's.",
        ),
    ),
    presets={
        "alexnet_fashion": Trained(
            run="fashion",
            description="Names ten kinds of clothes, in two towers with local response "
            "normalization.",
            data="Fashion-MNIST",
            licence="MIT",
            attribution="(c) 2017 Zalando SE",
            check=check_fashion,
        )
    },
)
