"""What the networks of the course share: pictures in, scores out."""

import inspect

import keras

from keras_readinglist.applications.image_classification.image_classifier import (
    ImageClassifier,
)
from keras_readinglist.layers.validation import check_size, check_sizes


class CourseNetwork(ImageClassifier):
    """The base of the networks, which end in a linear map to one score for each class.

    Scores begin near zero, so the loss begins at that of chance. The last layer is called
    `scores`.

    Args:
        input_shape: Tuple `(height, width, channels)`.
        classes: Positive integer.
        regularization: Float, the factor of the sum of the squares of all matrices in the loss.
        preprocessing: As for `ImageClassifier`.
        class_names: As for `ImageClassifier`.
        name: String.
        dtype: Type or policy of all layers.
        trainable: Boolean.
        **options: What a subclass takes beside.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        input_shape,
        classes=10,
        regularization=0.0,
        preprocessing=None,
        class_names=None,
        name=None,
        dtype=None,
        trainable=True,
        **options,
    ):
        shape = check_sizes("input_shape", input_shape)
        if len(shape) != 3 or shape[2] not in (1, 3):
            raise ValueError(
                f"`input_shape` must be (height, width, 1 or 3). Received: input_shape={shape}"
            )
        check_size("classes", classes)
        if not regularization >= 0:
            raise ValueError(
                f"`regularization` must not be negative. Received: regularization={regularization}"
            )
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        pixels = keras.Input(shape, dtype=policy.compute_dtype, name="pixels")
        kept = {"dtype": policy, "kernel_regularizer": keras.regularizers.L2(regularization)}
        if not regularization:
            del kept["kernel_regularizer"]
        start = keras.initializers.RandomNormal(stddev=0.01)
        scores = keras.layers.Dense(classes, kernel_initializer=start, name="scores", **kept)
        super().__init__(
            inputs=pixels,
            outputs=scores(self.hidden(pixels, kept, **options)),
            preprocessing=preprocessing,
            class_names=class_names,
            name=name,
            trainable=trainable,
        )
        self.policy = policy
        self.options = {
            "input_shape": shape,
            "classes": classes,
            "regularization": regularization,
            **options,
        }

    def hidden(self, pixels, kept, **options):
        """Return what the scores are computed from.

        Args:
            pixels: Symbolic images.
            kept: Arguments that every layer with a matrix takes.
            **options: What the subclass takes.
        """
        raise NotImplementedError

    def get_config(self):
        taken = inspect.signature(type(self)).parameters
        own = {name: value for name, value in self.options.items() if name in taken}
        return {**own, **self._common_config()}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)
