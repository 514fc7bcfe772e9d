"""Text to integers and back; a model keeps its tokenizer, and so does its preset."""

from keras_readinglist.tokenizers.characters import CharTokenizer
from keras_readinglist.tokenizers.subwords import SubwordTokenizer
from keras_readinglist.tokenizers.words import WordTokenizer

__all__ = ["CharTokenizer", "SubwordTokenizer", "WordTokenizer"]
