"""The context module: dilated convolutions whose field grows exponentially (Yu and Koltun)."""

import keras
from keras import ops

from keras_readinglist.initializers import IdentityConv
from keras_readinglist.layers.convolution.dilated_conv import DilatedConv2D
from keras_readinglist.layers.convolution.reflect_padding import reflected
from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.validation import check_choice, check_shape, check_size, check_sizes

DILATIONS = (1, 1, 2, 4, 8, 16, 1)


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ContextModule(keras.layers.Layer):
    """Refines maps of scores by what stands far around every pixel, at full resolution.

    3 x 3 convolutions with `dilations`, each cut off below zero, and a linear 1 x 1 convolution
    back to the number of classes. With C = 21 it has 28,392 weights, or 6,803,139 if it is large.

    Args:
        classes: Positive integer C, the number of maps; `None` for that of the input.
        size: `"basic"`, with C maps in every layer, or `"large"`, with twice as many as the
            largest dilation so far, times C.
        dilations: Tuple of positive integers. The default is the paper's module of 8 layers;
            `(1, 1, 2, 4, 8, 1)` is that of 7 for KITTI, and `(1, 1, 2, 4, 8, 16, 32, 64, 1)` that
            of 10 for Cityscapes.
        widths: Tuple of positive integers, the maps of each dilated layer in units of C; overrides
            `size`.
        padding: `"same"`: every layer adds its own border of zeros; or `"buffer"`: the input gets
            one border as wide as the field's radius.
        buffer_mode: `"zeros"` or `"reflect"`, what that border holds.
        initializer: `"identity"`, with which the untrained module gives out `relu(inputs)`; or any
            initializer of Keras.
        sigma: Float, the noise of the identity: `IdentityConv`'s, divided by a layer's width.
        seed: Integer seed of the identity, or `None`.
        **kwargs: Base layer keyword arguments.

    Call arguments:
        inputs: Float tensor `(batch, height, width, classes)`, scores.

    Input shape:
        As above, height and width of any size.

    Output shape:
        That of the input.

    Raises:
        ValueError: If an argument is out of range, the input has other maps, or it is smaller
            than a border that mirrors it.

    Example:
        >>> module = ContextModule(sigma=0)
        >>> scores = np.random.default_rng(0).normal(size=(1, 40, 40, 3)).astype("float32")
        >>> bool(ops.all(module(scores) == np.maximum(scores, 0))), module.receptive_field
        (True, 67)

    References:
        - [Yu and Koltun, 2015](https://arxiv.org/abs/1511.07122), section 3 and Table 1
    """

    def __init__(
        self,
        classes=None,
        size="basic",
        dilations=DILATIONS,
        widths=None,
        padding="same",
        buffer_mode="zeros",
        initializer="identity",
        sigma=0.01,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.classes = None if classes is None else check_size("classes", classes)
        self.size = check_choice("size", size, ("basic", "large"))
        self.dilations = check_sizes("dilations", dilations)
        self.widths = None if widths is None else check_sizes("widths", widths)
        if widths is not None and len(self.widths) != len(self.dilations):
            raise ValueError(
                "`widths` must have a number for each of `dilations`. "
                f"Received: widths={widths}, dilations={dilations}"
            )
        self.padding = check_choice("padding", padding, ("same", "buffer"))
        self.buffer_mode = check_choice("buffer_mode", buffer_mode, ("zeros", "reflect"))
        self.initializer = initializer
        if initializer != "identity":
            self.initializer = keras.initializers.get(initializer)
        self.sigma, self.seed = sigma, seed

    @property
    def radius(self):
        """How many pixels to each side an output sees."""
        return sum(self.dilations)

    @property
    def receptive_field(self):
        """The side of the square that an output sees."""
        return 1 + 2 * self.radius

    def _multiples(self):
        if self.widths is not None:
            return self.widths
        if self.size == "basic":
            return (1,) * len(self.dilations)
        return tuple(2 * max(self.dilations[: i + 1]) for i in range(len(self.dilations)))

    def _names(self):
        """Return the names of the dilated layers in the authors' networks."""
        count = len(self.dilations)
        names = ["ctx_conv1_1", *(f"ctx_conv{i}_{2 if i == 1 else 1}" for i in range(1, count - 1))]
        return [*names[: count - 1], "ctx_fc1"]

    def _convolution(self, name, index, multiple, **kwargs):
        initializer = fresh(self.initializer)
        if initializer == "identity":
            seed = None if self.seed is None else self.seed + index
            initializer = IdentityConv(self.classes, self.sigma / multiple, seed)
        return DilatedConv2D(
            multiple * self.classes,
            padding="valid" if self.padding == "buffer" else "same",
            kernel_initializer=initializer,
            dtype=self.dtype_policy,
            name=name,
            **kwargs,
        )

    def build(self, inputs_shape):
        check_shape("inputs", inputs_shape, "(batch, height, width, classes)", width=self.classes)
        self.classes = inputs_shape[-1]
        layers = list(zip(self._names(), self._multiples(), self.dilations, strict=True))
        self.chain = [
            self._convolution(name, i, multiple, dilation_rate=rate, activation="relu")
            for i, (name, multiple, rate) in enumerate(layers)
        ]
        self.chain.append(self._convolution("ctx_final", len(layers), 1, kernel_size=1))
        shape = (None, None, None, self.classes)
        for layer in self.chain:
            layer.build(shape)
            shape = (None, None, None, layer.filters)

    def call(self, inputs):
        check_shape("inputs", inputs.shape, "(batch, height, width, classes)", width=self.classes)
        x, border = inputs, [(self.radius, self.radius)] * 2
        if self.padding == "buffer" and self.buffer_mode == "reflect":
            x = reflected(x, border)
        elif self.padding == "buffer":
            x = ops.pad(x, [(0, 0), *border, (0, 0)])
        for layer in self.chain:
            x = layer(x)
        return x

    def compute_output_shape(self, inputs_shape):
        return tuple(inputs_shape)

    def get_config(self):
        names = ("classes", "size", "dilations", "widths", "padding", "buffer_mode", "sigma")
        initializer = self.initializer
        if initializer != "identity":
            initializer = keras.initializers.serialize(initializer)
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in (*names, "seed")},
            "initializer": initializer,
        }
