"""A perceptron on descriptions of objects, without relations."""

import keras

from keras_readinglist.applications.relation_networks.flat_scene import FlatScene


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MLPBaseline(FlatScene):
    """A multilayer perceptron on the flattened description of all objects.

    Args:
        image_shape: Tuple `(n, features)` of the objects.
        num_answers: Positive integer.
        units: Tuple of positive integers, the hidden widths.
        **kwargs: `question_dim`, `vocab_size`, `question_units` and `kernel_initializer` as in
            `RelationNetworkVQA`; base model keyword arguments.

    Call arguments, Input shape and Output shape: as for `CNNMLPBaseline`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> model = MLPBaseline((6, 10), 10, question_dim=11, units=(8,))
        >>> model.answer(np.zeros((2, 6, 10)), np.zeros((2, 5, 11)))[0].shape
        (2, 5)

    References:
        - [Santoro et al., 2017](https://arxiv.org/abs/1706.01427), section 5.2
    """

    def __init__(self, image_shape, num_answers, units=(512, 512, 512), **kwargs):
        super().__init__(image_shape, num_answers, units, **{**kwargs, "filters": ()})
