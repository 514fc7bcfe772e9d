"""Lossless compression by models with codes: the bits that choose a code come back."""

from keras_readinglist.information.bits_back.codec import BitsBackCodec
from keras_readinglist.information.bits_back.files import compress, decompress, describe

__all__ = ["BitsBackCodec", "compress", "decompress", "describe"]
