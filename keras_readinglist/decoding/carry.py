"""What a compiled loop carries from step to step."""

import keras
from keras import ops


def keep_types(after, before):
    """Return the state after a step with the types and shapes that it had before, as loops demand.

    A cell of a model in mixed precision may hand back other types than it was given; TensorFlow
    forgets sizes of inputs that vary from call to call.

    Args:
        after: Nested structure of tensors.
        before: The same structure, as it was before the step.
    """

    def keep(new, old):
        return ops.cast(ops.reshape(new, ops.shape(old)), old.dtype)

    return keras.tree.map_structure(keep, after, before)
