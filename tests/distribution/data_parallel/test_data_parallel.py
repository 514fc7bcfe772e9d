"""Batches that are split train the same model as whole ones, and nothing is split in silence."""

import socket

import keras
import numpy as np
import pytest

from keras_readinglist.distribution import DataParallel
from tests import virtual_devices
from tests.distribution.data_parallel.several import NETS, PROCESSES, WHOLE

BACKEND = keras.config.backend()
several = pytest.mark.skipif(BACKEND == "tensorflow", reason="JAX and torch split batches")


def free_port():
    """Return a port of this machine that nothing listens to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return what the processes of `several.py` wrote, by name: arrays by name."""
    folder = tmp_path_factory.mktemp("several")
    virtual_devices.run(4, "-m", f"{__package__}.several", str(folder), str(free_port()))
    return {path.stem: dict(np.load(path)) for path in folder.glob("*.npz")}


def parts(found):
    return {name: arrays for name, arrays in found.items() if name != "alone"}


@several
def test_there_were_as_many_as_asked_for(found):
    counts = PROCESSES if BACKEND == "torch" else (4,)
    ranks = {count: count if BACKEND == "torch" else 1 for count in counts}
    assert set(parts(found)) == {f"{c}-{r}" for c, size in ranks.items() for r in range(size)}


@several
@pytest.mark.parametrize("net", NETS)
def test_the_loss_curve_is_that_of_one_device(net, found):
    alone = {key: value for key, value in found["alone"].items() if key.startswith(f"{net}/")}
    assert len(alone[f"{net}/loss"]) == len(alone[f"{net}/val_loss"]) == 2
    for arrays in parts(found).values():
        assert arrays[f"{net}/trained"]
        for key, value in alone.items():
            np.testing.assert_allclose(arrays[key], value, atol=1e-5, rtol=1e-5, err_msg=key)


@several
def test_processes_end_with_the_same_bits(found):
    for name, arrays in parts(found).items():
        first = found[f"{name.partition('-')[0]}-0"]
        for key, value in arrays.items():
            if not key.startswith(("refused", "recipe", "noise/kept")):
                np.testing.assert_array_equal(value, first[key], err_msg=key)


@several
def test_a_killed_recipe_goes_on_and_one_process_writes(found):
    first, *others = (found[name] for name in WHOLE)
    assert first["recipe/whole"] == first["recipe/resumed"] > 0
    assert not any("recipe/whole" in other for other in others)


@several
def test_what_cannot_be_split_is_refused(found):
    for arrays in (found[name] for name in WHOLE):
        odd = str(arrays["refused/odd"])
        assert "multiple of" in odd and "(5, 2)" in odd if BACKEND == "torch" else "divi" in odd
        assert "trains nothing whose batches could be split" in str(arrays["refused/idle"])
        if BACKEND == "torch":
            assert "must be given the same batches" in str(arrays["refused/other"])
            assert "does not call the model itself" in str(arrays["refused/aside"])


@pytest.mark.skipif(BACKEND != "torch", reason="on JAX one program draws for all rows")
def test_every_process_drops_other_numbers(found):
    for arrays in (found[name] for name in WHOLE):
        kept = arrays["noise/kept"]
        assert kept.shape == (4, 40) and 0.3 < kept.mean() < 0.7
        assert not np.array_equal(kept[:2], kept[2:])
        assert arrays["noise/state"][0] == 1  # the seed, as it was before


def test_one_device_is_not_taken_for_many(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    sentence = {
        "jax": "There is one device only",
        "torch": "start it by `torchrun",
        "tensorflow": "Batches are split over devices on jax and torch only",
    }[BACKEND]
    with pytest.raises(ValueError, match=sentence):
        DataParallel()


@several
def test_a_distribution_of_keras_is_not_left_to_do_nothing():
    with keras.distribution.DataParallel(devices=["cpu:0"]).scope():
        with pytest.raises(ValueError, match="lays the model out by itself"):
            DataParallel()
