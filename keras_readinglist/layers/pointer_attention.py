"""Attention whose weights are the output (Vinyals, Fortunato, Jaitly, 2015)."""

import keras
from keras import ops

from keras_readinglist.layers.additive_attention import AdditiveScorer
from keras_readinglist.layers.masking import REFUSED, as_mask, blank, masked_softmax, refuse
from keras_readinglist.layers.precision import matmul, tanh, wide
from keras_readinglist.layers.validation import check_positive, check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PointerAttention(AdditiveScorer):
    """Scores every element of a memory for every query: the softmax of the scores points.

    `u_ij = v . tanh(W1 e_j + W2 d_i)` (Eq. 3). Scores are float32 under mixed precision.

    Before pointing, a query may glimpse at the memory: `d <- sum_j softmax(u)_j e_j W_g`, with
    weights of its own for every glimpse.

    Args:
        units: Positive integer, width of the hidden layer of the scorer.
        use_bias: Boolean, whether the hidden layer has a bias. The paper has none, the default.
        glimpses: Non-negative integer, how often a query looks before it points. Defaults to 0.
        logit_clip: Positive float `C`, which makes the scores `C tanh(u)`, or `None`.
        temperature: Positive float that divides the scores. Defaults to 1.
        kernel_initializer: Initializer of all matrices.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        query: Float tensor `(batch, queries, query_dim)`.
        memory: Float tensor `(batch, length, memory_dim)`.
        memory_mask: Boolean tensor `(batch, length)` or `(batch, queries, length)`; elements that
            are `False` get a score of -1e9, hence probability 0. What no query sees may be
            anything, even NaN; to see nothing is to glimpse at zeros.
        projected_memory: What `project_memory` returned, to be computed only once.

    Input shape:
        `(batch, queries, query_dim)` and `(batch, length, memory_dim)`.

    Output shape:
        `(batch, queries, length)`, scores before the softmax.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> layer = PointerAttention(units=8)
        >>> layer(np.ones((2, 3, 4)), np.ones((2, 5, 6))).shape
        (2, 3, 5)

    References:
        - [Vinyals et al., 2015, Pointer Networks](https://arxiv.org/abs/1506.03134), section 2.3
        - [Bello et al., 2016](https://arxiv.org/abs/1611.09940), glimpses and clipping
    """

    def __init__(
        self,
        units,
        use_bias=False,
        glimpses=0,
        logit_clip=None,
        temperature=1.0,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(units, use_bias, kernel_initializer, **kwargs)
        self.glimpses = check_size("glimpses", glimpses, minimum=0)
        clip = None if logit_clip is None else check_positive("logit_clip", logit_clip)
        self.logit_clip, self.temperature = clip, check_positive("temperature", temperature)

    def build(self, query_shape, memory_shape):
        super().build(query_shape, memory_shape)
        names = [*(f"glimpse_{i}" for i in range(self.glimpses)), "pointer"]
        self.scorers = [self._scorer(name, self.memory_dim) for name in names]
        self.glimpse_kernels = [
            self._kernel(f"{name}_value", (self.memory_dim, self.query_dim)) for name in names[:-1]
        ]

    def project_memory(self, memory, memory_mask=None):
        """Return `W1 e_j` for every element and every scorer, a list.

        Args:
            memory: As in the call.
            memory_mask: Boolean tensor `(batch, length)` or `None`; elements that are `False` may
                be anything.
        """
        memory = blank(ops.cast(memory, self.compute_dtype), as_mask(memory_mask, "memory", memory))
        return [matmul(memory, self._computed(scorer["memory"])) for scorer in self.scorers]

    def call(self, query, memory, memory_mask=None, projected_memory=None):
        self._check_call(query, memory, memory_mask)
        if memory_mask is not None:
            memory_mask = ops.cast(memory_mask, "bool")
            memory_mask = memory_mask[:, None] if len(memory_mask.shape) == 2 else memory_mask
            # What is masked may be NaN: it must not reach even the gradient of a product.
            memory = blank(memory, ops.any(memory_mask, axis=1))
        if projected_memory is None:
            projected_memory = self.project_memory(memory)
        for i in range(self.glimpses):
            scores = self._scores(self.scorers[i], query, projected_memory[i])
            weights = ops.cast(masked_softmax(scores, memory_mask), memory.dtype)
            query = matmul(matmul(weights, memory), self._computed(self.glimpse_kernels[i]))
        scores = self._scores(self.scorers[-1], query, projected_memory[-1])
        if self.logit_clip is not None:
            scores = self.logit_clip * tanh(scores)
        return refuse(scores / self.temperature, memory_mask)

    def compute_output_shape(self, query_shape, memory_shape, **kwargs):
        return (*query_shape[:-1], memory_shape[-2])

    def compute_output_spec(self, query, memory, memory_mask=None, projected_memory=None):
        self._check_call(query, memory, memory_mask)
        shape = self.compute_output_shape(query.shape, memory.shape)
        return keras.KerasTensor(shape, wide(self.compute_dtype))

    def get_config(self):
        names = ("glimpses", "logit_clip", "temperature")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def log_probabilities(scores):
    """Return the log-softmax of pointer scores; refused elements get exactly `-inf`.

    Args:
        scores: Tensor `(..., length)`, as `PointerAttention` returns.

    Returns:
        Tensor of the same shape, float32 for half precision; a row with nothing to point at is
        `-inf` throughout.
    """
    scores = ops.cast(scores, wide(keras.backend.standardize_dtype(scores.dtype)))
    return ops.where(scores > REFUSED / 2, ops.log_softmax(scores), -float("inf"))
