"""Filters keep what they promise, and Gumbel samples follow the softmax."""

import numpy as np
import pytest
from keras import ops

from keras_readinglist.decoding import choose, filter_logits, gumbel_noise, sample
from keras_readinglist.decoding.sampling import check_sampling

LOGITS = np.array([[0.1, 2.0, 0.1, -1.0, 1.0]], "float32")


def kept(**settings):
    return np.flatnonzero(ops.convert_to_numpy(filter_logits(LOGITS, **settings))[0] > -1e8)


def test_top_k_keeps_the_first_of_equal_logits():
    assert kept(top_k=3).tolist() == [0, 1, 4]
    assert kept(top_k=1).tolist() == [1]
    assert kept(top_k=5).tolist() == [0, 1, 2, 3, 4]


def test_top_p_keeps_the_smallest_sufficient_set():
    p = np.exp(LOGITS[0]) / np.exp(LOGITS[0]).sum()
    assert kept(top_p=float(p[1]) - 1e-3).tolist() == [1]
    assert kept(top_p=float(p[1]) + 1e-3).tolist() == [1, 4]
    assert kept(top_p=1.0).tolist() == [0, 1, 2, 3, 4]
    assert kept(top_p=1e-9).tolist() == [1]


def test_temperature_comes_before_top_p():
    assert len(kept(top_p=0.7, temperature=0.1)) == 1
    assert len(kept(top_p=0.7, temperature=10.0)) > 1


def test_neutral_settings_change_nothing():
    same = filter_logits(LOGITS, 1.0, top_k=5, top_p=1.0)
    np.testing.assert_array_equal(ops.convert_to_numpy(same), LOGITS)


def test_zero_temperature_is_greedy_whatever_the_noise():
    noise = np.random.default_rng(0).gumbel(size=(100, 5)).astype("float32") * 50
    assert set(ops.convert_to_numpy(choose(LOGITS, noise, 0.0)).tolist()) == {1}


def test_gumbel_samples_follow_the_softmax():
    noise = np.random.default_rng(0).gumbel(size=(100_000, 5)).astype("float32")
    ids = ops.convert_to_numpy(choose(LOGITS, noise))
    observed = np.bincount(ids, minlength=5)
    p = np.exp(LOGITS[0]) / np.exp(LOGITS[0]).sum()
    chi_square = ((observed - 1e5 * p) ** 2 / (1e5 * p)).sum()
    assert chi_square < 18.5  # 99.9 % quantile with four degrees of freedom


def test_sequences_follow_the_chain_and_their_scores_are_its_own():
    rng = np.random.default_rng(0)
    table = rng.standard_normal((3, 3)).astype("float32")
    table -= np.log(np.exp(table).sum(axis=1, keepdims=True))

    def step(tokens, state, t):
        return ops.take(ops.convert_to_tensor(table), tokens, axis=0), [state[0] + 1]

    count = 20_000
    noise = gumbel_noise((count, 2, 3), seed=1)
    start, steps = np.zeros(count, "int32"), [ops.zeros((count,), "int32")]
    tokens, log_p, state = map(
        lambda x: x[0] if isinstance(x, list) else x, sample(step, steps, start, noise)
    )
    tokens, log_p = ops.convert_to_numpy(tokens), ops.convert_to_numpy(log_p)
    assert (ops.convert_to_numpy(state) == 2).all()
    np.testing.assert_allclose(log_p[:, 0], table[0, tokens[:, 0]], atol=1e-6)
    np.testing.assert_allclose(log_p[:, 1], table[tokens[:, 0], tokens[:, 1]], atol=1e-6)
    pairs = np.bincount(3 * tokens[:, 0] + tokens[:, 1], minlength=9)
    expected = count * np.exp(table[0][:, None] + table).ravel()
    assert ((pairs - expected) ** 2 / expected).sum() < 26.1  # 99.9 %, eight degrees of freedom


@pytest.mark.parametrize(
    ("settings", "name"),
    [((-1, None, None), "temperature"), ((1, 0, None), "top_k"), ((1, None, 0.0), "top_p"),
     ((1, None, 1.5), "top_p"), ((float("nan"), None, None), "temperature")],
)  # fmt: skip
def test_bad_settings(settings, name):
    with pytest.raises(ValueError, match=f"`{name}` must"):
        check_sampling(*settings)
