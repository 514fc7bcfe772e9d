"""The activation of Deep Speech 2 (section 3.2)."""

import keras
from keras import ops

CEILING = 20.0


@keras.saving.register_keras_serializable(package="keras_readinglist")
def clipped_relu(x):
    """Return `min(max(x, 0), 20)`: a recurrence of rectified units cannot grow without bound.

    Args:
        x: Float tensor.

    Example:
        >>> keras.ops.convert_to_numpy(clipped_relu(np.array([-1.0, 3.0, 30.0]))).tolist()
        [0.0, 3.0, 20.0]
    """
    return ops.clip(x, 0.0, CEILING)
