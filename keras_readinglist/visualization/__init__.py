"""What a network looks at: pictures of any Keras model of images, on every backend.

Functions take images as the model does, `(n, height, width, channels)`, and return NumPy arrays.
"""

from keras_readinglist.visualization.embedding import layer_codes, tsne
from keras_readinglist.visualization.filters import activation_grid, filter_grid
from keras_readinglist.visualization.fooling import fooling_image
from keras_readinglist.visualization.grad_cam import grad_cam
from keras_readinglist.visualization.layer_chain import LayerChain
from keras_readinglist.visualization.lesions import Lesions
from keras_readinglist.visualization.loss_surface import loss_surface
from keras_readinglist.visualization.occlusion import occlusion_map
from keras_readinglist.visualization.receptive_field import (
    ReceptiveField,
    empirical_receptive_field,
    influence,
    receptive_field,
)
from keras_readinglist.visualization.saliency import saliency, smooth_grad
from keras_readinglist.visualization.signal_propagation import signal_propagation

__all__ = [
    "LayerChain",
    "Lesions",
    "ReceptiveField",
    "activation_grid",
    "empirical_receptive_field",
    "filter_grid",
    "fooling_image",
    "grad_cam",
    "influence",
    "layer_codes",
    "loss_surface",
    "occlusion_map",
    "receptive_field",
    "saliency",
    "signal_propagation",
    "smooth_grad",
    "tsne",
]
