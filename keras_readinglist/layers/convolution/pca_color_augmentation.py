"""Random changes of the colour of the light (Krizhevsky et al., 2012, section 4.1)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.validation import check_choice, check_shape

# Of the pixels of ImageNet, from 0 to 1: the constants of facebookarchive/fb.resnet.torch.
IMAGENET_EIGENVALUES = (0.2175, 0.0188, 0.0045)
IMAGENET_EIGENVECTORS = (
    (-0.5675, 0.7192, 0.4009),
    (-0.5808, -0.0045, -0.8140),
    (-0.5836, -0.6948, 0.4203),
)


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PCAColorAugmentation(keras.layers.Layer):
    """Adds one random colour to all pixels of a picture, along the principal ones of a data set.

    In training, `[p_1, p_2, p_3] [a_1 l_1, a_2 l_2, a_3 l_3]^T` is added to every pixel, where
    `p_i` and `l_i` are eigenvectors and eigenvalues of the 3 x 3 covariance of the pixels of the
    data set, taken between 0 and 1, and `a_i` is drawn anew for every picture from a normal
    distribution of mean zero. Between 0 and 255 the eigenvalues would be 65,025 times as large,
    and the pictures monochrome.

    Args:
        std: Float of at least 0, the standard deviation of `a_i`. Defaults to 0.1.
        eigenvalues: Three floats, of the covariance of pixels between 0 and 1; or `None` for those
            of ImageNet, until `adapt` has seen others.
        eigenvectors: Three rows of three floats, whose columns are the eigenvectors; or `None`.
        value_range: Pair of floats, black and white. Defaults to `(0, 255)`.
        scale: `"variance"`, the formula above, or `"std"`, with the roots of `l_i` in their place,
            which is a stronger augmentation. Defaults to `"variance"`.
        clip: Boolean, whether the results stay within `value_range`. Defaults to `True`.
        seed: Integer seed, or `None`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, 3)`.
        training: Boolean; pictures change in training only.

    Input shape:
        `(batch, height, width, 3)`.

    Output shape:
        `(batch, height, width, 3)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> layer = PCAColorAugmentation(seed=0)
        >>> layer.adapt(np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3)))
        >>> grey = np.full((1, 2, 2, 3), 128.0, "float32")
        >>> bool(np.ptp(layer(grey, training=True), axis=(1, 2)).max() == 0)
        True

    References:
        - [Krizhevsky et al., 2012, ImageNet Classification with Deep Convolutional Neural
          Networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks),
          section 4.1
    """

    def __init__(
        self,
        std=0.1,
        eigenvalues=None,
        eigenvectors=None,
        value_range=(0, 255),
        scale="variance",
        clip=True,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not std >= 0:
            raise ValueError(f"`std` must not be negative. Received: std={std}")
        if (eigenvalues is None) != (eigenvectors is None):
            raise ValueError(
                "`eigenvalues` and `eigenvectors` must be given together. "
                f"Received: {eigenvalues} and {eigenvectors}"
            )
        self.std, self.clip, self.seed = std, clip, seed
        self.scale = check_choice("scale", scale, ("variance", "std"))
        self.value_range = tuple(value_range)
        if len(self.value_range) != 2 or not self.value_range[0] < self.value_range[1]:
            raise ValueError(
                "`value_range` must be a pair of floats, the smaller first. "
                f"Received: value_range={value_range}"
            )
        self.given = eigenvalues is not None
        self.eigenvalues = _checked("eigenvalues", eigenvalues, IMAGENET_EIGENVALUES)
        self.eigenvectors = _checked("eigenvectors", eigenvectors, IMAGENET_EIGENVECTORS)
        self.seed_generator = keras.random.SeedGenerator(seed)
        # Weights, so that what `adapt` found is saved with the model.
        options = {"trainable": False, "dtype": "float32", "autocast": False}
        self.values = self.add_weight(
            name="eigenvalues", shape=(3,), initializer=_constant(self.eigenvalues), **options
        )
        self.vectors = self.add_weight(
            name="eigenvectors", shape=(3, 3), initializer=_constant(self.eigenvectors), **options
        )

    def build(self, inputs_shape):
        check_shape("inputs", inputs_shape, "(batch, height, width, 3)", width=3)

    def adapt(self, data):
        """Take the eigenvalues and eigenvectors of the pixels of other pictures.

        The covariance is summed in float64, batch by batch, in any order.

        Args:
            data: Array `(n, height, width, 3)` with values in `value_range`; or something to go
                through once, such as a generator or a `tf.data.Dataset`, that yields such arrays,
                or single pictures.
        """
        count, mean, scatter = 0, np.zeros(3), np.zeros((3, 3))
        low, high = self.value_range
        for batch in [data] if hasattr(data, "shape") else data:
            pixels = np.asarray(batch, "float64").reshape(-1, np.shape(batch)[-1])
            check_shape("data", pixels.shape, "(pixels, 3)", width=3)
            pixels = (pixels - low) / (high - low)
            rows, middle = len(pixels), pixels.mean(axis=0)
            centred, step = pixels - middle, middle - mean
            # Chan et al. (1979): sums of squares about two means become one about theirs.
            scatter += centred.T @ centred + np.outer(step, step) * count * rows / (count + rows)
            mean += step * rows / (count + rows)
            count += rows
        if count < 2:
            raise ValueError(f"`data` must have two pixels or more. Received: {count}")
        values, vectors = np.linalg.eigh(scatter / (count - 1))
        self.values.assign(values[::-1])
        self.vectors.assign(vectors[:, ::-1])

    def call(self, inputs, training=False):
        if not training:
            return inputs
        sizes = ops.sqrt(self.values) if self.scale == "std" else self.values
        draws = keras.random.normal(
            (ops.shape(inputs)[0], 3), stddev=self.std, dtype="float32", seed=self.seed_generator
        )
        low, high = self.value_range
        shifts = (high - low) * ops.matmul(draws * sizes, ops.transpose(self.vectors))
        outputs = inputs + ops.cast(shifts[:, None, None], inputs.dtype)
        return ops.clip(outputs, low, high) if self.clip else outputs

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def get_config(self):
        return {
            **super().get_config(),
            "std": self.std,
            "eigenvalues": self.eigenvalues.tolist() if self.given else None,
            "eigenvectors": self.eigenvectors.tolist() if self.given else None,
            "value_range": self.value_range,
            "scale": self.scale,
            "clip": self.clip,
            "seed": self.seed,
        }


def _checked(name, given, default):
    array = np.asarray(default if given is None else given, "float64")
    if array.shape != np.shape(default):
        raise ValueError(
            f"`{name}` must have the shape {np.shape(default)}. Received shape: {array.shape}"
        )
    return array


def _constant(array):
    return lambda shape, dtype: ops.convert_to_tensor(array, dtype)
