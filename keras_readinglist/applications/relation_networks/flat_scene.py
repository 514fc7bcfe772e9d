"""The models without relations that relation networks are compared with."""

import keras
from keras import ops

from keras_readinglist.applications.relation_networks.scene_questions import SceneQuestions
from keras_readinglist.layers.precision import dense
from keras_readinglist.layers.validation import check_sizes


class FlatScene(SceneQuestions):
    """A multilayer perceptron that sees the whole scene and the question as one vector."""

    def __init__(self, image_shape, num_answers, units, **kwargs):
        super().__init__(image_shape, num_answers, **kwargs)
        self.units = check_sizes("units", units)
        self.hidden = [self._dense(u, "relu", f"hidden_{k}") for k, u in enumerate(self.units)]
        self.out = self._dense(num_answers, None, "output")
        self.build()

    def _dense(self, units, activation, name):
        return keras.layers.Dense(
            units,
            activation,
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=self.dtype_policy,
            name=name,
        )

    def _build_answers(self, scene_shape, question_shape):
        self.scene_width = 1
        for size in scene_shape[1:]:
            self.scene_width *= size
        shape = (*question_shape[:-1], self.scene_width + question_shape[-1])
        for layer in [*self.hidden, self.out]:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def _answer(self, scenes, questions, training):
        scenes = ops.reshape(scenes, (-1, self.scene_width))
        if len(questions.shape) == 3:
            shape = (*ops.shape(questions)[:2], self.scene_width)
            scenes = ops.broadcast_to(scenes[:, None], shape)
        outputs = ops.concatenate([scenes, questions], axis=-1)
        for layer in [*self.hidden, self.out]:
            outputs = dense(layer, outputs)
        return outputs

    def get_config(self):
        return {**super().get_config(), "units": self.units}
