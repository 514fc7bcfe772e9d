"""Keras layers, one concept per file."""

from keras_readinglist.layers.ntm import NTM, NTMCell
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
from keras_readinglist.layers.relation_network import (
    AppendCoordinates,
    FeatureMapToObjects,
    PairwiseRelation,
    RelationNetwork,
)
from keras_readinglist.layers.relational_memory import RelationalMemory, RelationalMemoryCell

__all__ = [
    "AppendCoordinates",
    "CoupledLSTMCell",
    "FeatureMapToObjects",
    "GRU",
    "GRUCell",
    "LSTM",
    "LSTMCell",
    "NTM",
    "NTMCell",
    "PairwiseRelation",
    "PeepholeLSTMCell",
    "PointerAttention",
    "RelationNetwork",
    "RelationalMemory",
    "RelationalMemoryCell",
    "SimpleRNN",
    "SimpleRNNCell",
]
