"""How all models of the recipe are trained: on fresh questions, validated after every epoch."""

import keras

from keras_readinglist.recipes.training import fit_generated
from keras_readinglist.schedules import WarmupStableDecay


class Validation(keras.callbacks.Callback):
    """Adds what is measured on other examples to the log of every epoch.

    Args:
        measure: Function `(model, *data) -> dict` of metrics.
        data: The examples.
    """

    def __init__(self, measure, data):
        super().__init__()
        self.measure, self.data = measure, data

    def on_epoch_end(self, epoch, logs=None):
        """Measure."""
        logs.update(self.measure(self.model, *self.data))


def train(build, draw_batch, validation, config, callbacks):
    """Train one model.

    Args:
        build: Function `(config) -> model`.
        draw_batch: Function `(config, rng, step) -> batch`.
        validation: Function `() -> Validation`.
        config: The configuration of the run.
        callbacks: List of callbacks of the runner.
    """
    keras.utils.set_random_seed(config["seed"])
    names = ("warmup_steps", "decay_steps", "steps")
    schedule = WarmupStableDecay(config["learning_rate"], *(config[name] for name in names))
    return fit_generated(
        build(config),
        lambda rng, step: draw_batch(config, rng, step),
        config,
        [validation(), *callbacks],
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        optimizer=keras.optimizers.Adam(schedule, global_clipnorm=config["clip"]),
    )
