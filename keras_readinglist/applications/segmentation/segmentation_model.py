"""What every network from pictures to label maps can do."""

import itertools

import keras
import numpy as np
from keras import ops

from keras_readinglist.applications.image_classification.pictures import read_picture
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.validation import check_size
from keras_readinglist.presets import PresetMixin
from keras_readinglist.softmax import softmax


class SegmentationModel(PresetMixin, keras.Model):
    """The base of networks that name every pixel of a picture.

    A subclass has `_sees_pixels`, which returns the `DilatedFrontEnd`, and `refine`, which makes
    scores of all its maps.
    """

    @property
    def stride(self):
        """How many pixels lie between those of two neighbouring scores."""
        return self._sees_pixels().step

    def targets(self, labels):
        """Return the labels of the pixels in whose middle the scores lie.

        Args:
            labels: Array `(batch, height, width)`.
        """
        first = self.stride // 2
        return labels[:, first :: self.stride, first :: self.stride]

    def preprocess(self, pictures):
        """Return a list of pictures as the network takes them, float32 `(height, width, 3)`.

        Args:
            pictures: A picture, or a list of pictures, each the path of a file, a Pillow image, or
                an array of bytes or of floats from 0 to 1, of any size; or an array
                `(n, height, width, 3)`.
        """
        if isinstance(pictures, np.ndarray) and pictures.ndim == 4:
            pictures = list(pictures)
        pictures = pictures if isinstance(pictures, (list, tuple)) else [pictures]
        facts = self._sees_pixels().preprocessing
        read = [read_picture(picture, 3)[..., :: -1 if facts["bgr"] else 1] for picture in pictures]
        mean, std = (np.asarray(facts[name], "float32") for name in ("mean", "std"))
        return [((pixels - mean) / std).astype("float32") for pixels in read]

    def segment(self, pictures, tile=None):
        """Name every pixel.

        Args:
            pictures: As for `preprocess`.
            tile: Positive integer, the side of the squares that the front end sees at a time, so
                that pictures of any size fit into memory: a multiple of the stride. What is found
                is the same. Only with the padding `"valid"`. `None` for whole pictures.

        Returns:
            List of int32 arrays `(height, width)`, the classes.
        """
        return [p.argmax(-1).astype("int32") for p in self.probabilities(pictures, tile)]

    def probabilities(self, pictures, tile=None):
        """Return what the network believes of every pixel.

        Args:
            pictures: As for `preprocess`.
            tile: As for `segment`.

        Returns:
            List of float arrays `(height, width, classes)`.

        Raises:
            ValueError: If the tiles do not fit the network, or a picture is too small for it.
        """
        read = self.preprocess(pictures)
        if len({pixels.shape for pixels in read}) == 1:
            return list(self._zoomed(np.stack(read), tile))
        return [self._zoomed(pixels[None], tile)[0] for pixels in read]

    def _zoomed(self, images, tile):
        """Return probabilities at the size of pictures of one size."""
        sides = images.shape[1:3]
        missing = [-side % self.stride for side in sides]
        if any(missing):
            mode = "reflect" if all(m < s for m, s in zip(missing, sides, strict=True)) else "edge"
            images = np.pad(images, [(0, 0), *((0, m) for m in missing), (0, 0)], mode=mode)
        if tile is None:
            scores = self.predict_on_batch(images)
        else:
            scores = self._refined(maps=self._tiled(images, tile))
        found = softmax(np.asarray(scores, wide(self.compute_dtype)))
        return _enlarged(found, self.stride)[:, : sides[0], : sides[1]]

    def _tiled(self, images, tile):
        """Return the maps of the front end, put together of those of tiles with their margins."""
        front = self._sees_pixels()
        step, margin = front.step, front.margin
        if front.padding != "valid" or check_size("tile", tile) % step:
            raise ValueError(
                f"`tile` must be a multiple of the stride {step}, of a front end with the padding "
                f"'valid'. Received: tile={tile}, padding={front.padding!r}"
            )
        sides = images.shape[1:3]
        border = ops.convert_to_numpy(front.bordered(images))
        counts = [side // step for side in sides]
        maps = np.zeros((len(images), *counts, front.classes), border.dtype)
        # The last tiles begin earlier: all have one size, and one program computes them.
        rows, columns = ([*range(0, side - tile, tile), max(side - tile, 0)] for side in sides)
        extent = tile + 2 * margin
        for top, left in itertools.product(rows, columns):
            found = self._maps(windows=border[:, top : top + extent, left : left + extent])
            place = slice(top // step, None), slice(left // step, None)
            maps[:, *place][:, : found.shape[1], : found.shape[2]] = found
        return maps

    @compiled
    def _maps(self, windows):
        return self._sees_pixels().maps(windows)

    @compiled
    def _refined(self, maps):
        return self.refine(maps)


def _enlarged(maps, step):
    """Return maps `step` times as large, by bilinear interpolation between the middles."""
    for axis in (1, 2):
        size = maps.shape[axis]
        places = np.clip((np.arange(size * step) + 0.5) / step - 0.5, 0, size - 1)
        weights = np.maximum(0, 1 - np.abs(places[:, None] - np.arange(size))).astype(maps.dtype)
        maps = np.moveaxis(np.tensordot(weights, maps, (1, axis)), 0, axis)
    return maps
