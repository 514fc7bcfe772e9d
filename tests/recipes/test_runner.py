"""Recipes train, survive being killed, and judge their claims honestly."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import types

import keras
import numpy as np
import pytest

from keras_readinglist import catalog, recipes
from keras_readinglist.recipes import report, runner, training
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run

REPORTS = pathlib.Path(__file__).parents[2] / "reports"
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
        (Claim("a", "m", None, baseline="b", higher_is_better=False), 1.6, 1.7, "reproduced"),
        (Claim("a", "m", None, baseline="b", higher_is_better=False), 1.7, 1.6, "not reproduced"),
    ],
)
def test_verdicts(claim, here, baseline, verdict):
    assert claim.verdict(here, baseline) == verdict


def tiny_recipe(epochs=2, revision=0):
    def train(config, callbacks):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(optimizer="sgd", loss="mse")
        data = training.GeneratedDataset(
            lambda rng: (rng.random((4, 1), "float32"), np.ones((4, 1))), 2, config["seed"]
        )
        training.fit(model, data, config["epochs"], callbacks)
        return model

    def measure(model, config):
        return {"score": config["epochs"] + config["seed"]}

    return Recipe(
        slug="tiny",
        scales={"reduced": {"line": {"epochs": epochs, "seeds": (0, 1)}}},
        experiments={"line": Experiment(train, measure, {"epochs": 1})},
        runs={
            "ours": Run("line", revision=revision),
            "theirs": Run("line", {"epochs": 1}, seeds=(0,)),
        },
        claims=(
            Claim("beats", "ours/score", goal=2, baseline="theirs/score", margin=1, paper=3.0),
        ),
    )


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Reproduce the tiny recipe in this process; return the report and what was trained."""
    trained = []

    def start(command, check):
        arguments = dict(zip(command[5::2], command[6::2], strict=False))
        run, seed = arguments["--run"], int(arguments["--seed"])
        trained.append((run, seed))
        runner.train("tiny", run, seed=seed, output=arguments["--output"])
        return subprocess.CompletedProcess(command, 0)

    def reproduce(recipe, **options):
        trained.clear()
        monkeypatch.setattr(recipes, "load", lambda slug: recipe)
        options = {"output": tmp_path / "runs", "reports": tmp_path / "reports", **options}
        return runner.reproduce("tiny", **options), list(trained)

    monkeypatch.setattr(runner, "subprocess", types.SimpleNamespace(run=start))
    return reproduce


EVERY = [("ours", 0), ("ours", 1), ("theirs", 0)]


def test_reports(tiny, tmp_path):
    result, trained = tiny(tiny_recipe())
    assert trained == EVERY
    [claim] = result["claims"]
    assert claim["here"] == 2.5 and claim["seeds"] == {"0": 2.0, "1": 3.0}
    assert (claim["baseline"], claim["verdict"]) == (1.0, "reproduced")
    entry = result["runs"]["theirs"]["seeds"]["0"]
    assert entry["backend"] == keras.config.backend() and "numpy" in entry["versions"]
    assert set(entry) == set(report.KEPT) and result["runs"]["theirs"]["config"] == {"epochs": 1}
    path = tmp_path / "reports" / "tiny.json"
    assert json.loads(path.read_text()) == report.plain(result)
    assert report.metrics(result)["ours/score"] == {"mean": 2.5, "seeds": {"0": 2.0, "1": 3.0}}
    assert report.rows(result) == [("beats", "3", "2.5", "≥ 2", "1", "reproduced")]
    assert "| beats | 3 | 2.5 | ≥ 2 | 1 | reproduced |" in report.markdown(result)
    assert report.marks(result) == ""


def test_only_what_is_missing_or_stale_is_trained(tiny, tmp_path):
    tiny(tiny_recipe())
    assert tiny(tiny_recipe(), output=tmp_path / "other")[1] == []
    for changed in (tiny_recipe(epochs=3), tiny_recipe(revision=1)):
        result, trained = tiny(changed)
        assert trained == EVERY[:2]
        assert result["claims"][0]["here"] == changed.scales["reduced"]["line"]["epochs"] + 0.5
    path = tmp_path / "reports" / "tiny.json"
    content = json.loads(path.read_text())
    del content["runs"]["theirs"]
    path.write_text(json.dumps(content))
    assert tiny(changed, output=tmp_path / "third")[1] == [("theirs", 0)]


def test_one_run_is_merged_and_all_is_made_anew(tiny, tmp_path):
    result, trained = tiny(tiny_recipe(), run="theirs")
    assert trained == [("theirs", 0)] and result["claims"][0]["verdict"] == "not measured"
    assert report.rows(result)[0][-1] == "not measured (stale)"
    result, trained = tiny(tiny_recipe(), run="ours")
    assert trained == EVERY[:2] and result["claims"][0]["verdict"] == "reproduced"
    assert tiny(tiny_recipe(), run="ours", output=tmp_path / "other")[1] == EVERY[:2]
    assert tiny(tiny_recipe(), everything=True)[1] == EVERY
    assert tiny(tiny_recipe(), run="ours", everything=True)[1] == EVERY[:2]
    assert tiny(tiny_recipe(), everything=True, resume=True)[1] == []


def test_a_run_made_elsewhere_is_merged_if_its_configuration_agrees(tiny, tmp_path):
    tiny(tiny_recipe())
    elsewhere = tmp_path / "elsewhere"
    runner.train("tiny", "theirs", output=elsewhere)
    path = elsewhere / "tiny" / "reduced" / "theirs" / "seed-0" / "result.json"
    other = {**json.loads(path.read_text()), "backend": "abacus", "metrics": {"score": -1.0}}
    path.write_text(json.dumps(other))
    result, trained = tiny(tiny_recipe(), run="theirs", output=elsewhere)
    assert trained == [] and result["claims"][0]["baseline"] == -1.0
    assert "abacus" in report.made_on(result) and keras.config.backend() in report.made_on(result)
    path.write_text(json.dumps({**other, "fingerprint": "of something else"}))
    assert tiny(tiny_recipe(), run="theirs", output=elsewhere)[1] == [("theirs", 0)]
    path.write_text('{"torn')
    assert tiny(tiny_recipe(), run="theirs", output=elsewhere)[1] == [("theirs", 0)]


def test_stale_claims_say_so(tiny):
    result, _ = tiny(tiny_recipe())
    for changed in (tiny_recipe(epochs=3), tiny_recipe(revision=1)):
        assert report.missing(changed, "reduced", result) == EVERY[:2]
        judged = report.merge(changed, "reduced", result, {})
        assert report.rows(judged)[0][-1] == "reproduced (stale)"
        assert "(stale): measured with another configuration" in report.markdown(judged)


def test_a_run_of_another_configuration_is_not_resumed(monkeypatch, tmp_path):
    began = []

    def resume(recipe):
        monkeypatch.setattr(recipes, "load", lambda slug: recipe)
        watch = keras.callbacks.LambdaCallback(on_epoch_begin=lambda e, logs: began.append(e))
        runner.train("tiny", "ours", output=tmp_path, resume=True, callbacks=[watch])

    resume(tiny_recipe())
    resume(tiny_recipe())
    assert began == [0, 1]  # the second had nothing to do
    resume(tiny_recipe(revision=1))
    assert began == [0, 1, 0, 1]


def test_a_failed_training_is_one_sentence(tiny, monkeypatch):
    failed = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(runner, "subprocess", types.SimpleNamespace(run=lambda *_, **__: failed))
    with pytest.raises(RuntimeError, match="The run ours with seed 0 failed"):
        tiny(tiny_recipe())


def trained_for(directory, epochs, resume=True):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.1), "mse")

    def batch(rng):
        x = rng.standard_normal((8, 3)).astype("float32")
        return x, x.sum(axis=1, keepdims=True)

    log = training.MetricsLog(directory, verbose=False)
    data = training.GeneratedDataset(batch, 2)
    training.fit(model, data, epochs, [training.Checkpoint(directory, resume), log])
    return model.get_weights(), [row["epoch"] for row in training.read_log(log.path)]


@pytest.mark.parametrize("broken", [1, 2])
@pytest.mark.parametrize("left", [0, 30, 400])
def test_a_broken_checkpoint_falls_back_to_the_one_before(tmp_path, broken, left):
    whole, _ = trained_for(tmp_path / "whole", 4)
    trained_for(tmp_path / "cut", 3)
    for path in sorted((tmp_path / "cut").glob("checkpoint-*"))[-broken:]:
        path.write_bytes(path.read_bytes()[:left])
    weights, epochs = trained_for(tmp_path / "cut", 4)
    for ours, theirs in zip(weights, whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert epochs == [1, 2, 3, 4]
    names = [path.name for path in sorted((tmp_path / "cut").glob("checkpoint-*"))]
    assert names == ["checkpoint-00003.npz", "checkpoint-00004.npz"]


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    trained_for(tmp_path, 1)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    with pytest.raises(ValueError, match="holds another model"):
        training.Checkpoint(tmp_path, resume=True).restore(model)


def test_a_torn_line_of_the_log_is_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    first, third = '{"epoch": 1, "seconds": 2.0}\n', '{"epoch": 3, "seconds": 1.5}\n'
    for torn in ('{"epoch": 2, "los\n', "\n", "\x00\x00\n", "17\n", '{"epoch": 2}\n'):
        path.write_text(first + torn + third)
        assert [row["epoch"] for row in training.read_log(path)] == [1, 3]
        assert runner.logged_seconds(path) == 3.5
    path.write_text(first + '{"epoch": 2, "seco')  # killed while it wrote
    log = training.MetricsLog(tmp_path, verbose=False)
    log.start_at(2)
    assert path.read_text() == first
    assert training.read_log(tmp_path / "none.jsonl") == []


def test_a_model_is_trained_on_generated_examples_for_so_many_steps():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    steps = []

    def make_batch(rng, step):
        steps.append(step)
        return rng.random((4, 1), "float32"), np.ones((4, 1))

    config = {"steps": 6, "block": 2, "seed": 0}
    made = training.fit_generated(model, make_batch, config, [], loss="mse", optimizer="sgd")
    assert made is model and int(model.optimizer.iterations) == 6
    assert set(steps) == set(range(6))


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
    assert recipe.slug == slug and set(recipe.scales) == {"reduced", "full"}
    for claim in recipe.claims:
        names = [claim.metric, *([claim.baseline] if isinstance(claim.baseline, str) else [])]
        assert all(name.split("/")[0] in recipe.runs for name in names)
    assert all(trained.run in recipe.runs for trained in recipe.presets.values())
    for scale, sizes in recipe.scales.items():
        assert set(sizes) == set(recipe.experiments)
        for run in recipe.runs:
            assert recipe.seeds(run, scale) and report.plain(recipe.config(run, scale, 0))
            assert recipe.runs[run].overrides.keys() <= sizes[recipe.runs[run].experiment].keys()


@pytest.mark.parametrize("slug", recipes.available())
def test_committed_reports_are_complete_and_not_stale(slug):
    recipe, stored = recipes.load(slug), report.read(slug, "reduced", REPORTS)
    assert report.missing(recipe, "reduced", stored) == [], f"keras-readinglist reproduce {slug}"
    assert catalog.report(slug) == stored
