"""Reader and writer of a translation model that looks back at the source at every word.

Reference: [Bahdanau, Cho, Bengio, 2014](https://arxiv.org/abs/1409.0473).
"""

from keras_readinglist.layers.rnn_search.cell import AttentionGRUCell
from keras_readinglist.layers.rnn_search.decoder import RNNSearchDecoder
from keras_readinglist.layers.rnn_search.encoder import RNNSearchEncoder

__all__ = ["AttentionGRUCell", "RNNSearchDecoder", "RNNSearchEncoder"]
