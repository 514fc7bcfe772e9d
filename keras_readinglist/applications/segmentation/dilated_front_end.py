"""A classifier of pictures turned into a segmenter: the front end of Yu and Koltun (2015)."""

import keras

from keras_readinglist.applications.segmentation.segmentation_model import SegmentationModel
from keras_readinglist.layers.convolution import DilatedConv2D, ReflectPadding2D
from keras_readinglist.layers.precision import normalized
from keras_readinglist.layers.validation import check_choice, check_positive, check_rate, check_size
from keras_readinglist.visualization.receptive_field import receptive_field

# Convolutions as (maps, kernel, dilation), and what lies between them.
ARCHITECTURES = {
    "vgg16": (
        *[(64, 3, 1)] * 2, "pool",
        *[(128, 3, 1)] * 2, "pool",
        *[(256, 3, 1)] * 3, "pool",
        *[(512, 3, 1)] * 3,
        *[(512, 3, 2)] * 3,
        (4096, 7, 4), "dropout",
        (4096, 1, 1), "dropout",
    ),
    "small": (
        *[(32, 3, 1)] * 2, "pool",
        *[(64, 3, 1)] * 2, "pool",
        *[(96, 3, 2)] * 2,
        (128, 3, 4), "dropout",
    ),
    "near": ((24, 3, 1),) * 3,
}  # fmt: skip


@keras.saving.register_keras_serializable(package="keras_readinglist")
class DilatedFrontEnd(SegmentationModel):
    """Scores of every class at every pixel, or every eighth, from pictures.

    VGG-16 without its last two pools: what follows a pool that was taken out is dilated, so that
    it sees as far as before, and the dense layers become convolutions. No layer adds a border: the
    picture itself is mirrored at its edges, by as much as the network sees.

    The paper's figures: 67.6 % mean intersection over union on VOC-2012 test, where FCN-8s has
    62.2 % and DeepLab 62.1 %. It has 134,346,581 weights for 21 classes, and was trained for 60,000
    steps of 14 crops by SGD at 1e-3, with momentum 0.9.

    Args:
        classes: Positive integer.
        architecture: `"vgg16"`; `"small"`, with two pools and 128 maps; `"near"`, three
            convolutions that see 7 pixels; or a list of triples (maps, kernel size, dilation),
            `"pool"` and `"dropout"`.
        width: Positive float that multiplies the numbers of maps.
        dropout: Float in [0, 1). Defaults to 0.5.
        batch_normalization: Boolean, whether each convolution is followed by one.
        padding: `"valid"`: the picture gets one mirrored border, and may be cut into tiles;
            `"reflect"` or `"same"`: each layer adds one, which is cheaper.
        preprocessing: Dictionary with `"mean"` and `"std"`, numbers or one for every channel: the
            network is given `(pixels - mean) / std` of pixels from 0 to 1; and `"bgr"`, whether
            blue comes first. `None` for the pixels.
        class_names: List of the names of the classes, or `None`.
        seed: Integer seed of the dropout, or `None`.
        **kwargs: Base model keyword arguments.

    Call arguments:
        inputs: Float tensor `(batch, height, width, 3)` of preprocessed pictures.
        training: Boolean, for dropout and batch normalization.

    Input shape:
        As above, both sides multiples of `stride` and larger than `margin`.

    Output shape:
        `(batch, height / stride, width / stride, classes)`, scores before the softmax.

    Raises:
        ValueError: If an argument is out of range, or a picture is too small.

    Example:
        >>> model = DilatedFrontEnd(3, "small", width=0.125)
        >>> labels = model.segment(np.random.default_rng(0).random((2, 90, 121, 3)))
        >>> labels[0].shape, model.stride, model.margin
        ((90, 121), 4, 38)

    References:
        - [Yu and Koltun, 2015](https://arxiv.org/abs/1511.07122), section 4 and Table 2
    """

    def __init__(
        self,
        classes=21,
        architecture="vgg16",
        width=1.0,
        dropout=0.5,
        batch_normalization=False,
        padding="valid",
        preprocessing=None,
        class_names=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.classes = check_size("classes", classes)
        self.architecture, self.width = architecture, check_positive("width", width)
        self.dropout, self.seed = check_rate("dropout", dropout), seed
        self.batch_normalization = batch_normalization
        self.padding = check_choice("padding", padding, ("valid", "reflect", "same"))
        self.preprocessing = {"mean": 0.0, "std": 1.0, "bgr": False, **(preprocessing or {})}
        self.class_names = None if class_names is None else list(class_names)
        if class_names is not None and len(class_names) != classes:
            raise ValueError(f"`class_names` must be {classes} names. Received: {class_names}")
        stack = architecture
        if isinstance(architecture, str):
            stack = ARCHITECTURES[check_choice("architecture", architecture, tuple(ARCHITECTURES))]
        layers = [layer for part in stack for layer in self._made_of(part)]
        layers.append(
            DilatedConv2D(
                classes,
                1,
                kernel_initializer=keras.initializers.RandomNormal(stddev=0.001),
                dtype=self.dtype_policy,
                name="final",
            )
        )
        field = receptive_field(layers)
        self.step = field.stride
        self.margin = (field.size - field.stride) // 2 if padding == "valid" else 0
        self.chain = [ReflectPadding2D(self.margin, dtype=self.dtype_policy), *layers]
        self.build()

    def _made_of(self, part):
        """Return the layers of a part of the architecture."""
        options = {"dtype": self.dtype_policy}
        if part == "pool":
            return [keras.layers.MaxPooling2D(2, **options)]
        if part == "dropout":
            return [keras.layers.Dropout(self.dropout, seed=self.seed, **options)]
        filters, size, rate = part
        normal = self.batch_normalization
        convolution = DilatedConv2D(
            max(1, round(filters * self.width)),
            size,
            rate,
            self.padding,
            use_bias=not normal,
            activation=None if normal else "relu",
            kernel_initializer="he_normal",
            **options,
        )
        if not normal:
            return [convolution]
        return [
            convolution,
            keras.layers.BatchNormalization(**options),
            keras.layers.ReLU(**options),
        ]

    def build(self, inputs_shape=None):
        shape = (None, None, None, 3)
        for layer in self.chain:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def call(self, inputs, training=False):
        return self.maps(self.bordered(inputs), training)

    def bordered(self, inputs):
        """Return pictures with the mirrored border that the network sees."""
        return self.chain[0](inputs)

    def maps(self, inputs, training=False):
        """Return the scores of pictures that have their border: 66 x 66 of 900 x 900 with VGG-16.

        Args:
            inputs: Float tensor `(batch, height, width, 3)`.
            training: Boolean.
        """
        for layer in self.chain[1:]:
            if isinstance(layer, keras.layers.BatchNormalization):
                inputs = normalized(layer, inputs, training)
            elif isinstance(layer, keras.layers.Dropout):
                inputs = layer(inputs, training=training)
            else:
                inputs = layer(inputs)
        return inputs

    def _sees_pixels(self):
        return self

    def refine(self, maps):
        """Return the scores as they are."""
        return maps

    def compute_output_shape(self, inputs_shape):
        sides = [None if side is None else side // self.step for side in inputs_shape[1:3]]
        return (inputs_shape[0], *sides, self.classes)

    def get_config(self):
        names = ("classes", "architecture", "width", "dropout", "batch_normalization", "padding")
        more = ("preprocessing", "class_names", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in (*names, *more)}}
