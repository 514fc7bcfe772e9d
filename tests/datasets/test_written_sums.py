"""What is due is the sum of what is read."""

import numpy as np
import pytest

from keras_readinglist.datasets import written_sums

pytestmark = pytest.mark.once


def read(row):
    """Return the numbers of a row of symbols, which are written from the ones on."""
    text = "".join("0123456789+"[i - 3] for i in row if i > 2)
    return [int(part[::-1]) for part in text.split("+")], text


@pytest.mark.parametrize("digits", [1, 3, 17])
def test_labels_are_the_sum_and_targets_run_one_place_behind(digits):
    inputs, labels, weights = written_sums(200, digits, rng=0)
    assert inputs["source"].shape == (200, 2 * digits + 2)
    assert inputs["target"].shape == labels.shape == weights.shape == (200, digits + 2)
    lengths = set()
    for source, target, due, counts in zip(*inputs.values(), labels, weights, strict=True):
        numbers, text = read(source)
        assert [sum(numbers)] == read(due)[0]
        assert all(part == "0" or part[-1] != "0" for part in text.split("+"))
        ends = due.tolist().index(2)
        assert source[source > 0][-1] == 2 and not due[ends + 1 :].any()
        assert target.tolist() == [1, *due[:ends], *[0] * (digits + 1 - ends)]
        assert counts.tolist() == [1] * (ends + 1) + [0] * (digits + 1 - ends)
        lengths |= {tuple(map(len, text.split("+")))}
    if digits < 17:
        assert len(lengths) == digits**2


def test_the_same_seed_draws_the_same():
    first, again = (written_sums(3, 5, rng=4)[1] for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("change", [{"digits": 0}, {"digits": 18}, {"batch_size": 0}])
def test_bad_arguments(change):
    with pytest.raises(ValueError, match="`digits` must lie in .* `batch_size`"):
        written_sums(**{"batch_size": 2, "digits": 3, **change})
