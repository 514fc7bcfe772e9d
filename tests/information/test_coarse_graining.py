"""Coarse graining against loops over windows, on arrays and on tensors."""

import numpy as np
import pytest
from keras import ops

from keras_readinglist.information import coarse_grain, compressed_size
from keras_readinglist.information.coarse_graining import row_majority

RNG = np.random.default_rng(0)


def window_means(x, grain):
    height, width = x.shape
    means = np.empty((height, width))
    for i in range(height):
        for j in range(width):
            rows = slice(max(i - grain // 2, 0), min(i + (grain - 1) // 2 + 1, height))
            columns = slice(max(j - grain // 2, 0), min(j + (grain - 1) // 2 + 1, width))
            means[i, j] = x[rows, columns].mean()
    return means


@pytest.mark.once
@pytest.mark.parametrize("grain", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("shape", [(7, 9), (1, 12), (12, 1)])
def test_sliding_windows(shape, grain):
    if grain > max(shape):
        return
    x = RNG.integers(0, 2, shape)
    np.testing.assert_allclose(coarse_grain(x, grain), window_means(x, grain), atol=1e-12)
    levels = np.rint(window_means(x, grain) * 6)
    np.testing.assert_array_equal(coarse_grain(x, grain, levels=7), levels)


@pytest.mark.once
def test_blocks_and_leading_axes():
    x = RNG.integers(0, 2, (2, 3, 7, 6))
    means = coarse_grain(x, 3, window="block")
    assert means.shape == (2, 3, 3, 2)
    assert means[1, 2, 2, 1] == x[1, 2, 6:, 3:].mean()


def test_tensors_give_what_arrays_give():
    x = RNG.integers(0, 2, (2, 12, 10))
    for options in ({}, {"levels": 3}, {"levels": 7, "adjust": True}, {"window": "block"}):
        tensor = coarse_grain(ops.convert_to_tensor(x.astype("float32")), 4, **options)
        array = coarse_grain(x, 4, **options)
        np.testing.assert_allclose(ops.convert_to_numpy(tensor), array, atol=1e-6)


@pytest.mark.once
def test_row_majority():
    x = np.array([[0, 1, 2, 2, 4], [3, 3, 5, 5, 6]], np.uint8)
    expected = [[0, 2, 2, 2, 4], [3, 3, 5, 5, 6]]  # the smaller of two modes; 1 is near 2
    np.testing.assert_array_equal(row_majority(x, 7), expected)
    once = row_majority(RNG.integers(0, 7, (30, 20)).astype(np.uint8), 7)
    np.testing.assert_array_equal(row_majority(once, 7), once)


@pytest.mark.once
def test_constant_grids_compress_best():
    assert compressed_size(np.zeros((64, 64), int)) < 40
    noise = RNG.integers(0, 2, (64, 64))
    for compressor in ("gzip", "zlib", "bz2", "lzma"):
        assert compressed_size(noise, compressor) > 5 * compressed_size(0 * noise, compressor)
    assert compressed_size(noise, lambda data: data) == 4096
    assert compressed_size(noise) == compressed_size(noise.astype(np.uint8).tobytes())


@pytest.mark.once
@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"grain": 0}, "grain"),
        ({"grain": 11}, "grain"),
        ({"grain": 2, "levels": 1}, "levels"),
        ({"grain": 2, "window": "round"}, "window"),
        ({"grain": 2, "adjust": True}, "adjust"),
    ],
)
def test_bad_arguments_are_named(options, argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        coarse_grain(np.zeros((10, 10)), **options)


@pytest.mark.once
@pytest.mark.parametrize(
    ("picture", "levels"),
    [
        (np.full((4, 4), 255), 3),
        (np.full((4, 4), 40_000, np.uint16), 3),
        (np.full((4, 4), -0.5), 3),
        (np.full((4, 4), np.nan), None),
        (np.array([["a", "b"], ["c", "d"]]), None),
        (np.zeros(4), None),
        (np.zeros((0, 3)), None),
    ],
)
def test_pictures_that_would_wrap_around_are_refused(picture, levels):
    with pytest.raises(ValueError, match="`x`"):
        coarse_grain(picture, 2, levels=levels)


@pytest.mark.once
def test_all_levels_of_a_byte_and_no_more():
    x = np.linspace(0, 1, 256).reshape(16, 16)
    np.testing.assert_array_equal(coarse_grain(x, 1, levels=256).ravel(), np.arange(256))
    with pytest.raises(ValueError, match="`levels`"):
        coarse_grain(x, 1, levels=257)
    assert coarse_grain([[0, 1], [1, 1]], 2, levels=3, window="block").tolist() == [[2]]


@pytest.mark.once
def test_bad_arrays_and_compressors_are_refused():
    with pytest.raises(ValueError, match="array"):
        compressed_size("text")
    with pytest.raises(ValueError, match="array"):
        compressed_size(np.array([256]))
    with pytest.raises(ValueError, match="array"):
        compressed_size(np.array([0.5]))
    with pytest.raises(ValueError, match="compressor"):
        compressed_size(np.zeros(3, int), "rar")
