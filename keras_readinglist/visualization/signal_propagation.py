"""How large a signal and its gradient are behind every residual unit (He et al., 2016)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers.residual import ResidualUnit
from keras_readinglist.layers.validation import check_same


def signal_propagation(model, images, labels, training=True):
    """Measure signals and gradients on their way through a chain of residual units.

    Args:
        model: A `keras.Model` of logits whose layers follow one on another, such as a `ResNet`.
        images: Float array, a batch of its inputs.
        labels: Integer array, their classes.
        training: Boolean, whether batches are normalized by their own averages.

    Returns:
        Dictionary of arrays with one number for every unit: `"signal"`, the root mean square of
        what it gives; `"gradient"`, the norm of the gradient of the cross-entropy there; and
        `"response"`, the standard deviation of its branch.

    Raises:
        ValueError: If the model has no residual units, or there are not as many labels as images.

    Example:
        >>> from keras_readinglist.applications import PreActResNetCIFAR
        >>> model = PreActResNetCIFAR(8, width=4, input_shape=(8, 8, 3))
        >>> found = signal_propagation(model, np.ones((2, 8, 8, 3)), np.array([0, 1]))
        >>> found["gradient"].shape
        (3,)

    References:
        - [He et al., 2016](https://arxiv.org/abs/1603.05027), Eqs. 4 and 5
        - [He et al., 2015](https://arxiv.org/abs/1512.03385), Figure 7
    """
    units = [layer for layer in model.layers if isinstance(layer, ResidualUnit)]
    if not units:
        raise ValueError("`model` must have layers that are a `ResidualUnit`.")
    check_same("labels", np.shape(labels), np.shape(images), "as many as `images`")

    def cross_entropy(outputs):
        classes = ops.convert_to_tensor(labels, "int32")
        losses = keras.losses.sparse_categorical_crossentropy(classes, outputs[0], True)
        return ops.mean(losses)

    chain = _Tapped(model)
    tapped = Differentiable(chain, cross_entropy, training=training)
    images = np.asarray(images, "float32")
    nothing = [np.zeros((len(images), *unit.output.shape[1:]), "float32") for unit in units]
    kept = [ops.copy(variable.value) for variable in model.non_trainable_variables]
    _, signals, responses = map(ops.convert_to_numpy, tapped.outputs(images, *nothing))
    gradients = tapped.gradients(images, *nothing)[1][1:]
    for variable, value in zip(model.non_trainable_variables, kept, strict=True):
        variable.assign(value)  # averages of normalization
    return {
        "signal": signals,
        "gradient": np.array([np.linalg.norm(gradient) for gradient in gradients]),
        "response": responses,
    }


class _Tapped(keras.layers.Layer):
    """A chain of layers where something may be added to what every residual unit gives."""

    def __init__(self, model):
        super().__init__(name="tapped")  # TensorFlow refuses what Keras makes of `_Tapped`
        self.model = model
        self.built = True

    def call(self, images, *offsets, training=False):
        x, left, signals, responses = images, iter(offsets), [], []
        for layer in self.model.layers[1:]:  # the first is the input
            if not isinstance(layer, ResidualUnit):
                x = layer(x, training=training) if _knows_training(layer) else layer(x)
                continue
            responses.append(ops.std(layer.residual(x, training=training)))
            x = layer(x, training=training) + next(left)
            signals.append(ops.sqrt(ops.mean(ops.square(x))))
        return x, ops.stack(signals), ops.stack(responses)


def _knows_training(layer):
    return isinstance(layer, (keras.layers.BatchNormalization, keras.layers.Dropout))
