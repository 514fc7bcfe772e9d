"""The loss of Weston and Watkins equals the double loop and torch's, times its classes."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.losses import MulticlassHinge

RNG = np.random.default_rng(0)
SCORES = RNG.standard_normal((5, 4)).astype("float32") * 2
LABELS = np.array([0, 3, 1, 1, 2])


def by_hand(scores, labels, delta=1.0, power=1):
    losses = []
    for row, label in zip(scores, labels, strict=True):
        terms = [max(0.0, s - row[label] + delta) ** power for s in np.delete(row, label)]
        losses.append(sum(terms))
    return np.array(losses)


@pytest.mark.parametrize("delta", [0.5, 1.0])
@pytest.mark.parametrize("squared", [False, True])
def test_equals_the_double_loop(delta, squared):
    wanted = by_hand(SCORES, LABELS, delta, 1 + squared)
    loss = MulticlassHinge(delta, squared, reduction=None)
    np.testing.assert_allclose(ops.convert_to_numpy(loss(LABELS, SCORES)), wanted, rtol=1e-5)
    column = ops.convert_to_numpy(loss(LABELS[:, None], SCORES))
    np.testing.assert_allclose(column, wanted, rtol=1e-5)
    dense = MulticlassHinge(delta, squared, from_sparse=False, reduction=None)
    rows = ops.convert_to_numpy(dense(np.eye(4)[LABELS], SCORES))
    np.testing.assert_allclose(rows, wanted, rtol=1e-5)
    assert float(MulticlassHinge(delta, squared)(LABELS, SCORES)) == pytest.approx(
        wanted.mean(), rel=1e-5
    )


def test_equals_torch_times_the_classes():
    torch = pytest.importorskip("torch")
    peer = torch.nn.MultiMarginLoss()(torch.tensor(SCORES), torch.tensor(LABELS))
    assert float(MulticlassHinge()(LABELS, SCORES)) == pytest.approx(4 * float(peer), rel=1e-5)


def test_scores_alike_cost_the_other_classes_and_a_constant_changes_nothing():
    loss = MulticlassHinge()
    assert float(loss(LABELS, np.zeros((5, 4)))) == 3
    assert float(loss(LABELS, SCORES + 7)) == pytest.approx(float(loss(LABELS, SCORES)), rel=1e-5)
    assert float(loss(LABELS, 9 * np.eye(4)[LABELS])) == 0


def test_its_gradient_counts_the_classes_within_the_margin():
    identity = keras.layers.Identity()
    identity.build((None, 4))
    scores = SCORES.copy()
    scores[0] = [1, 0, 3, -2]  # class 1 stands exactly at the margin: no gradient
    loss = MulticlassHinge(reduction="sum")
    (slope,) = Differentiable(identity, lambda x: loss(LABELS, x)).of_inputs(scores)
    own = scores[range(5), LABELS][:, None]
    wanted = (scores - own + 1 > 0).astype("float32")
    wanted[range(5), LABELS] = 0
    wanted[range(5), LABELS] = -wanted.sum(axis=1)
    np.testing.assert_allclose(slope, wanted, atol=1e-6)
    assert slope[0].tolist() == [-1, 0, 1, 0]


def test_refusals_and_configuration():
    with pytest.raises(ValueError, match="`delta` must be positive"):
        MulticlassHinge(delta=0)
    with pytest.raises(ValueError, match="`y_true` must be integers from 0 to 3"):
        MulticlassHinge()(np.array([4]), SCORES[:1])
    config = MulticlassHinge(2.0, True, False).get_config()
    again = MulticlassHinge.from_config(config)
    assert (again.delta, again.squared, again.from_sparse) == (2.0, True, False)
