"""Denoising by lossy compression, without knowing how much noise there is."""

import math
from dataclasses import dataclass

import numpy as np

from keras_readinglist.information.algorithmic.structure import HammingBall
from keras_readinglist.information.coarse_graining import coarse_grain
from keras_readinglist.information.complexodynamics.two_part_code import two_part_image_code
from keras_readinglist.information.mdl.codes import integer_code_length
from keras_readinglist.information.mdl.discrete import dirichlet_nats
from keras_readinglist.information.mdl.multinomial import stochastic_complexity

BLOCK = 8
_GRIDS = {
    "majority": (0, 1, 2, 3, 4, 6, 8),
    "k-d": 2.0 ** np.arange(0, 6.25, 0.25),
    "dct": 2.0 ** np.arange(2, 8.5, 0.25),
    "haar": 2.0 ** np.arange(2, 8.5, 0.25),
}


@dataclass(frozen=True)
class Denoised:
    """What `lossy_denoise` returns.

    Args:
        image: The picture at the best quality, shaped as the input.
        best: Index of the best quality.
        qualities: Array of the qualities that were tried.
        code_bits: Array of the bits of the compressed pictures.
        noise_bits: Array of the bits of what they leave out.
        distortion: Array of the differing cells, or of the mean squared errors.
        images: The pictures at all qualities.
    """

    image: np.ndarray
    best: int
    qualities: np.ndarray
    code_bits: np.ndarray
    noise_bits: np.ndarray
    distortion: np.ndarray
    images: list

    @property
    def total_bits(self):
        """The lengths of the two-part descriptions."""
        return self.code_bits + self.noise_bits


def lossy_denoise(image, quality_grid=None, codec=None, sigma=None, slack=None):
    """Compress a picture so strongly that what is lost is as incompressible as noise.

    A compressed picture `y` is a model: the set of all pictures as far from `y` as this one. The
    two parts `Z(y)` and `log2` of the size of that set add up to a description, and the shortest
    one keeps the structure and gives up the noise.

    Args:
        image: Array `(height, width)`: zeros and ones, or gray values from 0 to 255. Pictures of
            other units, such as 16 bits or floats up to 1, are refused: scale them.
        quality_grid: Sequence of numbers: rounds for `"majority"`, prices of a model bit for
            `"k-d"`, and for the other codecs the size below which a coefficient is dropped; the
            others are rounded to half of it. Defaults to a grid from fine to coarse.
        codec: For black and white `"majority"` (every cell as most of the nine around it, in
            rounds, coded by contexts of ten neighbours) or `"k-d"` (the partition into rectangles,
            sides powers of two); for gray values `"dct"` (cosines in blocks of 8 x 8) or `"haar"`
            (wavelets). Defaults to `"majority"` and `"dct"`.
        sigma: Float, the deviation of the noise if it is known, for gray values.
        slack: Float, how many bits above the shortest a description may be; the smallest model
            among these is taken. Defaults to the square root of the number of cells, by which the
            bits of noise fluctuate.

    Returns:
        A `Denoised`.

    Raises:
        ValueError: If the picture or an argument does not fit.

    Example:
        >>> clean = np.zeros((32, 32), int)
        >>> clean[8:24, 8:24] = 1
        >>> noisy = clean ^ (np.random.default_rng(0).random((32, 32)) < 0.1)
        >>> bool((lossy_denoise(noisy).image != clean).mean() < 0.02)
        True

    References:
        - Vereshchagin, Vitányi, 2010, Rate distortion and denoising of individual data
        - Shen, Uspensky, Vereshchagin, 2017, section 14.5
    """
    image = np.asarray(image)
    numbers = image.dtype.kind in "iubf"
    if image.ndim != 2 or image.size == 0 or not numbers or not np.isfinite(image).all():
        raise ValueError(
            "`image` must be finite numbers of shape (height, width), one channel. Received: "
            f"{image.dtype} of shape {image.shape}"
        )
    binary = bool(np.isin(image, (0, 1)).all())
    if not binary and (image.min() < 0 or not 1 < image.max() <= 255):
        raise ValueError(
            "`image` must be zeros and ones, or gray values from 0 to 255: scale it so that white "
            f"is 255. Received values from {image.min():g} to {image.max():g}"
        )
    codecs = ("majority", "k-d") if binary else ("dct", "haar")
    codec = codec or codecs[0]
    if codec not in codecs:
        raise ValueError(f"`codec` must be one of {codecs} here. Received: codec={codec!r}")
    qualities = np.asarray(_GRIDS[codec] if quality_grid is None else quality_grid, float)
    least = 0 if codec == "majority" else 1e-9
    if qualities.ndim != 1 or len(qualities) == 0 or not (qualities >= least).all():
        raise ValueError("`quality_grid` must hold positive numbers.")
    if sigma is not None and not sigma > 0:
        raise ValueError(f"`sigma` must be positive. Received: sigma={sigma}")
    if binary:
        smooth = _majority if codec == "majority" else _flat_rectangles
        tried = [_describe(image, *smooth(image.astype(np.int64), q)) for q in qualities]
    else:
        coder = _Transform(image.astype(float), codec)
        tried = [coder.compress(q, sigma) for q in qualities]
    images, code, noise, distortion = zip(*tried, strict=True)
    code, noise = np.array(code), np.array(noise)
    slack = math.sqrt(image.size) if slack is None else slack
    sufficient = code + noise <= (code + noise).min() + slack
    best = int(np.argmin(np.where(sufficient, code, np.inf)))
    return Denoised(images[best], best, qualities, code, noise, np.array(distortion), list(images))


def _describe(image, smooth, bits):
    """Return a smoothed picture, its bits, those it leaves, and how many cells differ."""
    ball = HammingBall.around(smooth.ravel(), image.ravel())
    return smooth, bits, ball.log2_size + integer_code_length(ball.radius + 1), ball.radius


def _majority(image, times):
    """Return the picture after so many rounds of majorities, and its bits with their number."""
    for _ in range(int(times)):
        image = (coarse_grain(image, min(3, max(image.shape))) > 0.5).astype(np.int64)
    return image, template_bits(image) + integer_code_length(int(times) + 1)


def template_bits(image):
    """Return the bits of a black-and-white picture, cell by cell, given ten cells before each.

    The neighbours are two in its row, five in the row above and three in the next; the counts at
    every context are coded by Jeffreys' mixture.
    """
    height, width = image.shape
    padded = np.pad(image, ((2, 0), (2, 2)))
    context = 0
    for row, columns in ((2, (0, 1)), (1, range(5)), (0, range(1, 4))):
        for column in columns:
            part = padded[row : row + height, column : column + width]
            context = 2 * context + part
    counts = np.bincount((2 * context + image).ravel(), minlength=2**11).reshape(-1, 2)
    return float(dirichlet_nats(counts).sum() / math.log(2))


def _flat_rectangles(image, price):
    """Return the picture of rectangles at a price of model bits, and its bits."""
    code = two_part_image_code(image, return_partition=True, model_weight=price)
    flat = (code.denoised > 0.5).astype(np.int64)
    return flat, two_part_image_code(flat).total_bits


class _Transform:
    """An orthonormal transform whose coefficients are quantized and coded by frequency."""

    def __init__(self, image, codec):
        self.original, self.codec = image, codec
        rows, columns = (-size % BLOCK for size in image.shape)
        self.padded = np.pad(image, ((0, rows), (0, columns)), mode="edge")
        self.matrix = _cosines() if codec == "dct" else _haar()
        blocks = self._blocks(self.padded)
        self.coefficients = self.matrix @ blocks @ self.matrix.T

    def _blocks(self, image):
        height, width = image.shape
        parts = image.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
        return parts.swapaxes(1, 2).reshape(-1, BLOCK, BLOCK)

    def compress(self, threshold, sigma):
        """Drop small coefficients; return the picture, its bits, those it leaves, the error."""
        step = threshold / 2
        quantized = np.rint(self.coefficients / step).astype(np.int64)
        means = quantized[:, 0, 0].copy()
        quantized[np.abs(self.coefficients) < threshold] = 0
        quantized[:, 0, 0] = means
        blocks = self.matrix.T @ (quantized * step) @ self.matrix
        height, width = self.padded.shape
        grid = blocks.reshape(height // BLOCK, width // BLOCK, BLOCK, BLOCK).swapaxes(1, 2)
        shown = grid.reshape(height, width)[: self.original.shape[0], : self.original.shape[1]]
        error = float(np.mean((shown - self.original) ** 2))
        return np.clip(shown, 0, 255), self._bits(quantized), self._noise_bits(error, sigma), error

    def _bits(self, quantized):
        """Return the bits of the coefficients: per frequency, how large they are; then signs."""
        quantized = quantized.copy()
        quantized[:, 0, 0] = np.diff(quantized[:, 0, 0], prepend=0)  # from the block before
        sizes = np.abs(quantized).reshape(len(quantized), -1)
        # Classes of size 0, 1, 2-3, 4-7, …; within a class all values are alike.
        classes = np.frexp(sizes.astype(float))[1]
        inside = np.maximum(classes - 1, 0) + (sizes > 0)
        most = int(classes.max()) + 1
        counts = np.stack([np.bincount(column, minlength=most) for column in classes.T])
        return float(stochastic_complexity(counts).sum() + inside.sum())

    def _noise_bits(self, error, sigma):
        n = self.original.size
        variance = max(error, 1 / 12)  # what rounding to whole gray values leaves
        if sigma is None:
            return n / 2 * math.log2(2 * math.pi * math.e * variance) + 0.5 * math.log2(n)
        return n / 2 * (math.log2(2 * math.pi * sigma**2) + error / sigma**2 / math.log(2))


def _cosines():
    k = np.arange(BLOCK)
    matrix = np.cos(np.pi * np.outer(k, k + 0.5) / BLOCK) * math.sqrt(2 / BLOCK)
    matrix[0] /= math.sqrt(2)
    return matrix


def _haar():
    matrix = np.ones((1, 1))
    while len(matrix) < BLOCK:
        means = np.kron(matrix, [1, 1])
        details = np.kron(np.eye(len(matrix)), [1, -1])
        matrix = np.concatenate([means, details]) / math.sqrt(2)
    return matrix
