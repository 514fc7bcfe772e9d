"""Bits-back coding of pictures on one stack (Townsend et al., 2019)."""

import functools
import math

import numpy as np

BINS = 2**12  # of a number of a code: equally likely under a standard Gaussian
BATCH = 64  # pictures that the networks see at once, always: so both sides compute the same numbers
# How likely groups of 1 to 64 pictures are, as their sizes are written: most are whole batches.
SIZES = np.array([[0.5 / (BATCH - 1)] * (BATCH - 1) + [0.5]])


class BitsBackCodec:
    """Write pictures to a stack of bits and read them back, by a model with a code per picture.

    To write a picture, its code is *read* from the stack by the posterior: the bits that are there
    already choose it. Then the pixels are written as the decoder says, and the code as the prior
    says. The reader does it backwards, and has the bits back that chose the code. So the stack
    grows by the nats of the pixels and by the divergence of posterior from prior: minus the
    evidence lower bound. Where there are no bits left to choose by, they are not to be had back:
    so no more pictures are written at once than the stack has bits for.

    Args:
        model: What has `image_shape`, `levels`, `latent_dim`, and the methods `encode(pictures)`,
            `conditional_prior(codes)`, `start_pixels(codes)` and
            `next_pixel(state, levels, place)`, such as `VariationalLossyAutoencoder`.

    Raises:
        ImportError: If constriction is not installed.

    Example:
        >>> from keras_readinglist.applications import VariationalLossyAutoencoder
        >>> model = VariationalLossyAutoencoder((4, 4, 1), latent_dim=2, seed=0)
        >>> pictures = np.random.default_rng(0).integers(0, 2, (3, 4, 4, 1))
        >>> codec = BitsBackCodec(model)
        >>> words, bits = codec.encode(pictures)
        >>> bool((codec.decode(words, 3) == pictures).all())
        True

    References:
        - [Townsend et al., 2019](https://arxiv.org/abs/1901.04866), algorithm 1
    """

    def __init__(self, model):
        self.model = model
        self._stack, self._laws = _constriction()

    def first_words(self):
        """Return the bits on the stack before the first picture; the reader knows them too."""
        count = math.ceil(2 * self._code_bits() / 32) + 2
        return np.random.default_rng(0).integers(0, 2**32, count, "uint32")

    def encode(self, pictures):
        """Write pictures.

        Args:
            pictures: Integer array `(n, *image_shape)`.

        Returns:
            Array of `uint32`, the stack; and by how many bits it is longer than it was.
        """
        coder = self._stack.AnsCoder(self.first_words(), True)
        before, start = coder.num_valid_bits(), 0
        while start < len(pictures):
            room = coder.num_valid_bits() // self._code_bits()
            size = min(max(1, room), BATCH, len(pictures) - start)
            self._push(coder, pictures[start : start + size])
            coder.encode_reverse(np.array([size - 1], "int32"), self._categorical(), SIZES)
            start += size
        return coder.get_compressed(), coder.num_valid_bits() - before

    def decode(self, words, count):
        """Read pictures.

        Args:
            words: Array of `uint32`, what `encode` returned.
            count: Integer, how many pictures there are.

        Returns:
            Integer array `(count, *image_shape)`.

        Raises:
            ValueError: If the words are of another model, or damaged.
        """
        damaged = "`words` must be what a codec of this model wrote. Received: another stack"
        try:
            coder = self._stack.AnsCoder(np.asarray(words, "uint32"))
        except ValueError as error:
            raise ValueError(damaged) from error
        pictures, stop = np.zeros((count, *self.model.image_shape), int), count
        while stop > 0:
            size = 1 + int(coder.decode(self._categorical(), SIZES)[0])
            if size > stop:
                raise ValueError(damaged)
            pictures[stop - size : stop] = self._pop(coder, size)
            stop -= size
        try:
            left = coder.get_compressed(True)
        except (ValueError, AssertionError) as error:
            raise ValueError(damaged) from error
        if not np.array_equal(left, self.first_words()):
            raise ValueError(damaged)
        return pictures

    def _push(self, coder, pictures):
        bins = coder.decode(self._categorical(), self._posterior_masses(pictures))
        bins = bins.reshape(len(pictures), -1)
        codes = middles()[bins]
        tables, levels = [], pictures.reshape(len(pictures), -1)
        state, known = self.model.start_pixels(filled(codes)), np.zeros(BATCH, int)
        for place in range(levels.shape[1]):
            table, state = self.model.next_pixel(state, known, place)
            tables.append(table[: len(pictures)])
            known = filled(levels[:, place])
        rows = _shares(np.concatenate(tables))
        coder.encode_reverse(levels.T.ravel().astype("int32"), self._categorical(), rows)
        for number in reversed(range(self.model.latent_dim)):
            masses = self._prior_masses(codes, number)
            coder.encode_reverse(bins[:, number].copy(), self._categorical(), masses)

    def _pop(self, coder, count):
        size = self.model.latent_dim
        bins, codes = np.zeros((count, size), "int32"), np.zeros((count, size))
        for number in range(size):
            masses = self._prior_masses(codes, number)
            bins[:, number] = coder.decode(self._categorical(), masses)
            codes[:, number] = middles()[bins[:, number]]
        levels = np.zeros((count, math.prod(self.model.image_shape)), int)
        state, known = self.model.start_pixels(filled(codes)), np.zeros(BATCH, int)
        for place in range(levels.shape[1]):
            table, state = self.model.next_pixel(state, known, place)
            levels[:, place] = coder.decode(self._categorical(), _shares(table[:count]))
            known = filled(levels[:, place])
        pictures = levels.reshape(count, *self.model.image_shape)
        coder.encode_reverse(bins.ravel(), self._categorical(), self._posterior_masses(pictures))
        return pictures

    def _code_bits(self):
        """Return the bits that choose a code, at most on average: all of a prior's."""
        return int(math.log2(BINS)) * self.model.latent_dim

    def _categorical(self):
        return self._laws.Categorical(perfect=False)

    def _posterior_masses(self, pictures):
        mean, scale = self.model.encode(filled(pictures))
        return masses_of(mean[: len(pictures)].ravel(), scale[: len(pictures)].ravel())

    def _prior_masses(self, codes, number):
        """Return the masses of a number of codes whose earlier numbers are known."""
        known = np.where(np.arange(codes.shape[1]) < number, codes, 0.0)
        mean, scale = self.model.conditional_prior(filled(known))
        return masses_of(mean[: len(codes), number], scale[: len(codes), number])


def filled(rows):
    """Return rows as a batch of the size that the networks always see."""
    batch = np.zeros((BATCH, *rows.shape[1:]), rows.dtype)
    batch[: len(rows)] = rows
    return batch


@functools.cache
def edges():
    """Return the inner bounds of the bins."""
    from scipy import special

    return special.ndtri(np.arange(1, BINS) / BINS)


@functools.cache
def middles():
    """Return the number that a bin stands for."""
    from scipy import special

    return special.ndtri((np.arange(BINS) + 0.5) / BINS)


def masses_of(mean, scale):
    """Return how much of Gaussians lies in every bin, `(n, BINS)`.

    On either side of the mean, differences are taken of the smaller tail.
    """
    from scipy import special

    mean, scale = np.asarray(mean, "float64")[:, None], np.asarray(scale, "float64")[:, None]
    z = (edges() - mean) / scale
    z = np.concatenate([np.full_like(mean, -np.inf), z, np.full_like(mean, np.inf)], axis=1)
    below, above = special.ndtr(z), special.ndtr(-z)
    left = z[:, 1:] <= 0
    masses = np.where(left, np.diff(below, axis=1), -np.diff(above, axis=1))
    return np.maximum(masses, 0) + 1e-12


def _shares(tables):
    tables = np.asarray(tables, "float64") + 1e-9
    return tables / tables.sum(axis=-1, keepdims=True)


def _constriction():
    try:
        import constriction
    except ImportError as error:
        raise ImportError(
            "Bits-back coding needs constriction: pip install 'keras-readinglist[compression]'"
        ) from error
    return constriction.stream.stack, constriction.stream.model
