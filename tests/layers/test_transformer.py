"""The parts of a Transformer equal their equations; a block equals that of torch."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.conversion import from_torch
from keras_readinglist.layers import (
    FeedForward,
    SinusoidalPositionEmbedding,
    TiedEmbedding,
    TransformerDecoderBlock,
    TransformerEncoderBlock,
)

RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 3, 4)).astype("float32")
MEMORY = RNG.standard_normal((2, 5, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)
SIZES = {"num_heads": 2, "intermediate_dim": 6}

SMOOTH = {**SIZES, "activation": "tanh", "use_bias": False}
CONTRACT = [
    (SinusoidalPositionEmbedding, {}, X, None),
    (TiedEmbedding, {"vocab_size": 7, "dim": 4}, np.array([[1, 6, 0], [2, 3, 4]], "int32"), None),
    (FeedForward, {"units": 5, "activation": "tanh"}, X, None),
    (TransformerEncoderBlock, SMOOTH, X, np.arange(3)[None] < [[3], [2]]),
    (
        TransformerDecoderBlock,
        {**SMOOTH, "norm_first": True},
        {"inputs": X, "memory": MEMORY},
        None,
    ),
]


def numpy(x):
    return ops.convert_to_numpy(x)


@pytest.mark.parametrize("width", [6, 5])
@pytest.mark.parametrize("interleaved", [True, False])
def test_positions_are_sines_and_cosines(width, interleaved):
    layer = SinusoidalPositionEmbedding(max_wavelength=50.0, interleaved=interleaved)
    got = numpy(layer(np.zeros((1, 7, width), "float32"), start_index=2))[0]
    half = (width + 1) // 2
    for p, c in np.ndindex(7, width):
        i, odd = divmod(c, 2) if interleaved else (c % half, c // half)
        angle = (p + 2) / 50.0 ** (2 * i / width)
        assert got[p, c] == pytest.approx(np.cos(angle) if odd else np.sin(angle), abs=1e-5)


def test_a_shift_is_the_same_rotation_everywhere():
    """Why sines: `PE(p + k)` is a linear function of `PE(p)`, whatever `p`."""
    encoded = numpy(SinusoidalPositionEmbedding()(np.zeros((1, 40, 8), "float32")))[0]
    turn, *_ = np.linalg.lstsq(encoded[:20], encoded[3:23], rcond=None)
    np.testing.assert_allclose(encoded[17:37] @ turn, encoded[20:40], atol=1e-4)


def test_an_embedding_is_tied():
    layer = TiedEmbedding(7, 4)
    ids = np.array([[1, 6, 0]])
    vectors, (matrix,) = numpy(layer(ids)), layer.get_weights()
    np.testing.assert_allclose(vectors, matrix[ids] * 2.0, rtol=1e-6)
    np.testing.assert_allclose(numpy(layer(X, reverse=True)), X @ matrix.T, atol=1e-5)
    with pytest.raises(ValueError, match="`inputs` must be integers from 0 to 6"):
        layer(np.array([[7]]))
    with pytest.raises(ValueError, match="`inputs` must have a last axis of 4"):
        layer(X[..., :3], reverse=True)


@pytest.mark.parametrize("norm_first", [False, True])
def test_blocks_equal_those_of_torch(norm_first):
    torch = pytest.importorskip("torch")
    options = {"dropout": 0.0, "batch_first": True, "norm_first": norm_first}
    theirs = torch.nn.TransformerEncoderLayer(4, 2, 6, **options)
    wanted = theirs(torch.tensor(MEMORY), src_key_padding_mask=torch.tensor(~MASK))
    got = numpy(from_torch(theirs)(MEMORY, mask=ops.convert_to_tensor(MASK)))
    np.testing.assert_allclose(got[MASK], wanted.detach().numpy()[MASK], atol=1e-5)

    theirs = torch.nn.TransformerDecoderLayer(4, 2, 6, activation="gelu", **options)
    wanted = theirs(
        torch.tensor(X),
        torch.tensor(MEMORY),
        tgt_mask=torch.nn.Transformer.generate_square_subsequent_mask(3),
        tgt_is_causal=True,
        memory_key_padding_mask=torch.tensor(~MASK),
    )
    got = numpy(from_torch(theirs)(X, MEMORY, memory_mask=ops.convert_to_tensor(MASK)))
    np.testing.assert_allclose(got, wanted.detach().numpy(), atol=1e-5)


def test_the_masks_of_keras_reach_both_attentions():
    """Padding on the left, which a causal mask alone would show."""
    layer = TransformerDecoderBlock(**SIZES)
    inputs, memory = keras.Input((3, 4)), keras.Input((5, 4))
    masked = keras.layers.Masking(9.0)
    model = keras.Model([inputs, memory], layer(masked(inputs), masked(memory)))
    own = np.array([[0, 1, 1], [1, 1, 1]], bool)
    marked = [np.where(m[..., None], x, 9.0) for m, x in ((own, X), (MASK, MEMORY))]
    masks = {"mask": ops.convert_to_tensor(own), "memory_mask": ops.convert_to_tensor(MASK)}
    wanted = numpy(layer(X, MEMORY, **masks))
    got = numpy(model([x.astype("float32") for x in marked]))
    np.testing.assert_allclose(got[own], wanted[own], atol=1e-6)
    assert (
        np.abs(numpy(layer(X, MEMORY, memory_mask=masks["memory_mask"])) - wanted)[own].max() > 1e-3
    )


def test_without_positions_order_does_not_matter():
    layer, order = TransformerEncoderBlock(**SIZES), [3, 1, 4, 0, 2]
    np.testing.assert_allclose(
        numpy(layer(MEMORY[:, order])), numpy(layer(MEMORY))[:, order], atol=1e-5
    )


def test_post_norm_outputs_are_normalized():
    out = numpy(TransformerEncoderBlock(**SIZES)(MEMORY))
    np.testing.assert_allclose(out.mean(-1), 0, atol=1e-5)
    np.testing.assert_allclose(out.var(-1), 1, atol=1e-3)


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="`num_heads` must divide the width"):
        TransformerEncoderBlock(3, 6)(X)
