"""The recipe of sets: what is drawn, what counts as right, and what the claims name."""

import keras
import numpy as np
import pytest

from keras_readinglist.recipes import set2set as recipe
from keras_readinglist.recipes.training import Checkpoint, MetricsLog

RECIPE = recipe.RECIPE


@pytest.mark.parametrize("run", RECIPE.runs)
def test_every_claim_names_a_metric(run):
    config = {**RECIPE.config(run, "reduced", 0), "units": 4, "test_examples": 5}
    metrics = recipe.evaluate(recipe.build(config), config)
    for claim in RECIPE.claims:
        for name in (claim.metric, claim.baseline):
            if isinstance(name, str) and name.partition("/")[0] == run:
                assert name.partition("/")[2] in metrics
    shares = {name: value for name, value in metrics.items() if config["task"] != "star"}
    assert all(0 <= value <= 1 for value in shares.values())


def test_points_go_round_if_they_are_sorted_by_angle():
    config = RECIPE.config("hull_by_angle", "reduced", 0)
    points, mask, hulls = recipe.draw(config, 50, (10, 10), np.random.default_rng(0))
    offsets = points - points.mean(axis=1, keepdims=True)
    angles = np.arctan2(offsets[..., 1], offsets[..., 0])
    assert (np.diff(angles, axis=1) >= 0).all() and mask.all()
    for hull in hulls:  # from the lowest index on, so that the answer only grows
        assert (np.diff(hull[hull >= 0]) > 0).all()


def test_only_the_whole_answer_is_right():
    class Answers:
        """A model that sorts, and then does one thing wrong in every second answer."""

        def __init__(self, spoil):
            self.spoil = spoil

        def generate(self, values, mask):
            order = np.where(mask, values[..., 0], np.inf).argsort(axis=1)
            answers = np.pad(order, ((0, 0), (0, 1)), constant_values=-1)
            self.spoil(answers[::2])
            return answers, None

    def swap(answers):
        answers[:, :2] = answers[:, 1::-1]

    def go_on(answers):
        answers[:, -1] = 0

    config = RECIPE.config("sort5_p0_g0", "reduced", 0)
    for spoil, share in ((lambda answers: None, 1.0), (swap, 0.5), (go_on, 0.5)):
        assert recipe._accuracy(Answers(spoil), config, 5) == share


def test_a_search_begins_with_random_orders(tmp_path):
    config = {**RECIPE.config("star_search", "reduced", 0), "units": 4, "block": 2}
    config = {**config, "random_steps": 4, "steps": 8, "samples": 20, "test_examples": 20}
    searches = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            searches.append((epoch, self.model.search))

    callbacks = [Watch(), Checkpoint(tmp_path), MetricsLog(tmp_path, verbose=False)]
    recipe.train(config, callbacks)
    assert searches == [(0, "uniform"), (1, "uniform"), (2, "sample"), (3, "sample")]
