"""Relational memory: slots that attend to one another at every step.

Reference: [Santoro et al., 2018, Relational recurrent neural
networks](https://arxiv.org/abs/1806.01822).
"""

from keras_readinglist.layers.relational_memory.cell import RelationalMemoryCell
from keras_readinglist.layers.relational_memory.layer import RelationalMemory

__all__ = ["RelationalMemory", "RelationalMemoryCell"]
