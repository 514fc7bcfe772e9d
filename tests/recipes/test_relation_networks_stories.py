"""The stories of relation networks' recipe: what is held out, who is trained, what is measured."""

import numpy as np
import pytest

from keras_readinglist.datasets.babi import TASKS
from keras_readinglist.recipes import _relation_networks_stories as stories
from keras_readinglist.recipes import available, relation_networks
from keras_readinglist.recipes.recipe import Recipe

RECIPE = relation_networks.RECIPE


def texts(inputs):
    return {
        (story.tobytes(), question.tobytes())
        for story, question in zip(inputs["stories"], inputs["questions"], strict=True)
    }


def test_tested_stories_are_never_trained_on():
    seen, _, kinds = stories.draw(300, 0)
    kept, _, _ = stories.draw(300, 1, testing=True)
    assert not texts(seen) & texts(kept)
    assert np.bincount(kinds).tolist() == [300] * len(TASKS)
    assert seen["stories"].shape == (1800, 9, 7) and seen["questions"].shape == (1800, 7)


def test_batches_depend_on_their_generator_alone():
    first, second = (stories.draw(5, np.random.default_rng((0, 3)))[0] for _ in range(2))
    np.testing.assert_array_equal(first["stories"], second["stories"])


def test_floors_are_the_commonest_answers():
    answers, kinds = np.array([0, 0, 1, 2] * 6), np.repeat(np.arange(6), 4)
    found = stories.floors(answers, kinds)
    assert found["floor_mean"] == 0.5 and found["floor_counting"] == 0.5


def test_the_baseline_is_no_smaller():
    sizes = {run: stories.build(config).count_params() for run, config in stories.RUNS.items()}
    assert sizes["stories_lstm"] >= sizes["stories_rn"]
    shared = ("steps", "stories_per_kind", "embedding_dim")
    ours, baseline = (stories.RUNS[run] for run in ("stories_rn", "stories_lstm"))
    assert all(ours[name] == baseline[name] for name in shared)


@pytest.mark.parametrize("run", stories.RUNS)
def test_runs_train_and_measure_what_is_claimed(run):
    assert isinstance(RECIPE, Recipe) and "relation-networks-stories" not in available()
    config = RECIPE.config(run, "reduced", 0)
    small = {"units": 4, "g_units": (4,), "f_units": (4,), "embedding_dim": 4, "block": 2}
    small = {**config, **small, "steps": 4, "stories_per_kind": 1, "test_stories": 5}
    model = relation_networks.train(small, [])
    assert int(model.optimizer.iterations) == 4
    metrics = relation_networks.evaluate(model, small)
    assert all(0 <= value <= 1 for value in metrics.values())
    for claim in stories.CLAIMS:
        for name in filter(None, (claim.metric, claim.baseline)):
            assert name.partition("/")[2] in metrics
    assert set(stories.check(model)) <= set(metrics)
