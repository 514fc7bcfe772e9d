"""What a recipe is: experiments, their runs, the claims they decide, the presets they write."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

REPRODUCED = "reproduced"
PARTLY = "partly"
NOT_REPRODUCED = "not reproduced"
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Claim:
    """A statement of the paper, made measurable.

    Args:
        name: What is claimed, in a few words.
        metric: `"<run>/<metric>"` of the evaluation.
        goal: The value that counts as reproduced; `None` if only the baseline decides.
        paper: The paper's own number, or `None` when it gives none.
        baseline: What must be beaten: another `"<run>/<metric>"`, or a number.
        margin: By how much the baseline must be beaten.
        higher_is_better: Whether larger values are better.
        unconfirmed: Whether the paper's number was not checked against a copy of the paper.
        note: One sentence for the reader of the report.
    """

    name: str
    metric: str
    goal: float | None
    paper: float | str | None = None
    baseline: str | float | None = None
    margin: float = 0.0
    higher_is_better: bool = True
    unconfirmed: bool = False
    note: str = ""

    def verdict(self, here: float, baseline: float | None) -> str:
        """Return the verdict for a measured value and a measured baseline."""
        sign = 1 if self.higher_is_better else -1
        reached = self.goal is not None and sign * here >= sign * self.goal
        if baseline is None:
            return REPRODUCED if reached else NOT_REPRODUCED
        beaten = sign * (here - baseline) >= self.margin and here != baseline
        if self.goal is None:
            return REPRODUCED if beaten else NOT_REPRODUCED
        return (NOT_REPRODUCED, PARTLY, REPRODUCED)[reached + beaten]


@dataclass(frozen=True)
class Trained:
    """A preset that a recipe writes.

    Args:
        run: The run whose first seed is stored.
        description: One sentence on what the model does.
        data: What it was trained on.
        licence: The licence of that data.
        check: Function `(model) -> dict` of metrics on a small fixed batch.
        attribution: Whom the licence asks to name.
        half: Whether the weights are stored in float16.
    """

    run: str
    description: str
    data: str
    licence: str
    check: Callable[[Any], dict[str, float]]
    attribution: str = ""
    half: bool = True


def trained_on_generated(run, description, check, **more):
    """Return the `Trained` of a model whose examples were generated: their licence is ours."""
    facts = {"data": "generated", "licence": "none needed", **more}
    return Trained(run=run, description=description, check=check, **facts)


@dataclass(frozen=True)
class Experiment:
    """One kind of run: how it is trained, or only computed, and how that is measured.

    Args:
        run: Function `(config, callbacks)` that returns what was made: a trained model, or what was
            computed where nothing is trained.
        measure: Function `(made, config) -> dict` of metrics, on data never trained on.
        tiny: What makes a run last seconds, laid over its configuration; for tests.
    """

    run: Callable[[dict, list], Any]
    measure: Callable[[Any, dict], dict[str, float]]
    tiny: dict


def as_computed(made, config):
    """Return what was computed: the `measure` of an experiment whose `run` gives the metrics."""
    return made


@dataclass(frozen=True)
class Run:
    """What is trained, or computed, for a column of the report.

    Args:
        experiment: Name of its experiment.
        overrides: What differs from the experiment's numbers at a scale.
        seeds: Its seeds, or `None` for those of the scale.
        revision: Raised when a fault of the code is mended that the configuration does not show,
            so that what was measured before is stale.
    """

    experiment: str
    overrides: dict = field(default_factory=dict)
    seeds: tuple[int, ...] | None = None
    revision: int = 0


@dataclass(frozen=True)
class Recipe:
    """The experimental section of a paper, as a program.

    Args:
        slug: The item of the catalogue.
        scales: Every number, by scale, `"reduced"` and `"full"`, and by experiment. Each holds
            `"seeds"`, a tuple of integers.
        experiments: The kinds of run, by name.
        runs: What is trained, or computed, in order and by name.
        claims: The claims.
        presets: The presets it writes, by name.
    """

    slug: str
    scales: dict[str, dict[str, dict]]
    experiments: dict[str, Experiment]
    runs: dict[str, Run]
    claims: tuple[Claim, ...]
    presets: dict[str, Trained] = field(default_factory=dict)

    @classmethod
    def of_parts(cls, slug, *parts):
        """Return the recipe of an item whose experiments stand in several modules.

        Args:
            slug: The item of the catalogue.
            *parts: Modules with `REDUCED`, `EXPERIMENTS`, `RUNS` and `CLAIMS`; with `FULL` where
                the full scale differs, and with `PRESETS` where they write any.
        """

        def joined(name):
            return {key: value for part in parts for key, value in getattr(part, name, {}).items()}

        return cls(
            slug=slug,
            scales={"reduced": joined("REDUCED"), "full": joined("REDUCED") | joined("FULL")},
            experiments=joined("EXPERIMENTS"),
            runs=joined("RUNS"),
            claims=tuple(claim for part in parts for claim in part.CLAIMS),
            presets=joined("PRESETS"),
        )

    def experiment(self, run: str) -> Experiment:
        """Return the experiment of a run."""
        return self.experiments[self.runs[run].experiment]

    def config(self, run: str, scale: str, seed: int) -> dict:
        """Return the whole configuration of one training."""
        planned = self.runs[run]
        config = {**self.scales[scale][planned.experiment], **planned.overrides, "seed": seed}
        config.pop("seeds", None)
        return config

    def seeds(self, run: str, scale: str) -> tuple[int, ...]:
        """Return the seeds of a run."""
        planned = self.runs[run]
        return tuple(planned.seeds or self.scales[scale][planned.experiment]["seeds"])

    def fingerprint(self, run: str, scale: str, seed: int) -> str:
        """Return a hash of all that decides a result: experiment, configuration and revision."""
        planned = self.runs[run]
        facts = [planned.experiment, self.config(run, scale, seed), planned.revision]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
