"""How the networks are trained that write by pointing at their inputs."""

from functools import partial

import keras

from keras_readinglist.applications.pointer_networks import pointer_loss, training_batch
from keras_readinglist.recipes.recipe import Run
from keras_readinglist.recipes.training import fit_generated
from keras_readinglist.schedules import slower_from

SIZES = {
    "units": 128,
    "batch_size": 128,
    "learning_rate": 1e-3,
    "slower_from": None,
    "clip": 2.0,
    "block": 250,
    "steps": 10_000,
    "test_examples": 2_000,
    "seeds": (0,),
}
FULL_SIZES = {"units": 512, "steps": 100_000, "test_examples": 10_000}
TINY = {"units": 4, "batch_size": 2, "steps": 2, "block": 1, "test_examples": 5}
TEST_SEED = 1_000_003
# Revision 1: the matrices of query and memory begin with different numbers.
run = partial(Run, revision=1)


def train(build, draw, config, callbacks):
    """Train one model.

    Args:
        build: Function `(config) -> model`.
        draw: Function `(config, rng)` that returns inputs, mask and the indices to write.
        config: The configuration of the run.
        callbacks: List of callbacks of the runner.
    """
    keras.utils.set_random_seed(config["seed"])
    rate = slower_from(config["slower_from"], config["learning_rate"])
    return fit_generated(
        build(config),
        lambda rng, step: training_batch(*draw(config, rng)),
        config,
        callbacks,
        loss=pointer_loss(),
        optimizer=keras.optimizers.Adam(rate, global_clipnorm=config["clip"]),
    )
