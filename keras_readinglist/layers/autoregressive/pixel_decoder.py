"""A decoder of pictures that sees a window of known pixels and a map made of a code."""

import keras
from keras import ops

from keras_readinglist.layers.autoregressive.gated_pixel_block import GatedPixelBlock
from keras_readinglist.layers.autoregressive.pixel_conv2d import PixelConv2D
from keras_readinglist.layers.precision import dense
from keras_readinglist.layers.validation import check_shape, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PixelDecoder(keras.layers.Layer):
    """The parameters of the law of every pixel, given a window before it and its features.

    The features enter before every nonlinearity. What the window can predict, they need not say:
    a small window leaves the whole to the code, a wide one can do without a code.

    Args:
        outputs: Positive integer, the parameters of a pixel.
        filters: Positive integer. Defaults to 32.
        receptive_field: As for `PixelConv2D`, of the first convolution; or `None`: then all pixels
            are independent given the features. Defaults to `(3, 1)`.
        blocks: Integer, the gated blocks behind it, each of which sees 1 more row. Defaults to 0.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`, the picture.
        features: Float tensor `(batch, height, width, features)`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, height, width, outputs)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> decoder = PixelDecoder(outputs=1)
        >>> decoder(np.ones((2, 8, 8, 1)), np.ones((2, 8, 8, 5))).shape
        (2, 8, 8, 1)

    References:
        - [Chen et al., 2017](https://arxiv.org/abs/1611.02731), section 3.1
    """

    def __init__(self, outputs, filters=32, receptive_field=(3, 1), blocks=0, **kwargs):
        super().__init__(**kwargs)
        self.outputs, self.filters = check_size("outputs", outputs), check_size("filters", filters)
        self.blocks = check_size("blocks", blocks, 0)
        self.receptive_field = None if receptive_field is None else tuple(receptive_field)
        if self.receptive_field is None and blocks:
            raise ValueError(
                f"`blocks` must be 0 without a `receptive_field`. Received: blocks={blocks}"
            )
        policy = self.dtype_policy
        self.entries = [
            keras.layers.Dense(filters, dtype=policy, name=f"entry_{k}") for k in range(2)
        ]
        if self.receptive_field is not None:
            self.first = PixelConv2D(filters, self.receptive_field, use_bias=False, dtype=policy)
        self.gated = [GatedPixelBlock(dtype=policy) for _ in range(self.blocks)]
        self.hidden = keras.layers.Dense(filters, use_bias=False, dtype=policy)
        self.last = keras.layers.Dense(outputs, dtype=policy)

    def build(self, inputs_shape, features_shape):
        check_shape("inputs", inputs_shape, "(batch, height, width, channels)")
        check_shape("features", features_shape, "(batch, height, width, features)")
        maps = (*inputs_shape[:-1], self.filters)
        for entry in self.entries:
            entry.build(features_shape)
        if self.receptive_field is not None:
            self.first.build(inputs_shape)
        for block in self.gated:
            block.build(maps, features_shape)
        self.hidden.build(maps)
        self.last.build(maps)

    def call(self, inputs, features):
        x = dense(self.entries[0], features)
        if self.receptive_field is not None:
            x = x + self.first(inputs)
        x = ops.elu(x)
        for block in self.gated:
            x = block(x, features)
        return self._finish(x, features)

    def empty_cache(self, batch, height, width, channels):
        """Return what `step` keeps between pixels: a tuple of tensors."""
        if self.receptive_field is None:
            return ()
        sizes = [(self.first, channels)]
        sizes += [(block.convolution, self.filters) for block in self.gated]
        return tuple(
            layer.pad(ops.zeros((batch, height, width, depth), self.compute_dtype))
            for layer, depth in sizes
        )

    def step(self, cache, features, row, column):
        """Return the parameters at one pixel, `(batch, outputs)`, and the cache.

        Only the windows of this pixel are computed: all pixels cost what one parallel call costs,
        and not that for each.

        Args:
            cache: Of the pixels before this one, see `put`.
            features: Float tensor `(batch, height, width, features)`.
            row: Integer, or integer tensor.
            column: The same.
        """
        shape = (ops.shape(features)[0], 1, 1, features.shape[-1])
        here = ops.slice(features, (0, row, column, 0), shape)[:, 0, 0]
        x, kept = dense(self.entries[0], here), list(cache)
        if self.receptive_field is not None:
            x = x + self.first.at(kept[0], row, column)
        x = ops.elu(x)
        for place, block in enumerate(self.gated, start=1):
            x, kept[place] = block.at(kept[place], row, column, x, here)
        return self._finish(x, here), tuple(kept)

    def put(self, cache, row, column, values):
        """Return the cache with the values of a pixel, `(batch, channels)`, in it."""
        if self.receptive_field is None:
            return cache
        return (self.first.put(cache[0], row, column, values), *cache[1:])

    def _finish(self, x, features):
        x = ops.elu(dense(self.hidden, x) + dense(self.entries[1], features))
        return dense(self.last, x)

    def compute_output_shape(self, inputs_shape, features_shape):
        return (*inputs_shape[:-1], self.outputs)

    def get_config(self):
        return {
            **super().get_config(),
            "outputs": self.outputs,
            "filters": self.filters,
            "receptive_field": self.receptive_field,
            "blocks": self.blocks,
        }
