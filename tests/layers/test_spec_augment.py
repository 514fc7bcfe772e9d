"""What SpecAugment leaves out: whole bands and stretches, no more than allowed, in clips alone."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import SpecAugment

ONES = np.ones((6, 40, 12), "float32")
LENGTHS = np.array([40, 31, 20, 9, 4, 1])
SHOWN = np.arange(40) < LENGTHS[:, None]
ROWS = np.random.default_rng(0).standard_normal((3, 6, 4)).astype("float32")

# Class, constructor arguments, inputs, mask; see test_conformance.
CONTRACT = [
    (
        SpecAugment,
        {"frequency_masks": 0, "time_masks": 0, "seed": 0},
        ROWS,
        np.arange(6) < np.array([[6], [3], [1]]),
    ),
]


def left_out(layer, x=ONES, mask=SHOWN):
    """Which bins and which steps are zero in all of a clip: Booleans `(batch, bins)`, `(batch,
    time)`; and that nothing else is."""
    zero = ops.convert_to_numpy(layer(x, mask=mask, training=True)) == 0
    bands, stretches = zero.all(axis=1), zero.all(axis=2)
    np.testing.assert_array_equal(zero, bands[:, None] | stretches[:, :, None])
    return bands, stretches


def runs(row):
    """How many pieces a Boolean row has."""
    return np.count_nonzero(np.diff(np.r_[False, row].astype(int)) == 1)


def test_what_is_left_out_is_what_plain_loops_leave_out(monkeypatch):
    rng = np.random.default_rng(3)
    drawn = [rng.random((2, 6, count)).astype("float32") for count in (2, 3)]
    given = [ops.convert_to_tensor(each) for each in drawn]
    monkeypatch.setattr(keras.random, "uniform", lambda *_, **__: given.pop(0))
    layer = SpecAugment(5, 2, 9, 3, time_share=0.5)
    got = ops.convert_to_numpy(layer(ONES, mask=SHOWN, training=True))
    want = ONES.copy()
    for row, steps in enumerate(LENGTHS):
        for m in range(2):
            wide = int(drawn[0][0, row, m] * 6)
            first = int(drawn[0][1, row, m] * (12 - wide + 1))
            want[row, :, first : first + wide] = 0
        for m in range(3):
            most = min(9, int(0.5 * steps))
            wide = int(drawn[1][0, row, m] * (most + 1))
            first = int(drawn[1][1, row, m] * (steps - wide + 1))
            want[row, first : first + wide] = 0
    np.testing.assert_array_equal(got, want)


def test_stretches_lie_within_clips_and_take_no_more_than_their_share():
    layer = SpecAugment(frequency_masks=0, time_width=15, time_masks=1, time_share=0.3, seed=1)
    drawn = np.stack([left_out(layer)[1] for _ in range(150)])
    assert not drawn[:, ~SHOWN].any()
    found = drawn.sum(axis=-1)
    np.testing.assert_array_equal(found.max(axis=0), np.minimum(15, (0.3 * LENGTHS).astype(int)))
    assert (found.min(axis=0) == 0).all()
    assert drawn[:, 0].any(axis=0).all()  # every step, the first and the last too
    assert max(runs(row) for row in drawn.reshape(-1, 40)) == 1


def test_bands_have_at_most_their_width_and_number():
    layer = SpecAugment(frequency_width=3, frequency_masks=2, time_masks=0, seed=2)
    drawn = np.concatenate([left_out(layer)[0] for _ in range(60)])
    assert drawn.any(axis=0).all() and drawn.sum(axis=1).max() == 6
    assert max(map(runs, drawn)) == 2
    assert len(np.unique(drawn[:6], axis=0)) > 1  # clips of a batch draw their own


def test_without_training_nothing_changes_and_seeds_repeat():
    layer = SpecAugment(seed=4)
    x = np.random.default_rng(0).standard_normal(ONES.shape).astype("float32")
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(x)), x)
    first, second = (left_out(SpecAugment(4, seed=5))[1] for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_long_clips_keep_their_places_in_half_precision():
    x = np.ones((4, 3000, 2), "float32")
    layer = SpecAugment(0, 0, 2900, 1, time_share=1.0, seed=0, dtype="mixed_bfloat16")
    _, stretches = left_out(layer, x, None)
    assert len(set(stretches.sum(axis=1) % 8)) > 1  # bfloat16 counts 3000 in steps of 16
    assert max(map(runs, stretches)) == 1


def test_it_trains_compiled_and_loads(tmp_path):
    inputs = keras.Input((None, 12))
    model = keras.Model(inputs, keras.layers.Dense(1)(SpecAugment(3, time_width=4, seed=0)(inputs)))
    model.compile("sgd", "mse")
    model.fit(ONES, np.zeros((6, 40, 1)), epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(ONES, verbose=0), model.predict(ONES, verbose=0))


@pytest.mark.parametrize(
    "argument", ["frequency_width", "frequency_masks", "time_width", "time_masks", "time_share"]
)
def test_arguments_out_of_range_are_named(argument):
    with pytest.raises(ValueError, match=f"`{argument}` must .* Received: {argument}=-1"):
        SpecAugment(**{argument: -1})
    with pytest.raises(ValueError, match="`time_share` must lie in"):
        SpecAugment(time_share=1.5)
