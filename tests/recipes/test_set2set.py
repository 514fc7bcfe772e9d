"""The recipe of sets: what is drawn, what counts as right, and the phases of a search."""

import itertools

import keras
import numpy as np

from keras_readinglist.recipes.set2set import RECIPE, hulls, ngrams, sorting, star
from keras_readinglist.recipes.training import Checkpoint, MetricsLog


def test_points_go_round_if_they_are_sorted_by_angle():
    config = {**RECIPE.config("hull_by_angle", "reduced", 0), "batch_size": 50}
    points, mask, corners = hulls.draw(config, np.random.default_rng(0))
    offsets = points - points.mean(axis=1, keepdims=True)
    angles = np.arctan2(offsets[..., 1], offsets[..., 0])
    assert (np.diff(angles, axis=1) >= 0).all() and mask.all()
    for hull in corners:  # from the lowest index on, so that the answer only grows
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

    for spoil, share in ((lambda answers: None, 1.0), (swap, 0.5), (go_on, 0.5)):
        assert sorting.accuracy(Answers(spoil), 5, 2_000) == share


def test_orders_in_a_row():
    every = np.array(list(itertools.permutations(range(5))))
    assert ngrams.share_in_a_row(every) == 2 / 120
    assert ngrams.share_in_a_row(np.array([ngrams.NATURAL, ngrams.SCATTERED])) == 0.5


def test_a_search_begins_with_random_orders(tmp_path):
    config = {**RECIPE.config("star_search", "reduced", 0), "units": 4, "block": 2}
    config = {**config, "samples": 20, "test_examples": 20}
    config["phases"] = tuple((search, steps // 250) for search, steps in config["phases"])
    searches = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            searches.append((epoch, self.model.search))

    callbacks = [Watch(), Checkpoint(tmp_path), MetricsLog(tmp_path, verbose=False)]
    star.train(config, callbacks)
    assert searches == [(0, "uniform"), (1, "uniform"), (2, "sample"), (3, "sample")]
