"""Presets load by name, keep their metric on every backend, and refuse what is damaged."""

import json
import shutil

import keras
import numpy as np
import pytest

from keras_readinglist import presets, recipes
from keras_readinglist.applications import CharRNN, LSTMExplorer

X = np.ones((2, 5, 2), "float32")


@pytest.fixture
def saved(tmp_path):
    model = LSTMExplorer("lstm", units=4)
    model.save_to_preset(tmp_path / "mine", {"recipe": "understanding-lstms"})
    return model, tmp_path / "mine"


@pytest.mark.parametrize("name", presets.list_presets())
def test_shipped_presets_keep_their_metric(name):
    metadata = presets.read_metadata(name)
    check = recipes.load(metadata["recipe"]).presets[name].check
    for metric, value in check(presets.load_preset(name)).items():
        assert value == pytest.approx(metadata["check"][metric], abs=0.02, rel=0.01), metric
    assert metadata["licence"] and metadata["data"] and metadata["run"]


def test_size_budget():
    sizes = {
        name: sum(f.stat().st_size for f in (presets.DIRECTORY / name).iterdir())
        for name in presets.list_presets()
    }
    assert max(sizes.values()) <= presets.SIZE_LIMIT and sum(sizes.values()) <= 25_000_000


def test_round_trip(saved):
    model, path = saved
    loaded = LSTMExplorer.from_preset(path)
    np.testing.assert_array_equal(loaded.predict_on_batch(X), model.predict_on_batch(X))
    fresh = LSTMExplorer.from_preset(path, load_weights=False)
    assert not np.array_equal(fresh.predict_on_batch(X), model.predict_on_batch(X))
    assert LSTMExplorer.from_preset(path, load_weights=False, units=7).units == 7
    assert presets.read_metadata(path)["parameters"] == model.count_params()


def test_half_precision_is_smaller_and_close(tmp_path):
    model = LSTMExplorer("gru", units=64)
    model.save_to_preset(tmp_path / "half", half=True)
    model.save_to_preset(tmp_path / "full")
    sizes = [(tmp_path / n / "model.weights.h5").stat().st_size for n in ("half", "full")]
    assert sizes[0] < 0.7 * sizes[1]
    loaded = LSTMExplorer.from_preset(tmp_path / "half")
    np.testing.assert_allclose(loaded.predict_on_batch(X), model.predict_on_batch(X), atol=5e-3)
    assert keras.backend.standardize_dtype(loaded.weights[0].dtype) == "float32"


def test_names(monkeypatch):
    with pytest.raises(presets.PresetError, match="There is no preset `char_rnn_shakespear`.*Did"):
        CharRNN.from_preset("char_rnn_shakespear")
    assert set(CharRNN.presets) == {"char_rnn_python", "char_rnn_shakespeare"}
    with pytest.raises(presets.PresetError, match="holds a CharRNN, not a LSTMExplorer"):
        LSTMExplorer.from_preset("char_rnn_shakespeare")


def test_hub_without_the_package(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match="pip install huggingface_hub"):
        CharRNN.from_preset("hf://somebody/something")


@pytest.mark.parametrize("damage", ["truncate", "text", "missing"])
@pytest.mark.parametrize("file", ["config.json", "model.weights.h5"])
def test_damaged_files_give_one_clear_error(saved, damage, file):
    path = saved[1] / file
    if damage == "truncate":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif damage == "text":
        path.write_text("not what it should be")
    else:
        path.unlink()
    with pytest.raises(presets.PresetError, match="damaged|no preset|does not describe"):
        LSTMExplorer.from_preset(saved[1])


@pytest.mark.parametrize(
    "foreign",
    [
        {"class_name": "Lambda", "module": "keras.layers", "config": {}, "registered_name": None},
        {"class_name": "system", "module": "os", "config": {}, "registered_name": "system"},
        {"class_name": "__lambda__", "config": {"value": "x"}},
        {"class_name": "Evil", "module": None, "config": {}, "registered_name": "other>Evil"},
    ],
)
def test_foreign_classes_are_refused_before_anything_is_built(saved, foreign):
    path = saved[1] / "config.json"
    config = json.loads(path.read_text())
    config["config"]["dtype"] = foreign
    path.write_text(json.dumps(config))
    with pytest.raises(presets.PresetError, match="foreign class"):
        LSTMExplorer.from_preset(saved[1])


def test_presets_of_other_packages_are_refused(saved, tmp_path):
    shutil.copytree(saved[1], tmp_path / "other")
    path = tmp_path / "other" / "config.json"
    config = json.loads(path.read_text())
    config["registered_name"] = "keras_hub>LSTMExplorer"
    path.write_text(json.dumps(config))
    with pytest.raises(presets.PresetError, match="not of keras_readinglist"):
        LSTMExplorer.from_preset(path.parent)


def test_unbuilt_models_cannot_be_saved(tmp_path):
    class Unbuilt(presets.PresetMixin, keras.Model):
        pass

    with pytest.raises(ValueError, match="needs a built model"):
        Unbuilt().save_to_preset(tmp_path)
