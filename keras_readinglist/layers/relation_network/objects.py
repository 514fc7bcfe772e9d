"""From a feature map to a set of objects that know where they are (Santoro et al., 2017)."""

import keras
from keras import ops

from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_shape

_LAYOUT = "(batch, height, width, channels)"


class _OfFeatureMap(keras.layers.Layer):
    """A layer without weights whose call argument is a feature map."""

    def build(self, feature_map_shape):
        check_shape("feature_map", feature_map_shape, _LAYOUT)

    def _sizes(self, feature_map):
        """Return batch, height and width of a feature map."""
        check_shape("feature_map", feature_map.shape, _LAYOUT)
        return ops.shape(feature_map)[:3]


@keras.saving.register_keras_serializable(package="keras_readinglist")
class AppendCoordinates(_OfFeatureMap):
    """Appends the row and the column of every cell, from -1 to 1, as two more channels.

    An axis of length one gets the coordinate -1.

    Args:
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        feature_map: Float tensor `(batch, height, width, channels)`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, height, width, channels + 2)`.

    Raises:
        ValueError: If the feature map has another rank.

    Example:
        >>> AppendCoordinates()(np.zeros((1, 3, 2, 4)))[0, 2, 0, 4:].tolist()
        [1.0, -1.0]

    References:
        - [Santoro et al., 2017](https://arxiv.org/abs/1706.01427), section 3
    """

    def call(self, feature_map):
        batch, height, width = self._sizes(feature_map)
        dtype = wide(self.compute_dtype)
        rows, columns = _coordinates(height, dtype), _coordinates(width, dtype)
        shape = (batch, height, width, 1)
        places = [
            ops.broadcast_to(ops.reshape(rows, (1, -1, 1, 1)), shape),
            ops.broadcast_to(ops.reshape(columns, (1, 1, -1, 1)), shape),
        ]
        places = [ops.cast(place, feature_map.dtype) for place in places]
        return ops.concatenate([feature_map, *places], axis=-1)

    def compute_output_shape(self, feature_map_shape):
        return (*feature_map_shape[:-1], feature_map_shape[-1] + 2)


def _coordinates(size, dtype):
    """Return `linspace(-1, 1, size)`, also where the size is a tensor."""
    last = ops.cast(ops.maximum(size - 1, 1), dtype)
    return 2.0 * ops.arange(size, dtype=dtype) / last - 1.0


@keras.saving.register_keras_serializable(package="keras_readinglist")
class FeatureMapToObjects(_OfFeatureMap):
    """Makes every cell of a feature map an object.

    Args, Call arguments, Input shape, Raises: as for `AppendCoordinates`.

    Output shape:
        `(batch, height * width, channels)`, row by row.

    Example:
        >>> FeatureMapToObjects()(np.zeros((1, 3, 2, 4))).shape
        (1, 6, 4)

    References:
        - [Santoro et al., 2017](https://arxiv.org/abs/1706.01427), section 3
    """

    def call(self, feature_map):
        batch, height, width = self._sizes(feature_map)
        return ops.reshape(feature_map, (batch, height * width, feature_map.shape[-1]))

    def compute_output_shape(self, feature_map_shape):
        batch, height, width, channels = feature_map_shape
        known = height is not None and width is not None
        return (batch, height * width if known else None, channels)
