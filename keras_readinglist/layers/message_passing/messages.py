"""What is said along an edge: the base of all messages, and the ones without matrices of edges."""

import keras
from keras import ops

from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.precision import exact, matmul, wide
from keras_readinglist.layers.validation import check_size


class Message(keras.layers.Layer):
    """A message function `M(h_v, h_w, e_vw)`: what the sender w says to the receiver v.

    A message that is added up can often be had without computing it for every edge: a subclass
    that knows how overrides `prepare` and `collect`.
    """

    only_sums = False  # whether it makes no sense but in a sum

    def prepare(self, edge, edges, steps):
        """Return what every step needs of the features of the edges; it is computed once.

        Args:
            edge: Tensor of features, or `None`.
            edges: The edges, dense or flat.
            steps: How often `collect` will be called with it.
        """
        return edge

    def collect(self, state, prepared, edges):
        """Return the sum of the messages that every node gets.

        Args:
            state: Tensor of node states.
            prepared: What `prepare` returned.
            edges: The edges, dense or flat.
        """
        said = self(edges.receivers(state), edges.senders(state), prepared)
        return edges.sum(ops.cast(said, wide(self.compute_dtype)))

    def compute_output_shape(self, receiver_shape, sender_shape=None, edge_shape=None):
        return (*receiver_shape[:-1], self.width(receiver_shape[-1], edge_shape))

    def width(self, state_width, edge_shape=None):
        """Return the width of a message."""
        return self.units


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ConcatMessage(Message):
    """The sender's state beside the features of the edge, `[h_w, e_vw]`.

    This is the message of convolutional fingerprints.

    Args:
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        receiver: Float tensor `(..., width)`, the states of the receivers of edges; not used.
        sender: Float tensor `(..., width)`, the states of their senders.
        edge: Float tensor `(..., features)`, or `None`.

    Input shape:
        As above; the first axes are those of the edges.

    Output shape:
        `(..., width + features)`.

    Raises:
        ValueError: If the arguments have different first axes, as the backend says.

    Example:
        >>> ConcatMessage()(np.ones((5, 3)), np.ones((5, 3)), np.ones((5, 2))).shape
        (5, 5)

    References:
        - [Duvenaud et al., 2015](https://arxiv.org/abs/1509.09292), as told by
          [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 2
    """

    def build(self, receiver_shape, sender_shape=None, edge_shape=None):
        pass

    def call(self, receiver, sender, edge=None):
        if edge is None:
            return sender
        return ops.concatenate([sender, ops.cast(edge, sender.dtype)], axis=-1)

    def width(self, state_width, edge_shape=None):
        return state_width + (0 if edge_shape is None else edge_shape[-1])


@keras.saving.register_keras_serializable(package="keras_readinglist")
class TensorMessage(Message):
    """A product of what the sender and the edge say, `tanh(W ((A h_w + a) * (B e_vw + b)))`.

    This is the message of deep tensor neural networks; their update is `ResidualUpdate`.

    Args:
        units: Positive integer, the width of a message.
        hidden_units: Positive integer, the width of the product. Defaults to `units`.
        activation: What the message goes through. Defaults to `"tanh"`.
        kernel_initializer: Initializer of the three matrices.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments: as for `ConcatMessage`; edges must have features.

    Input shape:
        `(..., width)`, `(..., width)` and `(..., features)`.

    Output shape:
        `(..., units)`.

    Raises:
        ValueError: If an argument is out of range, or edges have no features.

    Example:
        >>> TensorMessage(4)(np.ones((5, 3)), np.ones((5, 3)), np.ones((5, 2))).shape
        (5, 4)

    References:
        - [Schuett et al., 2017](https://arxiv.org/abs/1609.08259), as told by
          [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 2
    """

    def __init__(
        self,
        units,
        hidden_units=None,
        activation="tanh",
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = check_size("units", units)
        self.hidden_units = check_size("hidden_units", hidden_units or units)
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, receiver_shape, sender_shape=None, edge_shape=None):
        need_features("edge", edge_shape)
        hidden = self.hidden_units
        self.sender_kernel = self._kernel("sender_kernel", receiver_shape[-1], hidden)
        self.sender_bias = self._bias("sender_bias", hidden)
        self.edge_kernel = self._kernel("edge_kernel", edge_shape[-1], hidden)
        self.edge_bias = self._bias("edge_bias", hidden)
        self.kernel = self._kernel("kernel", hidden, self.units)

    def _kernel(self, name, *shape):
        return self.add_weight(name=name, shape=shape, initializer=fresh(self.kernel_initializer))

    def _bias(self, name, width):
        return self.add_weight(name=name, shape=(width,), initializer="zeros")

    def _factor(self, x, kernel, bias):
        x, kernel, bias = (ops.cast(each, self.compute_dtype) for each in (x, kernel, bias))
        return matmul(x, kernel) + bias

    def call(self, receiver, sender, edge=None):
        need_features("edge", edge)
        return self._say(
            self._said_by(sender), self._factor(edge, self.edge_kernel, self.edge_bias)
        )

    def prepare(self, edge, edges, steps):
        return self._factor(edge, self.edge_kernel, self.edge_bias)

    def collect(self, state, prepared, edges):
        said = self._say(edges.senders(self._said_by(state)), prepared)
        return edges.sum(ops.cast(said, wide(self.compute_dtype)))

    def _said_by(self, state):
        return self._factor(state, self.sender_kernel, self.sender_bias)

    def _say(self, sender, edge):
        kernel = ops.cast(self.kernel, self.compute_dtype)
        return exact(self.activation)(matmul(sender * edge, kernel))

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "hidden_units": self.hidden_units,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


@keras.saving.register_keras_serializable(package="keras_readinglist")
class GCNMessage(Message):
    """The sender's state by the degrees of both ends, `A_vw h_w / sqrt(deg(v) deg(w))`.

    With `DenseUpdate` behind, this is the graph convolution `relu(D^-1/2 A D^-1/2 H W)`. It is a
    sum by its nature: `aggregate="max"` is refused. Self-loops are edges like others.

    Args:
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments: as for `ConcatMessage`; `edge` has one feature, the weight `A_vw`, or is `None`
        for ones. The call is without the degrees, which only the whole graph knows.

    Input shape:
        `(..., width)`, `(..., width)` and `(..., 1)`.

    Output shape:
        `(..., width)`.

    Raises:
        ValueError: If an edge has more than one feature.

    Example:
        >>> layer = MessagePassing(GCNMessage(), DenseUpdate(4), num_steps=1)
        >>> layer(np.ones((2, 3, 4))).shape
        (2, 3, 4)

    References:
        - [Kipf, Welling, 2017](https://arxiv.org/abs/1609.02907), as told by
          [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 2
    """

    only_sums = True

    def build(self, receiver_shape, sender_shape=None, edge_shape=None):
        if edge_shape is not None and edge_shape[-1] != 1:
            raise ValueError(
                f"`edge` must have one feature, its weight. Received shape: {tuple(edge_shape)}"
            )

    def call(self, receiver, sender, edge=None):
        return sender if edge is None else sender * ops.cast(edge, sender.dtype)

    def collect(self, state, prepared, edges):
        dtype = wide(self.compute_dtype)
        ones = ops.ones_like(edges.mask, dtype=dtype)[..., None]
        weights = ones if prepared is None else ops.cast(prepared, dtype)
        degree = edges.sum(weights)
        scale = ops.where(degree > 0, ops.rsqrt(ops.where(degree > 0, degree, 1.0)), 0.0)
        sent = edges.senders(ops.cast(state, dtype) * scale)
        return edges.sum(sent * weights) * scale

    def width(self, state_width, edge_shape=None):
        return state_width


def need_features(name, given):
    """Raise `ValueError` for edges without features, where a message is made of them."""
    if given is None:
        raise ValueError(f"`{name}` must be given: this message is made of the edges' features.")
