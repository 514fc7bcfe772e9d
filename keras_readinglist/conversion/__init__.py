"""Layers with the weights of other libraries, and back; each is a table of names."""

from keras_readinglist.conversion.torch import from_torch, to_torch
from keras_readinglist.conversion.torch_geometric import from_torch_geometric

__all__ = ["from_torch", "from_torch_geometric", "to_torch"]
