"""Models that execute small algorithms on sequences of bits (Graves et al., 2014)."""

from keras_readinglist.applications.neural_turing_machines.algorithmic_model import measure_bits
from keras_readinglist.applications.neural_turing_machines.lstm_sequence_model import (
    LSTMSequenceModel,
)
from keras_readinglist.applications.neural_turing_machines.ntm_sequence_model import (
    NTMSequenceModel,
)
from keras_readinglist.applications.neural_turing_machines.tasks import TASKS

__all__ = [
    "LSTMSequenceModel",
    "NTMSequenceModel",
    "TASKS",
    "measure_bits",
]
