"""The exhibit on complexodynamics: what it describes, and how it sees uploaded pictures."""

import numpy as np
import pytest

from demos.exhibits import complexodynamics

pytestmark = pytest.mark.once
GOOD = {"describe": ["Disc", 0, None, ""]}
BAD = {"describe": ["Disc", 0, None, "nonsense"]}


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
    "upload",
    [
        b"no picture",
        np.full((9, 9), np.nan),
        np.full((9, 9), np.inf),
        np.array([["a"] * 9] * 9),
        np.zeros((3, 3)),
        np.zeros(9),
        np.zeros((9, 9, 0)),
        np.zeros((9, 9, 3, 1)),
        [[1, 2], [3]],
        {"a": 1},
    ],
)
def test_no_picture_is_refused_in_words(upload):
    with pytest.raises(ValueError, match="[Aa] picture"):
        shown(upload)


def test_every_picture_is_described_and_painted_into():
    for name in complexodynamics.pictures():
        assert "rectangles" in complexodynamics.describe(name, 0)
    plain = complexodynamics.picture("Disc")
    painted = complexodynamics.picture("Disc", strokes="[[0, 0], [32, 32]]")
    assert (plain != painted).sum() == 9 + 25


def test_uploads_become_black_and_white():
    ramp = np.tile(np.arange(100, dtype=np.uint8), (80, 1))
    image = complexodynamics.picture("", np.stack([ramp] * 3, axis=-1))
    assert image.shape == (64, 64) and set(np.unique(image)) == {0, 1}
    assert (image[:, :30] == 0).all() and (image[:, 34:] == 1).all()
    assert complexodynamics.picture("", np.zeros((16, 8), np.uint8)).sum() == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("Mona Lisa", 0), "Choose one of"),
        (("Disc", None), "price is a number"),
        (("Disc", 99), "price is a number"),
        (("Disc", 1e9), "price is a number"),
        (("Disc", float("nan")), "price is a number"),
        (("Disc", 0, np.zeros((3, 3))), "8 to 8000 pixels"),
        (("Disc", 0, None, "hello"), "pairs of cells"),
        (("Disc", 0, None, "[[99, 0]]"), "from 0 to 63"),
    ],
)
def test_bad_pictures_are_refused_in_words(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        complexodynamics.describe(*arguments)
