"""The cache of keys and values: tensors of a static shape, of which each step fills a part."""

import keras
from keras import ops


def empty_cache(batch_size, max_length, num_heads, width, dtype):
    """Return a cache `(batch, max_length, num_heads, width)` of zeros."""
    return ops.zeros((batch_size, max_length, num_heads, width), dtype)


def write(cache, new, index):
    """Return a cache into which new elements are written from a place on.

    On torch the cache itself is changed: `slice_update` would copy it at every step.

    Args:
        cache: Tensor `(batch, max_length, num_heads, width)`.
        new: Tensor `(batch, new, num_heads, width)`.
        index: Integer or scalar int tensor, the place of the first.
    """
    new = ops.cast(new, cache.dtype)
    if keras.config.backend() == "torch" and not cache.requires_grad:
        cache[:, index : index + new.shape[1]] = new.detach()
        return cache
    # With 64-bit types switched on, JAX would make the zeros wider than an int32 `index`.
    places = [ops.cast(place, "int32") for place in (0, index, 0, 0)]
    return ops.slice_update(cache, places, new)
