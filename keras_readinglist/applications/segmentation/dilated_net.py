"""Front end and context module: the networks of Yu and Koltun (2015)."""

import keras

from keras_readinglist.applications.segmentation.dilated_front_end import DilatedFrontEnd
from keras_readinglist.applications.segmentation.segmentation_model import SegmentationModel
from keras_readinglist.layers.convolution import ContextModule
from keras_readinglist.layers.validation import check_choice

# The networks of the paper: classes, context, and the mean blue, green and red of the pictures.
DATASETS = {
    "pascal_voc": (21, "basic", (102.93, 111.36, 116.52)),
    "camvid": (11, 8, (110.70, 108.78, 105.41)),
    "kitti": (11, 7, (96.19, 95.55, 91.35)),
    "cityscapes": (19, 10, (72.39, 82.91, 73.16)),
}
CONTEXTS = {
    "basic": {},
    "large": {"size": "large"},
    7: {"dilations": (1, 1, 2, 4, 8, 1)},
    8: {},
    10: {"dilations": (1, 1, 2, 4, 8, 16, 32, 64, 1)},
}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class DilatedNet(SegmentationModel):
    """Names every pixel of a picture, by what lies near it and then by what lies around.

    A `DilatedFrontEnd` gives scores, and a `ContextModule`, which begins as the identity, refines
    them.

    The paper's figures, mean intersection over union: VOC-2012 val 69.8 % by the front end, 71.3 %
    with the basic and 72.1 % with the large module, and 73.5 % on test; CamVid 65.3 % (8 layers),
    KITTI 59.2 % (7 layers), Cityscapes 67.1 % (10 layers).

    Args:
        classes: Positive integer; `None` for those of the data set or of the front end.
        context: `"basic"` or `"large"`; 7, 8 or 10, the layers of the paper's modules for streets;
            a `ContextModule`; or `None` for that of the data set.
        dataset: `"pascal_voc"`, `"camvid"`, `"kitti"` or `"cityscapes"`: gives the paper's classes,
            context and preprocessing; or `None`.
        front_end: A `DilatedFrontEnd`; `None` for VGG-16.
        joint: Boolean, whether the front end is trained together with the context. Defaults to
            `True`.
        **kwargs: Base model keyword arguments.

    Call arguments:
        inputs: Float tensor `(batch, height, width, 3)` of preprocessed pictures.
        training: Boolean, for dropout and batch normalization of the front end.

    Input shape:
        As for the front end.

    Output shape:
        `(batch, height / stride, width / stride, classes)`, scores before the softmax.

    Raises:
        ValueError: If an argument is out of range, or the parts do not fit.

    Example:
        >>> front = DilatedFrontEnd(3, "near", width=0.25)
        >>> model = DilatedNet(context="basic", front_end=front)
        >>> model.segment(np.random.default_rng(0).random((30, 40, 3)))[0].shape
        (30, 40)

    References:
        - [Yu and Koltun, 2015](https://arxiv.org/abs/1511.07122), sections 3 to 5
    """

    def __init__(
        self, classes=None, context=None, dataset=None, front_end=None, joint=True, **kwargs
    ):
        super().__init__(**kwargs)
        count, usual, preprocessing = None, "basic", None
        if dataset is not None:
            check_choice("dataset", dataset, tuple(DATASETS))
            count, usual, mean = DATASETS[dataset]
            mean = [value / 255 for value in mean]
            preprocessing = {"mean": mean, "std": 1 / 255, "bgr": True}
        if front_end is None:
            front_end = DilatedFrontEnd(
                classes or count or 21, preprocessing=preprocessing, dtype=self.dtype_policy
            )
        if classes not in (None, front_end.classes):
            raise ValueError(
                f"`classes` must be those of `front_end`, {front_end.classes}. "
                f"Received: classes={classes}"
            )
        context = usual if context is None else context
        if not isinstance(context, ContextModule):
            options = CONTEXTS[check_choice("context", context, tuple(CONTEXTS))]
            padding = "buffer" if dataset == "pascal_voc" else "same"
            context = ContextModule(padding=padding, dtype=self.dtype_policy, **options)
        self.dataset, self.joint = dataset, joint
        self.front_end, self.context = front_end, context
        self.build()

    def build(self, inputs_shape=None):
        if not self.context.built:
            self.context.build((None, None, None, self.front_end.classes))
        if not self.joint:
            self.front_end.trainable = False

    def call(self, inputs, training=False):
        return self.context(self.front_end(inputs, training=training and self.joint))

    def _sees_pixels(self):
        return self.front_end

    def refine(self, maps):
        """Return the scores that the context module makes of those of the front end."""
        return self.context(maps)

    def compute_output_shape(self, inputs_shape):
        return self.front_end.compute_output_shape(inputs_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "context": keras.saving.serialize_keras_object(self.context),
            "dataset": self.dataset,
            "front_end": keras.saving.serialize_keras_object(self.front_end),
            "joint": self.joint,
        }

    @classmethod
    def from_config(cls, config):
        parts = {
            name: keras.saving.deserialize_keras_object(config[name])
            for name in ("context", "front_end")
        }
        return cls(**{**config, **parts})
