"""What an experiment is: a `Recipe` with the `Claim`s it measures and the presets it writes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

REPRODUCED = "reproduced"
PARTLY = "partly"
NOT_REPRODUCED = "not reproduced"


@dataclass(frozen=True)
class Claim:
    """A statement of the paper, made measurable.

    Args:
        name: What is claimed, in a few words.
        metric: `"<run>/<metric>"` of the evaluation.
        goal: The value that counts as reproduced.
        paper: The paper's own number, or `None` when it gives none.
        baseline: What must be beaten: another `"<run>/<metric>"`, or a number.
        margin: By how much the baseline must be beaten.
        higher_is_better: Whether larger values are better.
        unconfirmed: Whether the paper's number was not checked against a copy of the paper.
        note: One sentence for the reader of the report.
    """

    name: str
    metric: str
    goal: float
    paper: float | str | None = None
    baseline: str | float | None = None
    margin: float = 0.0
    higher_is_better: bool = True
    unconfirmed: bool = False
    note: str = ""

    def verdict(self, here: float, baseline: float | None) -> str:
        """Return the verdict for a measured value and a measured baseline."""
        sign = 1 if self.higher_is_better else -1
        reached = sign * here >= sign * self.goal
        if baseline is None:
            return REPRODUCED if reached else NOT_REPRODUCED
        beaten = sign * (here - baseline) >= self.margin and here != baseline
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


@dataclass(frozen=True)
class Recipe:
    """The experimental section of a paper, as a program.

    Args:
        slug: The item of the catalogue.
        scales: Every number of the experiment, by scale: `"reduced"` and `"full"`. Each holds
            `"seeds"`, a tuple of integers.
        runs: The models that are trained, in order: name to what differs from the scale.
        train: Function `(config, callbacks) -> model`.
        evaluate: Function `(model, config) -> dict` of metrics on data never trained on.
        claims: The claims.
        presets: The presets it writes, by name.
    """

    slug: str
    scales: dict[str, dict]
    runs: dict[str, dict]
    train: Callable[[dict, list], Any]
    evaluate: Callable[[Any, dict], dict[str, float]]
    claims: tuple[Claim, ...]
    presets: dict[str, Trained] = field(default_factory=dict)

    def config(self, run: str, scale: str, seed: int) -> dict:
        """Return the whole configuration of one training."""
        config = {**self.scales[scale], **self.runs[run], "run": run, "seed": seed}
        config.pop("seeds", None)
        return config

    def seeds(self, run: str, scale: str) -> tuple[int, ...]:
        """Return the seeds of a run."""
        return tuple(self.runs[run].get("seeds", self.scales[scale]["seeds"]))
