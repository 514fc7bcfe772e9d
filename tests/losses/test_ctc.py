"""CTC equals the sum over all paths, and torch's; what does not fit costs the same everywhere."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.gradients import Differentiable
from keras_readinglist.losses import CTC, ctc_feasible, ctc_loss

RNG = np.random.default_rng(0)


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def collapse(path, blank):
    merged = [label for label, _ in itertools.groupby(path)]
    return tuple(label for label in merged if label != blank)


def by_enumeration(logits, target, blank):
    """The probability of a target: the sum over every path that collapses to it."""
    p = np.exp(log_softmax(logits.astype("float64")))
    frames, classes = p.shape
    return sum(
        np.prod([p[t, c] for t, c in enumerate(path)])
        for path in itertools.product(range(classes), repeat=frames)
        if collapse(path, blank) == tuple(target)
    )


def batch(targets, lengths, frames=5, classes=4):
    """Logits and labels with rubbish behind the lengths; six rows, so that JAX compiles once."""
    targets, lengths = targets + [[]] * (6 - len(targets)), [*lengths, *[1] * (6 - len(lengths))]
    logits = RNG.standard_normal((6, frames, classes)).astype("float32") * 2
    labels = np.full((6, 4), 99)
    for x, row, target, length in zip(logits, labels, targets, lengths, strict=True):
        x[length:] = np.nan
        row[: len(target)] = target
    return labels, logits, np.array([len(t) for t in targets]), np.array(lengths)


def numpy_loss(*arguments, **options):
    return ops.convert_to_numpy(ctc_loss(*arguments, **options))


@pytest.mark.parametrize("blank", [0, 2, -1])
def test_equals_the_sum_over_all_paths(blank):
    targets = {0: [[1, 2], [3, 3], [], [1], [], [2, 1, 2]], 2: [[0, 1], [3, 3], [], [1], [], [0]]}
    targets = targets.get(blank, [[0, 2], [1, 1], [], [0], [], [2, 1, 2]])
    given = batch(targets, [5, 4, 3, 1, 0, 5])
    got = numpy_loss(*given, blank=blank)
    for loss, logits, target, n in zip(got, given[1], targets, given[3], strict=True):
        wanted = by_enumeration(logits[:n], target, blank % 4) if n else 1.0
        assert loss == pytest.approx(-np.log(wanted), abs=1e-5)


def test_without_labels_silence_alone_counts():
    logits = RNG.standard_normal((2, 3, 4)).astype("float32")
    got = numpy_loss(np.zeros((2, 0), "int32"), logits, np.zeros(2), np.array([3, 1]))
    silence = -log_softmax(logits)[..., 0]
    np.testing.assert_allclose(got, [silence[0].sum(), silence[1, 0]], rtol=1e-5)


def test_what_does_not_fit_costs_infinity_or_nothing_and_is_told():
    labels, logits, label_lengths, logit_lengths = batch(
        [[1, 1], [1, 2], [1], [3, 2]], [2, 2, 0, 5]
    )
    arguments = labels, logits, label_lengths, logit_lengths
    fits = ops.convert_to_numpy(ctc_feasible(labels, label_lengths, logit_lengths))
    assert fits.tolist() == [False, True, False, True, True, True]
    strict, lenient = numpy_loss(*arguments), numpy_loss(*arguments, zero_infinity=True)
    assert np.isposinf(strict[~fits]).all() and (lenient[~fits] == 0).all()
    np.testing.assert_array_equal(strict[fits], lenient[fits])
    assert (strict[fits] > 0).all() and np.isfinite(strict[fits]).all()


def gradient(arguments, zero_infinity=True, reduction=ops.sum):
    """The losses' gradient with regard to the logits."""
    labels, logits, *lengths = arguments
    identity = keras.layers.Identity()
    identity.build(logits.shape)
    losses = Differentiable(
        identity, lambda x: reduction(ctc_loss(labels, x, *lengths, zero_infinity=zero_infinity))
    )
    return losses.gradients(logits)[1][0]


@pytest.mark.parametrize("zero_infinity", [False, True])
def test_gradients_sum_to_zero_and_vanish_where_nothing_counts(zero_infinity):
    arguments = batch([[1, 1], [3, 2], [], [2]], [2, 4, 3, 0])
    slopes = gradient(arguments, zero_infinity)
    np.testing.assert_allclose(slopes.sum(-1), 0, atol=1e-5)
    assert (slopes[0] == 0).all() and (slopes[3] == 0).all()
    assert (slopes[1, 4:] == 0).all() and (slopes[2, 3:] == 0).all()
    assert (np.abs(slopes[1, :4]).max(-1) > 1e-3).all()
    p = np.exp(log_softmax(arguments[1][2, :3].astype("float64")))
    np.testing.assert_allclose(slopes[2, :3], p - np.eye(4)[0], atol=1e-5)


def test_equals_torch_in_values_and_gradients():
    torch = pytest.importorskip("torch")
    labels, logits, label_lengths, logit_lengths = batch([[1, 2, 1], [3], [3, 3]], [5, 3, 4])
    clean = torch.tensor(np.nan_to_num(logits), requires_grad=True)
    theirs = torch.nn.functional.ctc_loss(
        clean.log_softmax(-1).transpose(0, 1),
        torch.tensor(np.where(labels == 99, 1, labels)),
        torch.tensor(logit_lengths),
        torch.tensor(label_lengths),
        reduction="none",
    )
    theirs.sum().backward()
    arguments = labels, logits, label_lengths, logit_lengths
    np.testing.assert_allclose(numpy_loss(*arguments), theirs.detach().numpy(), rtol=1e-5)
    np.testing.assert_allclose(gradient(arguments), clean.grad.numpy(), atol=1e-5)


def test_half_precision_is_summed_in_float32():
    labels, logits, *lengths = batch([[1, 2], [3]], [5, 5])
    half = ops.cast(logits, "bfloat16")
    np.testing.assert_allclose(
        numpy_loss(labels, half, *lengths),
        numpy_loss(labels, ops.cast(half, "float32"), *lengths),
        rtol=1e-5,
    )


def test_the_loss_reads_lengths_off_blanks_and_the_mask():
    labels, logits, label_lengths, logit_lengths = batch([[1, 2], [3], []], [5, 3, 4])
    wanted = numpy_loss(labels, logits, label_lengths, logit_lengths)
    filled, logits = np.where(labels == 99, 0, labels), np.nan_to_num(logits)
    masked = keras.layers.Masking()(logits)
    loss = CTC(reduction=None)
    np.testing.assert_allclose(ops.convert_to_numpy(loss(filled, masked)), wanted, rtol=1e-5)
    whole = numpy_loss(labels, logits, label_lengths, np.full(6, 5))
    assert float(CTC()(filled, logits)) == pytest.approx(whole.mean(), rel=1e-5)
    weights = np.arange(6.0)
    got = CTC(reduction="sum")(filled, masked, sample_weight=weights)
    assert float(got) == pytest.approx((wanted * weights).sum(), rel=1e-5)


def test_a_model_learns_its_targets_from_padded_sequences():
    keras.utils.set_random_seed(0)
    x = RNG.standard_normal((4, 6, 3)).astype("float32")
    x[:2, 4:] = 0
    y = np.array([[1, 0], [2, 1], [1, 1], [2, 0]])
    model = keras.Sequential([keras.layers.Masking(), keras.layers.GRU(8, return_sequences=True),
                              keras.layers.Dense(3)])  # fmt: skip
    model.compile(keras.optimizers.Adam(0.05), loss=CTC())
    losses = model.fit(x, y, epochs=15, verbose=0, batch_size=4).history["loss"]
    assert np.isfinite(losses).all() and losses[-1] < 0.6 * losses[0]


def test_config_and_refusals():
    loss = CTC(blank=2, zero_infinity=True)
    again = CTC.from_config(loss.get_config())
    assert (again.blank, again.zero_infinity) == (2, True)
    labels, logits, label_lengths, logit_lengths = batch([[1], [2]], [5, 5])
    for change, message in (
        ({"blank": 4}, "`blank` must be one of 4 classes"),
        ({"blank": 1}, r"other than the blank, 1. Received: \[1\]"),
        ({"labels": np.array([[4]] + [[1]] * 5)}, r"classes from 0 to 3 .* Received: \[4\]"),
        ({"labels": labels[0]}, r"`labels` must have the shape \(batch, length\)"),
        ({"labels": labels[:1]}, "`labels` must have the same first axis as `logits`"),
        ({"logits": logits[0]}, "`logits` must have the shape"),
        ({"label_lengths": np.full(6, 9)}, "`label_lengths` must lie between 0 and"),
        ({"logit_lengths": np.full(6, -1)}, "`logit_lengths` must lie between 0 and 5"),
        (
            {"logit_lengths": np.array([[1], [2]])},
            r"`logit_lengths` must have the shape \(batch\)",
        ),
    ):
        given = dict(zip(("labels", "logits", "label_lengths", "logit_lengths"),
                         (labels, logits, label_lengths, logit_lengths), strict=True))  # fmt: skip
        with pytest.raises(ValueError, match=message):
            ctc_loss(**given | change)
