"""Drawing pictures pixel by pixel, and lossless files: windows and batches against plain loops.

Both peers compute the same numbers: one evaluates the whole decoder for every pixel, as the usual
loop over pixels does, the other codes one picture after the other.
"""

import keras
import numpy as np
from harness import Workload
from keras import ops

from keras_readinglist.applications import VariationalLossyAutoencoder
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.information import BitsBackCodec

PICTURES, PER_CALL = 64, 16


class Plain(VariationalLossyAutoencoder):
    """The same model, whose pictures are drawn without a cache."""

    @compiled
    def _draw(self, codes, chance):
        height, width, _ = self.image_shape
        features, batch = self._features(codes), ops.shape(chance)[0]

        def pixel(place, picture):
            row, column = place // width, place % width
            every = self.decoder(self._scaled(picture)[..., None], features)
            shape = (batch, 1, 1, every.shape[-1])
            parameters = ops.slice(every, (0, row, column, 0), shape)[:, 0, 0]
            draw = ops.slice(chance, (0, row, column), (batch, 1, 1))[:, 0, 0]
            levels = self.law.quantile(parameters, draw)
            return ops.slice_update(picture, (0, row, column), levels[:, None, None])

        picture = ops.zeros((batch, height, width), "int32")
        return ops.fori_loop(0, height * width, pixel, picture)[..., None]


def _drawing(receptive_field, blocks):
    """Return functions that draw pictures, ours and the plain loop, with the same weights."""
    models = [
        kind((28, 28, 1), latent_dim=16, receptive_field=receptive_field, blocks=blocks, seed=0)
        for kind in (VariationalLossyAutoencoder, Plain)
    ]
    models[1].set_weights(models[0].get_weights())
    codes = np.random.default_rng(0).standard_normal((PER_CALL, 16)).astype("float32")
    ours, theirs = (lambda model=model: model.decode(codes, seed=0) for model in models)
    if (ours() != theirs()).mean() > 0.01:  # a chance may fall on a bound
        raise AssertionError("The cached and the plain pictures differ.")
    return ours, theirs


def _files():
    """Return functions that code pictures, all together and one after the other."""
    model = VariationalLossyAutoencoder((16, 16, 1), receptive_field=(3, 1), seed=0)
    pictures = np.random.default_rng(0).integers(0, 2, (PICTURES, 16, 16, 1))
    codec = BitsBackCodec(model)

    def together():
        return codec.encode(pictures)

    def one_by_one():
        return [codec.encode(picture[None]) for picture in pictures[:4]]

    return together, one_by_one


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    backend = keras.config.backend()
    for receptive_field, blocks in (((3, 1), 0), ((7, 3), 3)):
        window = "{} x {}".format(*receptive_field)
        ours, theirs = _drawing(receptive_field, blocks)
        yield Workload(
            name=f"Drawing {PER_CALL} pictures of 28 x 28, window {window}, {blocks} blocks",
            item="variational-lossy-autoencoder",
            peer=f"the whole decoder for every pixel {keras.__version__}",
            unit="ms",
            goal=10.0,
            ours=ours,
            theirs=theirs,
            repeats=3 if backend == "torch" else 9,
        )
    together, one_by_one = _files()
    yield Workload(
        name=f"Bits-back coding, {PICTURES} pictures of 16 x 16 (peer: 4)",
        item="variational-lossy-autoencoder",
        peer="a picture at a time 0.1.0",
        unit="pictures/s",
        goal=5.0,
        ours=together,
        theirs=one_by_one,
        amount=PICTURES,
        their_amount=4,
        repeats=3,
    )
