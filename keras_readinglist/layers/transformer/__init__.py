"""What a Transformer is made of, beside its attention."""

from keras_readinglist.layers.transformer.blocks import (
    TransformerDecoderBlock,
    TransformerEncoderBlock,
)
from keras_readinglist.layers.transformer.feed_forward import FeedForward
from keras_readinglist.layers.transformer.positions import SinusoidalPositionEmbedding
from keras_readinglist.layers.transformer.tied_embedding import TiedEmbedding

__all__ = [
    "FeedForward",
    "SinusoidalPositionEmbedding",
    "TiedEmbedding",
    "TransformerDecoderBlock",
    "TransformerEncoderBlock",
]
