"""Label smoothing equals its definition, torch's, and the notebook's."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.losses import LabelSmoothedCrossEntropy

RNG = np.random.default_rng(0)
LOGITS = RNG.standard_normal((2, 3, 5)).astype("float32") * 2
LABELS = np.array([[2, 1, 0], [3, 3, 4]])
LOG_P = LOGITS - np.log(np.exp(LOGITS).sum(-1, keepdims=True))


def targets(epsilon, ignored=None):
    """The distributions, one by one; rows of an ignored class are zeros."""
    q = np.zeros(LOGITS.shape)
    for place in np.ndindex(LABELS.shape):
        spread = 5 if ignored is None else 3
        q[place] = epsilon / spread
        q[place][LABELS[place]] = 1 - epsilon + (epsilon / 5 if ignored is None else 0)
        if ignored is not None:
            q[place][ignored] = 0
            q[place] *= LABELS[place] != ignored
    return q


def test_equals_its_definition():
    got = float(LabelSmoothedCrossEntropy(0.3)(LABELS, LOGITS))
    assert got == pytest.approx(-(targets(0.3) * LOG_P).sum(-1).mean(), rel=1e-5)


def test_without_smoothing_it_is_the_cross_entropy():
    wanted = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(LABELS, LOGITS)
    assert float(LabelSmoothedCrossEntropy(0.0)(LABELS, LOGITS)) == pytest.approx(
        float(wanted), rel=1e-5
    )


def test_equals_that_of_torch():
    torch = pytest.importorskip("torch")
    theirs = torch.nn.CrossEntropyLoss(label_smoothing=0.1, ignore_index=0)
    wanted = theirs(torch.tensor(LOGITS).reshape(-1, 5), torch.tensor(LABELS).reshape(-1))
    ours = LabelSmoothedCrossEntropy(0.1, ignore_id=0)
    assert float(ours(LABELS, LOGITS)) == pytest.approx(float(wanted), rel=1e-5)


def test_a_share_for_all_but_the_target_is_a_larger_one_for_all():
    q = np.full(LOGITS.shape, 0.1 / 4)
    np.put_along_axis(q, LABELS[..., None], 0.9, axis=-1)
    got = float(LabelSmoothedCrossEntropy(0.1 * 5 / 4)(LABELS, LOGITS))
    assert got == pytest.approx(-(q * LOG_P).sum(-1).mean(), rel=1e-5)


def test_equals_that_of_the_notebook():
    """A share for every class but the target and padding; the divergence, not the entropy."""
    q = targets(0.4, ignored=0)
    np.testing.assert_allclose(q[0, 0], [0, 0.4 / 3, 0.6, 0.4 / 3, 0.4 / 3])
    divergence = np.where(q > 0, q * (np.log(np.maximum(q, 1e-30)) - LOG_P), 0).sum()
    loss = LabelSmoothedCrossEntropy(
        0.4, ignore_id=0, exclude_ignored=True, from_kl=True, reduction="sum"
    )
    assert float(loss(LABELS, LOGITS)) == pytest.approx(divergence, rel=1e-5)


def test_the_least_divergence_is_zero_and_confidence_costs():
    """The least loss is where the target has its share; to be surer costs again."""
    loss = LabelSmoothedCrossEntropy(0.1, from_kl=True)
    shares = np.linspace(0.5, 0.999, 500)
    rows = np.log(np.concatenate([shares[:, None], np.repeat((1 - shares[:, None]) / 4, 4, 1)], 1))
    values = ops.convert_to_numpy(loss.call(np.zeros(500), rows.astype("float32")))
    best = shares[int(np.argmin(values))]
    assert best == pytest.approx(1 - 0.1 + 0.1 / 5, abs=2e-3) and min(values) < 1e-4
    assert values[-1] > 0.05


def test_the_weights_of_samples_count():
    weights = np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 1.0]], "float32")
    losses = -(targets(0.1) * LOG_P).sum(-1)
    wanted = (losses * weights).sum() / weights.sum()
    got = LabelSmoothedCrossEntropy(0.1)(LABELS, LOGITS, sample_weight=weights)
    assert float(got) == pytest.approx(wanted, rel=1e-5)


def test_config_and_refusals():
    loss = LabelSmoothedCrossEntropy(0.2, ignore_id=0, exclude_ignored=True, from_kl=True)
    again = LabelSmoothedCrossEntropy.from_config(loss.get_config())
    assert float(again(LABELS, LOGITS)) == float(loss(LABELS, LOGITS))
    with pytest.raises(ValueError, match="`epsilon` must lie in"):
        LabelSmoothedCrossEntropy(1.0)
    with pytest.raises(ValueError, match="`exclude_ignored` needs `ignore_id`"):
        LabelSmoothedCrossEntropy(exclude_ignored=True)


def test_half_precision_is_summed_in_float32():
    half = ops.cast(LOGITS, "bfloat16")
    wanted = LabelSmoothedCrossEntropy(0.1)(LABELS, ops.cast(half, "float32"))
    assert float(LabelSmoothedCrossEntropy(0.1)(LABELS, half)) == pytest.approx(
        float(wanted), rel=1e-5
    )
