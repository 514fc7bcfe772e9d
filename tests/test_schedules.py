"""Learning rates follow their formulas, and survive being saved."""

import math

import keras
import numpy as np
import pytest

from keras_readinglist import schedules


def expected(step, peak, warmup, decay, steps):
    risen = min(step / warmup, 1.0) if warmup else 1.0
    left = min(max((steps - step) / decay, 0.0), 1.0)
    return peak * risen * 0.5 * (1 - math.cos(math.pi * left))


@pytest.mark.parametrize("sizes", [(0.3, 7, 20, 50), (0.3, 0, 50, 50), (1e-3, 10, 95, 100)])
def test_warmup_stable_decay(sizes):
    schedule = schedules.WarmupStableDecay(*sizes)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert type(again) is type(schedule) and again.get_config() == schedule.get_config()
    for step in range(sizes[-1] + 5):
        rate = float(keras.ops.convert_to_numpy(again(step)))
        assert rate == pytest.approx(expected(step, *sizes), rel=1e-5, abs=1e-7 * sizes[0])


@pytest.mark.parametrize(("width", "warmup", "factor"), [(512, 4_000, 1.0), (16, 7, 0.5)])
def test_noam(width, warmup, factor):
    schedule = schedules.NoamSchedule(width, warmup, factor)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    steps = [1, 2, warmup - 1, warmup, warmup + 1, 10 * warmup]
    rates = [float(keras.ops.convert_to_numpy(again(step - 1))) for step in steps]  # from 0
    wanted = [factor * width**-0.5 * min(t**-0.5, t * warmup**-1.5) for t in steps]
    np.testing.assert_allclose(rates, wanted, rtol=1e-5)
    assert max(rates) == rates[3] == pytest.approx(factor * (width * warmup) ** -0.5)
    with pytest.raises(ValueError, match="`warmup` must be positive"):
        schedules.NoamSchedule(width, 0)


@pytest.mark.parametrize(
    ("hold", "decay", "epochs", "last"),
    [(4, 2, 13, 2.0**-9), (6, 1.2, 39, 1.2**-33), (14, 1.15, 55, 1.15**-41)],
)
def test_zaremba(hold, decay, epochs, last):
    """The table of the paper: a rate of 1 at first, and that of the last epoch."""
    schedule = schedules.ZarembaSchedule(hold, decay, steps_per_epoch=1327)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))

    def rate(step):
        return float(keras.ops.convert_to_numpy(again(step)))

    assert rate(0) == rate(hold * 1327 - 1) == 1.0
    assert rate(hold * 1327) == rate((hold + 1) * 1327 - 1) == pytest.approx(1 / decay)
    assert rate((hold + 1) * 1327) == pytest.approx(decay**-2)
    assert rate((epochs - 1) * 1327) == rate(epochs * 1327 - 1) == pytest.approx(last, rel=1e-4)
    for wrong, name in (((-1, 2, 1), "hold_epochs"), ((1, 0.5, 1), "decay"), ((1, 2, 0), "steps")):
        with pytest.raises(ValueError, match=f"`{name}"):
            schedules.ZarembaSchedule(*wrong)
    with pytest.raises(ValueError, match="`initial` must be positive"):
        schedules.ZarembaSchedule(1, 2, 1, initial=0)


@pytest.mark.parametrize(
    ("sizes", "name"),
    [((0, 1, 1, 5), "peak"), ((1, -1, 1, 5), "warmup_steps"), ((1, 1, 0, 5), "decay_steps")],
)
def test_bad_arguments(sizes, name):
    with pytest.raises(ValueError, match=f"`{name}` must be .* Received: {name}="):
        schedules.WarmupStableDecay(*sizes)


def test_an_optimizer_with_a_schedule_survives_a_file(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(schedules.WarmupStableDecay(0.1, 2, 3, 10)), "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert float(loaded.optimizer.learning_rate) == pytest.approx(0.05)  # of step 1


def test_slower_from():
    assert schedules.slower_from(None, 0.5) == 0.5
    schedule = schedules.slower_from(10, 0.5)
    assert [round(float(schedule(step)), 6) for step in (0, 10, 11, 99)] == [0.5, 0.5, 0.1, 0.1]
