"""Initial values of the papers, beside those of `keras.initializers`."""

from keras_readinglist.initializers.identity_conv import IdentityConv

__all__ = ["IdentityConv"]
