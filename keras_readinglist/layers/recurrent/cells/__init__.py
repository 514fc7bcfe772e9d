"""Recurrent cells: the weights and the equations of one time step.

They follow the protocol of `keras.layers.RNN`, and are what the sequence layers run.
"""

from keras_readinglist.layers.recurrent.cells.gru_cell import GRUCell
from keras_readinglist.layers.recurrent.cells.lstm_cell import (
    CoupledLSTMCell,
    LSTMCell,
    PeepholeLSTMCell,
)
from keras_readinglist.layers.recurrent.cells.recurrent_cell import RecurrentCell
from keras_readinglist.layers.recurrent.cells.simple_rnn_cell import SimpleRNNCell

__all__ = [
    "CoupledLSTMCell",
    "GRUCell",
    "LSTMCell",
    "PeepholeLSTMCell",
    "RecurrentCell",
    "SimpleRNNCell",
]
