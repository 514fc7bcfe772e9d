"""A joint distribution over several variables, one after the other (Vinyals et al., 2015)."""

import keras
import numpy as np
from keras import ops

from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.decoding.order_search import order_search
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.recurrent import LSTM
from keras_readinglist.layers.validation import check_ids, check_size
from keras_readinglist.presets import PresetMixin
from keras_readinglist.softmax import softmax

SEARCHES = (None, "uniform", "best", "sample")


@keras.saving.register_keras_serializable(package="keras_readinglist")
class JointSetModel(PresetMixin, keras.Model):
    """Gives a probability to the values of several variables, in an order that may be learned.

    By the chain rule every order is right, `p(x) = prod_t p(x_{o_t} | x_{o_1}, ..., x_{o_{t-1}})`;
    but from few examples one is learned more easily than another. An LSTM reads which variable had
    which value, and has a softmax for every variable. While training, `search` chooses the order
    for every example (section 5.2):

    - `None`: the given `order`;
    - `"uniform"`: a random one, with which a search should begin;
    - `"best"`: that of `candidates` to which the model gives the most probability;
    - `"sample"`: the next variable is drawn by the probability of its value, among those left.

    The logits stand in the order of the variables, whatever the order of reading: the model is
    trained with the values as inputs and as targets.

    The paper's figures: validation perplexity of 5-grams 225 in natural order, 280 in the order 5,
    1, 3, 4, 2, and 225 if it is searched for among these two.

    Args:
        num_variables: Positive integer.
        cardinality: Positive integer, the values of a variable.
        units: Positive integer, the width of the LSTM. Defaults to 64.
        order: Sequence of the variables, the order in which they are modelled unless it is
            searched for. Defaults to 0, 1, 2, ...
        search: As above.
        candidates: Sequence of orders, for `"best"`.
        seed: Integer seed of the search, or `None`.
        **kwargs: Base model keyword arguments.

    Call arguments:
        values: Int tensor `(batch, num_variables)`.
        training: Boolean, whether the order is searched for.

    Input shape:
        `(batch, num_variables)`.

    Output shape:
        `(batch, num_variables, cardinality)`, logits.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.datasets import star_graphical_model
        >>> values = star_graphical_model(4, 3, rng=0).sample(32, rng=1)
        >>> model = JointSetModel(4, 3, units=8, search="sample")
        >>> loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        >>> model.compile("adam", loss=loss)
        >>> history = model.fit(values, values, verbose=0)
        >>> model.log_probability(values).shape, model.search_orders(values, "exact").shape
        ((32,), (32, 4))

    References:
        - [Vinyals et al., 2015, Order Matters](https://arxiv.org/abs/1511.06391), section 5
    """

    def __init__(
        self,
        num_variables,
        cardinality,
        units=64,
        order=None,
        search=None,
        candidates=(),
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        for name, value in (("num_variables", num_variables), ("cardinality", cardinality)):
            check_size(name, value)
        check_size("units", units)
        if search not in SEARCHES:
            raise ValueError(f"`search` must be one of {SEARCHES}. Received: {search!r}")
        if search == "best" and not len(candidates):
            raise ValueError("`candidates` must be given for search='best'.")
        self.num_variables, self.cardinality, self.units = num_variables, cardinality, units
        self.order = self._check_order("order", range(num_variables) if order is None else order)
        self.candidates = [self._check_order("candidates", each) for each in candidates]
        self.search, self.seed = search, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.reader = LSTM(units, return_sequences=True, return_state=True, dtype=self.dtype_policy)
        self.build()

    def _check_order(self, name, order):
        order = [int(variable) for variable in order]
        if sorted(order) != list(range(self.num_variables)):
            raise ValueError(
                f"`{name}` must name each of {self.num_variables} variables once. Received: {order}"
            )
        return order

    def build(self, values_shape=None):
        variables, values, units = self.num_variables, self.cardinality, self.units
        self.embeddings = self.add_weight(  # the last row begins
            name="embeddings", shape=(variables * values + 1, units), initializer="uniform"
        )
        self.reader.build((None, None, units))
        self.kernel = self.add_weight(
            name="kernel", shape=(variables, units, values), initializer="glorot_uniform"
        )
        self.bias = self.add_weight(name="bias", shape=(variables, values), initializer="zeros")

    def call(self, values, training=False):
        self._check_call(values)
        values = ops.cast(values, "int32")
        orders = self._choose(values) if training and self.search else self._fixed(values)
        return self._logits(values, orders)

    def _fixed(self, values, order=None):
        order = ops.convert_to_tensor(self.order if order is None else order, "int32")
        return ops.broadcast_to(order[None], ops.shape(values))

    def _choose(self, values):
        """Return the order of every example, `(batch, variables)`."""
        if self.search == "best":
            return self._best(values, self.candidates)
        if self.search == "uniform":
            keys = keras.random.uniform(ops.shape(values), seed=self.seed_generator)
            return ops.cast(ops.argsort(keys, axis=1), "int32")
        return self._search(values, "sample")[0]

    def _best(self, values, candidates):
        scores = [self._log_p(values, self._fixed(values, order)) for order in candidates]
        chosen = ops.cast(ops.argmax(ops.stack(scores, axis=1), axis=1), "int32")
        return ops.take(ops.convert_to_tensor(candidates, "int32"), chosen, axis=0)

    def _search(self, values, mode, beam_size=8):
        batch, count = ops.shape(values)[0], self.num_variables
        variables = ops.broadcast_to(ops.arange(count, dtype="int32")[None], (batch, count))
        zeros = ops.zeros((batch, self.units), self.reader.cell.state_dtype)
        state = {"values": values, "states": [zeros, zeros]}

        def step(variable, state, t):
            values = state["values"]
            value = ops.take_along_axis(values, ops.cast(variable, "int32")[:, None], axis=1)[:, 0]
            read = ops.where(t == 0, count * self.cardinality, variable * self.cardinality + value)
            x = ops.take(self.embeddings, read, axis=0)[:, None]
            hidden, *states = self.reader(x, initial_state=state["states"])
            log_p = ops.log_softmax(self._all_logits(hidden)[:, 0])
            log_p = ops.take_along_axis(log_p, values[..., None], axis=-1)[..., 0]
            return log_p, {"values": values, "states": states}

        seed = self.seed_generator if mode == "sample" else None
        return order_search(step, state, variables, mode, beam_size, seed=seed, dtype=self._wide)

    def _all_logits(self, hidden):
        """Return the logits of every variable after every step, `(batch, steps, variables, n)`."""
        logits = ops.einsum("btu,vuk->btvk", hidden, ops.cast(self.kernel, hidden.dtype))
        return ops.cast(logits, self._wide) + ops.cast(self.bias, self._wide)

    def _logits(self, values, orders):
        """Return the logits of the variables, each from what is read before it in its order."""
        read = orders * self.cardinality + ops.take_along_axis(values, orders, axis=1)
        start = ops.full_like(read[:, :1], self.num_variables * self.cardinality)
        read = ops.concatenate([start, read[:, :-1]], axis=1)
        hidden = self.reader(ops.take(self.embeddings, read, axis=0))[0]
        steps = ops.cast(
            ops.argsort(orders, axis=1), "int32"
        )  # the step at which a variable's turn comes
        hidden = ops.take_along_axis(hidden, steps[..., None], axis=1)
        logits = ops.einsum("bvu,vuk->bvk", hidden, ops.cast(self.kernel, hidden.dtype))
        return ops.cast(logits, self._wide) + ops.cast(self.bias, self._wide)

    @property
    def _wide(self):
        """The type of logits."""
        return wide(self.compute_dtype)

    def _log_p(self, values, orders):
        log_p = ops.log_softmax(self._logits(values, orders))
        return ops.sum(ops.take_along_axis(log_p, values[..., None], axis=-1)[..., 0], axis=1)

    def log_probability(self, values, order=None):
        """Return the log-probability of sets of values in one order, in nats.

        Args:
            values: Int array `(batch, num_variables)`.
            order: Sequence of the variables. Defaults to the order of the model.

        Returns:
            Float array `(batch,)`.
        """
        order = self.order if order is None else self._check_order("order", order)
        values = self._check_values(values)
        orders = np.broadcast_to(np.array(order, "int32"), values.shape)
        return self._log_probability(values=values, orders=orders)

    @compiled
    def _log_probability(self, values, orders):
        return self._log_p(values, orders)

    def search_orders(self, values, mode="sample", beam_size=8):
        """Return the order that a search finds for every example, `(batch, num_variables)`.

        Args:
            values: Int array `(batch, num_variables)`.
            mode: As for `decoding.order_search.order_search`.
            beam_size: As there.
        """
        return self._orders(values=self._check_values(values), mode=mode, beam_size=beam_size)

    @compiled(static=("mode", "beam_size"))
    def _orders(self, values, mode, beam_size):
        return self._search(values, mode, beam_size)[0]

    def order_posterior(self, values, orders):
        """Return how much of the probability of the values each of several orders has.

        Args:
            values: Int array `(batch, num_variables)`.
            orders: Sequence of orders.

        Returns:
            Float array `(batch, orders)`; rows sum to one.
        """
        scores = [self.log_probability(values, order) for order in orders]
        return softmax(np.stack(scores, axis=1))

    def _check_values(self, values):
        values = np.asarray(values)
        self._check_call(values)
        return values.astype("int32")

    def _check_call(self, values):
        if len(values.shape) != 2 or values.shape[1] != self.num_variables:
            raise ValueError(
                f"`values` must be of the shape (batch, {self.num_variables}). "
                f"Received shape: {tuple(values.shape)}"
            )
        check_ids("values", values, self.cardinality)

    def get_config(self):
        names = ("num_variables", "cardinality", "units", "order", "search", "candidates", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
