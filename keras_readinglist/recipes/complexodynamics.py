"""Does sophistication rise and fall? Coffee left alone, and coffee stirred, described in full.

The essay has no numbers, only a conjecture: a resource-bounded sophistication should be small at
first, large in between and small in the end, while entropy only rises. The optimal two-part code
of an image makes both computable: the bits of its model, and all its bits. It has no thresholds.
"""

import numpy as np

from keras_readinglist.information import (
    CoffeeAutomaton,
    complexodynamics_run,
    complextropy,
    compressed_size,
    fit_power_law,
)
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run

REDUCED = {"sizes": (64, 128, 256), "replicas": 2, "seeds": (0, 1, 2)}
FULL = {"sizes": (64, 128, 256, 512, 1024), "replicas": 64, "seeds": (0, 1, 2)}
TINY = {"sizes": (64, 128), "replicas": 1, "looks": 3}
LOOKS = {"interacting": 30, "stirred": 41}


def run_interacting(config, callbacks):
    """Run coffee left alone until it is mixed; looks are spaced by the logarithm of time."""

    def times(size):
        spaced = np.geomspace(1, size**2 / 2, config["looks"])
        return [0, *np.unique(spaced.astype(int)).tolist()]

    return _curves("interacting", config, times)


def run_stirred(config, callbacks):
    """Run stirred coffee until it is mixed."""
    times = np.linspace(0, 80, config["looks"], dtype=int).tolist()
    return _curves("stirred", config, lambda size: times)


def _curves(dynamics, config, times):
    """Return the curves of grids of every size, looked at at given times."""
    curves = {}
    for size in config["sizes"]:
        make = {"dynamics": dynamics, "seed": config["seed"]}
        cup = CoffeeAutomaton(size, replicas=config["replicas"], **make)
        when = times(size)
        curves[size] = complexodynamics_run(cup, when)
        cup.reset()
        states = cup.run(when)
        curves[size]["gzip"] = np.array([[compressed_size(x) for x in s] for s in states])
        curves[size]["complextropy"] = np.array([[complextropy(x) for x in s] for s in states])
    return curves


def measure(curves, config):
    """Measure peaks, ends and growth."""
    metrics = {}
    for size, curve in curves.items():
        for name in ("sophistication", "coarse_sophistication", "complextropy"):
            track = curve[name].mean(axis=1)
            metrics[f"{name}_peak_{size}"] = track.max()
            metrics[f"{name}_end_{size}"] = track[-1]
            metrics[f"{name}_peak_over_end_{size}"] = track.max() / track[-1]
        for name in ("entropy", "gzip"):
            track = curve[name].mean(axis=1)
            metrics[f"{name}_fall_{size}"] = (1 - track / np.maximum.accumulate(track)).max()
    sizes = np.array(config["sizes"], float)
    peaks = np.array([metrics[f"sophistication_peak_{size}"] for size in config["sizes"]])
    metrics["exponent"] = fit_power_law(sizes, peaks)[0]
    metrics["growth_per_doubling"] = (peaks[1:] / peaks[:-1]).max()
    metrics["share_of_cells"] = (peaks / sizes**2).max()
    metrics["entropy_fall"] = max(metrics[f"entropy_fall_{size}"] for size in config["sizes"])
    metrics["gzip_fall"] = max(metrics[f"gzip_fall_{size}"] for size in config["sizes"])
    return metrics


EXPERIMENTS = {
    "interacting": Experiment(run_interacting, measure, TINY),
    "stirred": Experiment(run_stirred, measure, TINY),
}
_CONJECTURE = "small, large, small (conjecture)"

RECIPE = Recipe(
    slug="complexodynamics",
    scales={
        "reduced": {name: {**REDUCED, "looks": looks} for name, looks in LOOKS.items()},
        "full": {name: {**FULL, "looks": looks} for name, looks in LOOKS.items()},
    },
    experiments=EXPERIMENTS,
    runs={name: Run(name) for name in EXPERIMENTS},
    claims=(
        Claim(
            "Stirred, 128 x 128: bits of the model rise and fall, peak over end",
            metric="stirred/sophistication_peak_over_end_128",
            paper=_CONJECTURE,
            goal=5.0,
            baseline="interacting/sophistication_peak_over_end_128",
        ),
        Claim(
            "Stirred, 128 x 128: coarse sophistication rises and falls, peak over end",
            metric="stirred/coarse_sophistication_peak_over_end_128",
            paper=_CONJECTURE,
            goal=5.0,
            note="Without a choice of slack.",
        ),
        Claim(
            "Stirred, 128 x 128: complextropy by compressed blurs rises and falls, peak over end",
            metric="stirred/complextropy_peak_over_end_128",
            paper=_CONJECTURE,
            goal=5.0,
        ),
        Claim(
            "Stirred: largest model as a power of the side, exponent",
            metric="stirred/exponent",
            goal=1.5,
            baseline="interacting/exponent",
            margin=0.5,
            note="Structure fills the grid; the border of unstirred coffee is one line.",
        ),
        Claim(
            "Not stirred: largest model, growth when the side doubles",
            metric="interacting/growth_per_doubling",
            goal=2.0,
            higher_is_better=False,
            note="The bump of unstirred coffee is that of its one border: no rise and fall to "
            "speak of, although a gzipped picture of 3 levels shows one.",
        ),
        Claim(
            "Not stirred: largest model as a share of the cells",
            metric="interacting/share_of_cells",
            goal=0.03,
            baseline="stirred/share_of_cells",
            higher_is_better=False,
            note="The largest share is that of the smallest grid, 64 x 64.",
        ),
        Claim(
            "Stirred: all bits never fall, largest fall",
            metric="stirred/entropy_fall",
            paper="entropy only rises",
            goal=0.01,
            higher_is_better=False,
        ),
        Claim(
            "Not stirred: all bits never fall, largest fall",
            metric="interacting/entropy_fall",
            paper="entropy only rises",
            goal=0.01,
            higher_is_better=False,
        ),
    ),
)
