"""The network of two towers that won ILSVRC-2012 (Krizhevsky et al., 2012)."""

import pathlib
from dataclasses import dataclass

import keras

from keras_readinglist.applications.image_classification.image_classifier import ImageClassifier
from keras_readinglist.applications.image_classification.imagenet import (
    CLASSES,
    imagenet_class_names,
)
from keras_readinglist.conversion.torchvision import (
    alexnet_from_torchvision,
    published,
    read_state,
)
from keras_readinglist.layers.convolution import (
    GroupedConv2D,
    LocalResponseNormalization,
    TenCrop,
)
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_choice, check_rate, check_size

PUBLISHED = {"one_weird_trick": "alexnet-owt-7be5be79.pth"}
# Of the pixels of ImageNet: what torchvision's weights were trained with.
_IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


@dataclass(frozen=True)
class _Convolution:
    filters: int
    kernel: int
    strides: int = 1
    padding: int | None = None  # pixels on every side; half of the kernel if `None`
    grouped: bool = False
    normalized: bool = False
    pooled: bool = False
    bias: float = 0.0

    @property
    def border(self):
        return self.kernel // 2 if self.padding is None else self.padding


@dataclass(frozen=True)
class _Variant:
    shape: tuple[int, int, int]
    towers: int
    convolutions: tuple[_Convolution, ...]
    units: tuple[int, ...] = ()
    deviation: float | None = 0.01  # of the first kernels; `None` for that of He or Glorot


_SIGNS = {"normalized": True, "pooled": True}
VARIANTS = {
    "two_tower": _Variant(
        shape=(227, 227, 3),  # the paper prints 224, of which 11 x 11 by 4 makes no 55
        towers=2,
        convolutions=(
            _Convolution(96, 11, strides=4, padding=0, **_SIGNS),
            _Convolution(256, 5, grouped=True, bias=1.0, **_SIGNS),
            _Convolution(384, 3),
            _Convolution(384, 3, grouped=True, bias=1.0),
            _Convolution(256, 3, grouped=True, bias=1.0, pooled=True),
        ),
        units=(4096, 4096),
    ),
    "one_weird_trick": _Variant(
        shape=(224, 224, 3),
        towers=1,
        convolutions=(
            _Convolution(64, 11, strides=4, padding=2, pooled=True),
            _Convolution(192, 5, pooled=True),
            _Convolution(384, 3),
            _Convolution(256, 3),
            _Convolution(256, 3, pooled=True),
        ),
        units=(4096, 4096),
    ),
    "small": _Variant(
        shape=(32, 32, 3),
        towers=1,
        convolutions=(
            _Convolution(32, 5, **_SIGNS),
            _Convolution(32, 5, grouped=True, **_SIGNS),
            _Convolution(64, 3),
            _Convolution(64, 3, grouped=True),
        ),
        deviation=None,
    ),
}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class AlexNet(ImageClassifier):
    """Rectifiers, two towers, local response normalization, overlapping pooling and dropout.

    `"two_tower"` is the paper's network: five convolutions and three dense layers with 60,965,224
    weights, where the second, fourth and fifth convolution see one tower alone.
    `"one_weird_trick"` is the network of Krizhevsky (2014), one tower without normalization, with
    61,100,840 weights, of which torchvision publishes trained ones. `"small"` has four
    convolutions, for pictures of 28 or 32 pixels. The layers are called `conv1`, `norm1`, `pool1`
    to `fc8`, or `fc5` in the small network.

    The paper's figures: ILSVRC-2010, 37.5 % and 17.0 % of the test pictures wrong (first guess, and
    none of five right; the best before, 45.7 % and 25.7 %). ILSVRC-2012, validation: 40.7 % and
    18.2 % for one network, 16.4 % for five; seven, two of which were trained on more, 15.3 % on
    the test set, where the second best entry had 26.2 %. Without normalization 1.4 points worse,
    without overlap of the pooling 0.4. It was trained for 90 epochs with
    `optimizers.CoupledDecaySGD()`, batches of 128, random crops and mirrored pictures, and
    `PCAColorAugmentation`.

    Args:
        include_top: Boolean, whether the dense layers are there. Defaults to `True`.
        weights: `None`; `"imagenet"`, for `"one_weird_trick"`, read with torch; or the path of a
            `.weights.h5` file, or of torchvision's weights as `.pth` or `.safetensors`.
        input_shape: Tuple `(height, width, channels)`, or `None` for that of the variant: 227, 224
            or 32 pixels, in colour.
        pooling: `None`, `"avg"` or `"max"`, over all places, if there is no top.
        classes: Positive integer. Defaults to 1000.
        classifier_activation: `"softmax"`, or `None` for logits.
        variant: `"two_tower"`, `"one_weird_trick"` or `"small"`.
        normalization: `"lrn"`, `"batch"` or `None`, after the first two convolutions; nowhere in
            `"one_weird_trick"`.
        activation: String, of all hidden layers. Defaults to `"relu"`.
        towers: Positive integer, or `None` for that of the variant: 2 in the paper's, else 1.
        overlapping: Boolean, whether pooling is over 3 x 3 pixels, two apart, else over 2 x 2.
        dropout: Float in [0, 1), of the hidden dense layers; of what enters the last layer in
            `"small"`. Defaults to 0.5.
        preprocessing: As for `ImageClassifier`.
        class_names: List of the names of the classes, or `None` for their numbers.
        seed: Integer seed of the dropout, or `None`.
        name: String.
        dtype: Type or policy of all layers.
        trainable: Boolean.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`, as `preprocess` returns it.
        training: Boolean, for dropout and batch normalization.

    Input shape:
        As above.

    Output shape:
        `(batch, classes)`; without a top that of the last pooling, or `(batch, channels)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = AlexNet(variant="small", input_shape=(28, 28, 1), classes=10, towers=2)
        >>> model.compile("adam", "sparse_categorical_crossentropy")
        >>> pictures = np.random.default_rng(0).random((8, 28, 28, 1))
        >>> history = model.fit(model.preprocess(pictures), np.arange(8), verbose=0)
        >>> [(best, probability)] = model.classify(pictures[0], top=1)[0]
        >>> model.ten_crop_predict(pictures).shape
        (8, 10, 10)

    References:
        - [Krizhevsky et al., 2012, ImageNet Classification with Deep Convolutional Neural
          Networks](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks)
        - [Krizhevsky, 2014, One weird trick for parallelizing convolutional neural
          networks](https://arxiv.org/abs/1404.5997)
    """

    def __init__(
        self,
        include_top=True,
        weights=None,
        input_shape=None,
        pooling=None,
        classes=1000,
        classifier_activation="softmax",
        variant="two_tower",
        normalization="lrn",
        activation="relu",
        towers=None,
        overlapping=True,
        dropout=0.5,
        preprocessing=None,
        class_names=None,
        seed=None,
        name="alexnet",
        dtype=None,
        trainable=True,
    ):
        check_choice("variant", variant, tuple(VARIANTS))
        check_choice("normalization", normalization, ("lrn", "batch", None))
        check_choice("classifier_activation", classifier_activation, ("softmax", None))
        check_choice("pooling", pooling, (None, "avg", "max"))
        if weights == "imagenet" and variant not in PUBLISHED:
            raise ValueError(
                "`weights='imagenet'` exists for the variants "
                f"{', '.join(PUBLISHED)}. Received: variant={variant!r}"
            )
        if weights == "imagenet" and include_top and classes == CLASSES and class_names is None:
            class_names = imagenet_class_names()
        plan = VARIANTS[variant]
        shape = tuple(plan.shape if input_shape is None else input_shape)
        options = {
            "include_top": include_top,
            "pooling": pooling,
            "classes": check_size("classes", classes),
            "classifier_activation": classifier_activation,
            "normalization": normalization,
            "activation": activation,
            "towers": check_size("towers", plan.towers if towers is None else towers),
            "overlapping": overlapping,
            "dropout": check_rate("dropout", dropout),
            "seed": seed,
        }
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())
        _check_shape(plan, shape, overlapping)
        inputs = keras.Input(shape, name="pixels", dtype=wide(policy.compute_dtype))
        super().__init__(
            inputs=inputs,
            outputs=_network(plan, inputs, policy, **options),
            preprocessing=_IMAGENET if weights == "imagenet" else preprocessing,
            class_names=class_names,
            probabilities=classifier_activation == "softmax",
            name=name,
            trainable=trainable,
        )
        self.options = {"variant": variant, "input_shape": shape, **options}
        self.policy = policy
        if weights is not None:
            self._load(weights)

    def _load(self, weights):
        if weights == "imagenet":
            weights = published(PUBLISHED[self.options["variant"]])
        if pathlib.Path(weights).suffix in (".pth", ".pt", ".safetensors"):
            alexnet_from_torchvision(self, read_state(weights))
        else:
            self.load_weights(weights)

    def ten_crop_predict(self, pictures, crop=224 / 256):
        """Predict from the four corners and the centre of pictures, each also mirrored.

        Args:
            pictures: As for `preprocess`.
            crop: Float in (0, 1], what a side of a crop has of a side of the picture. Defaults to
                that of the paper.

        Returns:
            Array `(n, 10, classes)`, the outputs for the crops in the order of `TenCrop`; the
            prediction of the paper is their mean over axis 1.
        """
        height, width, channels = self.options["input_shape"]
        if height != width:
            raise ValueError(f"`input_shape` must be square. Received: {height} x {width}")
        if not 0 < crop <= 1:
            raise ValueError(f"`crop` must lie in (0, 1]. Received: crop={crop}")
        inputs = self.preprocess(pictures, side=round(height / crop))
        crops = keras.ops.convert_to_numpy(TenCrop(height)(inputs))
        outputs = self.predict_on_batch(crops.reshape(-1, height, width, channels))
        return outputs.reshape(len(inputs), 10, *outputs.shape[1:])

    def get_config(self):
        return {**self.options, **self._common_config()}


def _check_shape(plan, shape, overlapping):
    """Raise `ValueError` unless every pooling has something to pool."""
    least = 1
    for convolution in reversed(plan.convolutions):
        if convolution.pooled:
            least = 2 * least + (1 if overlapping else 0)
        least = (least - 1) * convolution.strides + convolution.kernel - 2 * convolution.border
    if len(shape) != 3 or None in shape or min(shape[:2]) < least or shape[2] not in (1, 3):
        raise ValueError(
            f"`input_shape` must be (height, width, 1 or 3), of at least {least} pixels a side. "
            f"Received: input_shape={shape}"
        )


def _network(
    plan,
    x,
    policy,
    *,
    include_top,
    pooling,
    classes,
    classifier_activation,
    normalization,
    activation,
    towers,
    overlapping,
    dropout,
    seed,
):
    """Return the outputs of the network for symbolic inputs."""
    layers = keras.layers

    def kernel():
        if plan.deviation is not None:
            return keras.initializers.RandomNormal(stddev=plan.deviation)
        return "he_normal" if activation == "relu" else "glorot_normal"

    def dense(units, bias, place):
        return layers.Dense(
            units,
            kernel_initializer=kernel(),
            bias_initializer=keras.initializers.Constant(bias),
            dtype=policy,
            name=f"fc{place}",
        )

    def dropped(x, place):
        own = None if seed is None else seed + place
        return layers.Dropout(dropout, seed=own, dtype=policy, name=f"drop{place}")(x)

    count = len(plan.convolutions)
    for place, convolution in enumerate(plan.convolutions, 1):
        border = convolution.border
        same = border == convolution.kernel // 2 and convolution.strides == 1
        if border and not same:
            x = layers.ZeroPadding2D(border, dtype=policy, name=f"pad{place}")(x)
        x = GroupedConv2D(
            convolution.filters,
            convolution.kernel,
            groups=towers if convolution.grouped else 1,
            strides=convolution.strides,
            padding="same" if same else "valid",
            activation=activation,
            kernel_initializer=kernel(),
            bias_initializer=keras.initializers.Constant(convolution.bias),
            dtype=policy,
            name=f"conv{place}",
        )(x)
        if convolution.normalized and normalization is not None:
            kind = {"lrn": LocalResponseNormalization, "batch": layers.BatchNormalization}
            x = kind[normalization](dtype=policy, name=f"norm{place}")(x)
        if convolution.pooled:
            window = 3 if overlapping else 2
            x = layers.MaxPooling2D(window, 2, dtype=policy, name=f"pool{place}")(x)
    if not include_top:
        kinds = {"avg": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D}
        return x if pooling is None else kinds[pooling](dtype=policy, name="pooling")(x)
    x = layers.Flatten(dtype=policy, name="flatten")(x)
    for place, units in enumerate(plan.units, count + 1):
        x = dense(units, 1.0, place)(x)
        x = dropped(layers.Activation(activation, dtype=policy, name=f"act{place}")(x), place)
    if not plan.units:
        x = dropped(x, count)
    x = dense(classes, 0.0, count + len(plan.units) + 1)(x)
    if classifier_activation is None:
        return x
    return layers.Activation(
        classifier_activation, dtype=wide(policy.compute_dtype), name="probabilities"
    )(x)
