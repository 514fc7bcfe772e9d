"""What pictures of a model look at: its scores before the softmax, and the features of a layer."""

import difflib
import warnings

import keras
import numpy as np
from keras import ops

from keras_readinglist.gradients import Differentiable

_SQUASHING = (keras.activations.softmax, keras.activations.sigmoid)


class Explained:
    """A model of images, as something whose scores can be differentiated.

    Of a model that ends in a softmax or sigmoid, the scores are what goes into it: behind a softmax
    that is sure, all gradients vanish. The model itself is not changed.

    Args:
        model: A built `keras.Model` that gives one row of scores for every image.
        layer: String, a layer whose features and their gradients are wanted too, or `None`.

    Raises:
        ValueError: If the model has no such layer, or hides its layers.
    """

    def __init__(self, model, layer=None):
        self._network, self._copied = _before_softmax(model)
        self._warned = self._copied is not None
        self._core = _Core(self._network, layer)
        self._function = Differentiable(self._core, lambda out: ops.sum(out["chosen"]))

    def outputs(self, images):
        """Return the scores `(n, classes)`, and the features of the layer or `None`."""
        found = self._function.outputs(*self._inputs(images))
        scores = ops.convert_to_numpy(ops.cast(found["scores"], "float32"))
        self._warn_of_probabilities(scores)
        features = found.get("features")
        return scores, None if features is None else ops.convert_to_numpy(features)

    def gradient(self, images, weights):
        """Return the gradient of the weighted sum of scores with respect to the images."""
        return self._function.of_inputs(*self._inputs(images, weights))[0]

    def feature_gradient(self, images, weights, features):
        """Return the same with respect to the features, which `outputs` gave."""
        added = np.zeros(features.shape, "float32")
        return self._function.of_inputs(*self._inputs(images, weights), added)[2]

    def _inputs(self, images, weights=None):
        """Return the arguments of the core; the weights of `outputs` do not matter."""
        if self._copied:
            original, copy = self._copied
            copy.set_weights(original.get_weights())
        weights = np.zeros((len(images), 1), "float32") if weights is None else weights
        return [images, np.asarray(weights, "float32")]

    def _warn_of_probabilities(self, scores):
        sums = scores.sum(axis=1)
        if not self._warned and (scores >= 0).all() and np.allclose(sums, 1, atol=1e-4):
            warnings.warn(
                "The model gives probabilities by a softmax that is hidden in it: where it is "
                "sure, their gradients vanish.",
                stacklevel=4,
            )
        self._warned = True


def explained(model, layer=None):
    """Return the `Explained` of a model, which is kept, so that programs are compiled once."""
    kept = vars(model).setdefault("_explained", {})  # not tracked by Keras
    if layer not in kept:
        kept[layer] = Explained(model, layer)
    return kept[layer]


def check_images(images):
    """Return images as float32; raise `ValueError` unless they are `(n, height, width, channels)`.

    Args:
        images: Array or tensor.
    """
    images = np.asarray(
        images if isinstance(images, np.ndarray) else ops.convert_to_numpy(images), "float32"
    )
    if images.ndim != 4 or not images.size:
        raise ValueError(
            "`images` must be `(n, height, width, channels)`, at least one. "
            f"Received shape: {images.shape}"
        )
    return images


def one_hot_classes(classes, scores):
    """Return which score of every image is meant, as rows of 0 and 1.

    Args:
        classes: Integer, sequence of an integer for every image, or `None` for the likeliest.
        scores: Array `(n, classes)`.

    Raises:
        ValueError: If a class is none of the model's.
    """
    count, known = scores.shape
    given = scores.argmax(axis=1) if classes is None else np.asarray(classes)
    if given.ndim == 0:
        given = np.full(count, given)
    if given.shape != (count,) or given.dtype.kind not in "iu" or not _all_in(given, known):
        raise ValueError(
            f"`classes` must be integers from 0 to {known - 1}, one for all {count} images or one "
            f"for each. Received: {classes}"
        )
    return np.eye(known, dtype="float32")[given]


def _all_in(given, known):
    return given.min() >= 0 and given.max() < known


def find_layer(model, name):
    """Return a layer of a model by its name, or raise a `ValueError` with the nearest names."""
    names = [layer.name for layer in getattr(model, "layers", [])]
    if name not in names:
        close = difflib.get_close_matches(str(name), names, 3, 0.3) or names[-3:]
        raise ValueError(
            f"`layer` must be a layer of the model, such as {', '.join(close) or 'none'}. "
            f"Received: layer={name!r}"
        )
    return model.get_layer(name)


def last_map(model):
    """Return the name of the last layer whose outputs are maps `(batch, height, width, n)`."""
    for layer in reversed(getattr(model, "layers", [])):
        output = getattr(layer, "output", None) if layer.built else None
        if len(getattr(output, "shape", ())) == 4 and not isinstance(layer, keras.layers.Dropout):
            return layer.name
    raise ValueError("`layer` must be named: no layer of the model is known to give maps.")


def _before_softmax(model):
    """Return a model of the scores, and a pair of its last layer and the copy without softmax.

    The pair is empty where no copy is needed, and `None` where the last layer is not known.
    """
    outputs = getattr(model, "outputs", None)
    if not outputs or len(outputs) != 1 or len(model.inputs) != 1:
        return model, None
    last = next((x for x in model.layers if _gives(x, outputs[0])), None)
    if last is None:
        return model, None
    activation = getattr(last, "activation", None)
    softmax = isinstance(last, keras.layers.Softmax)
    if softmax or (isinstance(last, keras.layers.Activation) and activation in _SQUASHING):
        return keras.Model(model.inputs[0], last.input), ()
    if activation not in _SQUASHING:
        return model, ()
    copy = type(last).from_config({**last.get_config(), "activation": None})
    return keras.Model(model.inputs[0], copy(last.input)), (last, copy)


def _gives(layer, output):
    try:
        return layer.output is output
    except (AttributeError, ValueError):  # a layer that was not called, or is not of a graph
        return False


class _Core(keras.layers.Layer):
    """Scores of images, their sum by given weights, and what a layer makes of the images.

    What is added to the features of the layer is an input: its gradient is that of the features.
    """

    def __init__(self, network, layer=None):
        super().__init__(autocast=False, name="explained")
        self.tap = None if layer is None else _Tap(name="tap")
        self.network = network if layer is None else _tapped(network, layer, self.tap)
        self.built = True

    def call(self, images, weights, added=None):
        if self.tap is None:
            scores, found = self.network(images, training=False), {}
        else:
            scores, features = self.tap.around(self.network, images, added)
            found = {"features": features}
        if len(scores.shape) != 2:
            raise ValueError(
                "`model` must give one row of scores for every image. "
                f"Received scores of the shape {tuple(scores.shape)}"
            )
        chosen = ops.sum(ops.cast(scores, "float32") * weights)
        return {"scores": scores, "chosen": chosen, **found}


class _Tap(keras.layers.Layer):
    """Notes what flows through it, and adds to it, while a network is called."""

    def around(self, network, images, added):
        """Return the scores of images and the features, with something added to these."""
        flow = vars(self)["flow"] = [added]  # not tracked by Keras
        scores = network(images, training=False)
        vars(self)["flow"] = None
        return scores, flow[1]

    def call(self, features):
        flow = vars(self).get("flow")
        if flow is None:  # while the graph is made
            return features
        flow.append(features)
        return features if flow[0] is None else features + ops.cast(flow[0], features.dtype)


def _tapped(network, name, tap):
    """Return a network of the same layers with a tap behind one of them."""
    inputs = getattr(network, "inputs", None)
    if inputs is None or len(inputs) != 1:
        raise ValueError("`model` must be functional or sequential: it hides its layers.")
    network = keras.Model(inputs[0], network.outputs[0])  # a sequential one as a graph
    find_layer(network, name)

    def run(each, *args, **kwargs):
        output = each(*args, **kwargs)
        return tap(output) if each.name == name else output

    return keras.models.clone_model(
        network, clone_function=lambda each: each, call_function=run, input_tensors=network.input
    )
