"""The block of a residual network, as ResNets of both papers are built of it (He et al., 2015)."""

import keras

from keras_readinglist.layers.residual.residual_unit import ResidualUnit
from keras_readinglist.layers.validation import check_choice

ORDERS = {1: "original", 2: "full_preactivation"}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ResidualBlock(ResidualUnit):
    """Computes `y = relu(F(x) + h(x))`, or `y = F(relu(x)) + h(x)` in version 2.

    A `ResidualUnit` with the names of the first paper.

    Args:
        filters: Positive integer, channels of the convolutions.
        strides: Positive integer. Defaults to 1.
        kind: `"basic"`, two 3x3 convolutions, or `"bottleneck"`, 1x1, 3x3 and 1x1, whose last has
            `4 * filters` channels.
        version: 1, or 2 for full pre-activation.
        shortcut: Where the shape changes, `"A"` pads with zeros and `"B"` projects by a 1x1
            convolution; `"C"` projects in every block; `"none"` makes a plain block.
        **kwargs: Further arguments of `ResidualUnit`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.
        training: Boolean.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, ceil(height / strides), ceil(width / strides), filters)`, or `4 * filters`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> ResidualBlock(8, strides=2, kind="bottleneck")(np.ones((1, 8, 8, 8))).shape
        (1, 4, 4, 32)

    References:
        - [He et al., 2015](https://arxiv.org/abs/1512.03385), sections 3.2 and 3.3
    """

    def __init__(self, filters, strides=1, kind="basic", version=1, shortcut="B", **kwargs):
        check_choice("version", version, tuple(ORDERS))
        check_choice("shortcut", shortcut, ("A", "B", "C", "none"))
        super().__init__(
            filters,
            kind,
            strides,
            shortcut={"C": "conv1x1", "none": "none"}.get(shortcut, "identity"),
            activation_order=ORDERS[version],
            projection="A" if shortcut == "A" else "B",
            **kwargs,
        )
        self.version, self.option = version, shortcut

    def get_config(self):
        config = super().get_config()
        del config["activation_order"], config["projection"]
        return {**config, "version": self.version, "shortcut": self.option}
