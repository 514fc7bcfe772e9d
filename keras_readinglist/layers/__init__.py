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
from keras_readinglist.layers.set2set import NoInputLSTMCell, ProcessBlock, Set2Set

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
    "NoInputLSTMCell",
    "PairwiseRelation",
    "PeepholeLSTMCell",
    "PointerAttention",
    "ProcessBlock",
    "RelationNetwork",
    "RelationalMemory",
    "RelationalMemoryCell",
    "Set2Set",
    "SimpleRNN",
    "SimpleRNNCell",
]
