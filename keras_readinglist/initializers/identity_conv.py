"""Convolutions that pass on what they get (Yu and Koltun, 2015, section 3)."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="keras_readinglist")
class IdentityConv(keras.initializers.Initializer):
    """Kernels that copy every class of maps to the same class of maps, plus a little noise.

    With C classes, `c_in` maps before and `c_out` behind, the centre tap from map a to map b is
    `C / c_out` where `floor(a C / c_in) = floor(b C / c_out)`; all else is drawn from
    `N(0, sigma^2)`.

    Args:
        classes: Positive integer C, of which both numbers of maps are multiples.
        sigma: Float, the deviation of the noise: much less than `C / c_out`. Defaults to 0.01.
        seed: Integer seed, or `None`.

    Raises:
        ValueError: If an argument is out of range, a kernel has an even side, or a number of maps
            is no multiple of `classes`.

    Example:
        >>> kernel = IdentityConv(2, sigma=0)((3, 3, 2, 4))
        >>> ops.convert_to_numpy(kernel)[1, 1].tolist()
        [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]

    References:
        - [Yu and Koltun, 2015](https://arxiv.org/abs/1511.07122), section 3
    """

    def __init__(self, classes, sigma=0.01, seed=None):
        if not isinstance(classes, (int, np.integer)) or classes < 1:
            raise ValueError(f"`classes` must be a positive integer. Received: classes={classes}")
        if not sigma >= 0:
            raise ValueError(f"`sigma` must be at least 0. Received: sigma={sigma}")
        self.classes, self.sigma, self.seed = int(classes), sigma, seed
        self._noise = keras.initializers.RandomNormal(stddev=sigma, seed=seed)

    def __call__(self, shape, dtype=None):
        """Return a kernel.

        Args:
            shape: Tuple, one or more odd sides, `c_in` and `c_out`.
            dtype: Type of the kernel.
        """
        *sides, inputs, outputs = shape
        if any(side % 2 == 0 for side in sides):
            raise ValueError(f"`IdentityConv` needs a kernel with a centre. Received: {shape}")
        if inputs % self.classes or outputs % self.classes:
            raise ValueError(
                "`IdentityConv` needs maps whose number is a multiple of "
                f"classes={self.classes}. Received: {shape}"
            )
        same = np.arange(inputs)[:, None] * self.classes // inputs == (
            np.arange(outputs) * self.classes // outputs
        )
        copied = np.zeros(shape, "float32")
        copied[tuple(side // 2 for side in sides)] = same
        noise = self._noise(shape, dtype=dtype)
        copied = ops.cast(ops.convert_to_tensor(copied), noise.dtype)
        return noise * (1 - copied) + copied * (self.classes / outputs)

    def get_config(self):
        return {"classes": self.classes, "sigma": self.sigma, "seed": self.seed}
