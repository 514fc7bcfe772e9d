"""The recipe of neural Turing machines: its curriculum and its metrics."""

import dataclasses

import numpy as np
import pytest

from keras_readinglist.recipes import neural_turing_machines as recipe

RECIPE = recipe.RECIPE


class Sizes:
    """Stands for a model that draws batches, and keeps the sizes it is asked for."""

    def generate_batch(self, batch_size, rng, **sizes):
        return sizes


@pytest.mark.parametrize(("step", "most"), [(0, 1), (1_000, 1), (3_000, 5), (5_000, 10), (9e3, 10)])
def test_repeats_grow_with_the_steps(step, most):
    config = RECIPE.config("repeat_copy", "reduced", 0)
    rng = np.random.default_rng(0)
    drawn = [recipe.draw_more_repeats(Sizes(), config, rng, step) for _ in range(200)]
    assert {sizes["repeats"] for sizes in drawn} == set(range(1, most + 1))


class Measured:
    """Stands for a model that was measured."""

    def evaluate_lengths(self, sizes, sequences, seed):
        found = {"wrong_bits": 6.0, "bits": 1.0, "exact": 0.0, "chance": 27.0}
        return [{**found, "wrong_by_channel": [*[0.5] * 8, 2.0]} for _ in sizes]


@pytest.mark.parametrize("run", RECIPE.runs)
def test_every_claim_names_a_run_and_a_metric(run):
    metrics = RECIPE.experiment(run).measure(Measured(), RECIPE.config(run, "reduced", 0))
    for claim in RECIPE.claims:
        for name in filter(None, (claim.metric, claim.baseline)):
            assert name.partition("/")[0] in RECIPE.runs
            if name.partition("/")[0] == run:
                assert name.partition("/")[2] in metrics


def test_end_marks_are_counted_apart():
    metrics = recipe.measure_repeats(Measured(), RECIPE.config("repeat_copy", "reduced", 0))
    assert metrics["wrong_content_5x5"] == 4.0 and metrics["wrong_end_5x5"] == 2.0


@pytest.mark.parametrize("name", recipe.FURTHER)
def test_further_runs_can_be_made(name):
    config = dataclasses.replace(RECIPE, runs=recipe.FURTHER).config(name, "full", 0)
    experiment = recipe.FURTHER[name].experiment
    assert set(recipe.FURTHER[name].overrides) <= set(recipe.FULL[experiment])
    build = recipe.build_layers if "num_layers" in config else recipe.build_tape
    assert build(config).task == config["task"]
