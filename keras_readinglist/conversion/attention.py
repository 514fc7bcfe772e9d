"""Weights from the attention and Transformer layers of Keras and torch."""

import keras
import numpy as np

from keras_readinglist.conversion.tables import Row, fill, state_of, transpose
from keras_readinglist.layers.multi_head_attention import MultiHeadAttention
from keras_readinglist.layers.transformer import TransformerDecoderBlock, TransformerEncoderBlock

_PARTS = ("query", "key", "value")


def from_keras_attention(layer, **kwargs):
    """Return our attention with the weights of a `keras.layers.MultiHeadAttention`.

    Args:
        layer: A built `keras.layers.MultiHeadAttention` of inputs with three axes.
        **kwargs: Further arguments of our layer.

    Returns:
        A built `MultiHeadAttention`.

    Example:
        >>> theirs = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)
        >>> x = np.ones((1, 3, 8), "float32")
        >>> wanted = theirs(x, x)
        >>> ours = from_keras_attention(theirs)
        >>> bool(np.allclose(ours(x, x), wanted, atol=1e-5))
        True
    """
    config = layer.get_config()
    arrays = layer.get_weights()
    kernels = arrays[:: 2 if config["use_bias"] else 1]
    ours = MultiHeadAttention(
        config["num_heads"],
        config["key_dim"],
        value_dim=config["value_dim"],
        dropout=config["dropout"],
        use_bias=config["use_bias"],
        output_dim=kernels[3].shape[-1],
        **kwargs,
    )
    ours.build(*((None, None, len(kernels[place])) for place in (0, 2, 1)))
    ours.set_weights([a.reshape(w.shape) for a, w in zip(arrays, ours.weights, strict=True)])
    return ours


def to_keras_attention(layer):
    """Return a `keras.layers.MultiHeadAttention` with the weights of our attention.

    Args:
        layer: A built `MultiHeadAttention` with as many heads of keys as of queries.

    Raises:
        ValueError: If Keras has no such layer.
    """
    if layer.num_key_value_heads != layer.num_heads:
        raise ValueError(f"`layer` has no counterpart in Keras. Received: {layer}")
    query, value, key = layer.widths
    theirs = keras.layers.MultiHeadAttention(
        layer.num_heads,
        layer.key_dim,
        value_dim=layer.value_dim,
        dropout=layer.dropout,
        use_bias=layer.use_bias,
        output_shape=layer.output_dim,
    )
    theirs.build((None, None, query), (None, None, value), (None, None, key))
    arrays = layer.get_weights()
    theirs.set_weights([a.reshape(w.shape) for a, w in zip(arrays, theirs.weights, strict=True)])
    return theirs


def from_torch_attention(module, **kwargs):
    """Return our attention with the weights of a `torch.nn.MultiheadAttention`.

    Args:
        module: A `torch.nn.MultiheadAttention` without further keys and values of its own.
        **kwargs: Further arguments of our layer.

    Raises:
        ValueError: If the module has what our layer has not.
    """
    if module.bias_k is not None or module.add_zero_attn:
        raise ValueError(
            f"`module` must have neither `add_bias_kv` nor `add_zero_attn`. Received: {module}"
        )
    bias = module.in_proj_bias is not None
    width, heads = module.embed_dim, module.num_heads
    layer = MultiHeadAttention(
        heads, width // heads, dropout=module.dropout, use_bias=bias, **kwargs
    )
    layer.build((None, None, width), (None, None, module.vdim), (None, None, module.kdim))
    state = state_of(module)
    for name in ("weight", "bias"):  # torch packs the three matrices if they are of one width
        if f"in_proj_{name}" in state:
            names = [f"{part[0]}_proj_{name}" for part in _PARTS]
            state |= dict(zip(names, np.split(state[f"in_proj_{name}"], 3), strict=True))
    rows = [Row(f"{part}_kernel", (f"{part[0]}_proj_weight",)) for part in _PARTS]
    rows.append(Row("output_kernel", ("out_proj.weight",)))
    if bias:
        rows += [Row(f"{part}_bias", (f"{part[0]}_proj_bias",), _same) for part in _PARTS]
        rows.append(Row("output_bias", ("out_proj.bias",), _same))
    fill(layer, rows, state)
    return layer


def from_torch_block(module, **kwargs):
    """Return our block with the weights of a torch Transformer layer.

    Args:
        module: A `torch.nn.TransformerEncoderLayer` or `torch.nn.TransformerDecoderLayer`.
        **kwargs: Further arguments of our block.

    Returns:
        A built `TransformerEncoderBlock` or `TransformerDecoderBlock`. What a function
        `activation` of torch is called in Keras is taken from its name.
    """
    decodes = hasattr(module, "multihead_attn")
    attention = module.self_attn
    activation = getattr(module.activation, "__name__", type(module.activation).__name__.lower())
    options = {
        "norm_first": module.norm_first,
        "dropout": module.dropout1.p,
        "attention_dropout": attention.dropout,
        "ffn_dropout": module.dropout.p,
        "activation": activation,
        "use_bias": attention.in_proj_bias is not None,
        "epsilon": module.norm1.eps,
    }
    kind = TransformerDecoderBlock if decodes else TransformerEncoderBlock
    block = kind(attention.num_heads, module.linear1.out_features, **{**options, **kwargs})
    shape = (None, None, attention.embed_dim)
    block.build(*[shape] * (1 + decodes))
    pairs = [(block.self_attention, attention)]
    pairs += [(block.cross_attention, module.multihead_attn)] if decodes else []
    for ours, theirs in pairs:
        ours.set_weights(from_torch_attention(theirs).get_weights())
    state = state_of(module)
    for place, norm in enumerate(block.norms, 1):
        norm.set_weights([state[f"norm{place}.weight"], state[f"norm{place}.bias"]])
    rows = []
    for name, theirs in (("hidden", "linear1"), ("output", "linear2")):
        rows.append(Row(f"{name}_kernel", (f"{theirs}.weight",), transpose))
        rows.append(Row(f"{name}_bias", (f"{theirs}.bias",), _same))
    fill(block.feed_forward, rows, state)
    return block


def _same(array):
    return array
