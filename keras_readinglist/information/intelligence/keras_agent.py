"""A small Q-network in every world: an agent of Keras, on any backend."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.information.intelligence.agents import Agent, check_in_unit


class KerasQAgent(Agent):
    """Q-learning by a network of one hidden layer, a network of its own in every world.

    All networks are one Keras model whose weights have a row per world, so that a cycle of all
    worlds is one compiled training step. Adam treats every weight by itself: nothing is shared.

    Args:
        machine: `BFMachine`.
        units: Positive integer, width of the hidden layer.
        learning_rate: Positive float, of Adam.
        epsilon: Float in [0, 1], the share of random actions.
        gamma: Float in [0, 1), the discount.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.information import BFMachine
        >>> agent = KerasQAgent(BFMachine(), units=4)
        >>> agent.reset(worlds=3)
        >>> agent.act(np.zeros(3, int), np.zeros(3)).shape
        (3,)
    """

    settings = ("units", "learning_rate", "epsilon", "gamma")

    def __init__(self, machine, units=16, learning_rate=0.03, epsilon=0.05, gamma=0.7):
        super().__init__(machine)
        if not isinstance(units, int) or units < 1:
            raise ValueError(f"`units` must be a positive integer. Received: units={units!r}")
        if not learning_rate > 0:
            raise ValueError(
                f"`learning_rate` must be positive. Received: learning_rate={learning_rate}"
            )
        check_in_unit("epsilon", epsilon)
        check_in_unit("gamma", gamma, open_end=True)
        self.units, self.learning_rate = units, learning_rate
        self.epsilon, self.gamma = epsilon, gamma

    def reset(self, worlds, seed=0):
        super().reset(worlds, seed)
        states, actions = self.machine.states, self.machine.symbols
        inputs = keras.Input(batch_shape=(worlds, states))
        hidden = ops.relu(_DensePerWorld(self.units, seed)(inputs))
        values = _DensePerWorld(actions, seed + 1)(hidden)
        # A last axis of one lets the weights of the loss choose among actions.
        self.model = keras.Model(inputs, ops.expand_dims(values, -1))
        loss = keras.losses.MeanSquaredError(reduction="sum")
        self.model.compile(keras.optimizers.Adam(self.learning_rate), loss)
        self.last = None

    def act(self, observations, rewards):
        seen = np.eye(self.machine.states, dtype="float32")[observations]
        values = np.asarray(self.model.predict_on_batch(seen))[..., 0]
        if self.last is not None:
            before, taken = self.last
            # Rewards of 100 would need steps of 100.
            target = np.nan_to_num(rewards) / 100 + self.gamma * values.max(axis=1)
            targets = np.repeat(target[:, None, None], self.machine.symbols, axis=1)
            self.model.train_on_batch(before, targets.astype("float32"), sample_weight=taken)
        actions, _ = self._explore(values, self.epsilon)
        self.last = (seen, np.eye(self.machine.symbols, dtype="float32")[actions])
        return actions


@keras.saving.register_keras_serializable(package="keras_readinglist")
class _DensePerWorld(keras.layers.Layer):
    """A dense layer with weights of its own for every row of the batch."""

    def __init__(self, units, seed, **kwargs):
        super().__init__(**kwargs)
        self.units, self.seed = units, seed

    def build(self, input_shape):
        worlds, width = input_shape
        start = keras.initializers.RandomNormal(stddev=width**-0.5, seed=self.seed)
        self.kernel = self.add_weight(
            name="kernel", shape=(worlds, width, self.units), initializer=start
        )
        self.bias = self.add_weight(name="bias", shape=(worlds, self.units), initializer="zeros")

    def call(self, inputs):
        return ops.einsum("wi,wio->wo", inputs, self.kernel) + self.bias

    def get_config(self):
        return {**super().get_config(), "units": self.units, "seed": self.seed}
