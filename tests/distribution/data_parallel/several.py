"""Trains on several devices or processes, and alone; `python -m ... FOLDER`.

The folder gets what `test_data_parallel.py` compares: `alone.npz`, and `<processes>-<rank>.npz` of
every process. On torch processes are forked when Keras is imported: to start them takes no time.
"""

import os
import pathlib
import sys
import traceback

import keras
import numpy as np
from keras import layers

from keras_readinglist import recipes
from keras_readinglist.applications import CharRNN, TruncatedBPTT
from keras_readinglist.distribution import DataParallel
from keras_readinglist.layers import ResidualUnit, StackedResidualStage
from keras_readinglist.recipes import runner
from keras_readinglist.recipes.recipe import Experiment, Recipe, Run
from keras_readinglist.recipes.training import GeneratedDataset, fit

PROCESSES = (2, 4)
WHOLE = {"jax": ("4-0",), "torch": ("2-0", "2-1")}.get(keras.config.backend())  # do more than nets
TINY = "tiny"


def masked():
    """Return a net of masked steps, a weight decay that is no part of any row, and Adam."""
    net = keras.Sequential(
        [
            keras.Input((5, 3)),
            layers.Masking(),
            layers.LSTM(4, return_sequences=True, kernel_regularizer="l2"),
            layers.Dense(2),
        ]
    )
    net.compile(keras.optimizers.Adam(0.01, global_clipnorm=1.0), "mse", weighted_metrics=["mae"])

    def batch(rng):
        x, y = rng.standard_normal((8, 5, 3), "float32"), rng.standard_normal((8, 5, 2), "float32")
        x[3, 2:] = x[6, 1:] = 0  # unequal numbers of steps fall to the processes
        return x, y, rng.random((8, 5), "float32")

    return net, batch


def normalized():
    """Return a net that normalizes by the statistics of its batch, also inside a loop."""
    net = keras.Sequential(
        [
            keras.Input((5, 5, 1)),
            layers.Conv2D(2, 3),
            layers.BatchNormalization(),
            StackedResidualStage(ResidualUnit(2), 2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss, metrics=["accuracy"])
    return net, lambda rng: (rng.standard_normal((8, 5, 5, 1), "float32"), rng.integers(0, 3, 8))


def carried():
    """Return a net whose states go on from batch to batch."""
    net = TruncatedBPTT(CharRNN("abc\n", units=3, num_layers=1), batch_size=8)
    net.compile("adam", "sparse_categorical_crossentropy")

    def batch(rng):
        ids = rng.integers(0, 4, (8, 5))
        return ids[:, :-1], ids[:, 1:]

    return net, batch


NETS = {net.__name__: net for net in (masked, normalized, carried)}


def train(make, callbacks):
    """Return the loss curve, the variables and predictions of a net that is trained."""
    keras.utils.set_random_seed(0)
    net, batch = make()
    x, y, *_ = batch(np.random.default_rng(3))
    few = (x, y) if make is carried else (x[:3], y[:3])  # validation may be of any size
    data = GeneratedDataset(batch, 3, 1)
    history = fit(net, data, 2, callbacks, validation_data=few).history
    found = {name: np.array(values) for name, values in history.items()}
    for index, variable in enumerate(net.variables):
        found[f"variable {index}"] = keras.ops.convert_to_numpy(variable)
    x, y, *_ = batch(np.random.default_rng(2))
    found["predicted"] = net.predict(x, verbose=0)
    found["evaluated"] = np.array(net.evaluate(x, y, verbose=0))
    found["restored"] = np.array("call" not in vars(net))
    return found


def recipe():
    """Return a recipe whose `score` is the largest weight of what was trained."""

    def run(config, callbacks):
        keras.utils.set_random_seed(config["seed"])
        drop = layers.Dropout(config["rate"], seed=1)
        net = keras.Sequential([keras.Input((2,)), drop, layers.Dense(1)])
        net.compile("adam", "mse")
        data = GeneratedDataset(lambda rng: (rng.random((4, 2)), np.ones((4, 1))), 2, 0)
        fit(net, data, 4, callbacks, validation_data=(np.ones((3, 2)), np.ones((3, 1))))
        return net

    def measure(net, config):
        return {"score": float(np.abs(net.get_weights()[0]).max())}

    line = {"rate": 0.0, "seeds": (0,)}
    idle = Experiment(lambda config, callbacks: 1.0, lambda made, config: {"score": made}, {})
    return Recipe(
        slug=TINY,
        scales={"reduced": {"line": line, "idle": {"seeds": (0,)}}},
        experiments={"line": Experiment(run, measure, {}), "idle": idle},
        runs={"line": Run("line"), "dropped": Run("line", {"rate": 0.1}), "idle": Run("idle")},
        claims=(),
    )


def run_recipe(folder):
    """Return the scores of a training, of one that was killed and resumed, and what was refused."""
    recipes.load = lambda slug: recipe()
    scores = {}
    for name in ("whole", "resumed"):
        directory = runner.train_distributed(
            TINY, "dropped", output=folder, resume=name == "resumed"
        )
        if directory is None:  # a process that writes nothing
            continue
        result = runner.result_of(recipe(), "reduced", folder, "dropped", 0)
        scores[name] = result["metrics"]["score"]
        (directory / "checkpoint-00004.npz").unlink()
    return scores, refusal(lambda: runner.train_distributed(TINY, "idle", output=folder))


def refusal(function):
    """Return the message of the error that a function must raise."""
    try:
        function()
    except (ValueError, RuntimeError) as error:
        return str(error)
    return "nothing was refused"


def refused(size, seed=0):
    """Return what is said of a batch of some size, or of another batch in every process."""
    net = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    net.compile("sgd", "mse")

    def batch(rng):
        return np.random.default_rng(seed).random((size, 2)), np.ones((size, 1))

    with DataParallel() as replicas:
        data = replicas.part(GeneratedDataset(batch, 1))
        said = refusal(lambda: net.fit(data, callbacks=[replicas], verbose=0))
    assert keras.distribution.distribution() is None
    if keras.config.backend() == "torch":  # on JAX the trainer of Keras loses what a step takes
        net.fit(np.ones((3, 2)), np.ones((3, 1)), verbose=0)
    return said


class Aside(keras.Sequential):
    def train_step(self, data):
        return {"loss": keras.ops.mean(self.layers[0](data[0]))}


def unsplit():
    """Return what is said of a model whose step calls a layer of it."""
    net = Aside([keras.Input((2,)), layers.Dense(1)])
    net.compile("sgd", "mse")
    ones = np.ones((4, 2)), np.ones((4, 1))
    return refusal(lambda: net.fit(*ones, callbacks=[DataParallel()], verbose=0))


def noise():
    """Return what dropout made of a batch of ones, and the state of its generator."""
    seen, drop = [], layers.Dropout(0.5, seed=1)

    def loss(y, rows):
        seen.append(keras.ops.convert_to_numpy(rows))
        return rows

    net = keras.Sequential([keras.Input((40,)), layers.Dense(40, kernel_initializer="ones"), drop])
    net.compile("sgd", loss)
    net.fit(np.ones((4, 40)), np.ones((4, 40)), callbacks=[DataParallel()], verbose=0)
    return seen[-1] != 0, keras.ops.convert_to_numpy(drop.seed_generator.state.value)


def everything(folder, name):
    """Do what there is to do in one process of several, and write it."""
    found = {}
    for net, make in NETS.items():
        replicas = DataParallel()
        found |= {f"{net}/{key}": value for key, value in train(make, [replicas]).items()}
        found[f"{net}/trained"] = np.array(replicas.trained)
    if name in WHOLE:
        found["refused/odd"] = np.array(refused(5))
        if keras.config.backend() == "torch":
            found["refused/other"] = np.array(refused(4, int(os.environ["RANK"])))
            found["refused/aside"] = np.array(unsplit())
            found["noise/kept"], found["noise/state"] = noise()
        scores, found["refused/idle"] = run_recipe(folder / name.partition("-")[0])
        found |= {f"recipe/{key}": np.array(value) for key, value in scores.items()}
    np.savez(folder / f"{name}.npz", **found)


def fork(count, port, work):
    """Call `work` in some processes of one group, and return their exit codes."""
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), WORLD_SIZE=str(count))
    started = []
    for rank in range(count):
        process = os.fork()
        if process:
            started.append(process)
            continue
        os.environ["RANK"] = os.environ["LOCAL_RANK"] = str(rank)
        try:
            with DataParallel():  # the group stays until the process ends
                work(rank)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return [os.waitpid(process, 0)[1] for process in started]


def main(folder, port):
    """Train alone, and on all that there is."""
    alone = {f"{n}/{k}": v for n, make in NETS.items() for k, v in train(make, []).items()}
    np.savez(folder / "alone.npz", **alone)
    if keras.config.backend() == "jax":
        everything(folder, "4-0")
        return
    for count in PROCESSES:
        codes = fork(count, port + count, lambda rank, n=count: everything(folder, f"{n}-{rank}"))
        if any(codes):
            raise SystemExit("A process failed: see above.")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
