"""Trained weights with their provenance: `from_preset`, `save_to_preset`, `list_presets`.

A preset is a directory of three files, laid out as KerasHub lays them out:

- `config.json`: the model, as `keras.saving.serialize_keras_object` writes it;
- `model.weights.h5`: its weights, optionally stored in half precision;
- `metadata.json`: who made it, from which data, under which licence, and what it scores.

Loading builds only classes of this package and of Keras itself. No code is ever read from a preset.
"""

import difflib
import json
import pathlib

import h5py
import keras

DIRECTORY = pathlib.Path(__file__).parent / "pretrained"
SIZE_LIMIT = 2_000_000
_FILES = ("config.json", "model.weights.h5", "metadata.json")
_TRUSTED = ("keras_readinglist", "keras")
_UNTRUSTED_CLASSES = ("__lambda__", "__numpy__", "Lambda", "TorchModuleWrapper", "TFSMLayer")


class PresetError(ValueError):
    """A preset that is unknown, damaged, or of another class."""


def list_presets():
    """Return the names of the presets that are shipped with the package, sorted."""
    if not DIRECTORY.is_dir():
        return []
    return sorted(p.name for p in DIRECTORY.iterdir() if (p / "config.json").is_file())


def read_metadata(name):
    """Return the metadata of a preset.

    Args:
        name: String, a shipped preset, a directory, or `hf://user/repository`.

    Returns:
        Dictionary; see `metadata.json` of any shipped preset.

    Raises:
        PresetError: If the preset is unknown or its metadata is no JSON object.
    """
    return _read_json(_locate(name) / "metadata.json")


class _Presets:
    """The class property `presets`: every shipped preset of a class, by name."""

    def __get__(self, instance, owner):
        found = {}
        for name in list_presets():
            metadata = read_metadata(name)
            if metadata.get("class") == owner.__name__:
                found[name] = metadata
        return found


class PresetMixin:
    """Gives a `keras.Model` the methods `from_preset` and `save_to_preset`."""

    presets = _Presets()

    @classmethod
    def from_preset(cls, name, load_weights=True, **kwargs):
        """Build a model from a preset, with its trained weights.

        Args:
            name: String: the name of a shipped preset, the path of a directory written by
                `save_to_preset`, or `hf://user/repository` (needs `huggingface_hub`).
            load_weights: Boolean, whether to load the weights. Defaults to `True`.
            **kwargs: Constructor arguments that override the stored ones.

        Returns:
            An instance of the class.

        Raises:
            PresetError: If the preset is unknown, damaged or of another class.
        """
        directory = _locate(name)
        config = _read_json(directory / "config.json")
        stored = config.get("class_name")
        if config.get("registered_name") != f"keras_readinglist>{stored}":
            raise PresetError(f"`{name}` holds a {stored!r}, which is not of keras_readinglist.")
        if stored not in {c.__name__ for c in _family(cls)}:
            raise PresetError(f"`{name}` holds a {stored}, not a {cls.__name__}.")
        _refuse_foreign_classes(config, name)
        config.get("config", {}).update(kwargs)
        try:
            model = keras.saving.deserialize_keras_object(config, safe_mode=True)
        except Exception as error:
            raise PresetError(f"`{name}/config.json` does not describe a model: {error}") from error
        if load_weights:
            _load_weights(model, directory / "model.weights.h5", name)
        return model

    def save_to_preset(self, directory, metadata=None, half=False):
        """Write the model as a preset.

        Args:
            directory: String or path, made if it does not exist.
            metadata: Dictionary of further fields for `metadata.json`.
            half: Boolean, whether to store the weights in float16. Defaults to `False`.
        """
        import keras_readinglist

        if not self.built:
            raise ValueError("`save_to_preset` needs a built model: call it on data first.")
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        config = keras.saving.serialize_keras_object(self)
        config.pop("compile_config", None)
        _write_json(directory / "config.json", config)
        _save_weights(self, directory / "model.weights.h5", half)
        facts = {
            "class": type(self).__name__,
            "parameters": self.count_params(),
            "keras_version": keras.version(),
            "package_version": keras_readinglist.__version__,
            "stored_dtype": "float16" if half else "as trained",
        }
        _write_json(directory / "metadata.json", {**facts, **(metadata or {})})


def load_preset(name):
    """Build the model of a preset without naming its class.

    Args:
        name: String, as in `from_preset`.

    Returns:
        A model of the class that the preset names.

    Raises:
        PresetError: If the preset is unknown, damaged, or not of this package.
    """
    from keras_readinglist import applications

    class_name = _read_json(_locate(name) / "config.json").get("class_name")
    if class_name not in applications.__all__:
        raise PresetError(
            f"`{name}` is no preset of keras_readinglist: its class is {class_name!r}."
        )
    return getattr(applications, class_name).from_preset(name)


def _family(cls):
    """Return `cls` and every class derived from it."""
    yield cls
    for child in cls.__subclasses__():
        yield from _family(child)


def _locate(name):
    name = str(name)
    if name.startswith("hf://"):
        try:
            from huggingface_hub import snapshot_download
        except ImportError as error:
            raise ImportError("`hf://` presets need: pip install huggingface_hub") from error
        return pathlib.Path(snapshot_download(name.removeprefix("hf://"), allow_patterns=_FILES))
    for directory in (DIRECTORY / name, pathlib.Path(name)):
        if (directory / "config.json").is_file():
            return directory
    if pathlib.Path(name).is_dir():
        raise PresetError(f"`{name}` is a directory without config.json, so it is no preset.")
    close = difflib.get_close_matches(name, list_presets(), cutoff=0.4)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    raise PresetError(f"There is no preset `{name}`.{hint}")


def _read_json(path):
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PresetError(
            f"{path.parent.name}/{path.name} is missing or damaged: {error}"
        ) from error
    if not isinstance(value, dict):
        raise PresetError(f"{path.parent.name}/{path.name} must hold a JSON object.")
    return value


def _write_json(path, value):
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _refuse_foreign_classes(config, name):
    """Raise if a nested class of `config` comes from outside this package and Keras."""
    if isinstance(config, list):
        for value in config:
            _refuse_foreign_classes(value, name)
    if not isinstance(config, dict):
        return
    if "class_name" in config:
        module = str(config.get("module") or "keras_readinglist").split(".")[0]
        registered = str(config.get("registered_name") or "keras").split(">")[0]
        package = registered if ">" in str(config.get("registered_name")) else "keras"
        known = module in _TRUSTED and package in _TRUSTED
        if not known or config["class_name"] in _UNTRUSTED_CLASSES:
            raise PresetError(f"`{name}` asks for the foreign class {config['class_name']!r}.")
    for value in config.values():
        _refuse_foreign_classes(value, name)


def _load_weights(model, path, name):
    try:
        model.load_weights(path)
    except Exception as error:
        raise PresetError(f"`{name}/{path.name}` is missing or damaged: {error}") from error


def _save_weights(model, path, half):
    model.save_weights(path)
    if not half:
        return
    # HDF5 does not give back the room of a replaced data set, so the file is written anew.
    small = path.with_name("half.weights.h5")
    with h5py.File(path, "r") as source, h5py.File(small, "w") as target:
        _copy_halved(source, target)
    small.replace(path)


def _copy_halved(source, target):
    target.attrs.update(source.attrs)
    for key, item in source.items():
        if isinstance(item, h5py.Group):
            if any(_datasets(item)):
                _copy_halved(item, target.create_group(key))
            continue
        value = item[()]
        options = {"compression": "gzip", "shuffle": True} if value.size > 64 else {}
        target.create_dataset(
            key, data=value.astype("float16" if value.dtype == "f4" else value.dtype), **options
        )
        target[key].attrs.update(item.attrs)


def _datasets(group):
    for item in group.values():
        if isinstance(item, h5py.Group):
            yield from _datasets(item)
        else:
            yield item
