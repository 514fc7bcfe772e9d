"""Algorithmic statistics: compression as complexity, of single strings and pictures."""

from keras_readinglist.information.algorithmic.context_tree import context_code_length
from keras_readinglist.information.algorithmic.denoising import Denoised, lossy_denoise
from keras_readinglist.information.algorithmic.distance import (
    NCDClassifier,
    compressed_length,
    ncd_clustering,
    ncd_matrix,
    normalized_compression_distance,
    quartet_score,
)
from keras_readinglist.information.algorithmic.lempel_ziv import lempel_ziv_complexity
from keras_readinglist.information.algorithmic.structure import (
    HammingBall,
    MarkovType,
    StructureFunction,
    randomness_deficiency,
    structure_function,
)

__all__ = [
    "Denoised",
    "HammingBall",
    "MarkovType",
    "NCDClassifier",
    "StructureFunction",
    "compressed_length",
    "context_code_length",
    "lempel_ziv_complexity",
    "lossy_denoise",
    "ncd_clustering",
    "ncd_matrix",
    "normalized_compression_distance",
    "quartet_score",
    "randomness_deficiency",
    "structure_function",
]
