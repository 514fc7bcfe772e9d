"""Pointer networks, read-process-write, and what they are compared with."""

from keras_readinglist.applications.pointer_networks.attention_seq2seq_baseline import (
    AttentionSeq2SeqBaseline,
)
from keras_readinglist.applications.pointer_networks.pointer_network import PointerNetwork
from keras_readinglist.applications.pointer_networks.read_process_write import ReadProcessWrite
from keras_readinglist.applications.pointer_networks.seq2seq_baseline import Seq2SeqBaseline
from keras_readinglist.applications.pointer_networks.targets import (
    encode_targets,
    pointer_loss,
    training_batch,
)

__all__ = [
    "AttentionSeq2SeqBaseline",
    "PointerNetwork",
    "ReadProcessWrite",
    "Seq2SeqBaseline",
    "encode_targets",
    "pointer_loss",
    "training_batch",
]
