"""Complete models composed of the layers, each with trained presets."""

from keras_readinglist.applications.char_rnn import CharRNN
from keras_readinglist.applications.char_tokenizer import CharTokenizer
from keras_readinglist.applications.lstm_explorer import LSTMExplorer
from keras_readinglist.applications.pointer_baselines import (
    AttentionSeq2SeqBaseline,
    Seq2SeqBaseline,
)
from keras_readinglist.applications.pointer_network import PointerNetwork
from keras_readinglist.applications.truncated_bptt import TruncatedBPTT

__all__ = [
    "AttentionSeq2SeqBaseline",
    "CharRNN",
    "CharTokenizer",
    "LSTMExplorer",
    "PointerNetwork",
    "Seq2SeqBaseline",
    "TruncatedBPTT",
]
