"""Training that can be killed: atomic checkpoints, a metrics log, progress, seeded data."""

import contextlib
import json
import os
import pathlib
import re
import time
import zipfile
import zlib

import keras
import numpy as np

from keras_readinglist.distribution import DataParallel

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
        """Load the newest whole checkpoint into a compiled `model`; return the epoch it ends.

        A damaged file, as a full disk or a power failure leaves it, is dropped.
        """
        for epoch, path in reversed(self._found()):
            arrays = _read_arrays(path)
            if arrays is None:
                print(f"{path} is damaged: going on from the checkpoint before.", flush=True)
                path.unlink()
                continue
            model.optimizer.build(model.trainable_variables)
            variables = _variables(model)
            shapes = [tuple(variable.shape) for variable in variables]
            if [array.shape for array in arrays] != shapes:
                raise ValueError(f"{path} holds another model; run without `--resume`.")
            for variable, array in zip(variables, arrays, strict=True):
                variable.assign(array)
            return epoch
        return 0

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


def _read_arrays(path):
    """Return the arrays of a checkpoint in order, or `None` if one cannot be read."""
    try:
        with path.open("rb") as file, np.load(file) as stored:
            return [stored[str(index)] for index in range(len(stored.files))]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def read_log(path):
    """Return the rows of a metrics log, in order; a line that was torn by a kill is left out.

    Args:
        path: Path of a `metrics.jsonl`, which need not exist.
    """
    rows = []
    if path.exists():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                row = json.loads(line)
                if isinstance(row, dict) and {"epoch", "seconds"} <= set(row):
                    rows.append(row)
    return rows


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
        """Drop the rows of epochs that were not checkpointed, and what is left of torn lines."""
        kept = [row for row in read_log(self.path) if row["epoch"] <= epoch]
        partial = self.path.with_suffix(".partial")
        partial.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
        os.replace(partial, self.path)
        self.first_epoch = epoch

    def on_train_begin(self, logs=None):
        """Note when training began."""
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Append a line and print it."""
        seconds = time.perf_counter() - self.began
        row = {"epoch": epoch + 1, **{k: float(v) for k, v in (logs or {}).items()}}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**row, "seconds": round(seconds, 1)}) + "\n")
        if self.verbose:
            done = epoch + 1 - self.first_epoch
            left = seconds / done * (self.params["epochs"] - epoch - 1)
            values = "  ".join(f"{k} {v:.4f}" for k, v in row.items() if k != "epoch")
            total = self.params["epochs"]
            print(f"{self.label} {epoch + 1}/{total}  {values}  ETA {left:.0f} s", flush=True)


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
    batches = dataset
    for callback in callbacks:
        if isinstance(callback, DataParallel):
            start, batches = int(callback.share(start)), callback.part(dataset)
    for callback in callbacks:
        if isinstance(callback, MetricsLog):
            callback.start_at(start)
    follow = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(dataset, "epoch", epoch)
    )
    return model.fit(
        batches,
        epochs=epochs,
        initial_epoch=start,
        callbacks=[follow, *callbacks],
        verbose=0,
        shuffle=False,
        **kwargs,
    )


def fit_generated(
    model, make_batch, config, callbacks, *, loss, optimizer, weighted_metrics=None, **kwargs
):
    """Compile a model and train it on generated examples, from the newest checkpoint on.

    Args:
        model: A `keras.Model`.
        make_batch: Function `(rng, step)` that returns a batch, as for `Curriculum`.
        config: The configuration of a run. `"steps"` batches are trained on, in epochs of
            `"block"`, and drawn by `"seed"`.
        callbacks: List of callbacks that the runner gave to the experiment.
        loss: As for `model.compile`.
        optimizer: As for `model.compile`.
        weighted_metrics: As for `model.compile`.
        **kwargs: Passed on to `model.fit`.

    Returns:
        The model.
    """
    model.compile(optimizer=optimizer, loss=loss, weighted_metrics=weighted_metrics)
    dataset = Curriculum(make_batch, config["block"], config["seed"])
    fit(model, dataset, config["steps"] // config["block"], callbacks, **kwargs)
    return model


def warmed_adam(config):
    """Return Adam with a learning rate that rises linearly, and then falls as half a cosine.

    Args:
        config: The configuration of a run: `"learning_rate"`, the largest, is reached after
            `"warmup_steps"` of all `"steps"`; `"clip"` is the largest norm of a gradient.
    """
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        warmup_target=config["learning_rate"],
        warmup_steps=config["warmup_steps"],
        decay_steps=config["steps"] - config["warmup_steps"],
    )
    return keras.optimizers.Adam(schedule, global_clipnorm=config["clip"])
