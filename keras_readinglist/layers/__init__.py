"""Keras layers, one concept per file."""

from keras_readinglist.layers.additive_attention import AdditiveAttention
from keras_readinglist.layers.convolution import (
    ContextModule,
    DilatedConv1D,
    DilatedConv2D,
    LocalResponseNormalization,
    PCAColorAugmentation,
    ReflectPadding2D,
    TenCrop,
)
from keras_readinglist.layers.maxout import Maxout
from keras_readinglist.layers.message_passing import (
    ConcatMessage,
    DenseUpdate,
    DistanceBins,
    EdgeNetworkMessage,
    GatedReadout,
    GatedUpdate,
    GaussianDistance,
    GCNMessage,
    GraphPooling,
    MasterNode,
    MatrixMessage,
    MessagePassing,
    PairMessage,
    ResidualUpdate,
    TensorMessage,
    TowerMessagePassing,
    VirtualEdges,
)
from keras_readinglist.layers.multi_head_attention import MultiHeadAttention
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
from keras_readinglist.layers.residual import (
    ResidualBlock,
    ResidualUnit,
    StackedResidualStage,
    ZeroPadShortcut,
)
from keras_readinglist.layers.rnn_search import (
    AttentionGRUCell,
    RNNSearchDecoder,
    RNNSearchEncoder,
)
from keras_readinglist.layers.set2set import NoInputLSTMCell, ProcessBlock, Set2Set
from keras_readinglist.layers.transformer import (
    FeedForward,
    SinusoidalPositionEmbedding,
    TiedEmbedding,
    TransformerDecoderBlock,
    TransformerEncoderBlock,
)

__all__ = [
    "AdditiveAttention",
    "AppendCoordinates",
    "AttentionGRUCell",
    "ConcatMessage",
    "ContextModule",
    "CoupledLSTMCell",
    "DenseUpdate",
    "DilatedConv1D",
    "DilatedConv2D",
    "DistanceBins",
    "EdgeNetworkMessage",
    "FeatureMapToObjects",
    "FeedForward",
    "GCNMessage",
    "GRU",
    "GRUCell",
    "GatedReadout",
    "GatedUpdate",
    "GaussianDistance",
    "GraphPooling",
    "LSTM",
    "LSTMCell",
    "LocalResponseNormalization",
    "MasterNode",
    "MatrixMessage",
    "Maxout",
    "MessagePassing",
    "MultiHeadAttention",
    "NTM",
    "NTMCell",
    "NoInputLSTMCell",
    "PCAColorAugmentation",
    "PairMessage",
    "PairwiseRelation",
    "PeepholeLSTMCell",
    "PointerAttention",
    "ProcessBlock",
    "RNNSearchDecoder",
    "RNNSearchEncoder",
    "ReflectPadding2D",
    "RelationNetwork",
    "RelationalMemory",
    "RelationalMemoryCell",
    "ResidualBlock",
    "ResidualUnit",
    "ResidualUpdate",
    "Set2Set",
    "SimpleRNN",
    "SimpleRNNCell",
    "SinusoidalPositionEmbedding",
    "StackedResidualStage",
    "TenCrop",
    "TensorMessage",
    "TiedEmbedding",
    "TowerMessagePassing",
    "TransformerDecoderBlock",
    "TransformerEncoderBlock",
    "VirtualEdges",
    "ZeroPadShortcut",
]
