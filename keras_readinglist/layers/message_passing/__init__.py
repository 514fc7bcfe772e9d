"""Networks on graphs as messages, updates and read-outs (Gilmer et al., 2017).

`m_v = sum_w M(h_v, h_w, e_vw)`, `h_v' = U(h_v, m_v)`, `y = R({h_v})`: choose the three.
"""

from keras_readinglist.layers.message_passing.distances import (
    DistanceBins,
    GaussianDistance,
    pair_distances,
)
from keras_readinglist.layers.message_passing.master_node import MasterNode
from keras_readinglist.layers.message_passing.matrices import EdgeNetworkMessage, MatrixMessage
from keras_readinglist.layers.message_passing.messages import (
    ConcatMessage,
    GCNMessage,
    Message,
    TensorMessage,
)
from keras_readinglist.layers.message_passing.pair import PairMessage
from keras_readinglist.layers.message_passing.passing import MessagePassing
from keras_readinglist.layers.message_passing.readouts import GatedReadout, GraphPooling
from keras_readinglist.layers.message_passing.towers import TowerMessagePassing
from keras_readinglist.layers.message_passing.updates import (
    DenseUpdate,
    GatedUpdate,
    ResidualUpdate,
)
from keras_readinglist.layers.message_passing.virtual_edges import VirtualEdges

__all__ = [
    "ConcatMessage",
    "DenseUpdate",
    "DistanceBins",
    "EdgeNetworkMessage",
    "GCNMessage",
    "GatedReadout",
    "GatedUpdate",
    "GaussianDistance",
    "GraphPooling",
    "MasterNode",
    "MatrixMessage",
    "Message",
    "MessagePassing",
    "PairMessage",
    "ResidualUpdate",
    "TensorMessage",
    "TowerMessagePassing",
    "VirtualEdges",
    "pair_distances",
]
