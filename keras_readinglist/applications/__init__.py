"""Complete models composed of the layers, each with trained presets."""

from keras_readinglist.applications.char_rnn import CharRNN
from keras_readinglist.applications.char_tokenizer import CharTokenizer
from keras_readinglist.applications.joint_set_model import JointSetModel
from keras_readinglist.applications.lstm_explorer import LSTMExplorer
from keras_readinglist.applications.ntm import LSTMSequenceModel, NTMSequenceModel
from keras_readinglist.applications.pointer_baselines import (
    AttentionSeq2SeqBaseline,
    Seq2SeqBaseline,
)
from keras_readinglist.applications.pointer_network import PointerNetwork
from keras_readinglist.applications.read_process_write import ReadProcessWrite
from keras_readinglist.applications.relation_network import RelationNetworkVQA
from keras_readinglist.applications.relation_network_babi import RelationNetworkBabi
from keras_readinglist.applications.relation_network_baselines import (
    CNNMLPBaseline,
    MLPBaseline,
    StoryLSTMBaseline,
)
from keras_readinglist.applications.relational_rnn import RelationalRNNClassifier
from keras_readinglist.applications.relational_rnn_language_model import RelationalRNNLanguageModel
from keras_readinglist.applications.relational_rnn_seq2seq import RelationalRNNSeq2Seq
from keras_readinglist.applications.truncated_bptt import TruncatedBPTT

__all__ = [
    "AttentionSeq2SeqBaseline",
    "CNNMLPBaseline",
    "CharRNN",
    "CharTokenizer",
    "JointSetModel",
    "LSTMExplorer",
    "LSTMSequenceModel",
    "MLPBaseline",
    "NTMSequenceModel",
    "PointerNetwork",
    "ReadProcessWrite",
    "RelationNetworkBabi",
    "RelationNetworkVQA",
    "RelationalRNNClassifier",
    "RelationalRNNLanguageModel",
    "RelationalRNNSeq2Seq",
    "Seq2SeqBaseline",
    "StoryLSTMBaseline",
    "TruncatedBPTT",
]
