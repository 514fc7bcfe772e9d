"""Recurrent classifiers and program readers with a relational memory."""

from keras_readinglist.applications.relational_rnns.relational_rnn_classifier import (
    RelationalRNNClassifier,
)
from keras_readinglist.applications.relational_rnns.relational_rnn_seq2seq import (
    RelationalRNNSeq2Seq,
)

__all__ = [
    "RelationalRNNClassifier",
    "RelationalRNNSeq2Seq",
]
