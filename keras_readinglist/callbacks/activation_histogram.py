"""How the outputs of every layer are distributed while a network is trained."""

import keras
import numpy as np

from keras_readinglist.callbacks.layer_probe import LayerProbe
from keras_readinglist.layers.validation import check_size


class ActivationHistogram(LayerProbe):
    """Keeps, before training and after every epoch, how the outputs of layers are distributed.

    Of a network that is begun well, deviations are alike from layer to layer: outputs that shrink
    or saturate on the way show at once. Layers are those that have an activation.

    Args:
        inputs: Array, a batch of examples.
        bins: Positive integer, of the histograms. Defaults to 30.

    Raises:
        ValueError: If `bins` is not positive, or the model hides its layers or has none with an
            activation.

    Attributes:
        means: Dictionary from the name of a layer to a list of means.
        deviations: Dictionary from the name of a layer to a list of standard deviations.
        histograms: Dictionary from the name of a layer to a list of pairs: how many outputs lie in
            each bin, and the edges of the bins.

    Example:
        >>> layer = keras.layers.Dense(3, activation="tanh", name="hidden")
        >>> model = keras.Sequential([keras.Input((2,)), layer, keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> watch = ActivationHistogram(np.ones((4, 2)), bins=5)
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), callbacks=[watch], verbose=0)
        >>> len(watch.means["hidden"]), int(watch.histograms["hidden"][0][0].sum())
        (2, 12)

    References:
        - [CS231n, activation and gradient distributions](https://cs231n.github.io/neural-networks-3/#distr)
    """

    watched = "layers of an activation"

    def __init__(self, inputs, bins=30):
        super().__init__(inputs)
        self.bins = check_size("bins", bins)
        self.means, self.deviations, self.histograms = {}, {}, {}

    def watches(self, layer):
        """Return whether a layer has an activation."""
        known = isinstance(layer, (keras.layers.ReLU, keras.layers.LeakyReLU))
        return known or getattr(layer, "activation", None) is not None

    def on_train_begin(self, logs=None):
        """Find the layers, and look at them once."""
        super().on_train_begin(logs)
        self._look()

    def on_epoch_end(self, epoch, logs=None):
        """Look at the outputs."""
        self._look()

    def _look(self):
        for name, output in self.outputs().items():
            self.means.setdefault(name, []).append(float(output.mean()))
            self.deviations.setdefault(name, []).append(float(output.std()))
            self.histograms.setdefault(name, []).append(np.histogram(output, self.bins))
