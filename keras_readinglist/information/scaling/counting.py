"""Parameters and operations of models, as the scaling laws count them."""

import math

from keras_readinglist.flops import record_calls
from keras_readinglist.information.scaling.checks import positive

PF_DAY = 8.64e19  # floating-point operations of one petaflop per second for a day


def non_embedding_params(n_layer, d_model, d_ff=None, d_attn=None):
    """Return the parameters of a Transformer without embeddings, biases and normalizations.

    `2 d_model n_layer (2 d_attn + d_ff)`, which is `12 n_layer d_model**2` by default.

    Args:
        n_layer: Positive integer, the blocks.
        d_model: Positive integer, the width.
        d_ff: Positive integer, the width between the dense layers, or `None` for `4 * d_model`.
        d_attn: Positive integer, the width of all heads, or `None` for `d_model`.

    Returns:
        An integer.

    Raises:
        ValueError: If an argument is not positive.

    Example:
        >>> non_embedding_params(48, 1600)
        1474560000

    References:
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), equation 2.1
    """
    d_ff = 4 * d_model if d_ff is None else d_ff
    d_attn = d_model if d_attn is None else d_attn
    positive(n_layer=n_layer, d_model=d_model, d_ff=d_ff, d_attn=d_attn)
    return 2 * d_model * n_layer * (2 * d_attn + d_ff)


def forward_flops_per_token(n_layer, d_model, n_ctx, d_ff=None, d_attn=None, n_vocab=None):
    """Return the floating-point operations of a Transformer that reads one token.

    `2 N + 2 n_layer n_ctx d_attn`; with a vocabulary also the table's `4 d_model` of the embedding
    and `2 d_model n_vocab` of the logits. A backward pass costs twice as much.

    Args:
        n_layer: Positive integer, the blocks.
        d_model: Positive integer, the width.
        n_ctx: Positive integer, the tokens of a context.
        d_ff: Positive integer, the width between the dense layers, or `None` for `4 * d_model`.
        d_attn: Positive integer, the width of all heads, or `None` for `d_model`.
        n_vocab: Positive integer, or `None` to leave embedding and logits out, as the laws do.

    Returns:
        An integer.

    Raises:
        ValueError: If an argument is not positive.

    Example:
        >>> forward_flops_per_token(2, 8, n_ctx=16)
        3584

    References:
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), table 1
    """
    positive(n_ctx=n_ctx)
    flops = 2 * non_embedding_params(n_layer, d_model, d_ff, d_attn)
    flops += 2 * n_layer * n_ctx * (d_model if d_attn is None else d_attn)
    if n_vocab is not None:
        positive(n_vocab=n_vocab)
        flops += 4 * d_model + 2 * d_model * n_vocab
    return flops


def training_flops(params, tokens):
    """Return the operations of a training run, `6 N D`.

    Args:
        params: Positive number, parameters without embeddings.
        tokens: Positive number, tokens read.

    Returns:
        A number.

    Raises:
        ValueError: If an argument is not positive.

    Example:
        >>> training_flops(1e6, 2e7)
        120000000000000.0

    References:
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), section 2.1
    """
    positive(params=params, tokens=tokens)
    return 6 * params * tokens


def count_params(model, embedding=False):
    """Return the parameters of any Keras model, by default without those of embeddings.

    Counted are the trainable variables. Those of an embedding have a path that says so, as all of
    `keras.layers.Embedding`, and learned positions, do; a table that also gives the logits counts
    as one. Biases and normalizations are counted, which `non_embedding_params` leaves out.

    Args:
        model: A built `keras.Model` or `keras.layers.Layer`.
        embedding: Boolean, whether to count embeddings.

    Returns:
        An integer.

    Raises:
        ValueError: If the model is not built.

    Example:
        >>> import keras
        >>> layers = keras.layers.Embedding(100, 8), keras.layers.Dense(4)
        >>> model = keras.Sequential([keras.Input((5,)), *layers])
        >>> count_params(model), count_params(model, embedding=True)
        (36, 836)

    References:
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), section 2.1
    """
    if not model.built:
        raise ValueError("`model` must be built. Received a model that was never called.")
    counted = [w for w in model.trainable_variables if embedding or "embedding" not in w.path]
    return sum(math.prod(variable.shape) for variable in counted)


def count_flops(model, inputs):
    """Return the floating-point operations of the products of a forward pass of any Keras model.

    The model is called once, on JAX without computing anything. A matrix of weights counts two
    operations for each place at which it is applied, attention its two products of positions with
    positions; tables that are looked up, sums, activations and normalizations count nothing, nor do
    products without weights in layers of one's own. A backward pass costs twice as much.

    Args:
        model: A built `keras.Model` or `keras.layers.Layer`.
        inputs: Array, or the structure of arrays that the model takes.

    Returns:
        An integer.

    Raises:
        ValueError: If the model is not built.

    Example:
        >>> import keras, numpy as np
        >>> model = keras.Sequential([keras.Input((4,)), *map(keras.layers.Dense, (8, 2))])
        >>> count_flops(model, np.zeros((10, 4), "float32"))
        960

    References:
        - [Kaplan et al., 2020](https://arxiv.org/abs/2001.08361), table 1
    """
    if not model.built:
        raise ValueError("`model` must be built. Received a model that was never called.")
    return sum(call.flops for call in record_calls(model, inputs)[0])
