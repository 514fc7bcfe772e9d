"""How a joint model is trained whose search for an order changes on the way."""

import keras

from keras_readinglist.recipes.training import fit_generated


def fit_phases(model, draw, config, callbacks):
    """Train a joint model phase by phase, and return it.

    Args:
        model: A `JointSetModel`.
        draw: Function `(rng)` that returns a batch of values.
        config: The configuration of a run. `"phases"` holds pairs of a search and the step at which
            it ends.
        callbacks: List of callbacks of the runner.
    """

    def batch(rng, step):
        values = draw(rng)
        return values, values

    optimizer = keras.optimizers.Adam(config["learning_rate"])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for model.search, steps in config["phases"]:
        phase = {**config, "steps": steps}
        fit_generated(model, batch, phase, callbacks, loss=loss, optimizer=optimizer)
    return model
