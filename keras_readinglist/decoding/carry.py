"""What a compiled loop carries from step to step."""

import keras
from keras import ops


def keep_types(after, before):
    """Return the state after a step with the types that it had before: a loop's must not change.

    A cell of a model in mixed precision may hand back other types than it was given.

    Args:
        after: Nested structure of tensors.
        before: The same structure, as it was before the step.
    """
    return keras.tree.map_structure(lambda new, old: ops.cast(new, old.dtype), after, before)
