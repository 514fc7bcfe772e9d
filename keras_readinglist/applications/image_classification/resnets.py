"""The residual networks of the papers by their names."""

import pathlib

import h5py
import keras

from keras_readinglist.applications.image_classification.imagenet import (
    CLASSES,
    imagenet_class_names,
)
from keras_readinglist.applications.image_classification.resnet import ResNet
from keras_readinglist.conversion.keras_applications import copy_weights
from keras_readinglist.conversion.torchvision import (
    published,
    read_state,
    resnet_from_torchvision,
)

SIZES = {  # by depth: the kind of a unit, and how many of it every stage has
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
    200: ("bottleneck", (3, 24, 36, 3)),
}
FILTERS = (64, 128, 256, 512)
# What differs in the networks whose weights `keras.applications` gives.
KERAS = {
    1: {
        "unit_config": {"use_bias": True, "batch_norm_epsilon": 1.001e-5, "stride_in": "1x1"},
        # Numbers of bytes, blue first, less their mean.
        "preprocessing": {
            "reversed": True,
            "mean": [103.939 / 255, 116.779 / 255, 123.68 / 255],
            "std": 1 / 255,
        },
    },
    2: {
        "unit_config": {"use_bias": "output", "batch_norm_epsilon": 1.001e-5, "stride_in": "3x3"},
        "downsample": "last",
        "preprocessing": {"mean": 0.5, "std": 0.5},
    },
}
# What differs in those of torchvision, and its files by the depth.
TORCHVISION = {
    "unit_config": {"stride_in": "3x3"},
    "preprocessing": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
}
TORCHVISION_FILES = {
    18: "resnet18-f37072fd.pth",
    34: "resnet34-b627a593.pth",
    50: "resnet50-0676ba61.pth",
    101: "resnet101-63fe2227.pth",
    152: "resnet152-394f9c45.pth",
}


def resnet(
    depth,
    version=1,
    *,
    include_top=True,
    weights=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    **kwargs,
):
    """Build a residual network for ImageNet by its depth.

    Args:
        depth: 18, 34, 50, 101, 152 or 200.
        version: 1, or 2 for full pre-activation.
        include_top: Boolean, whether there are classes at the end.
        weights: `None` for random ones; `"imagenet"` for those of `keras.applications`, of the
            depths 50, 101 and 152; `"torchvision"` for those of torchvision, of version 1 to the
            depth 152, read with torch (69.8, 73.3, 76.1, 77.4 and 78.3 % of ImageNet's validation
            pictures right); both are fetched, with the names of the classes. Or the path of a file
            that `save_weights` wrote, of an `.h5` file of `keras.applications`, or of torchvision's
            weights as `.pth` or `.safetensors`.
            With weights of `keras.applications` the network is exactly that of
            `keras.applications`, with those of torchvision exactly that of torchvision, otherwise
            that of the paper: without biases, and halving in the first convolution of a stage.
        input_shape: Tuple `(height, width, channels)`. Defaults to (224, 224, 3).
        pooling: `"avg"`, `"max"` or `None`, where `include_top` is false.
        classes: Positive integer.
        classifier_activation: Name of an activation, or `None`.
        **kwargs: Further arguments of `ResNet`.

    Returns:
        A `ResNet`.

    Raises:
        ValueError: If there is no such depth, or there are no such weights.
    """
    if depth not in SIZES:
        raise ValueError(f"`depth` must be one of {tuple(SIZES)}. Received: depth={depth}")
    kind, sizes = SIZES[depth]
    donor, state = None, None
    if weights == "imagenet" or _is_legacy(weights):
        donor = _donor(depth, version, weights, include_top, input_shape, classes)
        kwargs = {**KERAS[version], **kwargs}
    elif weights is not None and str(weights).endswith(("torchvision", ".pth", ".safetensors")):
        state = _state(depth, version, weights)
        kwargs = {**TORCHVISION, **kwargs}
    if weights in ("imagenet", "torchvision") and include_top and classes == CLASSES:
        kwargs.setdefault("class_names", imagenet_class_names())
    kwargs.setdefault("stem_filters", 64)
    kwargs.setdefault("name", f"resnet{depth}" + "v2" * (version == 2))
    model = ResNet(
        sizes,
        FILTERS,
        kind,
        version,
        include_top=include_top,
        input_shape=input_shape,
        pooling=pooling,
        classes=classes,
        classifier_activation=classifier_activation,
        **kwargs,
    )
    if donor is not None:
        copy_weights(model, donor)
    elif state is not None:
        resnet_from_torchvision(model, state)
    elif weights is not None:
        model.load_weights(_checked_path(weights))
    return model


def _is_legacy(weights):
    """Return whether weights are a file in the form in which Keras has published its own."""
    return str(weights).endswith(".h5") and not str(weights).endswith(".weights.h5")


def _checked_path(weights):
    path = pathlib.Path(weights).expanduser()
    if not path.is_file():
        raise ValueError(
            "`weights` must be None, 'imagenet', 'torchvision' or the path of a file. "
            f"Received: weights={str(weights)!r}"
        )
    return path


def _donor(depth, version, weights, include_top, input_shape, classes):
    """Return the network of `keras.applications` with its weights; it knows where they are."""
    name = f"ResNet{depth}" + "V2" * (version == 2)
    if depth not in (50, 101, 152):
        raise ValueError(
            "`weights` may be 'imagenet' or an .h5 file for the depths 50, 101 and 152. "
            f"Received: depth={depth}, weights={str(weights)!r}"
        )
    fetched = weights == "imagenet"
    if fetched and include_top and classes != CLASSES:
        raise ValueError(
            "`classes` must be 1000 with the classes of ImageNet. Give `include_top=False` for "
            f"others. Received: classes={classes}"
        )
    weights = weights if fetched else _checked_path(weights)
    if not fetched and not h5py.is_hdf5(weights):
        raise ValueError(f"`weights` must be an HDF5 file, if its name ends in .h5: {weights}")
    make = getattr(keras.applications, name)
    shared = {"include_top": include_top, "input_shape": input_shape, "classes": classes}
    try:
        return make(weights=str(weights), **shared)
    except ValueError as error:
        if fetched:
            raise
        raise ValueError(f"`weights` must be those of {name}. {weights}: {error}") from error


def _state(depth, version, weights):
    """Return the arrays of torchvision's network, which are fetched unless a path is given."""
    if version != 1 or depth not in TORCHVISION_FILES:
        raise ValueError(
            f"`weights` may be torchvision's for version 1 and the depths "
            f"{tuple(TORCHVISION_FILES)}. Received: depth={depth}, version={version}"
        )
    return read_state(published(TORCHVISION_FILES[depth]) if weights == "torchvision" else weights)


def _named(name, depth, version=1, **fixed):
    def build(**kwargs):
        return resnet(depth, version, **{**fixed, **kwargs})

    build.__name__ = build.__qualname__ = name
    what = "network without shortcuts" if fixed else "residual network"
    build.__doc__ = f"""Build the {what} of {depth} layers for ImageNet, version {version}.

    Args:
        **kwargs: Keyword arguments of `resnet`, such as `include_top`, `weights` and `classes`.

    Returns:
        A `ResNet`.
    """
    return build


# One by one, so that tools that only read the code find them.
ResNet18 = _named("ResNet18", 18)
ResNet34 = _named("ResNet34", 34)
ResNet50 = _named("ResNet50", 50)
ResNet101 = _named("ResNet101", 101)
ResNet152 = _named("ResNet152", 152)
ResNet18V2 = _named("ResNet18V2", 18, 2)
ResNet34V2 = _named("ResNet34V2", 34, 2)
ResNet50V2 = _named("ResNet50V2", 50, 2)
ResNet101V2 = _named("ResNet101V2", 101, 2)
ResNet152V2 = _named("ResNet152V2", 152, 2)
ResNet200V2 = _named("ResNet200V2", 200, 2)
PlainNet18 = _named("PlainNet18", 18, shortcut="none")
PlainNet34 = _named("PlainNet34", 34, shortcut="none")


def ResNetCIFAR(depth, residual=True, shortcut="A", classes=10, width=16, **kwargs):  # noqa: N802
    """Build the residual network of section 4.2 for small pictures, or its plain twin.

    Args:
        depth: `6 n + 2`, such as 20, 32, 44, 56 and 110.
        residual: Boolean; without shortcuts it is the plain net of as many weights.
        shortcut: `"A"`, `"B"` or `"C"`.
        classes: Positive integer.
        width: Positive integer, channels of the first stage.
        **kwargs: Further arguments of `ResNet`.

    Returns:
        A `ResNet` of logits, unless `classifier_activation` is given.

    Raises:
        ValueError: If the depth is of another form.
    """
    if depth < 8 or (depth - 2) % 6:
        raise ValueError(f"`depth` must be 6 n + 2, from 8 on. Received: depth={depth}")
    kwargs.setdefault("classifier_activation", None)
    return ResNet(
        3 * ((depth - 2) // 6,),
        (width, 2 * width, 4 * width),
        kwargs.pop("kind", "basic"),
        stem="cifar",
        shortcut=shortcut if residual else "none",
        classes=classes,
        **kwargs,
    )


def PreActResNetCIFAR(depth, kind=None, classes=10, width=16, **kwargs):  # noqa: N802
    """Build the network of the second paper for small pictures, with any unit of its tables.

    Args:
        depth: `9 n + 2` of bottlenecks, such as 164 and 1001, or `6 n + 2` of basic units. 110 is
            of both forms, and basic.
        kind: `"basic"`, `"bottleneck"`, or `None` to see by the depth.
        classes: Positive integer.
        width: Positive integer, channels of the first stage.
        **kwargs: Further arguments of `ResNet`. `unit_config` may name any shortcut and order of
            activations of `layers.ResidualUnit`; an order that normalizes at its end has no
            normalization after the last unit, so it needs `version=1`.

    Returns:
        A `ResNet` of logits, unless `classifier_activation` is given.

    Raises:
        ValueError: If the depth is of another form.
    """
    basic, bottleneck = (depth - 2) % 6 == 0, (depth - 2) % 9 == 0
    kind = kind or ("bottleneck" if bottleneck and not (basic and depth == 110) else "basic")
    layers = {"basic": 6, "bottleneck": 9}.get(kind)
    if layers is None or depth < layers + 2 or (depth - 2) % layers:
        raise ValueError(
            "`depth` must be 6 n + 2 for basic units and 9 n + 2 for bottlenecks. "
            f"Received: depth={depth}, kind={kind!r}"
        )
    kwargs.setdefault("classifier_activation", None)
    kwargs.setdefault("version", 2)
    return ResNet(
        3 * ((depth - 2) // layers,),
        (width, 2 * width, 4 * width),
        kind,
        stem="cifar",
        stem_filters=width,
        shortcut=kwargs.pop("shortcut", "A" if kind == "basic" else "B"),
        classes=classes,
        **kwargs,
    )
