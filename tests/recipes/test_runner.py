"""Recipes train, survive being killed, and judge their claims honestly."""

import json
import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from keras_readinglist import recipes
from keras_readinglist.recipes import report, runner, training
from keras_readinglist.recipes.recipe import Claim, Recipe

SCRIPT = """
import sys, time
import keras, numpy as np
from keras_readinglist.recipes.training import Checkpoint, GeneratedDataset, MetricsLog, fit

def batch(rng):
    x = rng.standard_normal((8, 3)).astype("float32")
    return x, x.sum(axis=1, keepdims=True)

class Slow(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        time.sleep(float(sys.argv[2]))

keras.utils.set_random_seed(0)
hidden = [keras.layers.Dense(4), keras.layers.Dropout(0.2, seed=1)]
model = keras.Sequential([keras.Input((3,)), *hidden, keras.layers.Dense(1)])
schedule = keras.optimizers.schedules.CosineDecay(0.01, 40)
model.compile(optimizer=keras.optimizers.Adam(schedule), loss="mse")
resume = len(sys.argv) > 3
callbacks = [Checkpoint(sys.argv[1], resume), MetricsLog(sys.argv[1]), Slow()]
fit(model, GeneratedDataset(batch, 5, seed=3), 8, callbacks)
np.savez(sys.argv[1] + "/final.npz", *model.get_weights())
"""


def start(directory, pause, *more):
    directory.mkdir(exist_ok=True)
    command = [sys.executable, "-c", SCRIPT, str(directory), str(pause), *more]
    return subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL)


@pytest.mark.slow
def test_a_killed_training_resumes_to_the_same_result(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert start(whole, 0).wait(120) == 0
    process = start(killed, 0.7)
    deadline = time.monotonic() + 60
    while not list(killed.glob("checkpoint-0000[3-7]*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed / "final.npz").exists()
    assert start(killed, 0, "resume").wait(120) == 0
    with np.load(whole / "final.npz") as a, np.load(killed / "final.npz") as b:
        for name in a.files:
            np.testing.assert_array_equal(a[name], b[name])
    logs = [[json.loads(line) for line in (d / "metrics.jsonl").read_text().splitlines()]
            for d in (whole, killed)]  # fmt: skip
    losses = [[row["loss"] for row in log] for log in logs]
    assert losses[0] == losses[1] and len(losses[0]) == 8
    assert len(list(killed.glob("checkpoint-*"))) == 2


def test_generated_batches_depend_on_seed_epoch_and_index_alone():
    data = training.GeneratedDataset(lambda rng: rng.random(), 4, seed=1)
    first = [data[i] for i in range(4)]
    data.epoch = 1
    assert len({*first, *(data[i] for i in range(4))}) == 8
    data.epoch = 0
    assert first == [data[i] for i in range(4)]


@pytest.mark.parametrize(
    ("claim", "here", "baseline", "verdict"),
    [
        (Claim("a", "m", goal=0.9), 0.95, None, "reproduced"),
        (Claim("a", "m", goal=0.9), 0.85, None, "not reproduced"),
        (Claim("a", "m", goal=0.9, baseline="b", margin=0.3), 0.95, 0.5, "reproduced"),
        (Claim("a", "m", goal=0.9, baseline="b", margin=0.3), 0.85, 0.5, "partly"),
        (Claim("a", "m", goal=0.9, baseline="b", margin=0.3), 0.95, 0.8, "partly"),
        (Claim("a", "m", goal=0.9, baseline="b", margin=0.3), 0.85, 0.8, "not reproduced"),
        (Claim("a", "m", goal=0.9, baseline="b"), 0.85, 0.85, "not reproduced"),
        (Claim("a", "m", goal=1.5, higher_is_better=False), 1.4, None, "reproduced"),
        (Claim("a", "m", 1.5, baseline="b", higher_is_better=False), 1.6, 1.7, "partly"),
    ],
)
def test_verdicts(claim, here, baseline, verdict):
    assert claim.verdict(here, baseline) == verdict


def tiny_recipe():
    def train(config, callbacks):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(optimizer="sgd", loss="mse")
        data = training.GeneratedDataset(
            lambda rng: (rng.random((4, 1), "float32"), np.ones((4, 1))), 2, config["seed"]
        )
        training.fit(model, data, config["epochs"], callbacks)
        return model

    return Recipe(
        slug="tiny",
        scales={"reduced": {"epochs": 2, "seeds": (0, 1)}},
        runs={"ours": {}, "theirs": {"seeds": (0,), "epochs": 1}},
        train=train,
        evaluate=lambda model, config: {"score": config["epochs"] + config["seed"]},
        claims=(
            Claim("beats", "ours/score", goal=2, baseline="theirs/score", margin=1, paper=3.0),
        ),
    )


def test_reports(monkeypatch, tmp_path):
    recipe = tiny_recipe()
    monkeypatch.setattr(recipes, "load", lambda slug: recipe)
    for run in recipe.runs:
        for seed in recipe.seeds(run, "reduced"):
            runner.train("tiny", run, seed=seed, output=tmp_path)
    result = runner.reproduce("tiny", output=tmp_path, resume=True)  # all runs are finished
    [claim] = result["claims"]
    assert claim["here"] == 2.5 and claim["seeds"] == {"0": 2.0, "1": 3.0}
    assert (claim["baseline"], claim["verdict"]) == (1.0, "reproduced")
    assert result["backend"] == keras.config.backend() and "numpy" in result["versions"]
    path = report.write(result, tmp_path / "reports")
    assert json.loads(path.read_text()) == report.plain(result)
    assert report.rows(result) == [("beats", "3", "2.5", "≥ 2", "1", "reproduced")]
    assert "| beats | 3 | 2.5 | ≥ 2 | 1 | reproduced |" in report.markdown(result)


def test_bad_choices(tmp_path):
    with pytest.raises(ValueError, match="`slug` must be an item with a recipe"):
        runner.train("nothing")
    with pytest.raises(ValueError, match="`run` must be one of hull"):
        runner.train("pointer-networks", "none", output=tmp_path)
    with pytest.raises(ValueError, match="`scale` must be one of reduced, full"):
        runner.train("pointer-networks", "hull", "huge", output=tmp_path)


@pytest.mark.parametrize("slug", recipes.available())
def test_recipes_are_sound(slug):
    recipe = recipes.load(slug)
    assert recipe.slug == slug and {"reduced", "full"} <= set(recipe.scales)
    for claim in recipe.claims:
        names = [claim.metric, *([claim.baseline] if isinstance(claim.baseline, str) else [])]
        assert all(name.split("/")[0] in recipe.runs for name in names)
    assert all(trained.run in recipe.runs for trained in recipe.presets.values())
    for run in recipe.runs:
        assert recipe.seeds(run, "reduced") and report.plain(recipe.config(run, "reduced", 0))
