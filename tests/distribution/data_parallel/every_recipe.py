"""Trains every experiment as small as it goes, alone and on two processes of torch.

`KERAS_BACKEND=torch python -m tests.distribution.data_parallel.every_recipe [slug ...]` prints, for
each, the largest relative difference of what was logged. Where an experiment drops or draws, the
processes draw other numbers.
"""

import json
import pathlib
import sys
import tempfile

import keras

from keras_readinglist import recipes
from keras_readinglist.distribution import DataParallel
from tests.distribution.data_parallel.several import fork
from tests.distribution.data_parallel.test_data_parallel import free_port

ELSEWHERE = {"gpipe"}  # starts processes of its own


class Rows(keras.callbacks.Callback):
    """Keeps what every epoch logs."""

    def __init__(self):
        super().__init__()
        self.rows = []

    def on_epoch_end(self, epoch, logs=None):
        self.rows.append({name: float(value) for name, value in logs.items()})


def trained(slug, name, callbacks):
    """Return the logs of one experiment, or the last line of what refused it."""
    recipe, rows = recipes.load(slug), Rows()
    experiment = recipe.experiments[name]
    config = {**recipe.scales["reduced"][name], **experiment.tiny, "seed": 0}
    try:
        experiment.run(config, [*callbacks, rows])
    except (ValueError, OSError) as error:
        return [" ".join(str(error).split())]
    return rows.rows


def in_parts(slug, name):
    """Return the logs of one experiment whose batches were split."""
    replicas = DataParallel()
    rows = trained(slug, name, [replicas])
    replicas._engine._undo()  # what an error has left; the group of processes stays
    return rows if replicas.trained or rows else ["trains nothing by `fit`"]


def difference(alone, split):
    """Return the largest relative difference of two logs, or what was refused."""
    if any(isinstance(row, str) for row in split):
        return split[-1][:220]
    pairs = [(a[k], b[k]) for a, b in zip(alone, split, strict=True) for k in a]
    return f"{max(abs(a - b) / max(abs(a), 1e-3) for a, b in pairs):.1e}"


def main(slugs):
    """Print a line for every experiment."""
    names = [
        (slug, name)
        for slug in slugs or sorted(set(recipes.available()) - ELSEWHERE)
        for name in recipes.load(slug).experiments
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "split.json")

        def work(rank):
            logs = [in_parts(*each) for each in names]
            if not rank:
                file.write_text(json.dumps(logs))

        if any(fork(2, free_port(), work)):
            raise SystemExit("A process failed: see above.")
        for each, split in zip(names, json.loads(file.read_text()), strict=True):
            print(*each, difference(trained(*each, []), split), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
