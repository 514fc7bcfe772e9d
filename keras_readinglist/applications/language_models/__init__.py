"""Recurrent language models: of characters, and of any recurrent core."""

from keras_readinglist.applications.language_models.char_rnn import CharRNN
from keras_readinglist.applications.language_models.recurrent_language_model import (
    RecurrentLanguageModel,
)
from keras_readinglist.applications.language_models.relational_rnn_language_model import (
    RelationalRNNLanguageModel,
)

__all__ = [
    "CharRNN",
    "RecurrentLanguageModel",
    "RelationalRNNLanguageModel",
]
