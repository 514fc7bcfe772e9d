"""Language models: of characters, of words, of any recurrent core, and of attention alone."""

from keras_readinglist.applications.language_models.char_rnn import CharRNN
from keras_readinglist.applications.language_models.decoder_lm import DecoderLM
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
    "DecoderLM",
    "LSTMLanguageModel",
    "ModelEnsemble",
    "RecurrentLanguageModel",
    "RelationalRNNLanguageModel",
]
