"""The names of the thousand classes of ImageNet."""

import keras
import numpy as np

CLASSES = 1000


def imagenet_class_names():
    """Return the names of all classes in their order, or `None` where they cannot be fetched.

    Keras knows where they are, and keeps them. Published weights may be there already, of a machine
    that is not connected now: their classes are then known by numbers.
    """
    decode = keras.applications.imagenet_utils.decode_predictions
    try:
        found = decode(np.eye(CLASSES, dtype="float32"), top=1)
    except Exception:  # what Keras raises if a file cannot be fetched is no other
        return None
    return [name.replace("_", " ") for [(_, name, _)] in found]
