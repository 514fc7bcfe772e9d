"""From the name of a preset to a model, whatever its class."""

from keras_readinglist import presets


def load_preset(name, load_weights=True, custom_objects=None):
    """Build the model of a preset without naming its class.

    Args:
        name: String, as in `from_preset`.
        load_weights: Boolean, whether to load the weights. Defaults to `True`.
        custom_objects: Dictionary of further classes that the preset may use, as in `from_preset`.

    Returns:
        A model of the class that the preset names.

    Raises:
        PresetError: If the preset is unknown, damaged, or of a class that is neither of this
            package nor among `custom_objects`.

    Example:
        >>> type(load_preset("char_rnn_shakespeare")).__name__
        'CharRNN'
    """
    from keras_readinglist import applications

    config = presets.read_config(name)
    class_name = config["class_name"]
    known = {name: getattr(applications, name) for name in applications.__all__}
    cls = (custom_objects or {}).get(config.get("registered_name")) or known.get(class_name)
    if not (isinstance(cls, type) and issubclass(cls, presets.PresetMixin)):
        raise presets.PresetError(
            f"`{name}` is no preset of keras_readinglist: its class is {class_name!r}."
        )
    return cls.from_preset(name, load_weights, custom_objects)
