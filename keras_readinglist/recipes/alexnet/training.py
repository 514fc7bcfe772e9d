"""One training and one measurement for every small AlexNet."""

import keras

from keras_readinglist.optimizers import CoupledDecaySGD
from keras_readinglist.recipes.training import fit

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def train(model, batches, config, callbacks):
    """Train a network of logits with a rate that falls to zero along a cosine."""
    steps = config["epochs"] * len(batches)
    rate = keras.optimizers.schedules.CosineDecay(config["learning_rate"], steps)
    model.compile(CoupledDecaySGD(rate), LOSS, metrics=["accuracy"])
    fit(model, batches, config["epochs"], callbacks)
    return model


def accuracy(model, images, labels):
    """Return the share of right answers."""
    return float((model.predict(images, batch_size=500, verbose=0).argmax(-1) == labels).mean())
