"""The exhibit of description length: points are learned, drawn, sent and read."""

import json

import numpy as np
import pytest

from demos.exhibits import mdl_weights as exhibit

WAVE, FEW = exhibit.EXAMPLES["A wave"], exhibit.EXAMPLES[exhibit.FAILS]
GOOD = {"learn": [WAVE], "send": [FEW]}
BAD = {"learn": ["[[0.1, 0.2]]"], "send": ["points"]}


@pytest.fixture(scope="module")
def learned():
    """Return the network after it has learned the wave, and its points."""
    points = exhibit.parse(WAVE)

    def last(learner):
        *_, model = learner.learn(points)
        return exhibit.bits_of(points, model), exhibit.picture(points, model), exhibit.humps(model)

    return points, exhibit.LEARNER.run(last)


def test_a_wave_pays_for_its_weights(learned):
    _, (bits, *_) = learned
    assert bits["total_bits"] < bits["null_bits"] - 10 and bits["model_bits"] > 20


def test_the_picture_has_every_point_and_every_weight(learned):
    points, (_, board, humps) = learned
    assert str(board).count("data-item") == len(points)
    assert str(humps).count("<path") == 25


def test_noise_does_not_pay_and_a_learner_starts_anew():
    shown = [list(exhibit.learn(text))[-1] for text in (exhibit.EXAMPLES["Noise"], FEW)]
    assert all("do not pay" in result for _, result in shown)
    assert "shorter than without" in list(exhibit.learn(WAVE))[-1][1]


def test_the_message_is_read():
    pytest.importorskip("constriction")
    assert "came back" in exhibit.send(WAVE)


@pytest.mark.once
@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([[0.1, 0.2]], "3 to 40 points"),
        ([[0.1, 0.2]] * 41, "3 to 40 points"),
        ([[0.1, 1.2]] * 4, "numbers from 0 to 1"),
        ([], "numbers from 0 to 1"),
    ],
)
def test_points_are_refused_in_words(points, words):
    with pytest.raises(ValueError, match=words):
        exhibit.parse(json.dumps(points))


@pytest.mark.once
def test_examples_are_points():
    for text in exhibit.EXAMPLES.values():
        assert np.isfinite(exhibit.parse(text)).all()
