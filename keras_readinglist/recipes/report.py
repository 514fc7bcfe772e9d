"""Reports: what was measured, run by run, on what, and what it says of each claim.

`reports/<slug>.json` keeps, for every run and seed, the fingerprint of its configuration, what was
measured, and where. A result whose fingerprint is no longer that of the recipe is stale, and so is
every claim that rests on it.
"""

import json
import os
import pathlib
import platform
import subprocess
import sys

import keras
import numpy as np

from keras_readinglist.recipes.recipe import NOT_MEASURED, Claim, Recipe

KEPT = ("fingerprint", "metrics", "seconds", "backend", "versions", "machine", "commit")


def provenance():
    """Return what a measurement depends on: versions, backend, machine and commit."""
    import keras_readinglist

    backend = keras.config.backend()
    machine = [f"{os.cpu_count()} cores", platform.machine(), platform.system(), _accelerator()]
    return {
        "backend": backend,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "keras": keras.version(),
            backend: sys.modules[backend].__version__,
            "keras_readinglist": keras_readinglist.__version__,
        },
        "machine": ", ".join(filter(None, machine)),
        "commit": _commit(),
    }


def _accelerator():
    """Return the name of the accelerator that the backend computes on, or `None`."""
    backend = keras.config.backend()
    module = sys.modules[backend]
    if backend == "jax":
        device = module.devices()[0]
        return None if device.platform == "cpu" else device.device_kind
    if backend == "torch":
        return module.cuda.get_device_name() if module.cuda.is_available() else None
    found = module.config.list_physical_devices("GPU")
    details = module.config.experimental.get_device_details(found[0]) if found else {}
    return details.get("device_name", "GPU") if found else None


def _commit():
    root = pathlib.Path(__file__).parents[2]
    command = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return answer.stdout.strip() or None


def plain(config):
    """Return a configuration as JSON gives it back."""
    return json.loads(json.dumps(config))


def path_of(slug: str, scale: str, directory) -> pathlib.Path:
    """Return the file of a report; the full scale has a name of its own."""
    suffix = "" if scale == "reduced" else f"-{scale}"
    return pathlib.Path(directory).expanduser() / f"{slug}{suffix}.json"


def read(slug: str, scale: str, directory) -> dict | None:
    """Return the report of an item that lies in a directory, or `None`."""
    path = path_of(slug, scale, directory)
    if not path.exists():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def write(report: dict, directory) -> pathlib.Path:
    """Write a report into a directory and return its path."""
    path = path_of(report["slug"], report["scale"], directory)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, path)
    return path


def merge(recipe: Recipe, scale: str, report: dict | None, results: dict) -> dict:
    """Return a report with further results, and every claim judged anew.

    Args:
        recipe: The recipe.
        scale: The scale that was run.
        report: The report so far, or `None`.
        results: `results[run][seed]` is the content of a `result.json`.

    Returns:
        The report. Runs and seeds that the recipe no longer has are left out.
    """
    before = report["runs"] if report else {}
    runs = {}
    for run in recipe.runs:
        old, new = before.get(run, {"seeds": {}}), results.get(run, {})
        new = {str(seed): _entry(result) for seed, result in new.items()}
        order = [str(seed) for seed in recipe.seeds(run, scale)]
        found = {**old["seeds"], **new}
        found = {seed: found[seed] for seed in order if seed in found}
        if found:
            config = _without_seed(recipe, run, scale) if new else old["config"]
            runs[run] = {"config": config, "seeds": found}
    merged = {"slug": recipe.slug, "scale": scale, "runs": runs}
    values, stale = metrics(merged), {run for run, _ in missing(recipe, scale, merged)}
    judged = [_judge(claim, values, stale, recipe.slug) for claim in recipe.claims]
    return {**merged, "claims": judged}


def _entry(result):
    entry = {key: result[key] for key in KEPT}
    return {**entry, "metrics": {name: _short(v) for name, v in result["metrics"].items()}}


def _without_seed(recipe, run, scale):
    config = plain(recipe.config(run, scale, 0))
    config.pop("seed")
    return config


def _short(value):
    return round(float(value), 6)


def metrics(report: dict) -> dict[str, dict]:
    """Return `"mean"` and `"seeds"` of every `"<run>/<metric>"` of a report."""
    found = {}
    for run, entry in report["runs"].items():
        for seed, result in entry["seeds"].items():
            for name, value in result["metrics"].items():
                found.setdefault(f"{run}/{name}", {})[seed] = value
    return {
        name: {"mean": _short(np.mean(list(by_seed.values()))), "seeds": by_seed}
        for name, by_seed in found.items()
    }


def _judge(claim: Claim, values: dict, stale: set, slug: str) -> dict:
    absent = {"mean": None, "seeds": {}}
    found, named = values.get(claim.metric, absent), isinstance(claim.baseline, str)
    here = found["mean"]
    baseline = values.get(claim.baseline, absent)["mean"] if named else claim.baseline
    measured = here is not None and not (named and baseline is None)
    rests_on = {name.partition("/")[0] for name in (claim.metric, claim.baseline if named else "")}
    return {
        "name": claim.name,
        "metric": claim.metric,
        "paper": claim.paper,
        "unconfirmed": claim.unconfirmed,
        "here": here,
        "seeds": found["seeds"],
        "goal": claim.goal,
        "higher_is_better": claim.higher_is_better,
        "baseline": baseline,
        "baseline_metric": claim.baseline if named else None,
        "margin": claim.margin,
        "verdict": claim.verdict(here, baseline) if measured else NOT_MEASURED,
        "stale": bool(rests_on & stale),
        "note": claim.note,
        "command": f"keras-readinglist reproduce {slug}",
    }


def missing(recipe: Recipe, scale: str, report: dict | None) -> list[tuple[str, int]]:
    """Return every run and seed that a report lacks or has of another configuration."""
    runs = report["runs"] if report else {}
    return [
        (run, seed)
        for run in recipe.runs
        for seed in recipe.seeds(run, scale)
        if runs.get(run, {}).get("seeds", {}).get(str(seed), {}).get("fingerprint")
        != recipe.fingerprint(run, scale, seed)
    ]


def made_on(report: dict) -> str:
    """Return on which backends and machines the runs were made, and how long they took."""
    every = [result for run in report["runs"].values() for result in run["seeds"].values()]
    where = sorted({f"{result['backend']}, {result['machine']}" for result in every})
    minutes = round(sum(result["seconds"] for result in every) / 60)
    return f"{'; '.join(where)}; {minutes} minutes of training"


def number(value) -> str:
    """Return a value of a report as a short string."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:.4g}"


def rows(report: dict) -> list[tuple[str, ...]]:
    """Return *claim, paper, here, goal, baseline, verdict* of every claim, as strings.

    The verdict of a claim says so where a run that it rests on is missing or stale.
    """
    return [
        (
            claim["name"],
            number(claim["paper"]) + ("†" if claim["unconfirmed"] else ""),
            number(claim["here"]),
            _goal(claim),
            number(claim["baseline"]),
            claim["verdict"] + (" (stale)" if claim.get("stale") else ""),
        )
        for claim in report["claims"]
    ]


def _goal(claim):
    """Return the goal as text; without one the baseline must be beaten."""
    sign = "≥ " if claim["higher_is_better"] else "≤ "
    return "the baseline" if claim["goal"] is None else sign + number(claim["goal"])


HEADER = ("claim", "paper", "here", "goal", "baseline", "verdict")


def marks(report: dict) -> str:
    """Return what the marks in the rows of a report mean, of those that there are."""
    meanings = {
        "†": "† not checked against a copy of the paper.",
        "(stale)": "(stale): measured with another configuration, or before a fault was mended.",
    }
    cells = [cell for row in rows(report) for cell in row]
    return " ".join(text for mark, text in meanings.items() if any(mark in c for c in cells))


def markdown(report: dict) -> str:
    """Return the table of a report in Markdown, and what its marks mean."""
    lines = [HEADER, ("---",) * len(HEADER), *rows(report)]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return "\n\n".join(filter(None, (table, marks(report))))
