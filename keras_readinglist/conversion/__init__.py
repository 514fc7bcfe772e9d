"""Layers with the weights of other libraries, and back; each is a table of names."""

from keras_readinglist.conversion.attention import from_keras_attention, to_keras_attention
from keras_readinglist.conversion.torch import from_torch, to_torch
from keras_readinglist.conversion.torch_geometric import from_torch_geometric

__all__ = [
    "from_keras_attention",
    "from_torch",
    "from_torch_geometric",
    "to_keras_attention",
    "to_torch",
]
