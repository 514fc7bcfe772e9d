"""Runs recipes: one training, a whole reproduction, the evaluation of a preset."""

import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

import keras

from keras_readinglist import presets, recipes
from keras_readinglist.applications.loading import load_preset
from keras_readinglist.distribution import DataParallel
from keras_readinglist.memory import keep_memory
from keras_readinglist.recipes import report
from keras_readinglist.recipes.training import Checkpoint, MetricsLog, read_log


def run_directory(output, slug, scale, run, seed):
    """Return the directory of one training."""
    return pathlib.Path(output).expanduser() / slug / scale / run / f"seed-{seed}"


def train(slug, run=None, scale="reduced", seed=None, output="runs", resume=False, callbacks=()):
    """Train, or compute, one run of a recipe and measure it.

    Args:
        slug: String, an item with a recipe.
        run: String, a run of the recipe. Defaults to its first.
        scale: String, `"reduced"` or `"full"`.
        seed: Integer. Defaults to the first seed of the run.
        output: Path under which the run keeps checkpoints, metrics, model and result.
        resume: Boolean, whether to go on from the newest checkpoint, if it is of the same
            configuration.
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
    fingerprint, begun = recipe.fingerprint(run, scale, seed), directory / "fingerprint"
    same = begun.exists() and begun.read_text(encoding="utf-8") == fingerprint
    checkpoint = Checkpoint(directory, resume and same)
    begun.write_text(fingerprint, encoding="utf-8")
    config, experiment = recipe.config(run, scale, seed), recipe.experiment(run)
    log = MetricsLog(directory, label=f"{slug} {run} seed {seed}:")
    keep_memory()
    began = time.perf_counter()
    made = experiment.run(config, [*callbacks, checkpoint, log])
    finished = time.perf_counter()
    metrics = experiment.measure(made, config)
    if isinstance(made, presets.PresetMixin):
        made.save_to_preset(directory / "model")
    result = {
        "fingerprint": fingerprint,
        "config": report.plain(config),
        "metrics": {name: float(value) for name, value in metrics.items()},
        "seconds": round(logged_seconds(log.path) or finished - began, 1),
        **report.provenance(),
    }
    partial = directory / "result.partial"
    partial.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    partial.replace(directory / "result.json")
    return directory


def train_distributed(*arguments, output="runs", **options):
    """Train one run of a recipe with every batch split over devices, or processes.

    Every process trains; the first keeps what it made.

    Args:
        *arguments: As for `train`.
        output: As for `train`.
        **options: As for `train`.

    Returns:
        The directory of the run; `None` in a process that writes nothing.

    Raises:
        ValueError: As for `train` and `distribution.DataParallel`.
        RuntimeError: If nothing was split, for the run trains no model of Keras by `fit`.
    """
    with DataParallel() as replicas, contextlib.ExitStack() as stack:
        if replicas.rank:
            output = stack.enter_context(tempfile.TemporaryDirectory())
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        callbacks = [replicas, *options.pop("callbacks", ())]
        directory = train(*arguments, output=output, callbacks=callbacks, **options)
        if not replicas.trained:
            raise RuntimeError(
                "This run was made on one device: it trains nothing whose batches could be split. "
                "Leave out `--distribute`."
            )
    return None if replicas.rank else directory


def logged_seconds(path):
    """Return the training seconds that a metrics log adds up to, over all its sessions."""
    total = previous = 0.0
    for row in read_log(path):
        seconds = row["seconds"]
        total += seconds - previous if seconds >= previous else seconds
        previous = seconds
    return total


def reproduce(
    slug,
    scale="reduced",
    output="runs",
    resume=False,
    jobs=1,
    *,
    run=None,
    everything=False,
    reports="reports",
):
    """Make the runs that the report of an item lacks, and judge the claims.

    A finished run under `output`, made here or elsewhere, is taken as it is if its configuration
    is that of the recipe.

    Args:
        slug: String, an item with a recipe.
        scale: String, `"reduced"` or `"full"`.
        output: Path under which the runs are kept.
        resume: Boolean, whether unfinished runs go on from their checkpoints.
        jobs: Integer, how many trainings run at once, each in a process of its own.
        run: String, the only run to make, whether the report has it or not; or `None` for all that
            the report lacks or has of another configuration.
        everything: Boolean, whether to make all runs anew, or all seeds of `run`.
        reports: Path of the directory that holds the report and gets the new one.

    Returns:
        The report, a dictionary, which is written after every run.

    Raises:
        ValueError: If the run or the scale is unknown.
        RuntimeError: If a training failed.
    """
    recipe = recipes.load(slug)
    _check_choice("scale", scale, recipe.scales)
    if run is not None:
        _check_choice("run", run, recipe.runs)
    current = report.read(slug, scale, reports)
    if run is None and not everything:
        todo = report.missing(recipe, scale, current)
    else:
        chosen = recipe.runs if run is None else [run]
        todo = [(name, seed) for name in chosen for seed in recipe.seeds(name, scale)]

    def make(key):
        run, seed = key
        finished = None if everything and not resume else result_of(recipe, scale, output, *key)
        if finished is None:
            command = ["train", slug, "--run", run, "--seed", str(seed), "--scale", scale]
            command += ["--output", str(output), *(["--resume"] if resume else [])]
            command += ["--backend", keras.config.backend()]
            command = [sys.executable, "-m", "keras_readinglist.cli", *command]
            if subprocess.run(command, check=False).returncode:
                raise RuntimeError(f"The run {run} with seed {seed} failed; see above.")
            finished = result_of(recipe, scale, output, *key)
        return key, finished

    current = report.merge(recipe, scale, current, {})
    report.write(current, reports)
    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        for done in as_completed([pool.submit(make, key) for key in todo]):
            (name, seed), finished = done.result()
            current = report.merge(recipe, scale, current, {name: {seed: finished}})
            report.write(current, reports)
    finally:
        pool.shutdown(cancel_futures=True)
    return current


def result_of(recipe, scale, output, run, seed):
    """Return the result of a finished run if it is of the recipe's configuration, else `None`."""
    path = run_directory(output, recipe.slug, scale, run, seed) / "result.json"
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return result if result.get("fingerprint") == recipe.fingerprint(run, scale, seed) else None


def write_presets(slug, directory, scale="reduced", output="runs"):
    """Write the presets of a recipe whose runs are finished.

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
    recipe, written = recipes.load(slug), []
    for name, trained in recipe.presets.items():
        seed = recipe.seeds(trained.run, scale)[0]
        result = result_of(recipe, scale, output, trained.run, seed)
        if result is None:
            continue
        source = run_directory(output, slug, scale, trained.run, seed)
        model = load_preset(source / "model")
        target = pathlib.Path(directory).expanduser() / name
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
        stored = load_preset(target)  # measured after the cast to half precision
        check = {key: float(value) for key, value in trained.check(stored).items()}
        model.save_to_preset(target, {**metadata, "check": check}, half=trained.half)
        size = sum(file.stat().st_size for file in target.iterdir())
        if size > presets.SIZE_LIMIT:
            raise ValueError(
                f"The preset `{name}` has {size} bytes; {presets.SIZE_LIMIT} are allowed."
            )
        written.append(name)
    return written


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
    now = recipe.experiment(metadata["run"]).measure(load_preset(name), config)
    return now, metadata.get("metrics", {})


def _check_choice(argument, value, choices):
    if value not in choices:
        raise ValueError(f"`{argument}` must be one of {', '.join(choices)}. Received: {value!r}")
