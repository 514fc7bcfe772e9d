"""Relation networks: sums over all pairs of objects, and what turns images into objects.

Reference: [Santoro et al., 2017](https://arxiv.org/abs/1706.01427).
"""

from keras_readinglist.layers.relation_network.objects import (
    AppendCoordinates,
    FeatureMapToObjects,
)
from keras_readinglist.layers.relation_network.pairwise import PairwiseRelation
from keras_readinglist.layers.relation_network.relation import RelationNetwork

__all__ = ["AppendCoordinates", "FeatureMapToObjects", "PairwiseRelation", "RelationNetwork"]
