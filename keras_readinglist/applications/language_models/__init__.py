"""Recurrent language models: of characters, of words, and of any recurrent core."""

from keras_readinglist.applications.language_models.char_rnn import CharRNN
from keras_readinglist.applications.language_models.lstm_language_model import LSTMLanguageModel
from keras_readinglist.applications.language_models.model_ensemble import ModelEnsemble
from keras_readinglist.applications.language_models.recurrent_language_model import (
    RecurrentLanguageModel,
)
from keras_readinglist.applications.language_models.relational_rnn_language_model import (
    RelationalRNNLanguageModel,
)

__all__ = [
    "CharRNN",
    "LSTMLanguageModel",
    "ModelEnsemble",
    "RecurrentLanguageModel",
    "RelationalRNNLanguageModel",
]
