"""Training that can be killed: atomic checkpoints, a metrics log, progress, seeded data."""

import json
import os
import pathlib
import re
import time

import keras
import numpy as np

_CHECKPOINT = re.compile(r"checkpoint-(\d+)\.npz")


class GeneratedDataset(keras.utils.PyDataset):
    """Endless generated examples; batch `i` of epoch `e` depends on `(seed, e, i)` alone.

    Args:
        make_batch: Function `(rng) -> (x, y)` or `(x, y, sample_weight)` of NumPy arrays.
        steps: Integer, batches per epoch.
        seed: Integer.
    """

    def __init__(self, make_batch, steps, seed=0):
        super().__init__()
        self.make_batch, self.steps, self.seed, self.epoch = make_batch, steps, seed, 0

    def __len__(self):
        """Return the number of batches of an epoch."""
        return self.steps

    def __getitem__(self, index):
        """Return one batch."""
        return self.make_batch(np.random.default_rng((self.seed, self.epoch, index)))


class Curriculum(GeneratedDataset):
    """Generated examples that change as training goes on.

    Args:
        make_batch: Function `(rng, step)`, as for `GeneratedDataset`; steps count from 0 over all
            epochs.
        steps: Integer, batches per epoch.
        seed: Integer.
    """

    def __getitem__(self, index):
        """Return one batch."""
        rng = np.random.default_rng((self.seed, self.epoch, index))
        return self.make_batch(rng, self.epoch * self.steps + index)


class Checkpoint(keras.callbacks.Callback):
    """Saves every variable at the end of every epoch, so that a killed run can go on.

    `save_weights` would leave out the states of the random generators of dropout. The file of an
    epoch appears whole or not at all; the newest two are kept.

    Args:
        directory: Path of the run.
        resume: Boolean, whether to go on from the newest checkpoint there.
    """

    def __init__(self, directory, resume=False):
        super().__init__()
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        if not resume:
            for _, path in self._found():
                path.unlink()

    def _found(self):
        matches = ((_CHECKPOINT.fullmatch(p.name), p) for p in self.directory.iterdir())
        return sorted((int(m[1]), p) for m, p in matches if m)

    def restore(self, model):
        """Load the newest checkpoint into a compiled `model`; return the epoch to start with."""
        found = self._found()
        if not found:
            return 0
        epoch, path = found[-1]
        model.optimizer.build(model.trainable_variables)
        with np.load(path) as stored:
            for index, variable in enumerate(_variables(model)):
                variable.assign(stored[str(index)])
        return epoch

    def on_epoch_end(self, epoch, logs=None):
        """Write the checkpoint of a finished epoch."""
        arrays = map(keras.ops.convert_to_numpy, _variables(self.model))
        partial = self.directory / "partial.npz"
        np.savez(partial, **{str(index): array for index, array in enumerate(arrays)})
        os.replace(partial, self.directory / f"checkpoint-{epoch + 1:05d}.npz")
        for _, old in self._found()[:-2]:
            old.unlink()


def _variables(model):
    return [*model.variables, *model.optimizer.variables]


class MetricsLog(keras.callbacks.Callback):
    """Writes one JSON object per epoch to `metrics.jsonl` and prints progress with an ETA.

    Args:
        directory: Path of the run.
        label: String, printed before the progress.
        verbose: Boolean, whether to print.
    """

    def __init__(self, directory, label="", verbose=True):
        super().__init__()
        self.path = pathlib.Path(directory) / "metrics.jsonl"
        self.label, self.verbose = label, verbose

    def start_at(self, epoch):
        """Drop the lines of epochs that were not checkpointed."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        self.path.write_text("".join(f"{line}\n" for line in lines[:epoch]))
        self.first_epoch = epoch

    def on_train_begin(self, logs=None):
        """Note when training began."""
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Append a line and print it."""
        seconds = time.perf_counter() - self.began
        row = {"epoch": epoch + 1, **{k: float(v) for k, v in (logs or {}).items()}}
        with self.path.open("a") as file:
            file.write(json.dumps({**row, "seconds": round(seconds, 1)}) + "\n")
        if self.verbose:
            done = epoch + 1 - self.first_epoch
            left = seconds / done * (self.params["epochs"] - epoch - 1)
            values = "  ".join(f"{k} {v:.4f}" for k, v in row.items() if k != "epoch")
            total = self.params["epochs"]
            print(f"{self.label} {epoch + 1}/{total}  {values}  ETA {left:.0f} s", flush=True)


def slower_from(step, rate):
    """Return a learning rate that is a fifth from a step on; the same throughout for `None`."""
    if step is None:
        return rate
    return keras.optimizers.schedules.PiecewiseConstantDecay([step], [rate, rate / 5])


def fit(model, dataset, epochs, callbacks, **kwargs):
    """Run `model.fit` from the newest checkpoint, if the callbacks hold one.

    Args:
        model: A compiled model.
        dataset: A `keras.utils.PyDataset`; if it has an attribute `epoch`, it is set to the
            number of the running epoch.
        epochs: Integer, the epoch to stop at.
        callbacks: List of callbacks that the runner gave to the recipe.
        **kwargs: Passed on to `model.fit`.

    Returns:
        The `History` of the epochs that were run.
    """
    start = 0
    for callback in callbacks:
        if isinstance(callback, Checkpoint):
            start = callback.restore(model)
    for callback in callbacks:
        if isinstance(callback, MetricsLog):
            callback.start_at(start)
    follow = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(dataset, "epoch", epoch)
    )
    return model.fit(
        dataset,
        epochs=epochs,
        initial_epoch=start,
        callbacks=[follow, *callbacks],
        verbose=0,
        shuffle=False,
        **kwargs,
    )
