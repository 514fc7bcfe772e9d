"""Relation networks for scenes and stories, and what they are compared with."""

from keras_readinglist.applications.relation_networks.cnn_mlp_baseline import CNNMLPBaseline
from keras_readinglist.applications.relation_networks.mlp_baseline import MLPBaseline
from keras_readinglist.applications.relation_networks.relation_network_babi import (
    RelationNetworkBabi,
)
from keras_readinglist.applications.relation_networks.relation_network_vqa import RelationNetworkVQA
from keras_readinglist.applications.relation_networks.story_lstm_baseline import StoryLSTMBaseline

__all__ = [
    "CNNMLPBaseline",
    "MLPBaseline",
    "RelationNetworkBabi",
    "RelationNetworkVQA",
    "StoryLSTMBaseline",
]
