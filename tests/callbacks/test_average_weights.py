"""A file of mean weights is the mean of files of weights."""

import h5py
import keras
import numpy as np
import pytest

from keras_readinglist.callbacks import CheckpointAverager, average_weights

X = np.random.default_rng(0).standard_normal((8, 3)).astype("float32")


def make(dtype="float32"):
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Dropout(0.5),
        keras.layers.BatchNormalization(dtype=dtype),
        keras.layers.Dense(2, dtype=dtype),
    ]
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def saved(folder, epochs=3, callbacks=(), **kwargs):
    """Train, keep the weights of every epoch in a file, and return the model and the paths."""
    model = make(**kwargs)
    keep = keras.callbacks.ModelCheckpoint(
        folder / "{epoch:02d}.weights.h5", save_weights_only=True
    )
    model.fit(X, X[:, :2], batch_size=4, epochs=epochs, callbacks=[keep, *callbacks], verbose=0)
    return model, sorted(folder.glob("*.weights.h5"))


def test_it_is_what_the_callback_sets(tmp_path):
    model, paths = saved(tmp_path, callbacks=[CheckpointAverager(2)])
    loaded = make()
    loaded.load_weights(average_weights(paths[1:], tmp_path / "mean.weights.h5"))
    assert len(paths) == 3
    for one, other in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert not list(tmp_path.glob("partial*"))


def test_the_mean_of_equal_weights_is_the_same_also_in_place(tmp_path):
    model, paths = saved(tmp_path, epochs=1)
    assert average_weights(paths * 3, str(paths[0])) == paths[0]
    loaded = make()
    loaded.load_weights(paths[0])
    for one, other in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_bfloat16_stays_what_it_is(tmp_path):
    model, paths = saved(tmp_path, epochs=2, dtype="bfloat16")
    loaded, weights = make(dtype="bfloat16"), []
    for path in (*paths, average_weights(paths, tmp_path / "mean.weights.h5")):
        loaded.load_weights(path)
        kernel = keras.ops.cast(loaded.layers[-1].kernel, "float32")
        weights.append(keras.ops.convert_to_numpy(kernel))
    assert (weights[0] != weights[1]).any()
    np.testing.assert_allclose(weights[2], (weights[0] + weights[1]) / 2, rtol=2**-8)


@pytest.mark.once
@pytest.mark.parametrize(
    ("names", "target", "message"),
    [
        ([], "mean.weights.h5", "`paths` must hold at least one"),
        (["01.weights.h5", "model.keras"], "mean.weights.h5", "`paths` must end with"),
        (["01.weights.h5"], "mean.h5", "`target` must end with"),
        (["01.weights.h5", "none.weights.h5"], "mean.weights.h5", "`paths` must hold files"),
        (["01.weights.h5", "torn.weights.h5"], "mean.weights.h5", "`paths` must hold files"),
        (["wide.weights.h5", "01.weights.h5"], "mean.weights.h5", "wide.weights.h5.*differs"),
    ],
)
def test_refusals_leave_nothing_behind(names, target, message, tmp_path):
    (tmp_path / "torn.weights.h5").write_bytes(b"torn")
    for name, size in (("01", 2), ("wide", 3)):
        with h5py.File(tmp_path / f"{name}.weights.h5", "w") as file:
            file["vars/0"] = np.zeros(size)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ValueError, match=message):
        average_weights([tmp_path / name for name in names], tmp_path / target)
    assert sorted(tmp_path.iterdir()) == before
