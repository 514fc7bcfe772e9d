"""Models that translate: with and without recurrence, with and without attention."""

from keras_readinglist.applications.translation.rnn_search import RNNSearch
from keras_readinglist.applications.translation.transformer import Transformer
from keras_readinglist.applications.translation.translator import Translator

__all__ = ["RNNSearch", "Transformer", "Translator"]
