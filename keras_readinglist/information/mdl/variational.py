"""Labels described by noisy weights: what the weights cost, and what they leave unsaid."""

from dataclasses import dataclass

import keras
import numpy as np

from keras_readinglist.information.mdl.codes import in_unit
from keras_readinglist.information.mdl.estimator import check_labels
from keras_readinglist.information.mdl.online import ClassCode


@dataclass
class VariationalCode:
    """What `variational_code_length` returns.

    Args:
        total: Length of the description of all labels.
        weights: Length of the weights, their divergence from the prior.
        labels: Expected length of the labels, by weights drawn from what was learned.
        uniform: Length of the description without a model.
        unit: `"bits"` or `"nats"`.
    """

    total: float
    weights: float
    labels: float
    uniform: float
    unit: str

    @property
    def compression_ratio(self):
        """How many times shorter the description is than without a model."""
        return self.uniform / self.total


def variational_code_length(model, x, y, samples=16, categories=None, unit="bits"):
    """Describe labels by a trained model whose weights are Gaussians, sent by bits back.

    The sender pays the divergence of the weights from their prior, and the labels by weights that
    are drawn. Unlike the online code it names a model, and unlike weights as they are it does not
    pay for digits that do not matter.

    Args:
        model: A compiled `keras.Model`, as for `prequential_code_length`, that draws its weights
            when `training=True`: of `NoisyDense` layers with `estimator="local"` or `"weights"`.
            Every layer with weights must have a method `description_length`.
        x: Array of inputs.
        y: Integer array `(n,)` or `(n, 1)`, labels.
        samples: Positive integer, how often weights are drawn.
        categories: Integer. Defaults to the width of the model's output.
        unit: `"bits"` or `"nats"`.

    Returns:
        A `VariationalCode`.

    Raises:
        ValueError: If the model is not compiled, a layer's weights have no description length, or
            labels do not fit.

    Example:
        >>> from keras_readinglist.layers import NoisyDense
        >>> x = np.repeat([[-1.0], [1.0]], 64, axis=0).astype("float32")
        >>> y = np.repeat([0, 1], 64)
        >>> layer = NoisyDense(2, estimator="local", num_train=128, seed=0)
        >>> model = keras.Sequential([keras.Input((1,)), layer, keras.layers.Softmax()])
        >>> model.compile(keras.optimizers.Adam(0.1), "sparse_categorical_crossentropy")
        >>> history = model.fit(x, y, 128, epochs=150, verbose=0)
        >>> variational_code_length(model, x, y).compression_ratio > 2
        True

    References:
        - [Hinton and van Camp, 1993](https://www.cs.toronto.edu/~hinton/absps/colt93.pdf)
        - [Blier, Ollivier, 2018](https://arxiv.org/abs/1802.07044), section 3.3
    """
    if not getattr(model, "compiled", False):
        raise ValueError("`model` must be compiled: call `model.compile` first.")
    if not isinstance(samples, (int, np.integer)) or samples < 1:
        raise ValueError(f"`samples` must be a positive integer. Received: samples={samples!r}")
    y = check_labels(y)
    if len(x) != len(y):
        raise ValueError(f"`x` and `y` must be as many. Received: {len(x)}, {len(y)}")
    draws = (keras.ops.convert_to_numpy(model(x, training=True)) for _ in range(samples))
    lengths = []
    for outputs in draws:
        code = ClassCode(model, outputs, y, categories)
        lengths.append(code.given(None, None, outputs, y))
    weights, labels = _weight_nats(model), float(np.mean(lengths))
    found = (weights + labels, weights, labels, code.uniform(y))
    return VariationalCode(*(in_unit(nats, unit) for nats in found), unit)


def _weight_nats(model):
    """Return the nats of all weights of a model; refuse weights that nobody described."""
    described = [layer for layer in model._flatten_layers() if hasattr(layer, "description_length")]
    known = {id(weight) for layer in described for weight in layer.weights}
    others = [weight.path for weight in model.trainable_weights if id(weight) not in known]
    if others or not described:
        raise ValueError(
            "`model` must have layers with a `description_length`, and no other weights. "
            f"Received weights: {others}"
        )
    return float(sum(keras.ops.convert_to_numpy(layer.description_length()) for layer in described))
