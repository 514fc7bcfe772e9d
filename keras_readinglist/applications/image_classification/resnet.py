"""Residual networks of every kind, and the plain ones that they are compared with."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.applications.image_classification.image_classifier import ImageClassifier
from keras_readinglist.applications.image_classification.residual_layers import ResidualLayers
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.residual import ResidualUnit, StackedResidualStage
from keras_readinglist.layers.residual.residual_unit import KINDS
from keras_readinglist.layers.validation import check_choice, check_size, check_sizes


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ResNet(ImageClassifier):
    """A network of stages of residual units, from the first convolution to the classes.

    What the papers report: 3.57 % top-5 error of an ensemble on ImageNet (2015); on CIFAR-10
    6.43 % with 110 layers (2015) and 4.62 % with 1001 (2016), where a plain net of 110 fails.

    Args:
        stack_sizes: Tuple of positive integers, the units of every stage; all but the first stage
            halve the picture.
        filters: Tuple of positive integers, the channels of every stage.
        kind: `"basic"` or `"bottleneck"`.
        version: 1, or 2 for full pre-activation and a last normalization and activation.
        stem: `"imagenet"`, a 7x7 convolution and a pool, which take a quarter of the sides, or
            `"cifar"`, a 3x3 convolution.
        stem_filters: Positive integer, channels of the first convolution; `None` for those of the
            first stage.
        shortcut: `"A"`, `"B"`, `"C"` or `"none"`, see `layers.ResidualBlock`.
        downsample: Whether the `"first"` or the `"last"` unit of a stage halves the picture.
        unit_config: Dictionary of further arguments of `layers.ResidualUnit`, which may name any
            shortcut and order of activations.
        scan: Boolean, whether the units of a stage after its first are a `StackedResidualStage`;
            only where the first unit halves the picture.
        output_stride: 8 or 16: from there on, dilation stands for strides. `None` for strides.
        include_top: Boolean, whether there are classes at the end.
        pooling: What stands in their place: `"avg"`, `"max"`, or `None` for the last maps.
        classes: Positive integer.
        classifier_activation: Name of an activation, or `None` for logits.
        input_shape: Tuple `(height, width, channels)`; sides may be `None`.
        preprocessing: As in `ImageClassifier`.
        class_names: List of strings, or `None`.
        input_tensor: Symbolic tensor that the network is laid on, or `None`.
        name: String.
        dtype: Type or policy of all layers; classes are at least float32.
        trainable: Boolean.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`, as `preprocess` returns it.
        training: Boolean, for normalization.

    Input shape:
        As above.

    Output shape:
        `(batch, classes)`; without a top the last maps, or `(batch, channels)`.

    Raises:
        ValueError: If an argument is out of range, or pictures are too small.

    Example:
        >>> model = ResNet((1, 1), (4, 8), "basic", stem="cifar", classes=2, input_shape=(8, 8, 1))
        >>> len(model.classify(np.zeros((2, 8, 8, 1)), top=1))
        2

    References:
        - [He et al., 2015](https://arxiv.org/abs/1512.03385), Table 1 and section 4.2
        - [He et al., 2016](https://arxiv.org/abs/1603.05027), section 3 and appendix
    """

    def __init__(
        self,
        stack_sizes,
        filters,
        kind="basic",
        version=1,
        stem="imagenet",
        stem_filters=None,
        shortcut="B",
        downsample="first",
        unit_config=None,
        scan=False,
        output_stride=None,
        include_top=True,
        pooling=None,
        classes=1000,
        classifier_activation="softmax",
        input_shape=None,
        preprocessing=None,
        class_names=None,
        input_tensor=None,
        name=None,
        dtype=None,
        trainable=True,
    ):
        given = {
            k: v for k, v in locals().items() if k not in ("self", "__class__", "input_tensor")
        }
        stack_sizes = check_sizes("stack_sizes", stack_sizes)
        filters = check_sizes("filters", filters)
        if len(stack_sizes) != len(filters):
            raise ValueError(
                "`stack_sizes` and `filters` must be as many. "
                f"Received: stack_sizes={stack_sizes}, filters={filters}"
            )
        check_choice("kind", kind, tuple(KINDS))
        check_choice("version", version, (1, 2))
        check_choice("stem", stem, ("imagenet", "cifar"))
        check_choice("shortcut", shortcut, ("A", "B", "C", "none"))
        check_choice("downsample", downsample, ("first", "last"))
        check_choice("output_stride", output_stride, (None, 8, 16))
        check_choice("pooling", pooling, (None, "avg", "max"))
        if scan and downsample == "last":
            raise ValueError("`scan` must be false where the last unit of a stage halves it.")
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        inputs = input_tensor
        if inputs is None:
            shape = _checked_shape(input_shape, stem, include_top)
            inputs = keras.Input(shape, dtype=wide(policy.compute_dtype))
        given["input_shape"] = tuple(inputs.shape[1:])
        network = ResidualLayers(version, kind, shortcut, downsample, unit_config or {}, policy)
        x = network.stem(inputs, stem, stem_filters or filters[0])
        reached = 4 if stem == "imagenet" else 1
        x = network.stages(x, stack_sizes, filters, reached, output_stride, scan)
        outputs = network.top(x, include_top, pooling, classes, classifier_activation)
        super().__init__(
            inputs=inputs,
            outputs=outputs,
            name=name,
            preprocessing=preprocessing,
            class_names=class_names,
            probabilities=include_top and classifier_activation == "softmax",
        )
        self._given = {**given, "name": self.name, "dtype": keras.dtype_policies.serialize(policy)}
        self.trainable = trainable

    @property
    def units(self):
        """Residual units, from the first to the last."""
        return [layer for layer in self.layers if isinstance(layer, ResidualUnit)]

    def recompute_batch_norm(self, inputs, batch_size=128):
        """Set the averages of all normalizations to plain averages over many batches.

        As the authors did for the networks that they published; after a short training the moving
        averages of a deep network lag far behind.

        Args:
            inputs: Float array, what `preprocess` returns; what is left after whole batches is
                not used.
            batch_size: Positive integer, at most the number of pictures.
        """
        batch_size, count = check_size("batch_size", batch_size), len(inputs) // batch_size
        if not count:
            raise ValueError(
                f"`inputs` must be at least {batch_size} pictures. Received: {len(inputs)}"
            )
        norms = [n for layer in self.layers for n in getattr(layer, "norms", [layer])
                 if isinstance(n, keras.layers.BatchNormalization)]  # fmt: skip
        averages = [w for norm in norms for w in (norm.moving_mean, norm.moving_variance)]
        momenta, total = [norm.momentum for norm in norms], 0
        for norm in norms:
            norm.momentum = 0.0  # then the averages are those of the last batch
        for start in range(0, count * batch_size, batch_size):
            self(inputs[start : start + batch_size], training=True)
            total = total + np.array([ops.convert_to_numpy(w) for w in averages], object)
        for weight, summed in zip(averages, total, strict=True):
            weight.assign(summed / count)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum

    def feature_maps(self):
        """Return a model of the last maps of every stage, by the names C2, C3 and so on."""
        stages = {}
        for layer in self.layers:
            if isinstance(layer, (ResidualUnit, StackedResidualStage)):
                stages[f"C{layer.name[4]}"] = layer.output
        return keras.Model(self.input, stages)

    def get_config(self):
        return {**self._given, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Return the network of a configuration."""
        return cls(**config)


def _checked_shape(input_shape, stem, include_top):
    shape = tuple(input_shape or ((224, 224, 3) if stem == "imagenet" else (32, 32, 3)))
    least = 32 if stem == "imagenet" and include_top else 1
    if len(shape) != 3 or any(side is not None and side < least for side in shape[:2]):
        raise ValueError(
            f"`input_shape` must be (height, width, channels) with sides of at least {least}. "
            f"Received: input_shape={input_shape}"
        )
    return shape
