"""The two-part image code: its minimum is exact, its bits decode, and it sees no thresholds."""

import functools
import itertools
import math
import time

import numpy as np
import pytest

from keras_readinglist.information import decode_image, encode_image, two_part_image_code
from keras_readinglist.information.complexodynamics.image_codec import rank, unrank

pytestmark = pytest.mark.once

RNG = np.random.default_rng(0)


def shortest(image):
    """Return the bits of the shortest description by plain recursion over all partitions."""

    @functools.cache
    def best(top, bottom, left, right):
        part = image[top:bottom, left:right]
        if part.size == 1:
            return 1.0
        ones = int(part.sum())
        options = [1 + math.log2(part.size + 1) + math.log2(math.comb(part.size, ones))]
        if bottom - top > 1:
            middle = (top + bottom) // 2
            options.append(2 + best(top, middle, left, right) + best(middle, bottom, left, right))
        if right - left > 1:
            middle = (left + right) // 2
            options.append(2 + best(top, bottom, left, middle) + best(top, bottom, middle, right))
        return min(options)

    return best(0, image.shape[0], 0, image.shape[1])


def images(shape, count):
    """Yield images of different densities, some with structure."""
    for k in range(count):
        image = (RNG.random(shape) < RNG.choice([0.1, 0.3, 0.5])).astype(int)
        if k % 3 == 0:
            image[: shape[0] // 2] = k % 2
        yield image


@pytest.mark.parametrize("shape", [(4, 4), (2, 8), (8, 8), (1, 16), (1, 1)])
def test_the_minimum_is_that_of_an_exhaustive_search(shape):
    for image in images(shape, 40):
        assert two_part_image_code(image).total_bits == pytest.approx(shortest(image), abs=1e-9)


def test_every_image_of_nine_bits_and_kraft():
    total = 0.0
    for k in range(1 << 8):
        image = np.array([k >> i & 1 for i in range(8)]).reshape(2, 4)
        bits = two_part_image_code(image).total_bits
        assert bits == pytest.approx(shortest(image), abs=1e-9)
        total += 2.0**-bits
    assert total <= 1


def shortest_of_levels(image, levels):
    """Return the bits of the shortest description of gray levels by plain recursion."""

    @functools.cache
    def best(top, bottom, left, right):
        part = image[top:bottom, left:right]
        if part.size == 1:
            return math.log2(levels)
        places, left_over = 1, part.size
        for count in np.bincount(part.ravel(), minlength=levels).tolist():
            places, left_over = places * math.comb(left_over, count), left_over - count
        numbers = math.comb(part.size + levels - 1, levels - 1)
        options = [1 + math.log2(numbers) + math.log2(places)]
        row, column = (top + bottom) // 2, (left + right) // 2
        if bottom - top > 1:
            options.append(2 + best(top, row, left, right) + best(row, bottom, left, right))
        if right - left > 1:
            options.append(2 + best(top, bottom, left, column) + best(top, bottom, column, right))
        return min(options)

    return best(0, image.shape[0], 0, image.shape[1])


@pytest.mark.parametrize(("levels", "shape"), [(2, (4, 4)), (3, (4, 4)), (5, (2, 8)), (4, (1, 1))])
def test_gray_levels_equal_an_exhaustive_search(levels, shape):
    for k in range(12):
        image = RNG.integers(0, levels, shape)
        image[: shape[0] // 2] = k % levels
        code = two_part_image_code(image, return_partition=True, levels=levels)
        assert code.total_bits == pytest.approx(shortest_of_levels(image, levels), abs=1e-9)
        for top, bottom, left, right, counts in code.leaves:
            part = image[top:bottom, left:right]
            expected = np.bincount(part.ravel(), minlength=levels)[1:].tolist()
            assert np.atleast_1d(counts).tolist() == expected
            np.testing.assert_allclose(code.denoised[top:bottom, left:right], part.mean())


def test_gray_levels_are_a_code_and_pad_by_the_most_frequent():
    bits = [
        two_part_image_code(np.reshape(cells, (2, 2)), levels=3).total_bits
        for cells in itertools.product(range(3), repeat=4)
    ]
    assert sum(2.0**-b for b in bits) <= 1
    image = np.full((3, 4), 2)
    image[0, 0] = 1
    padded = np.vstack([image, [[2, 2, 2, 2]]])
    expected = two_part_image_code(padded, levels=3).total_bits + math.log2(3)
    assert two_part_image_code(image, pad=True, levels=3).total_bits == pytest.approx(expected)


def test_damaged_bytes_are_refused_or_read_in_no_time():
    rng = np.random.default_rng(0)
    damaged = [rng.bytes(n) for n in (1, 5, 12, 12, 12, 40, 200) for _ in range(12)]
    damaged.append(bytes.fromhex("a8e5b8abeeab14cef599cc05"))  # C(2 ** 22, about a million)
    whole = encode_image(RNG.integers(0, 2, (16, 16)))
    damaged += [whole[:-k] for k in (9, 15, 20)]
    begin, refused = time.perf_counter(), 0
    for data in damaged:
        try:
            decode_image(data)
        except ValueError as error:
            assert "`data`" in str(error)
            refused += 1
    assert refused > 10 and time.perf_counter() - begin < 20
    with pytest.raises(ValueError, match="cut off"):
        decode_image(whole[:-20])
    for data in (None, "abc", 12, [1, 2]):
        with pytest.raises(ValueError, match="`data`"):
            decode_image(data)


@pytest.mark.parametrize("cells", [[0, 0, 1, 1], [1, 1, 0, 0], [0] * 63 + [1], [0] * 64, [1] * 64])
def test_short_numbers_decode_too(cells):
    """Where the last digits are small, the number has fewer bits than its digits."""
    for shape in ((1, -1), (-1, 1)):
        image = np.reshape(cells, shape)
        np.testing.assert_array_equal(decode_image(encode_image(image)), image)


def test_constant_image_is_one_leaf():
    code = two_part_image_code(np.ones((8, 16), int), return_partition=True)
    assert code.leaves == [(0, 8, 0, 16, 128)]
    assert code.total_bits == pytest.approx(1 + math.log2(129))
    assert code.data_bits == pytest.approx(0)


def test_partition_tiles_the_image_and_adds_up():
    image = np.add.outer(np.arange(32), np.arange(32)) > 40
    code = two_part_image_code(image.astype(int), return_partition=True)
    covered = np.zeros((32, 32), int)
    data = model = 0.0
    for top, bottom, left, right, ones in code.leaves:
        covered[top:bottom, left:right] += 1
        assert image[top:bottom, left:right].sum() == ones
        size = (bottom - top) * (right - left)
        data += math.log2(math.comb(size, ones))
        model += 1 + math.log2(size + 1) if size > 1 else 1
    assert (covered == 1).all()
    assert code.data_bits == pytest.approx(data)
    assert code.model_bits == pytest.approx(model + 2 * (len(code.leaves) - 1))
    assert code.denoised.sum() == pytest.approx(image.sum())


@pytest.mark.parametrize("change", [np.transpose, lambda x: 1 - x, np.flipud, np.fliplr])
def test_symmetries_change_nothing(change):
    for image in images((16, 16), 6):
        before, after = two_part_image_code(image), two_part_image_code(change(image))
        assert before.total_bits == pytest.approx(after.total_bits)
        assert before.model_bits == pytest.approx(after.model_bits)


def test_a_batch_is_its_images():
    batch = np.stack(list(images((8, 8), 5)))
    together = two_part_image_code(batch, return_partition=True)
    for k, image in enumerate(batch):
        alone = two_part_image_code(image, return_partition=True)
        assert together.model_bits[k] == alone.model_bits
        assert together.data_bits[k] == alone.data_bits
        assert together.leaves[k] == alone.leaves


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_noise_costs_its_entropy_and_needs_no_model(p):
    image = (np.random.default_rng(1).random((128, 128)) < p).astype(int)
    code = two_part_image_code(image)
    entropy = -(p * math.log2(p) + (1 - p) * math.log2(1 - p))
    assert code.total_bits == pytest.approx(128**2 * entropy, rel=0.02)
    assert code.model_bits < 100


def test_never_worse_than_one_leaf_or_than_single_cells():
    for image in images((16, 16), 10):
        total = two_part_image_code(image).total_bits
        one_leaf = 1 + math.log2(257) + math.log2(math.comb(256, int(image.sum())))
        assert total <= min(one_leaf, 256 + 2 * 255) + 1e-9


def test_a_heavier_model_weight_gives_smaller_models():
    image = next(images((32, 32), 1))
    sizes = [two_part_image_code(image, model_weight=w).model_bits for w in (0.1, 0.5, 1, 2, 8)]
    assert sizes == sorted(sizes, reverse=True)


def test_padding_is_charged_and_cut_off_again():
    image = next(images((5, 6), 1))
    padded = np.zeros((8, 8), int)
    padded[:5, :6] = image
    code = two_part_image_code(image, pad=True, return_partition=True)
    assert code.total_bits == pytest.approx(two_part_image_code(padded).total_bits + 1)
    assert code.denoised.shape == (5, 6)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.full((4, 4), 2), "zeros and ones"),
        (np.zeros((4, 5), int), "powers of two"),
        (np.zeros(4, int), "shape"),
        (np.zeros((0, 4), int), "empty"),
        (np.array([[np.nan, 0]]), "zeros and ones"),
    ],
)
def test_bad_images_are_refused(image, message):
    with pytest.raises(ValueError, match=message):
        two_part_image_code(image)


@pytest.mark.parametrize("shape", [(1, 1), (1, 8), (8, 1), (4, 4), (16, 32), (64, 64)])
def test_bits_decode(shape):
    for image in images(shape, 6):
        data = encode_image(image)
        np.testing.assert_array_equal(decode_image(data), image)
        assert 8 * len(data) <= two_part_image_code(image).total_bits + 64


def test_a_picture_shrinks():
    disc = np.add.outer((np.arange(128) - 64) ** 2, (np.arange(128) - 64) ** 2) < 2000
    data = encode_image(disc.astype(int))
    assert 8 * len(data) < 1600
    np.testing.assert_array_equal(decode_image(data), disc)


def test_enumerative_code_is_a_bijection():
    for ones in range(8):
        sequences = {tuple(unrank(k, 7, ones)) for k in range(math.comb(7, ones))}
        assert len(sequences) == math.comb(7, ones)
        for cells in sequences:
            assert sum(cells) == ones
            assert tuple(unrank(rank(np.array(cells)), 7, ones)) == cells


def test_foreign_bytes_are_refused():
    with pytest.raises(ValueError, match="data"):
        decode_image(encode_image(np.eye(4, dtype=int)) + b"more")
    with pytest.raises(ValueError, match="data"):
        decode_image(b"\xff\xff\xff")
    with pytest.raises(ValueError, match="shape"):
        encode_image(np.zeros((2, 4, 4), int))
