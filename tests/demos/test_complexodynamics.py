"""Uploaded pictures become black and white as a visitor sees them."""

import numpy as np
import pytest

from demos.exhibits import complexodynamics

pytestmark = pytest.mark.once


def disc():
    at = np.arange(100) - 49.5
    return np.hypot(at[:, None], at) < 30


def shown(upload):
    return complexodynamics.picture("Disc", upload)


def test_every_kind_of_picture_shows_the_same_disc():
    black = disc()
    expected = shown(np.where(black, 0, 255).astype(np.uint8))
    assert 0.5 < expected.mean() < 0.9
    ink = np.zeros((100, 100, 3), np.uint8)
    opaque = (255 * black).astype(np.uint8)[..., None]
    kinds = {
        "colour": np.where(black[..., None], ink, 255).astype(np.uint8),
        "alpha": np.concatenate([ink, opaque], axis=-1),
        "gray and alpha": np.concatenate([ink[..., :1], opaque], axis=-1),
        "16 bits": np.where(black, 0, 65535).astype(np.uint16),
        "16 bits and alpha": np.concatenate([ink, opaque], axis=-1).astype(np.uint16) * 257,
        "floats": np.where(black, 0.0, 1.0),
        "floats and alpha": np.concatenate([ink, opaque], axis=-1) / 255,
        "signed": np.where(black, -1.0, 1.0),
    }
    for kind, upload in kinds.items():
        np.testing.assert_array_equal(shown(upload), expected, err_msg=kind)


@pytest.mark.parametrize(
    "upload", [np.full((9, 9), np.nan), np.array([["a"] * 9] * 9), np.zeros((3, 3)), np.zeros(9)]
)
def test_no_picture_is_refused_in_words(upload):
    with pytest.raises(ValueError, match="A picture"):
        shown(upload)
