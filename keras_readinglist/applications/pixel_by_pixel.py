"""What an autoencoder draws and codes pixel by pixel: pictures of codes, copies, lossless files."""

import numpy as np
from keras import ops

from keras_readinglist.decoding.compiled import compiled


class PixelByPixel:
    """The part of a `VariationalLossyAutoencoder` that goes through pictures in order of reading.

    It is what `BitsBackCodec` calls. The model has the layers `decoder` and `law`, perhaps a
    `prior`, and the methods `encode`, `_features` and `_scaled`.
    """

    def decode(self, codes, seed=None):
        """Return pictures that have these codes: shape as they say, texture drawn anew.

        Pixels are drawn one after the other; of every one only its window is computed.

        Args:
            codes: Float array `(n, latent_dim)`.
            seed: Integer, or `None` for new pictures every time.

        Returns:
            Integer array `(n, height, width, 1)`.
        """
        codes = np.asarray(codes, "float32")
        if codes.ndim != 2 or codes.shape[1] != self.latent_dim:
            raise ValueError(
                f"`codes` must have the shape (n, {self.latent_dim}). Received: {codes.shape}"
            )
        size = (len(codes), *self.image_shape[:2])
        chance = np.random.default_rng(seed).random(size).astype("float32")
        return np.asarray(self._draw(codes=codes, chance=chance)).astype(int)

    @compiled
    def _draw(self, codes, chance):
        height, width, channels = self.image_shape
        features, batch = self._features(codes), ops.shape(chance)[0]
        cache = self.decoder.empty_cache(batch, height, width, channels)
        picture = ops.zeros((batch, height, width), "int32")

        def pixel(place, carry):
            cache, picture = carry
            row, column = place // width, place % width
            parameters, cache = self.decoder.step(cache, features, row, column)
            draw = ops.slice(chance, (0, row, column), (batch, 1, 1))[:, 0, 0]
            levels = self.law.quantile(parameters, draw)
            cache = self.decoder.put(cache, row, column, self._scaled(levels)[:, None])
            return cache, ops.slice_update(picture, (0, row, column), levels[:, None, None])

        return ops.fori_loop(0, height * width, pixel, (cache, picture))[1][..., None]

    def conditional_prior(self, codes):
        """Return means and standard deviations of the numbers of codes given those before them.

        Args:
            codes: Float array `(n, latent_dim)`.

        Returns:
            Two float arrays `(n, latent_dim)`.

        Raises:
            ValueError: If the prior is a flow whose order is reversed between steps.
        """
        if self.prior_kind == "gaussian":
            return np.zeros(codes.shape), np.ones(codes.shape)
        return self._conditional_prior(codes=np.asarray(codes, "float32"))

    @compiled
    def _conditional_prior(self, codes):
        return self.prior.conditional(codes)

    def start_pixels(self, codes):
        """Return the state with which `next_pixel` begins.

        Args:
            codes: Float array `(n, latent_dim)`.
        """
        return self._start_pixels(codes=np.asarray(codes, "float32"))

    @compiled
    def _start_pixels(self, codes):
        features = self._features(codes)
        return features, self.decoder.empty_cache(ops.shape(codes)[0], *self.image_shape)

    def next_pixel(self, state, levels, place):
        """Return the probabilities of the levels of a pixel, once those before it are known.

        Args:
            state: What `start_pixels` or the last call returned.
            levels: Integer array `(n,)`, of the pixel before this one.
            place: Integer, which pixel it is, in the order of reading.

        Returns:
            Float array `(n, levels)`, and the new state.
        """
        features, cache = state
        table, cache = self._next_pixel(
            features=features,
            cache=cache or None,
            last=np.asarray(levels, "int32"),
            place=np.array([place], "int32"),
        )
        return table, (features, cache)

    @compiled
    def _next_pixel(self, features, last, place, cache=()):
        width, place = self.image_shape[1], place[0]
        before = place - 1
        # Before the first pixel lies the border, which is zero and stays so.
        values = self._scaled(last) * ops.cast(place > 0, self.compute_dtype)
        cache = self.decoder.put(cache, before // width, before % width, values[:, None])
        parameters, cache = self.decoder.step(cache, features, place // width, place % width)
        return self.law.probabilities(parameters), cache

    def reconstruct(self, x, seed=None):
        """Return pictures with the codes of others: a lossy copy, its texture drawn anew.

        Args:
            x: Array `(n, height, width, 1)` of levels.
            seed: As for `decode`.
        """
        return self.decode(self.encode(x)[0], seed)

    def sample(self, count, seed=None):
        """Return pictures drawn from the model, `(count, height, width, 1)`.

        Args:
            count: Positive integer.
            seed: As for `decode`.
        """
        noise = np.random.default_rng(seed).standard_normal((count, self.latent_dim))
        codes = noise.astype("float32")
        if self.prior_kind == "flow":
            codes = self._codes(noise=codes)
        return self.decode(codes, None if seed is None else seed + 1)

    @compiled
    def _codes(self, noise):
        return self.prior.invert(ops.cast(noise, self.compute_dtype))

    def compress(self, x, name=""):
        """Return pictures as bytes without loss; see `keras_readinglist.information.compress`."""
        from keras_readinglist.information import compress

        return compress(self, x, name)

    def decompress(self, data):
        """Return the pictures that `compress` made bytes of, or raise a `ValueError`."""
        from keras_readinglist.information import decompress

        return decompress(self, data)
