"""The relation network: a sum over all pairs, then one more network (Santoro et al., 2017)."""

import keras

from keras_readinglist.layers.initial_values import fresh
from keras_readinglist.layers.precision import dense
from keras_readinglist.layers.relation_network.pairwise import PairwiseRelation
from keras_readinglist.layers.validation import check_rate, check_size, check_sizes

# What `g` alone is told.
_OF_PAIRS = ("last_activation", "aggregate", "include_self", "arity", "factorized", "chunk_size")


@keras.saving.register_keras_serializable(package="keras_readinglist")
class RelationNetwork(keras.layers.Layer):
    """Answers from the relations of all pairs: `f(sum_ij g([o_i, o_j, q]))`.

    The output does not depend on the order of the objects. `f` runs in float32 under mixed
    precision: a sum over thousands of pairs leaves the range of float16.

    Args:
        g_units: Tuple of positive integers, the widths of `g`.
        f_units: Tuple of positive integers, the hidden widths of `f`; may be empty.
        output_dim: Positive integer, the width of the linear output.
        f_dropout: Float in [0, 1), the dropout before the output, in training only.
        activation: Activation of the hidden layers.
        kernel_initializer: Initializer of all kernels.
        seed: Integer seed of the dropout, or `None`.
        **kwargs: `last_activation`, `aggregate`, `include_self`, `arity`, `factorized` and
            `chunk_size` as in `PairwiseRelation`; base layer keyword arguments.

    Call arguments:
        objects: Float tensor `(batch, n, d)`.
        condition: Float tensor `(batch, c)` or `(batch, questions, c)`, or `None`.
        mask: Boolean tensor `(batch, n)` of the objects that are there, or `None`.
        training: Boolean, whether dropout is active.
        objects_mask: The mask that Keras knows of `objects`; used if there is no `mask`.

    Input shape:
        `(batch, n, d)`, and that of the condition.

    Output shape:
        `(batch, output_dim)`, or `(batch, questions, output_dim)`.

    Raises:
        ValueError: If an argument is out of range, or shapes do not fit.

    Example:
        >>> layer = RelationNetwork((8, 8), (8,), output_dim=3)
        >>> layer(np.ones((2, 6, 4)), condition=np.ones((2, 5))).shape
        (2, 3)

    References:
        - [Santoro et al., 2017](https://arxiv.org/abs/1706.01427), Eq. 1
    """

    def __init__(
        self,
        g_units,
        f_units,
        output_dim,
        f_dropout=0.5,
        activation="relu",
        kernel_initializer="he_uniform",
        seed=None,
        **kwargs,
    ):
        relation = {name: kwargs.pop(name) for name in _OF_PAIRS if name in kwargs}
        super().__init__(**kwargs)
        self.f_units = check_sizes("f_units", f_units, empty=True)
        self.output_dim = check_size("output_dim", output_dim)
        self.f_dropout, self.seed = check_rate("f_dropout", f_dropout), seed
        self.relation = PairwiseRelation(
            g_units,
            activation=activation,
            kernel_initializer=kernel_initializer,
            dtype=self.dtype_policy,
            trainable=self.trainable,
            name="g",
            **relation,
        )
        self.supports_jit = self.relation.supports_jit
        self.hidden = [
            self._dense(units, activation, f"f_{index}") for index, units in enumerate(self.f_units)
        ]
        self.dropout = keras.layers.Dropout(f_dropout, seed=seed, dtype=self.variable_dtype)
        self.out = self._dense(self.output_dim, None, "output")
        self.supports_masking = True

    def _dense(self, units, activation, name):
        return keras.layers.Dense(
            units,
            activation,
            kernel_initializer=fresh(self.relation.kernel_initializer),
            dtype=self.variable_dtype,
            trainable=self.trainable,
            name=name,
        )

    def build(self, objects_shape, condition_shape=None):
        self.relation.build(objects_shape, condition_shape)
        shape = self.relation.compute_output_shape(objects_shape, condition_shape)
        for layer in [*self.hidden, self.out]:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def call(self, objects, condition=None, mask=None, training=False, objects_mask=None):
        mask = objects_mask if mask is None else mask
        return self.conclude(self.relation(objects, condition=condition, mask=mask), training)

    def conclude(self, relations, training=False):
        """Apply `f` to a sum of relations, a tensor whose last axis is `g_units[-1]` wide."""
        for layer in self.hidden:
            relations = dense(layer, relations)
        return dense(self.out, self.dropout(relations, training=training))

    def compute_output_shape(self, objects_shape, condition_shape=None):
        shape = self.relation.compute_output_shape(objects_shape, condition_shape)
        return (*shape[:-1], self.output_dim)

    def compute_output_spec(self, objects, condition=None, **kwargs):
        spec = self.relation.compute_output_spec(objects, condition)
        return keras.KerasTensor((*spec.shape[:-1], self.output_dim), self.variable_dtype)

    def compute_mask(self, objects, mask=None):
        return None

    def get_config(self):
        relation = self.relation.get_config()
        names = ("activation", "kernel_initializer", *_OF_PAIRS)
        return {
            **super().get_config(),
            **{name: relation[name] for name in names},
            "g_units": self.relation.units,
            "f_units": self.f_units,
            "output_dim": self.output_dim,
            "f_dropout": self.f_dropout,
            "seed": self.seed,
        }
