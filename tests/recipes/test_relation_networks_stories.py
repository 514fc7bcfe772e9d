"""The stories of relation networks' recipe: what is held out, who is trained, what is measured."""

import numpy as np

from keras_readinglist.datasets.babi import TASKS
from keras_readinglist.recipes.relation_networks import RECIPE, stories


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
    ours, baseline = (RECIPE.config(run, "reduced", 0) for run in ("stories_rn", "stories_lstm"))
    sizes = stories.relation_network(ours), stories.lstm(baseline)
    assert sizes[1].count_params() >= sizes[0].count_params()
    shared = ("steps", "stories_per_kind", "embedding_dim")
    assert all(ours[name] == baseline[name] for name in shared)
