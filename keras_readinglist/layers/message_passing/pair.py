"""A message made of both ends and the edge."""

import keras
from keras import ops

from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.message_passing.messages import Message
from keras_readinglist.layers.precision import exact, matmul, wide
from keras_readinglist.layers.validation import check_size, check_sizes


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PairMessage(Message):
    """A network of both ends and the edge, `f([h_v, h_w, e_vw])`.

    The first kernel falls into parts for the receiver, the sender and the edge: the parts of nodes
    are computed once a node, that of edges once for all steps. The last layer is linear and is
    applied behind the sum.

    Args:
        units: Positive integer, the width of a message.
        hidden_units: Tuple of positive integers, the widths of the layers before the last.
        activation: Activation of those layers.
        kernel_initializer: Initializer of all matrices.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        receiver: Float tensor `(..., width)`, the states of the receivers of edges.
        sender: Float tensor `(..., width)`, the states of their senders.
        edge: Float tensor `(..., features)`, or `None`.

    Input shape:
        As above; the first axes are those of the edges.

    Output shape:
        `(..., units)`.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> message = PairMessage(units=4, hidden_units=(8,))
        >>> message(np.ones((5, 2)), np.ones((5, 2)), np.ones((5, 3))).shape
        (5, 4)

    References:
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 5.1
        - [Battaglia et al., 2016](https://arxiv.org/abs/1612.00222), interaction networks
    """

    def __init__(
        self,
        units,
        hidden_units=(50,),
        activation="relu",
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = check_size("units", units)
        self.hidden_units = check_sizes("hidden_units", hidden_units)
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, receiver_shape, sender_shape=None, edge_shape=None):
        self.state_dim = receiver_shape[-1]
        width = 2 * self.state_dim + (0 if edge_shape is None else edge_shape[-1])
        self.kernels, self.biases = [], []
        for index, units in enumerate((*self.hidden_units, self.units)):
            initializer = fresh(self.kernel_initializer)
            self.kernels.append(
                self.add_weight(
                    name=f"kernel_{index}", shape=(width, units), initializer=initializer
                )
            )
            self.biases.append(
                self.add_weight(name=f"bias_{index}", shape=(units,), initializer="zeros")
            )
            width = units

    def call(self, receiver, sender, edge=None):
        to, of, about = self._parts()
        summed = self._product(receiver, to) + self._product(sender, of)
        hidden = self._hidden(summed, self._of_edge(edge, about))
        return matmul(hidden, self._cast(self.kernels[-1])) + self._cast(self.biases[-1])

    def prepare(self, edge, edges, steps):
        return self._of_edge(edge, self._parts()[2])

    def collect(self, state, prepared, edges):
        to, of, _ = self._parts()
        summed = edges.receivers(self._product(state, to)) + edges.senders(self._product(state, of))
        dtype = wide(self.compute_dtype)
        total = edges.sum(ops.cast(self._hidden(summed, prepared), dtype))
        kernel, bias = (ops.cast(part[-1], dtype) for part in (self.kernels, self.biases))
        return matmul(total, kernel) + edges.degree(dtype) * bias

    def _cast(self, weight):
        return ops.cast(weight, self.compute_dtype)

    def _product(self, x, kernel):
        return matmul(self._cast(x), kernel)

    def _parts(self):
        kernel, d = self._cast(self.kernels[0]), self.state_dim
        return kernel[:d], kernel[d : 2 * d], kernel[2 * d :]

    def _of_edge(self, edge, kernel):
        shift = self._cast(self.biases[0])
        return shift if edge is None else self._product(edge, kernel) + shift

    def _hidden(self, of_nodes, of_edge):
        """Return the last hidden layer, from what the first gets of nodes and of the edge."""
        hidden = exact(self.activation)(of_nodes + of_edge)
        for kernel, bias in zip(self.kernels[1:-1], self.biases[1:-1], strict=True):
            hidden = exact(self.activation)(matmul(hidden, self._cast(kernel)) + self._cast(bias))
        return hidden

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "hidden_units": self.hidden_units,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
