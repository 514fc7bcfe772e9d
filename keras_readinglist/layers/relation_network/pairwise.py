"""One network for all pairs of objects, and its sum (Santoro et al., 2017, Eq. 1)."""

import keras
from keras import ops

from keras_readinglist.backend import loops_compile, tensors
from keras_readinglist.layers import masking
from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.precision import exact, matmul, wide
from keras_readinglist.layers.relation_network import pieces
from keras_readinglist.layers.validation import (
    check_choice,
    check_same,
    check_shape,
    check_size,
    check_sizes,
)


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PairwiseRelation(keras.layers.Layer):
    """Applies one small network `g` to every ordered pair of objects, and sums.

    `sum_i sum_j g([o_i, o_j, q])`, self-pairs included. `g` is a stack of dense layers. The first
    is not applied to the concatenation: its kernel falls into parts for `o_i`, `o_j` and `q`, so
    its output is `a_i + b_j + u` with `a = O W_a`, `b = O W_b`, `u = q W_q + bias`: the same
    numbers from `2 n` products instead of `n^2`, and no tensor of concatenated pairs. A condition
    with an axis of questions shares `a` and `b` among the questions. If the last layer is linear,
    the sum is taken before it. The sum is taken and returned in float32 under mixed precision.

    Args:
        units: Tuple of positive integers, the widths of `g`. Defaults to the paper's four of 256.
        activation: Activation of the hidden layers of `g`.
        last_activation: Activation of its last layer; the paper has a ReLU here too.
        aggregate: `"sum"` (paper) or `"mean"`, which divides by the number of valid tuples.
        include_self: Boolean, whether an object forms pairs with itself. With `False` the objects
            of a tuple are distinct.
        arity: 2 for pairs, 3 for triples.
        factorized: Boolean; `False` applies the first layer to the concatenation of all pairs, to
            compare with.
        chunk_size: Positive integer `r`: `r` first objects are taken at a time, with recomputation
            in the backward pass, so that activations need `r n` and not `n^2` vectors of memory.
            `None` takes all at once.
        kernel_initializer: Initializer of all kernels.
        bias_initializer: Initializer of all biases.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        objects: Float tensor `(batch, n, d)`.
        condition: Float tensor `(batch, c)`, or `(batch, questions, c)` for several questions
            about the same objects. A layer that was built with a condition needs one.
        mask: Boolean tensor `(batch, n)`; objects that are `False` are not there and may hold
            anything, even NaN. Without any object the sum and the mean are zero.
        objects_mask: The mask that Keras knows of `objects`; used if there is no `mask`.

    Input shape:
        `(batch, n, d)`, and that of the condition.

    Output shape:
        `(batch, units[-1])`, or `(batch, questions, units[-1])`.

    Raises:
        ValueError: If an argument is out of range, or shapes do not fit.

    Example:
        >>> layer = PairwiseRelation((8, 4))
        >>> layer(np.ones((2, 6, 3)), condition=np.ones((2, 5, 7))).shape
        (2, 5, 4)

    References:
        - [Santoro et al., 2017](https://arxiv.org/abs/1706.01427), Eq. 1
    """

    def __init__(
        self,
        units=(256, 256, 256, 256),
        activation="relu",
        last_activation="relu",
        aggregate="sum",
        include_self=True,
        arity=2,
        factorized=True,
        chunk_size=None,
        kernel_initializer="he_uniform",
        bias_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = check_sizes("units", units)
        self.aggregate = check_choice("aggregate", aggregate, ("sum", "mean"))
        self.arity = int(check_choice("arity", arity, (2, 3)))
        self.chunk_size = None if chunk_size is None else check_size("chunk_size", chunk_size)
        self.activation = keras.activations.get(activation)
        self.last_activation = keras.activations.get(last_activation)
        self.include_self, self.factorized = include_self, factorized
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.supports_masking = True
        self.supports_jit = chunk_size is None or loops_compile()

    def build(self, objects_shape, condition_shape=None):
        check_shape("objects", objects_shape, _OBJECTS)
        if condition_shape is not None:
            check_shape("condition", condition_shape, *_CONDITIONS)
        self.object_dim = objects_shape[-1]
        self.condition_dim = 0 if condition_shape is None else condition_shape[-1]
        self.kernels, self.biases = [], []
        width = self.arity * self.object_dim + self.condition_dim
        for index, units in enumerate(self.units):
            self.kernels.append(
                self.add_weight(
                    name=f"kernel_{index}",
                    shape=(width, units),
                    initializer=fresh(self.kernel_initializer),
                )
            )
            self.biases.append(
                self.add_weight(
                    name=f"bias_{index}", shape=(units,), initializer=fresh(self.bias_initializer)
                )
            )
            width = units

    def call(self, objects, condition=None, mask=None, objects_mask=None):
        # Keras hands the mask of one tensor among several to the argument of that name.
        mask = objects_mask if mask is None else mask
        self._check_call(objects, condition)
        mask = masking.as_mask(mask, "objects", objects)
        objects, rest, weights, parameters = self._prepare(objects, condition, mask)
        move_sum = self._last_is_linear() and len(self.units) > 1
        depth = len(self.units) - 1 if move_sum else len(self.units)

        def relate(rows, rest, parameters, weights=None):
            pairs = self._relate(rows, rest, parameters, depth)
            return pieces.weighted_sum(pairs, weights)

        width = self.units[depth - 1]
        total = pieces.run(
            relate, objects, rest, parameters, weights, width, self.chunk_size, self.factorized
        )
        count = self._count(ops.shape(objects)[1], mask)
        if move_sum:  # sum_ij (y_ij W + bias) = (sum_ij y_ij) W + P bias
            dtype = wide(self.compute_dtype)
            kernel, bias = (ops.cast(p[-1], dtype) for p in (self.kernels, self.biases))
            total = matmul(total, kernel) + count * bias
        if self.aggregate == "mean":
            total = total / ops.where(count > 1.0, count, 1.0)
        questions = condition is not None and len(condition.shape) == 3
        return total if questions else ops.squeeze(total, axis=1)

    def relations(self, objects, condition=None, mask=None):
        """Return what `g` says of every tuple: the terms of the sum.

        Args:
            objects: As in the call.
            condition: As in the call.
            mask: As in the call; tuples that do not count get zeros.

        Returns:
            Tensor `(batch, n, n, units[-1])`, with an axis of questions after the first if the
            condition has one, and a further axis `n` for triples.
        """
        objects, condition, mask = tensors((objects, condition, mask))
        self._check_call(objects, condition)
        mask = masking.as_mask(mask, "objects", objects)
        objects, rest, weights, parameters = self._prepare(objects, condition, mask)
        pairs = self._relate(objects, rest, parameters, len(self.units))
        if weights is not None:
            pairs = pairs * ops.cast(weights[:, None, ..., None], pairs.dtype)
        questions = condition is not None and len(condition.shape) == 3
        return pairs if questions else ops.squeeze(pairs, axis=1)

    def _check_call(self, objects, condition):
        check_shape("objects", objects.shape, _OBJECTS, width=self.object_dim)
        if (condition is None) != (self.condition_dim == 0):
            had = "without" if self.condition_dim == 0 else "with"
            raise ValueError(f"This layer was built {had} a `condition`, and must be called so.")
        if condition is not None:
            check_shape("condition", condition.shape, *_CONDITIONS, width=self.condition_dim)
            check_same("condition", condition.shape, "objects", objects.shape)

    def _prepare(self, objects, condition, mask):
        """Return what varies with the first object, the rest, weights of tuples, parameters.

        The rest has the axes `(batch, questions, n, ..., features)`: one `n` for pairs, two for
        triples.
        """
        # What is masked may be NaN: it must not reach even the gradient of the product.
        objects = masking.blank(ops.cast(objects, self.compute_dtype), mask)
        if condition is not None:
            condition = ops.cast(condition, self.compute_dtype)
            condition = condition if len(condition.shape) == 3 else condition[:, None]
        weights = self._weights(objects, mask)
        kernels = [ops.cast(kernel, self.compute_dtype) for kernel in self.kernels]
        biases = [ops.cast(bias, self.compute_dtype) for bias in self.biases]
        if not self.factorized:
            rest = self._concatenated_rest(objects, condition)
            return objects, rest, weights, [*kernels, *biases]
        d = self.object_dim
        parts = [kernels[0][k * d : (k + 1) * d] for k in range(self.arity)]
        first, *others = (matmul(objects, part) for part in parts)
        rest = others[0][:, None]
        if self.arity == 3:
            rest = rest[:, :, :, None] + others[1][:, None, None]
        shift = biases[0]
        if condition is not None:
            shift = matmul(condition, kernels[0][self.arity * d :]) + shift
            shift = ops.expand_dims(shift, tuple(range(2, self.arity + 1)))
        return first, rest + shift, weights, [*kernels, *biases]

    def _concatenated_rest(self, objects, condition):
        """Return `[o_j, q]`, or `[o_j, o_k, q]`, for the first layer of the plain form."""
        batch, n, d = *ops.shape(objects)[:2], self.object_dim
        questions = 1 if condition is None else ops.shape(condition)[1]
        inner = (batch, questions, *[n] * (self.arity - 1))
        parts = []
        for axis in range(2, self.arity + 1):
            around = tuple(a for a in range(1, self.arity + 1) if a != axis)
            parts.append(ops.broadcast_to(ops.expand_dims(objects, around), (*inner, d)))
        if condition is not None:
            spread = ops.expand_dims(condition, tuple(range(2, self.arity + 1)))
            parts.append(ops.broadcast_to(spread, (*inner, self.condition_dim)))
        return ops.concatenate(parts, axis=-1)

    def _relate(self, rows, rest, parameters, depth):
        """Apply the first `depth` layers of `g`: `(batch, questions, rows, n, ..., width)`."""
        kernels, biases = parameters[: len(self.units)], parameters[len(self.units) :]
        rows = ops.expand_dims(rows, (1, *range(3, self.arity + 2)))
        rest = ops.expand_dims(rest, 2)
        if self.factorized:
            pairs = rows + rest
        else:
            shape = (*ops.shape(rest)[:2], ops.shape(rows)[2], *ops.shape(rest)[3:-1])
            both = (ops.broadcast_to(x, (*shape, x.shape[-1])) for x in (rows, rest))
            pairs = matmul(ops.concatenate(list(both), axis=-1), kernels[0]) + biases[0]
        for index in range(depth):
            if index:
                pairs = matmul(pairs, kernels[index]) + biases[index]
            last = index == len(self.units) - 1
            pairs = exact(self.last_activation if last else self.activation)(pairs)
        return pairs

    def _weights(self, objects, mask):
        """Return which tuples count, ones `(batch, n, n, ...)`, or `None` if all do."""
        if mask is None and self.include_self:
            return None
        n, dtype = ops.shape(objects)[1], wide(self.compute_dtype)
        there = ops.ones_like(objects[..., 0]) if mask is None else mask
        there = ops.cast(there, dtype)
        weights = there[:, :, None] * there[:, None]
        if self.arity == 3:
            weights = weights[..., None] * there[:, None, None]
        if not self.include_self:
            differ = 1.0 - ops.eye(n, dtype=dtype)
            if self.arity == 3:
                differ = differ[:, :, None] * differ[:, None] * differ[None]
            weights = weights * differ[None]
        return weights

    def _count(self, n, mask):
        """Return the number of tuples that count, a scalar or `(batch, 1, 1)`."""
        dtype = wide(self.compute_dtype)
        valid = ops.cast(n, dtype)
        if mask is not None:
            valid = ops.sum(ops.cast(mask, dtype), axis=1)[:, None, None]
        factors = [valid - (0.0 if self.include_self else k) for k in range(self.arity)]
        count = factors[0]
        for factor in factors[1:]:
            count = count * factor
        return count

    def _last_is_linear(self):
        return self.last_activation is keras.activations.linear

    def compute_output_shape(self, objects_shape, condition_shape=None):
        questions = () if condition_shape is None else tuple(condition_shape[1:-1])
        return (objects_shape[0], *questions, self.units[-1])

    def compute_output_spec(self, objects, condition=None, mask=None, objects_mask=None):
        self._check_call(objects, condition)
        shape = self.compute_output_shape(
            objects.shape, None if condition is None else condition.shape
        )
        return keras.KerasTensor(shape, wide(self.compute_dtype))

    def compute_mask(self, objects, mask=None):
        return None

    def get_config(self):
        names = ("units", "aggregate", "include_self", "arity", "factorized", "chunk_size")
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names},
            "activation": keras.activations.serialize(self.activation),
            "last_activation": keras.activations.serialize(self.last_activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }


_OBJECTS = "(batch, n, features)"
_CONDITIONS = ("(batch, features)", "(batch, questions, features)")
