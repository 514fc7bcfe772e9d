"""Trained weights with their provenance: `from_preset`, `save_to_preset`, `list_presets`.

A preset is a directory of three files, laid out as KerasHub lays them out:

- `config.json`: the model, as `keras.saving.serialize_keras_object` writes it;
- `model.weights.h5`: its weights, optionally stored in half precision;
- `metadata.json`: who made it, from which data, under which licence, and what it scores.

Loading builds only classes of this package and of Keras itself, and those that the caller names.
No code is ever read from a preset. `applications.loading.load_preset` finds the class by itself.
"""

import difflib
import json
import pathlib
import tempfile

import h5py
import keras
import numpy as np

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
    return _read_json(locate(name) / "metadata.json")


def read_config(name):
    """Return the configuration of the model of a preset; arguments as in `read_metadata`."""
    config = _read_json(locate(name) / "config.json")
    for key, kind in (("class_name", str), ("config", dict)):
        if not isinstance(config.get(key), kind):
            raise PresetError(f"`{name}/config.json` is damaged: it has no `{key}`.")
    return config


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
    def from_preset(cls, name, load_weights=True, custom_objects=None, **kwargs):
        """Build a model from a preset, with its trained weights.

        Args:
            name: String: the name of a shipped preset, the path of a directory written by
                `save_to_preset`, or `hf://user/repository` (needs `huggingface_hub`).
            load_weights: Boolean, whether to load the weights. Defaults to `True`.
            custom_objects: Dictionary of further classes and functions that the preset may use,
                by the names they are registered under. Your own subclass needs none when it is
                the class that is called.
            **kwargs: Constructor arguments that override the stored ones.

        Returns:
            An instance of the class.

        Raises:
            PresetError: If the preset is unknown, damaged or of another class.
        """
        config = read_config(name)
        named = {_name_of(cls): cls, **(custom_objects or {})}
        stored = str(config.get("registered_name"))
        if stored not in named and not stored.startswith("keras_readinglist>"):
            raise PresetError(
                f"`{name}` holds a {stored!r}, which is not of keras_readinglist. If you trust it, "
                f"name its class: `from_preset(..., custom_objects={{{stored!r}: ...}})`."
            )
        if stored not in named and stored not in map(_name_of, _family(cls)):
            raise PresetError(f"`{name}` holds a {config['class_name']}, not a {cls.__name__}.")
        try:
            _refuse_foreign_classes(config, name, named)
        except RecursionError as error:
            raise PresetError(f"`{name}/config.json` is damaged: it is too deep.") from error
        config["config"].update(kwargs)
        quantization = config.pop("quantization", None)
        try:
            model = keras.saving.deserialize_keras_object(config, named, safe_mode=True)
            if quantization is not None:
                model.quantize(quantization)
        except Exception as error:
            raise PresetError(f"`{name}/config.json` does not describe a model: {error}") from error
        if not isinstance(model, cls):
            raise PresetError(f"`{name}` holds a {config['class_name']}, not a {cls.__name__}.")
        if load_weights:
            _load_weights(model, locate(name) / "model.weights.h5", name)
        return model

    def save_to_preset(self, directory, metadata=None, half=False):
        """Write the model as a preset: all of it, or nothing.

        Args:
            directory: String or path, made if it does not exist.
            metadata: Dictionary of further fields for `metadata.json`; may hold NumPy numbers.
            half: Boolean, whether to store the weights in float16, except those that are too large
                for it. Defaults to `False`.

        Raises:
            ValueError: If the model is not built, or `metadata` is not JSON.
        """
        import keras_readinglist

        if not self.built:
            raise ValueError("`save_to_preset` needs a built model: call it on data first.")
        config = _uncompiled(keras.saving.serialize_keras_object(self))
        if mode := _quantization(self):
            config["quantization"] = mode
        facts = {
            "class": type(self).__name__,
            "parameters": self.count_params(),
            "keras_version": keras.version(),
            "package_version": keras_readinglist.__version__,
            "stored_dtype": "float16" if half else "as trained",
        }
        texts = {
            "config.json": _to_json("the model's configuration", config),
            "metadata.json": _to_json("`metadata`", {**facts, **(metadata or {})}),
        }
        directory = pathlib.Path(directory).expanduser()
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory) as folder:
            written = pathlib.Path(folder)
            _save_weights(self, written / "model.weights.h5", half)
            for file, text in texts.items():
                (written / file).write_text(text, encoding="utf-8")
            for file in _FILES:
                (written / file).replace(directory / file)


def _name_of(cls):
    return keras.saving.get_registered_name(cls)


def _uncompiled(config):
    """Return a configuration without losses and optimizers, also of the models inside."""
    if isinstance(config, dict):
        return {k: _uncompiled(v) for k, v in config.items() if k != "compile_config"}
    return [_uncompiled(v) for v in config] if isinstance(config, (list, tuple)) else config


def _quantization(model):
    """Return how the layers of a model are quantized, or `None`."""
    # Private, but Keras lists layers within layers nowhere in public: `model.layers` ends at the
    # first, and neither the paths nor the types of weights tell one quantization from another.
    modes = {getattr(layer, "quantization_mode", None) for layer in model._flatten_layers()}
    modes.discard(None)
    if len(modes) > 1:
        raise ValueError(f"`save_to_preset` needs one quantization. Received: {sorted(modes)}")
    return modes.pop() if modes else None


def _family(cls):
    """Return `cls` and every class derived from it."""
    yield cls
    for child in cls.__subclasses__():
        yield from _family(child)


def locate(name):
    """Return the directory of a preset; arguments as in `read_metadata`.

    Raises:
        PresetError: If there is none.
    """
    name = str(name)
    if name.startswith("hf://"):
        try:
            from huggingface_hub import snapshot_download
        except ImportError as error:
            raise ImportError("`hf://` presets need: pip install huggingface_hub") from error
        return pathlib.Path(snapshot_download(name.removeprefix("hf://"), allow_patterns=_FILES))
    given = pathlib.Path(name).expanduser()
    for directory in (DIRECTORY / name, given):
        if (directory / "config.json").is_file():
            return directory
    if given.is_dir():
        raise PresetError(f"`{name}` is a directory without config.json, so it is no preset.")
    close = difflib.get_close_matches(name, list_presets(), cutoff=0.4)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    raise PresetError(f"There is no preset `{name}`.{hint}")


def _read_json(path):
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PresetError(
            f"{path.parent.name}/{path.name} is missing or damaged: {error}"
        ) from error
    if not isinstance(value, dict):
        raise PresetError(f"{path.parent.name}/{path.name} must hold a JSON object.")
    return value


def _to_json(what, value):
    """Return JSON; NumPy numbers and arrays become plain ones."""

    def plain(thing):
        if isinstance(thing, np.generic | np.ndarray):
            return thing.tolist()
        raise TypeError(f"{type(thing).__name__} is not JSON")

    try:
        return json.dumps(value, indent=2, sort_keys=True, default=plain) + "\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{what} must be plain JSON: {error}") from error


def _refuse_foreign_classes(config, name, named):
    """Raise if a nested class of `config` is not of this package, of Keras, or in `named`."""
    if isinstance(config, list):
        for value in config:
            _refuse_foreign_classes(value, name, named)
    if not isinstance(config, dict):
        return
    if "class_name" in config and not _is_named(config, named):
        module = str(config.get("module") or "keras_readinglist").split(".")[0]
        registered = str(config.get("registered_name") or "keras").split(">")[0]
        package = registered if ">" in str(config.get("registered_name")) else "keras"
        known = module in _TRUSTED and package in _TRUSTED
        if not known or config["class_name"] in _UNTRUSTED_CLASSES:
            raise PresetError(f"`{name}` asks for the foreign class {config['class_name']!r}.")
    for value in config.values():
        _refuse_foreign_classes(value, name, named)


def _is_named(config, named):
    """Return whether the caller gave the very class, or function, that `config` asks for."""
    if config["class_name"] == "function":
        return str(config.get("config")) in named
    given = named.get(str(config.get("registered_name")))
    return isinstance(given, type) and given.__name__ == config["class_name"]


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
    # In the format of HDF5 1.10 the groups of many small weights take a third of the room.
    with h5py.File(path, "r") as source, h5py.File(small, "w", libver="v110") as target:
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
        options = {}
        if value.size > 64:  # in one chunk: an index of many is as large as small weights
            options = {"compression": "gzip", "shuffle": True, "chunks": value.shape}
        finite = value[np.isfinite(value)] if value.dtype == "f4" else None
        if finite is not None and np.abs(finite).max(initial=0) <= np.finfo("float16").max:
            value = value.astype("float16")
        target.create_dataset(key, data=value, **options)
        target[key].attrs.update(item.attrs)


def _datasets(group):
    for item in group.values():
        if isinstance(item, h5py.Group):
            yield from _datasets(item)
        else:
            yield item
