"""The cell of gated recurrent units."""

import keras
from keras import ops

from keras_readinglist.layers.precision import exact
from keras_readinglist.layers.recurrent import steps
from keras_readinglist.layers.recurrent.cells.recurrent_cell import RecurrentCell


@keras.saving.register_keras_serializable(package="keras_readinglist")
class GRUCell(RecurrentCell):
    """Gated recurrent unit.

    Weights have the names, order and shapes of `keras.layers.GRUCell`: gates are packed as z, r, h.

    Args:
        units: Positive integer, the width of the state.
        reset_after: Boolean, whether the reset gate acts after the recurrent product, as in cuDNN
            and torch (then the bias has two rows). Defaults to `True`.
        update_convention: `"keras"` for `h' = z h + (1 - z) g` (Keras, torch, Cho et al. 2014) or
            `"olah"` for `h' = (1 - z) h + z g`. Negating the weights of z turns one into the other.
        **kwargs: As for `LSTMCell`, without its variants.

    Call arguments, Input shape and Output shape: as for `LSTMCell`; the state is `[h]`.

    Raises:
        ValueError: If an argument is out of range or a shape does not fit.

    Example:
        >>> keras.layers.RNN(GRUCell(4))(np.ones((2, 3, 5))).shape
        (2, 4)

    References:
        - [Cho et al., 2014](https://arxiv.org/abs/1406.1078)
        - [Chung et al., 2014](https://arxiv.org/abs/1412.3555)
    """

    gates = 3

    def __init__(self, units, reset_after=True, update_convention="keras", **kwargs):
        super().__init__(units, **kwargs)
        if update_convention not in ("keras", "olah"):
            raise ValueError(
                "`update_convention` must be 'keras' or 'olah'. "
                f"Received: update_convention={update_convention!r}"
            )
        self.reset_after, self.update_convention = reset_after, update_convention

    def _bias_shape(self):
        width = 3 * self.units
        return (2, width) if self.reset_after else (width,)

    def _options(self):
        bias = None
        if self.use_bias and self.reset_after:
            bias = ops.cast(self.bias[1], self.state_dtype)
        return {
            "recurrent_kernel": self._computed(self.recurrent_kernel),
            "recurrent_bias": bias,
            "reset_after": self.reset_after,
            "update_convention": self.update_convention,
            "activation": exact(self.activation),
            "recurrent_activation": self.recurrent_activation,
        }

    def step(self, z, states, factors=None):
        return steps.gru_step(z, states, **self._options(), **self._placed(factors))

    def gate_tracks(self, z, history, initial, factors=None):
        h = steps.before(initial[0], history[0])
        gates = steps.gru_gates(z, h, **self._options(), **self._placed(factors))
        return {**gates, "h": history[0]}

    def track_sizes(self):
        """Return the width of everything that `gate_tracks` returns."""
        return dict.fromkeys(("z", "r", "g", "h"), self.units)

    def get_config(self):
        names = ("reset_after", "update_convention")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
