"""One model trained by many devices, each on its rows of every batch."""

from keras_readinglist.distribution.data_parallel.data_parallel import DataParallel

__all__ = ["DataParallel"]
