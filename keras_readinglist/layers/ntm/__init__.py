"""Neural Turing machines: addressing, the cell, and the layer.

Reference: [Graves et al., 2014, Neural Turing Machines](https://arxiv.org/abs/1410.5401).
"""

from keras_readinglist.layers.ntm.addressing import (
    circular_shift,
    content_addressing,
    interpolate,
    memory_read,
    memory_write,
    sharpen,
)
from keras_readinglist.layers.ntm.cell import NTMCell
from keras_readinglist.layers.ntm.layer import NTM

__all__ = [
    "NTM",
    "NTMCell",
    "circular_shift",
    "content_addressing",
    "interpolate",
    "memory_read",
    "memory_write",
    "sharpen",
]
