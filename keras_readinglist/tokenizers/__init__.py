"""Text to integers and back; a model keeps its tokenizer, and so does its preset."""

from keras_readinglist.tokenizers.characters import CharTokenizer

__all__ = ["CharTokenizer"]
