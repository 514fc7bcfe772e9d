"""Reports: what was measured, on what, and what it says of each claim."""

import json
import os
import pathlib
import platform
import subprocess
import sys

import keras
import numpy as np

from keras_readinglist.recipes.recipe import Claim, Recipe


def provenance():
    """Return what a measurement depends on: versions, backend, machine kind and commit."""
    import keras_readinglist

    backend = keras.config.backend()
    return {
        "backend": backend,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "keras": keras.version(),
            backend: sys.modules[backend].__version__,
            "keras_readinglist": keras_readinglist.__version__,
        },
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "commit": _commit(),
    }


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


def judge(recipe: Recipe, scale: str, results: dict) -> dict:
    """Compare the results of all runs and seeds with the claims.

    Args:
        recipe: The recipe.
        scale: The scale that was run.
        results: `results[run][seed]` is the content of a `result.json`.

    Returns:
        The report.
    """
    values = {
        f"{run}/{metric}": {seed: r["metrics"][metric] for seed, r in by_seed.items()}
        for run, by_seed in results.items()
        for metric in next(iter(by_seed.values()))["metrics"]
    }
    every = [r for by_seed in results.values() for r in by_seed.values()]
    first = every[0]
    return {
        "slug": recipe.slug,
        "scale": scale,
        **{key: first[key] for key in ("backend", "versions", "machine")},
        "commits": sorted({r["commit"] for r in every if r["commit"]}),
        "seconds": round(sum(r["seconds"] for r in every), 1),
        "claims": [_judge_claim(claim, values, recipe.slug) for claim in recipe.claims],
        "configs": {
            run: next(iter(by_seed.values()))["config"] for run, by_seed in results.items()
        },
        "metrics": {
            name: {"mean": _mean(by_seed), "seeds": _by_seed(by_seed)}
            for name, by_seed in values.items()
        },
    }


def _judge_claim(claim: Claim, values: dict, slug: str) -> dict:
    here = _mean(values[claim.metric])
    baseline = claim.baseline
    if isinstance(baseline, str):
        baseline = _mean(values[baseline])
    return {
        "name": claim.name,
        "metric": claim.metric,
        "paper": claim.paper,
        "unconfirmed": claim.unconfirmed,
        "here": here,
        "seeds": _by_seed(values[claim.metric]),
        "goal": claim.goal,
        "higher_is_better": claim.higher_is_better,
        "baseline": baseline,
        "baseline_metric": claim.baseline if isinstance(claim.baseline, str) else None,
        "margin": claim.margin,
        "verdict": claim.verdict(here, baseline),
        "note": claim.note,
        "command": f"keras-readinglist reproduce {slug}",
    }


def _mean(by_seed):
    return round(float(np.mean(list(by_seed.values()))), 6)


def _by_seed(by_seed):
    return {str(seed): round(value, 6) for seed, value in by_seed.items()}


def write(report: dict, directory) -> pathlib.Path:
    """Write a report as `<directory>/<slug>.json`; the full scale gets a name of its own."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    suffix = "" if report["scale"] == "reduced" else f"-{report['scale']}"
    path = directory / f"{report['slug']}{suffix}.json"
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return path


def number(value) -> str:
    """Return a value of a report as a short string."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:.4g}"


def rows(report: dict) -> list[tuple[str, ...]]:
    """Return *claim, paper, here, goal, baseline, verdict* of every claim, as strings."""
    return [
        (
            claim["name"],
            number(claim["paper"]) + ("†" if claim["unconfirmed"] else ""),
            number(claim["here"]),
            ("≥ " if claim["higher_is_better"] else "≤ ") + number(claim["goal"]),
            number(claim["baseline"]),
            claim["verdict"],
        )
        for claim in report["claims"]
    ]


HEADER = ("claim", "paper", "here", "goal", "baseline", "verdict")


def markdown(report: dict) -> str:
    """Return the table of a report in Markdown."""
    lines = [HEADER, ("---",) * len(HEADER), *rows(report)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
