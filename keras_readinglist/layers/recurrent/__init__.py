"""The recurrent core of the package: cells, sequence layers, and the loop that runs them.

Reference: [Olah, 2015, Understanding LSTM
Networks](https://colah.github.io/posts/2015-08-Understanding-LSTMs/).
"""

from keras_readinglist.layers.recurrent.cells import (
    CoupledLSTMCell,
    GRUCell,
    LSTMCell,
    PeepholeLSTMCell,
    SimpleRNNCell,
)
from keras_readinglist.layers.recurrent.dropout import LockedDropout
from keras_readinglist.layers.recurrent.layers import GRU, LSTM, SimpleRNN
from keras_readinglist.layers.recurrent.sequences import (
    gru_sequence,
    lstm_sequence,
    rnn_sequence,
)
from keras_readinglist.layers.recurrent.stack import RecurrentStack

__all__ = [
    "GRU",
    "GRUCell",
    "LSTM",
    "LSTMCell",
    "CoupledLSTMCell",
    "LockedDropout",
    "PeepholeLSTMCell",
    "RecurrentStack",
    "SimpleRNN",
    "SimpleRNNCell",
    "gru_sequence",
    "lstm_sequence",
    "rnn_sequence",
]
