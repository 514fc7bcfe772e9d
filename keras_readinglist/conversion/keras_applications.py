"""Weights of the networks of `keras.applications`, by the names of their layers."""

from keras_readinglist.layers.residual import ResidualUnit


def copy_weights(model, donor):
    """Copy the weights of a residual network of `keras.applications` into one of ours.

    Ours has a layer for what has many there: `conv2_block1` for `conv2_block1_1_conv` and others.

    Args:
        model: A `ResNet` of the same form.
        donor: A `keras.Model` of `keras.applications`, such as `ResNet50`.

    Raises:
        ValueError: If weights are missing, are left over, or have another shape; the message
            names ten at most.
    """
    targets = named_layers(model)
    sources = {layer.name: layer for layer in donor.layers if layer.weights}
    wrong = sorted(set(targets) ^ set(sources)) or [
        name
        for name, layer in targets.items()
        if [w.shape for w in layer.weights] != [w.shape for w in sources[name].weights]
    ]
    if wrong:
        raise ValueError(
            f"`donor` must have the layers of `model`. These differ: {', '.join(wrong[:10])}"
        )
    for name, layer in targets.items():
        layer.set_weights(sources[name].get_weights())


def named_layers(model):
    """Return the layers with weights of a residual network, those inside of its units included.

    Args:
        model: A `ResNet`.

    Returns:
        Dictionary of layers by the names that they have in `keras.applications`.
    """
    found = {}
    for layer in model.layers:
        if isinstance(layer, ResidualUnit):
            found.update(_parts(layer))
        elif layer.weights:
            found[layer.name] = layer
    return found


def _parts(unit):
    count = len(unit.convolutions)
    parts = {"preact_bn": unit.norm_before, f"{count}_bn": unit.norm_last}
    parts |= {f"{k}_conv": layer for k, layer in enumerate(unit.convolutions, 1)}
    parts |= {f"{k}_bn": layer for k, layer in enumerate(unit.norms_between, 1)}
    parts |= {"0_conv": unit.projected, "0_bn": unit.projected_norm}
    parts |= {"after_bn": unit.norm_after, "gate": unit.gate}  # not there
    return {
        f"{unit.name}_{name}": layer
        for name, layer in parts.items()
        if layer is not None and layer.weights
    }
