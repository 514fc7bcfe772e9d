"""The exhibit of shortcuts: the law, the drawing of a unit, and its refusals."""

import numpy as np
import pytest

from demos.exhibits import resnet_identity_mappings as exhibit

GOOD = {"unit": ["A factor", 0.5, "Original", 54]}
BAD = {"unit": ["A factor", 2, "Original", 54]}
pytestmark = pytest.mark.once


def test_the_product_of_factors_is_said():
    assert "2 to the power of -54" in exhibit.sentence("constant", 0.5, 54)
    assert "is 0.00338" in exhibit.sentence("constant", 0.9, 54)
    assert "as it is" in exhibit.sentence("original", 1.0, 18)
    assert "plain net" in exhibit.sentence("constant", 0.0, 18)


@pytest.mark.parametrize("shortcut", exhibit.SHORTCUTS)
def test_every_shortcut_is_drawn(shortcut):
    picture, said = exhibit.show(shortcut, 0.5, "Original", 18)
    assert picture.count("<svg") == 2 and "CIFAR-10" in said


@pytest.mark.parametrize("order", exhibit.ORDER_NAMES)
def test_every_order_is_drawn(order):
    picture, _ = exhibit.show("Identity", 1.0, order, 54)
    assert picture.count(">conv<") == 2
    assert ("then" in picture) == (order in ("Original", "Normalized after the addition"))


def test_what_was_measured_is_the_law_where_branches_are_silent():
    found = exhibit.measured()
    assert found["silent_constant/slope"] == pytest.approx(1, abs=0.02)
    assert found["silent_original/slope"] == pytest.approx(0, abs=0.02)


def test_a_chain_is_measured_as_deep_as_asked_for():
    """What the recipe measured in whole networks of another width, of the same laws."""
    for depth in (18, 54):
        identity = exhibit.gradients("original", "original", 1.0, depth)
        half = exhibit.gradients("constant", "original", 0.5, depth)
        assert len(identity) == depth and identity[0] < 6 and half[0] > identity[0] + 1
    known = exhibit.measured()
    whole = [known[f"propagation_constant/log2_54_{unit:02d}"] for unit in (0, 27, 53)]
    np.testing.assert_allclose(half[[0, 27, 53]], np.array(whole) - whole[-1], atol=3)


@pytest.mark.parametrize(
    "bad",
    [
        (None, 0.5, "Original", 54),
        ("A factor", -1, "Original", 54),
        ("A factor", "much", "Original", 54),
        ("A factor", 0.5, "Reversed", 54),
        ("A factor", 0.5, "Original", 121),
    ],
)
def test_bad_choices(bad):
    with pytest.raises(ValueError, match="[a-z]{3,}"):
        exhibit.show(*bad)
