"""Keras layers, one concept per file."""

from keras_readinglist.layers.pointer_attention import PointerAttention
from keras_readinglist.layers.recurrent import (
    GRU,
    LSTM,
    CoupledLSTMCell,
    GRUCell,
    LSTMCell,
    PeepholeLSTMCell,
    SimpleRNN,
    SimpleRNNCell,
)
from keras_readinglist.layers.relational_memory import RelationalMemory, RelationalMemoryCell

__all__ = [
    "CoupledLSTMCell",
    "GRU",
    "GRUCell",
    "LSTM",
    "LSTMCell",
    "PeepholeLSTMCell",
    "PointerAttention",
    "RelationalMemory",
    "RelationalMemoryCell",
    "SimpleRNN",
    "SimpleRNNCell",
]
