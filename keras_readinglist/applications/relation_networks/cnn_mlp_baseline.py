"""Convolutions and a perceptron, without relations."""

import keras

from keras_readinglist.applications.relation_networks.flat_scene import FlatScene


@keras.saving.register_keras_serializable(package="keras_readinglist")
class CNNMLPBaseline(FlatScene):
    """The convolutions of a relation network with a multilayer perceptron in its place.

    Args:
        image_shape: Tuple `(height, width, channels)`.
        num_answers: Positive integer.
        units: Tuple of positive integers, the hidden widths of the perceptron.
        **kwargs: `question_dim`, `vocab_size`, `question_units`, `filters` and
            `kernel_initializer` as in `RelationNetworkVQA`; base model keyword arguments.

    Call arguments: as for `RelationNetworkVQA`.

    Input shape:
        As for `RelationNetworkVQA`.

    Output shape:
        `(batch, num_answers)` or `(batch, questions, num_answers)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = CNNMLPBaseline((75, 75, 3), 10, question_dim=11, filters=(4,) * 4, units=(8,))
        >>> model.answer(np.zeros((2, 75, 75, 3)), np.zeros((2, 11)))[0].shape
        (2,)

    References:
        - [Santoro et al., 2017](https://arxiv.org/abs/1706.01427), section 5.2
    """

    def __init__(self, image_shape, num_answers, units=(512, 512, 512), **kwargs):
        super().__init__(image_shape, num_answers, units, **kwargs)
