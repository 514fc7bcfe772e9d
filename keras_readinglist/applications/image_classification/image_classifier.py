"""What every network from pictures to classes can do."""

import keras
import numpy as np

from keras_readinglist.applications.image_classification.pictures import fitted, read_picture
from keras_readinglist.layers.validation import check_size
from keras_readinglist.presets import PresetMixin
from keras_readinglist.softmax import softmax


class ImageClassifier(PresetMixin, keras.Model):
    """The base of networks that name what is on a picture.

    A subclass builds a functional model, and keeps `preprocessing` and `class_names` in its
    configuration.

    Args:
        preprocessing: Dictionary with `"mean"` and `"std"`, numbers or one for every channel: the
            network is given `(pixels - mean) / std` of pixels from 0 to 1, with blue first if
            `"reversed"` is true. `None` for the pixels.
        class_names: List of the names of the classes, or `None` for their numbers.
        probabilities: Boolean, whether the outputs are probabilities; else they are logits.
        **kwargs: Inputs and outputs of the functional model, and its name.

    Example:
        >>> pixels = keras.Input((8, 8, 3))
        >>> model = ImageClassifier(
        ...     inputs=pixels,
        ...     outputs=keras.layers.GlobalAveragePooling2D()(pixels),
        ...     class_names=["red", "green", "blue"],
        ... )
        >>> model.classify(np.array([[[0.0, 1.0, 0.0]]]), top=1)[0][0][0]
        'green'
    """

    def __init__(self, *, preprocessing=None, class_names=None, probabilities=False, **kwargs):
        super().__init__(**kwargs)
        self.preprocessing = dict(preprocessing or {"mean": 0.0, "std": 1.0})
        self.class_names = None if class_names is None else list(class_names)
        self.probabilities = probabilities
        if self.class_names is not None and len(self.class_names) != self.output_shape[-1]:
            raise ValueError(
                f"`class_names` must be {self.output_shape[-1]} names. Received: {class_names}"
            )

    def preprocess(self, pictures, side=None):
        """Return pictures as the network takes them, as an array `(n, height, width, channels)`.

        Args:
            pictures: A picture, or a list of pictures, as `read_picture` takes them, of any size:
                the middle is taken; or an array `(n, height, width, channels)`.
            side: Positive integer, both sides of what is returned, if it is cropped later. `None`
                for those of the inputs of the network.
        """
        _, height, width, channels = self.input_shape
        if side is not None:
            height = width = side
        if isinstance(pictures, np.ndarray) and pictures.ndim == 4:
            pictures = list(pictures)
        pictures = pictures if isinstance(pictures, (list, tuple)) else [pictures]
        read = [read_picture(picture, channels) for picture in pictures]
        first = read[0].shape if read else (1, 1)
        shape = [height or first[0], width or first[1]]
        pixels = np.reshape([fitted(picture, *shape) for picture in read], (-1, *shape, channels))
        if self.preprocessing.get("reversed"):
            pixels = pixels[..., ::-1]
        mean, std = (np.asarray(self.preprocessing[name], "float32") for name in ("mean", "std"))
        return ((pixels - mean) / std).astype("float32")

    def classify(self, pictures, top=5):
        """Name what is on pictures.

        Args:
            pictures: As for `preprocess`.
            top: Positive integer, how many classes to name for each.

        Returns:
            A list, for every picture, of `(class, probability)`, the likeliest first.
        """
        check_size("top", top)
        inputs = self.preprocess(pictures)
        if not len(inputs):
            return []
        found = np.asarray(self.predict_on_batch(inputs), "float64")
        if not self.probabilities:
            found = softmax(found)
        order = np.argsort(-found, axis=-1, kind="stable")[:, :top]
        names = self.class_names or range(found.shape[-1])
        return [
            [(names[k], float(row[k])) for k in best]
            for row, best in zip(found, order, strict=True)
        ]

    def _common_config(self):
        """Return what every subclass that keeps its `policy` has in its configuration."""
        return {
            "preprocessing": self.preprocessing,
            "class_names": self.class_names,
            "name": self.name,
            "trainable": self.trainable,
            "dtype": keras.dtype_policies.serialize(self.policy),
        }
