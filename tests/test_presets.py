"""Presets load by name, keep their metric on every backend, and refuse what is damaged."""

import json
import shutil

import keras
import numpy as np
import pytest

from keras_readinglist import presets, recipes
from keras_readinglist.applications import CharRNN, DilatedFrontEnd, DilatedNet, LSTMExplorer
from keras_readinglist.applications.loading import load_preset
from keras_readinglist.layers import ContextModule
from keras_readinglist.losses import PixelwiseCrossentropy

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
    for metric, value in check(load_preset(name)).items():
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


class Diary(LSTMExplorer):
    """A user's class, not registered."""


@keras.saving.register_keras_serializable(package="mine")
class Poet(CharRNN):
    """A user's class, registered by its own name."""


@keras.saving.register_keras_serializable(package="mine")
def halved(x):
    """Return a half."""
    return x / 2


@pytest.mark.parametrize(
    ("name", "model"),
    [("Diary", lambda: Diary("gru", units=4)), ("mine>Poet", lambda: Poet("\nab", units=4))],
)
def test_own_subclasses_load_by_their_class_or_by_name(tmp_path, name, model):
    model = model()
    kind, base = type(model), type(model).__bases__[0]
    model.save_to_preset(tmp_path)
    named = {name: kind}
    for loaded in (
        kind.from_preset(tmp_path),
        base.from_preset(tmp_path, custom_objects=named),
        load_preset(tmp_path, custom_objects=named),
    ):
        assert type(loaded) is kind
        for ours, theirs in zip(loaded.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(presets.PresetError, match="not of keras_readinglist.*custom_objects"):
        base.from_preset(tmp_path)
    with pytest.raises(presets.PresetError, match="is no preset of keras_readinglist"):
        load_preset(tmp_path)


def test_own_parts_are_named_by_the_caller(saved):
    path = saved[1] / "config.json"
    config = json.loads(path.read_text())
    own = {"class_name": "function", "config": "halved", "module": "mine", "registered_name": "x"}
    config["config"]["bias_initializer"] = own
    path.write_text(json.dumps(config))
    with pytest.raises(presets.PresetError, match="foreign class 'function'"):
        LSTMExplorer.from_preset(saved[1])
    with pytest.raises(presets.PresetError, match="does not describe a model.*bias_initializer"):
        LSTMExplorer.from_preset(saved[1], custom_objects={"halved": halved})


@pytest.mark.parametrize("disguise", ["keras_readinglist>LSTMExplorer", "keras>Dense"])
def test_a_trusted_name_hides_nothing(saved, disguise):
    path = saved[1] / "config.json"
    config = json.loads(path.read_text())
    for hidden in ({"class_name": "function", "config": "system"}, {"class_name": "system"}):
        foreign = {**hidden, "module": "os", "registered_name": disguise}
        path.write_text(json.dumps({**config, "config": {**config["config"], "dtype": foreign}}))
        with pytest.raises(presets.PresetError, match="foreign class"):
            LSTMExplorer.from_preset(saved[1])


@pytest.mark.parametrize("key", ["config", "class_name", "registered_name"])
@pytest.mark.parametrize("value", [None, [], 7, {"a": {}}, "absent"])
def test_damaged_configurations_name_the_file(saved, key, value):
    path = saved[1] / "config.json"
    config = {**json.loads(path.read_text()), key: value}
    if value == "absent":
        del config[key]
    path.write_text(json.dumps(config))
    sentence = "not of keras_readinglist" if key == "registered_name" else "config.json"
    if key == "config" and value == {"a": {}}:
        sentence = "does not describe a model"
    with pytest.raises(presets.PresetError, match=sentence):
        LSTMExplorer.from_preset(saved[1])


@pytest.mark.parametrize("text", ["null", "[]", "[" * 100_000, '{"config":' * 100_000])
def test_json_that_is_no_object(saved, text):
    (saved[1] / "config.json").write_text(text)
    with pytest.raises(presets.PresetError, match="config.json"):
        LSTMExplorer.from_preset(saved[1])
    config = {"class_name": "LSTMExplorer", "registered_name": "keras_readinglist>LSTMExplorer"}
    nested = '{"a":' * 900 + "1" + "}" * 900
    whole = json.dumps(config)[:-1] + f', "config": {nested}}}'
    (saved[1] / "config.json").write_text(whole)
    with pytest.raises(presets.PresetError, match="config.json"):
        LSTMExplorer.from_preset(saved[1])


def test_metadata_may_hold_numpy_numbers(saved, tmp_path):
    metadata = {"loss": np.float32(1.5), "steps": np.int64(3), "curve": np.arange(2), "up": True}
    saved[0].save_to_preset(tmp_path / "more", {**metadata, "best": np.bool_(True)})
    found = presets.read_metadata(tmp_path / "more")
    assert [found[name] for name in metadata] == [1.5, 3, [0, 1], True] and found["best"] is True


def test_a_preset_is_written_whole_or_not_at_all(saved, tmp_path, monkeypatch):
    model, path = saved
    with pytest.raises(ValueError, match="`metadata` must be plain JSON: object is not JSON"):
        model.save_to_preset(tmp_path / "new", {"a": object()})
    assert not (tmp_path / "new").exists()
    before = {file.name: file.read_bytes() for file in path.iterdir()}

    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(LSTMExplorer, "save_weights", fail)
    with pytest.raises(OSError, match="No space left"):
        model.save_to_preset(path, {"recipe": "another"})
    assert {file.name: file.read_bytes() for file in path.iterdir()} == before


def test_paths_in_the_home_directory(saved, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(saved[1])
    saved[0].save_to_preset("~/deep/poet")
    assert (tmp_path / "deep" / "poet" / "config.json").is_file()
    assert not (saved[1] / "~").exists()
    assert LSTMExplorer.from_preset("~/deep/poet").units == 4
    assert presets.read_metadata("~/deep/poet")["class"] == "LSTMExplorer"


def test_weights_beyond_half_precision_keep_their_value(saved, tmp_path):
    model, _ = saved
    weights = model.get_weights()
    weights[0][0, 0] = 1e5
    model.set_weights(weights)
    model.save_to_preset(tmp_path / "large", half=True)
    loaded = LSTMExplorer.from_preset(tmp_path / "large").get_weights()
    np.testing.assert_array_equal(loaded[0], weights[0])
    for ours, theirs in zip(loaded[1:], weights[1:], strict=True):
        np.testing.assert_array_equal(ours, theirs.astype("float16").astype("float32"))


def test_losses_of_models_inside_are_left_out(tmp_path):
    front = DilatedFrontEnd(2, "near", width=0.1)
    front.compile("adam", PixelwiseCrossentropy())  # a loss that the reader may not have imported
    model = DilatedNet(context=ContextModule(dilations=(1, 1)), front_end=front, joint=False)
    model.save_to_preset(tmp_path)
    assert "compile" not in (tmp_path / "config.json").read_text()
    again = DilatedNet.from_preset(tmp_path)
    assert all(map(np.array_equal, again.get_weights(), model.get_weights()))


def test_unbuilt_models_cannot_be_saved(tmp_path):
    class Unbuilt(presets.PresetMixin, keras.Model):
        pass

    with pytest.raises(ValueError, match="needs a built model"):
        Unbuilt().save_to_preset(tmp_path)
