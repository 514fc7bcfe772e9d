"""Recurrent language models, and their training on streams."""

from keras_readinglist.applications.language_models.char_rnn import CharRNN
from keras_readinglist.applications.language_models.relational_rnn_language_model import (
    RelationalRNNLanguageModel,
)
from keras_readinglist.applications.language_models.truncated_bptt import TruncatedBPTT

__all__ = [
    "CharRNN",
    "RelationalRNNLanguageModel",
    "TruncatedBPTT",
]
