"""One step of a neural Turing machine (Graves et al., 2014)."""

import math

import keras
from keras import ops

from keras_readinglist.layers.ntm import addressing as rows
from keras_readinglist.layers.ntm.controllers import (
    FeedForwardController,
    LayerController,
    LSTMController,
    product,
)
from keras_readinglist.layers.precision import tanh, wide
from keras_readinglist.layers.validation import (
    check_choice,
    check_positive,
    check_shape,
    check_size,
    check_states,
)

CONTROLLERS = {"lstm": LSTMController, "feedforward": FeedForwardController}


@keras.saving.register_keras_serializable(package="keras_readinglist")
class NTMCell(keras.layers.Layer):
    """Neural Turing machine cell: a controller with heads that read and write a memory.

    The controller sees the input and what was read last, `h = controller(x, r)`. One matrix turns
    `h` into the parameters of all heads, clipped raw values through the functions below. For every
    head, on the memory `M` of the step before:

    - `w_c = softmax(beta cos(k, M))`, `k = tanh`, `beta = softplus` (Eq. 5 and 6);
    - `w_g = g w_c + (1 - g) w`, `g = sigmoid` (Eq. 7);
    - `w_s = w_g` shifted in a circle by `s = softmax` (Eq. 8);
    - `w = w_s^gamma`, normalised, `gamma = 1 + softplus` (Eq. 9).

    Then `r = w M` (Eq. 2), and all heads that write erase before any adds,
    `M = M prod(1 - w e) + sum w a`, `e = sigmoid`, `a = tanh` (Eq. 3 and 4). The output is linear
    in `h` and `r`. Memory and addressing are float32 under mixed precision; between the steps of
    `keras.layers.RNN` states have its compute type, in `NTM` they stay float32.

    Args:
        memory_slots: Positive integer, the number of rows. Defaults to 128. Without learned or
            random initial values no weight depends on it.
        memory_width: Positive integer, the width of a row. Defaults to 20.
        controller: `"lstm"` (default), `"feedforward"`, or a Keras cell or layer. Such a cell is
            called inside the loop, so it must not draw random numbers.
        controller_units: Positive integer, the width of the controller. Defaults to 100.
        controller_layers: Positive integer. Defaults to 1.
        read_heads: Positive integer. Defaults to 1.
        write_heads: Positive integer. Defaults to 1.
        shift_range: Positive integer, how many rows a head may move in one step. Defaults to 1.
        output_dim: Positive integer, or `None` to return `h` and the reads, concatenated.
        clip_value: Positive float, the bound of raw parameters and of outputs. Defaults to 20.
        memory_initializer: `"constant"` (1e-6 everywhere), `"learned"`, or `"random"` (drawn once).
        weighting_initializer: `"one_hot"` (on row 0), `"uniform"` or `"learned"`.
        read_initializer: `"zeros"` or `"learned"`.
        addressing: `"content_and_location"`, or `"content"` for Eq. 5 and 6 alone.
        read_after_write: Boolean, whether reads see what is written in the same step. Defaults to
            `False`.
        **kwargs: Base layer keyword arguments.

    Call arguments:
        inputs: Float tensor `(batch, features)`.
        states: List of tensors, all of rank 2: the output before, `h` and the
            reads, the weightings (read heads first), the memory, the states of the controller.
        training: Boolean, unused by the cell itself.

    Input shape:
        `(batch, features)`.

    Output shape:
        `(batch, output_dim)`, and the list of new states.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> cell = NTMCell(memory_slots=8, memory_width=4, controller_units=5, output_dim=3)
        >>> keras.layers.RNN(cell)(np.ones((2, 6, 3))).shape
        (2, 3)

    References:
        - [Graves et al., 2014, Neural Turing Machines](https://arxiv.org/abs/1410.5401), section 3
        - [Collier, Beel, 2018](https://arxiv.org/abs/1807.08518): initial values
    """

    def __init__(
        self,
        memory_slots=128,
        memory_width=20,
        controller="lstm",
        controller_units=100,
        controller_layers=1,
        read_heads=1,
        write_heads=1,
        shift_range=1,
        output_dim=None,
        clip_value=20.0,
        memory_initializer="constant",
        weighting_initializer="one_hot",
        read_initializer="zeros",
        addressing="content_and_location",
        read_after_write=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.shift_range = check_size("shift_range", shift_range)
        self.memory_slots = check_size("memory_slots", memory_slots)
        smallest = 2 * self.shift_range + 1
        if self.memory_slots < smallest:
            raise ValueError(
                f"`memory_slots` must be at least 2 * shift_range + 1 = {smallest}. "
                f"Received: memory_slots={memory_slots}"
            )
        self.memory_width = check_size("memory_width", memory_width)
        self.controller_units = check_size("controller_units", controller_units)
        self.controller_layers = check_size("controller_layers", controller_layers)
        self.read_heads = check_size("read_heads", read_heads)
        self.write_heads = check_size("write_heads", write_heads)
        self.output_dim = None if output_dim is None else check_size("output_dim", output_dim)
        self.clip_value = check_positive("clip_value", clip_value)
        self.memory_initializer = check_choice(
            "memory_initializer", memory_initializer, ("constant", "learned", "random")
        )
        self.weighting_initializer = check_choice(
            "weighting_initializer", weighting_initializer, ("one_hot", "uniform", "learned")
        )
        self.read_initializer = check_choice(
            "read_initializer", read_initializer, ("zeros", "learned")
        )
        self.addressing = check_choice(
            "addressing", addressing, ("content_and_location", "content")
        )
        self.read_after_write = read_after_write
        self._controller_name = controller if isinstance(controller, str) else None
        self.controller = self._make_controller(controller)
        self.features = self.controller.output_size + self.read_heads * self.memory_width
        self.output_size = self.output_dim or self.features
        self.state_size = [
            self.output_size,
            self.features,
            self.heads * self.memory_slots,
            self.memory_slots * self.memory_width,
            *self.controller.state_sizes,
        ]
        self.parts = self._head_parts()

    def _make_controller(self, controller):
        base = {"dtype": self.dtype_policy, "trainable": self.trainable}
        if isinstance(controller, dict):  # from a configuration
            controller = keras.saving.deserialize_keras_object(controller)
        if isinstance(controller, keras.layers.Layer):
            return LayerController(controller, self.controller_units, **base)
        if not isinstance(controller, str) or controller not in CONTROLLERS:
            raise ValueError(
                "`controller` must be 'lstm', 'feedforward', a Keras cell or a Keras layer. "
                f"Received: controller={controller!r}"
            )
        return CONTROLLERS[controller](self.controller_units, self.controller_layers, **base)

    def _head_parts(self):
        """Return the shapes of the heads' parameters, in the order of the columns of `heads`."""
        heads, writers, width = self.heads, self.write_heads, self.memory_width
        shapes = {
            "key": (heads, width),
            "add": (writers, width),
            "strength": (heads,),
            "gamma": (heads,),
            "gate": (heads,),
            "erase": (writers, width),
            "shift": (heads, 2 * self.shift_range + 1),
        }
        if self.addressing == "content":
            shapes = {k: v for k, v in shapes.items() if k not in ("gamma", "gate", "shift")}
        return shapes

    @property
    def heads(self):
        """The number of heads."""
        return self.read_heads + self.write_heads

    @property
    def state_dtype(self):
        """The type of states between steps: never less than float32."""
        return wide(self.compute_dtype)

    def build(self, inputs_shape, states_shape=None):
        check_shape("inputs", inputs_shape, "(batch, features)")
        self.input_width = inputs_shape[-1]
        self.controller.build(inputs_shape, (None, self.read_heads * self.memory_width))
        size = sum(math.prod(shape) for shape in self.parts.values())
        self._add_matrix("heads", self.controller.output_size, size)
        if self.output_dim:
            self._add_matrix("output", self.features, self.output_dim)
        self._add_initial_values()

    def _add_matrix(self, name, inputs, outputs):
        kernel = self.add_weight(
            name=f"{name}_kernel", shape=(inputs, outputs), initializer="glorot_uniform"
        )
        bias = self.add_weight(name=f"{name}_bias", shape=(outputs,), initializer="zeros")
        setattr(self, f"{name}_kernel", kernel)
        setattr(self, f"{name}_bias", bias)

    def _add_initial_values(self):
        """Make the weights of learned or random initial states, before tanh or softmax."""
        shapes = {
            "memory": (self.memory_slots, self.memory_width),
            "weighting": (self.heads, self.memory_slots),
            "read": (self.read_heads, self.memory_width),
        }
        for kind, shape in shapes.items():
            choice = getattr(self, f"{kind}_initializer")
            if choice in ("learned", "random"):
                weight = self.add_weight(
                    name=f"initial_{kind}",
                    shape=shape,
                    initializer=keras.initializers.RandomNormal(stddev=0.5),
                    trainable=choice == "learned",
                )
                setattr(self, f"initial_{kind}", weight)

    def initial_states(self, batch_size):
        """Return the states before the first step, in the type of states."""
        shape, dtype = (self.memory_slots, self.memory_width), self.state_dtype
        if self.memory_initializer == "constant":
            memory = ops.full(shape, 1e-6, dtype=dtype)
        else:
            memory = tanh(ops.cast(self.initial_memory, dtype))
        if self.weighting_initializer == "learned":
            weightings = ops.softmax(ops.cast(self.initial_weighting, dtype))
        elif self.weighting_initializer == "uniform":
            shape = (self.heads, self.memory_slots)
            weightings = ops.full(shape, 1.0 / self.memory_slots, dtype=dtype)
        else:
            first = ops.zeros((self.heads,), "int32")
            weightings = ops.one_hot(first, self.memory_slots, dtype=dtype)
        features = ops.zeros((self.features,), dtype=dtype)
        if self.read_initializer == "learned":
            reads = tanh(ops.cast(self.initial_read, dtype))
            unread = ops.zeros((self.controller.output_size,), dtype=dtype)
            features = ops.concatenate([unread, ops.reshape(reads, (-1,))])
        output = ops.zeros((self.output_size,), dtype=dtype)
        controller = [ops.zeros((size,), dtype=dtype) for size in self.controller.state_sizes]
        return [
            ops.tile(ops.reshape(state, (1, -1)), (batch_size, 1))
            for state in (output, features, weightings, memory, *controller)
        ]

    def get_initial_state(self, batch_size=None):
        """Return the states before the first step, in the compute type."""
        return [ops.cast(state, self.compute_dtype) for state in self.initial_states(batch_size)]

    def head_parameters(self, h):
        """Return the parameters of all heads, `(..., heads, ...)` each, from the controller."""
        raw = product(self.compute_dtype, h, self.heads_kernel, self.heads_bias)
        raw = ops.clip(raw, -self.clip_value, self.clip_value)
        p, begin = {}, 0
        for function, names in _FUNCTIONS:
            shapes = {name: self.parts[name] for name in names if name in self.parts}
            block = raw[..., begin : begin + sum(map(math.prod, shapes.values()))]
            begin += block.shape[-1]
            block, at = function(block), 0
            for name, shape in shapes.items():
                part = block[..., at : at + math.prod(shape)]
                at += math.prod(shape)
                p[name] = _reshape(part, (*ops.shape(h)[:-1], *shape)) if shape[1:] else part
        if "shift" in p:
            p["shift"], p["gamma"] = ops.softmax(p["shift"]), 1.0 + p["gamma"]
        return p

    def address(self, memory, weightings, parameters):
        """Return the new weightings `(batch, heads, slots)` (section 3.3)."""
        p = parameters
        content = rows.content_addressing(memory, p["key"], p["strength"])
        if self.addressing == "content":
            return content
        blended = rows.interpolate(content, weightings, p["gate"])
        return rows.sharpen(rows.circular_shift(blended, p["shift"]), p["gamma"])

    def step(self, z, states):
        """Return the states after a step; `z` is the input through `controller.project`."""
        features, weightings, memory, *controller = states
        reads = features[:, self.controller.output_size :]
        h, controller = self.controller.step(z, reads, controller)
        memory = _reshape(memory, (-1, self.memory_slots, self.memory_width))
        weightings = _reshape(weightings, (-1, self.heads, self.memory_slots))
        p = self.head_parameters(h)
        w = self.address(memory, weightings, p)
        written = rows.memory_write(memory, w[:, self.read_heads :], p["erase"], p["add"])
        source = written if self.read_after_write else memory
        reads = rows.memory_read(source, w[:, : self.read_heads])
        features = ops.concatenate([h, _flat(reads)], axis=-1)
        return [features, _flat(w), _flat(written), *controller]

    def read_out(self, features):
        """Return the clipped linear output of `h` and the reads, or these as they are."""
        if self.output_dim is None:
            return features
        y = product(self.compute_dtype, features, self.output_kernel, self.output_bias)
        return ops.clip(y, -self.clip_value, self.clip_value)

    def call(self, inputs, states, training=False):
        check_shape("inputs", inputs.shape, "(batch, features)", width=self.input_width)
        check_states("states", states, self.state_size, inputs.shape[0])
        _, *states = (ops.cast(state, self.state_dtype) for state in states)
        states = self.step(self.controller.project(inputs), states)
        states = [self.read_out(states[0]), *states]
        states = [ops.cast(state, self.compute_dtype) for state in states]
        return states[0], states

    def get_config(self):
        names = ("memory_slots", "memory_width", "controller_units", "controller_layers")
        names += ("read_heads", "write_heads", "shift_range", "output_dim", "clip_value")
        names += ("memory_initializer", "weighting_initializer", "read_initializer")
        names += ("addressing", "read_after_write")
        controller = self._controller_name
        if controller is None:
            controller = keras.saving.serialize_keras_object(self.controller.cell)
        config = {**{name: getattr(self, name) for name in names}, "controller": controller}
        return {**super().get_config(), **config}


# What brings the parameters of heads into their ranges, one call for each block of columns.
_FUNCTIONS = (
    (tanh, ("key", "add")),
    (ops.softplus, ("strength", "gamma")),
    (ops.sigmoid, ("gate", "erase")),
    (lambda block: block, ("shift",)),
)


def _flat(x):
    return _reshape(x, (-1, x.shape[1] * x.shape[2]))


def _reshape(x, shape):
    """Reshape by a method of the tensor, if it has one: on torch `ops.reshape` is slow."""
    return x.reshape(shape) if hasattr(x, "reshape") else ops.reshape(x, shape)
