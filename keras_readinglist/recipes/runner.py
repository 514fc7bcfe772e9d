"""Runs recipes: one training, a whole reproduction, the evaluation of a preset."""

import json
import pathlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import keras

from keras_readinglist import presets, recipes
from keras_readinglist.recipes import report
from keras_readinglist.recipes.training import Checkpoint, MetricsLog


def run_directory(output, slug, scale, run, seed):
    """Return the directory of one training."""
    return pathlib.Path(output) / slug / scale / run / f"seed-{seed}"


def train(slug, run=None, scale="reduced", seed=None, output="runs", resume=False, callbacks=()):
    """Train and evaluate one run of a recipe.

    Args:
        slug: String, an item with a recipe.
        run: String, a run of the recipe. Defaults to its first.
        scale: String, `"reduced"` or `"full"`.
        seed: Integer. Defaults to the first seed of the run.
        output: Path under which the run keeps checkpoints, metrics, model and result.
        resume: Boolean, whether to go on from the newest checkpoint.
        callbacks: Further Keras callbacks.

    Returns:
        The directory of the run, which then holds `result.json`.

    Raises:
        ValueError: If the run or the scale is unknown.
    """
    recipe = recipes.load(slug)
    run = run or next(iter(recipe.runs))
    _check_choice("run", run, recipe.runs)
    _check_choice("scale", scale, recipe.scales)
    seed = recipe.seeds(run, scale)[0] if seed is None else seed
    directory = run_directory(output, slug, scale, run, seed)
    checkpoint = Checkpoint(directory, resume)
    config = recipe.config(run, scale, seed)
    log = MetricsLog(directory, label=f"{slug} {run} seed {seed}:")
    began = time.perf_counter()
    model = recipe.train(config, [*callbacks, checkpoint, log])
    trained = time.perf_counter()
    metrics = recipe.evaluate(model, config)
    if isinstance(model, presets.PresetMixin):
        model.save_to_preset(directory / "model")
    result = {
        "config": report.plain(config),
        "metrics": {name: float(value) for name, value in metrics.items()},
        "seconds": round(logged_seconds(log.path) or trained - began, 1),
        **report.provenance(),
    }
    (directory / "result.json").write_text(json.dumps(result, indent=2) + "\n")
    return directory


def logged_seconds(path):
    """Return the training seconds that a metrics log adds up to, over all its sessions."""
    if not path.exists():
        return 0.0
    total = previous = 0.0
    for line in path.read_text().splitlines():
        seconds = json.loads(line)["seconds"]
        total += seconds - previous if seconds >= previous else seconds
        previous = seconds
    return total


def reproduce(slug, scale="reduced", output="runs", resume=False, jobs=1):
    """Train every run with every seed and judge the claims.

    Args:
        slug: String, an item with a recipe.
        scale: String, `"reduced"` or `"full"`.
        output: Path under which the runs are kept.
        resume: Boolean, whether finished runs of the same configuration are taken as they are,
            and unfinished ones go on from their checkpoints.
        jobs: Integer, how many trainings run at once, each in a process of its own.

    Returns:
        The report, a dictionary.
    """
    recipe = recipes.load(slug)
    _check_choice("scale", scale, recipe.scales)
    todo = [(run, seed) for run in recipe.runs for seed in recipe.seeds(run, scale)]
    if resume:
        todo = [key for key in todo if not _finished(recipe, scale, output, *key)]

    def start(key):
        run, seed = key
        command = ["train", slug, "--run", run, "--seed", str(seed), "--scale", scale]
        command += ["--output", str(output), *(["--resume"] if resume else [])]
        command += ["--backend", keras.config.backend()]
        subprocess.run([sys.executable, "-m", "keras_readinglist.cli", *command], check=True)

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        list(pool.map(start, todo))
    results = {
        run: {
            seed: json.loads(
                (run_directory(output, slug, scale, run, seed) / "result.json").read_text()
            )
            for seed in recipe.seeds(run, scale)
        }
        for run in recipe.runs
    }
    return report.judge(recipe, scale, results)


def _result(directory):
    path = directory / "result.json"
    if not path.exists():
        raise ValueError(f"{directory} has no result.json: this run is not finished.")
    return json.loads(path.read_text())


def _finished(recipe, scale, output, run, seed):
    directory = run_directory(output, recipe.slug, scale, run, seed)
    if not (directory / "result.json").exists():
        return False
    return _result(directory)["config"] == report.plain(recipe.config(run, scale, seed))


def write_presets(slug, directory, scale="reduced", output="runs"):
    """Write the presets of a recipe from its finished runs.

    Args:
        slug: String, an item with a recipe.
        directory: Path that gets one directory per preset.
        scale: String, the scale of the runs.
        output: Path under which the runs are kept.

    Returns:
        The names of the presets written.

    Raises:
        ValueError: If a preset is larger than what may be shipped.
    """
    recipe = recipes.load(slug)
    for name, trained in recipe.presets.items():
        seed = recipe.seeds(trained.run, scale)[0]
        source = run_directory(output, slug, scale, trained.run, seed)
        result = _result(source)
        model = presets.load_preset(source / "model")
        target = pathlib.Path(directory) / name
        metadata = {
            "description": trained.description,
            "recipe": slug,
            "run": trained.run,
            "scale": scale,
            "seed": seed,
            "data": trained.data,
            "licence": trained.licence,
            "attribution": trained.attribution,
            "metrics": result["metrics"],
        }
        model.save_to_preset(target, metadata, half=trained.half)
        stored = presets.load_preset(target)  # measured after the cast to half precision
        check = {key: float(value) for key, value in trained.check(stored).items()}
        model.save_to_preset(target, {**metadata, "check": check}, half=trained.half)
        size = sum(file.stat().st_size for file in target.iterdir())
        if size > presets.SIZE_LIMIT:
            raise ValueError(
                f"The preset `{name}` has {size} bytes; {presets.SIZE_LIMIT} are allowed."
            )
    return list(recipe.presets)


def evaluate(name):
    """Measure the shipped weights of a preset again, as its recipe evaluates them.

    Args:
        name: String, a preset that a recipe wrote.

    Returns:
        Pair of dictionaries: the metrics now, and those that the preset's metadata states.
    """
    metadata = presets.read_metadata(name)
    if "recipe" not in metadata:
        raise ValueError(f"`{name}` was not written by a recipe: its metadata names none.")
    recipe = recipes.load(metadata["recipe"])
    config = recipe.config(metadata["run"], metadata["scale"], metadata["seed"])
    now = recipe.evaluate(presets.load_preset(name), config)
    return now, metadata.get("metrics", {})


def _check_choice(argument, value, choices):
    if value not in choices:
        raise ValueError(f"`{argument}` must be one of {', '.join(choices)}. Received: {value!r}")
