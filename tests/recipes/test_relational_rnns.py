"""The recipe of relational memory: its curriculum."""

import numpy as np

from keras_readinglist.datasets.nth_farthest import answers
from keras_readinglist.recipes import relational_rnns as recipe

RECIPE = recipe.RECIPE


def ranks(batch, count, dim):
    return batch[0][:, 0, dim + count : dim + 2 * count].argmax(-1)


def test_the_curriculum_asks_for_more_ranks_with_the_steps():
    config = {**RECIPE.config("farthest", "reduced", 0), "curriculum": {"rank": 10}}

    def largest(step):
        return ranks(recipe.draw_questions(config, np.random.default_rng(0), step), 4, 2).max()

    assert [largest(step) for step in (0, 10, 20, 30, 40)] == [0, 1, 2, 3, 3]
    config["curriculum"] = None
    assert largest(0) == 3


def test_the_curriculum_begins_in_the_plane_adds_coordinates_and_then_ranks():
    curriculum = {"plane": 10, "coordinate": 2, "rank": 5}
    config = {"batch_size": 300, "num_objects": 3, "dim": 4, "curriculum": curriculum}
    steps = (0, 9, 10, 11, 12, 13, 14, 18, 19, 1_000)
    coordinates = [2, 2, 3, 3, 4, 4, 4, 4, 4, 4]
    choices = [1, 1, 1, 1, 1, 1, 2, 2, 3, 3]
    assert [recipe.stage(config, step) for step in steps] == list(
        zip(coordinates, choices, strict=True)
    )
    for step, count, largest in zip(steps, coordinates, choices, strict=True):
        inputs, labels = recipe.draw_questions(config, np.random.default_rng(0), step)
        assert (inputs[..., :count] != 0).all() and (inputs[..., count:4] == 0).all()
        assert ranks((inputs, labels), 3, 4).max() == largest - 1
        vectors, names = inputs[..., :4], inputs[..., 4:7].argmax(-1)
        asked = inputs[:, 0, 7:10].argmax(-1), inputs[:, 0, 10:].argmax(-1)
        np.testing.assert_array_equal(answers(vectors, names, *asked), labels)


def test_tested_programs_are_never_trained_on():
    class Programs:
        """Stands for a model that turns programs into examples, and keeps the programs."""

        def training_batch(self, programs, results):
            return set(programs)

    config = RECIPE.config("programs", "reduced", 0)
    drawn = [
        recipe.draw_programs(Programs(), config, 3_000, 0, split)
        for split in ("train", "validation", "test")
    ]
    assert not drawn[0] & drawn[2] and not drawn[0] & drawn[1] and not drawn[1] & drawn[2]
