"""What is left of a residual network when units are cut out of it (Veit et al., 2016)."""

import numpy as np
from keras import ops

from keras_readinglist.decoding.compiled import Compiled
from keras_readinglist.layers.residual import ResidualUnit


class Lesions:
    """Runs a chain of residual units without some of them, compiled once.

    In place of a unit that is cut out stands its shortcut; of a plain unit, which has none, the
    signal goes on as it is, with zeros for new channels.

    Args:
        model: A `keras.Model` whose layers follow one on another, such as a `ResNet`.

    Raises:
        ValueError: If the model has no residual units.

    Example:
        >>> from keras_readinglist.applications import ResNetCIFAR
        >>> lesions = Lesions(ResNetCIFAR(8, width=4, input_shape=(8, 8, 3)))
        >>> lesions(np.ones((2, 8, 8, 3)), removed=[1]).shape
        (2, 10)

    References:
        - [Veit et al., 2016](https://arxiv.org/abs/1605.06431), section 4.1
    """

    def __init__(self, model):
        self.count = sum(isinstance(layer, ResidualUnit) for layer in model.layers)
        if not self.count:
            raise ValueError("`model` must have layers that are a `ResidualUnit`.")
        layers = model.layers[1:]  # the first is the input

        def run(inputs):
            x, kept = inputs["images"], iter(ops.unstack(inputs["kept"][0]))
            for layer in layers:
                if isinstance(layer, ResidualUnit):
                    share = ops.cast(next(kept), layer.compute_dtype)
                    x = share * layer(x) + (1 - share) * layer.bypass(x)
                else:
                    x = layer(x)
            return x

        self._run = Compiled(run, model)

    def __call__(self, images, removed=()):
        """Return what the model gives for images.

        Args:
            images: Float array of its inputs.
            removed: Integers, the units that are cut out, from 0.
        """
        wrong = [unit for unit in removed if not 0 <= unit < self.count]
        if wrong:
            raise ValueError(
                f"`removed` must be units from 0 to {self.count - 1}. Received: {wrong[0]}"
            )
        kept = np.ones((1, self.count), "float32")
        kept[0, list(removed)] = 0
        return self._run(images=np.asarray(images, "float32"), kept=kept)
