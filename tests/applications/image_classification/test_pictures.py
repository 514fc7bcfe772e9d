"""Pictures of every kind become the same numbers, or a sentence."""

import numpy as np
import pytest

from keras_readinglist.applications.image_classification.pictures import fitted, read_picture

pytestmark = pytest.mark.once
Image = pytest.importorskip("PIL.Image")
GREY = np.linspace(0, 255, 12).astype("uint8").reshape(3, 4)
COLOURS = np.random.default_rng(0).integers(0, 256, (3, 4, 3), dtype="uint8")


@pytest.mark.parametrize("channels", [1, 3])
def test_the_same_picture_in_every_form(tmp_path, channels):
    expected = np.repeat(GREY[..., None] / 255.0, channels, -1)
    Image.fromarray(GREY).save(tmp_path / "grey.png")
    deep = GREY.astype("uint16") * 257
    Image.fromarray(deep).save(tmp_path / "deep.png")
    forms = [
        tmp_path / "grey.png",
        str(tmp_path / "deep.png"),
        Image.fromarray(GREY),
        Image.fromarray(GREY).convert("RGB"),
        Image.fromarray(GREY).convert("P"),
        Image.fromarray(GREY).convert("LA"),
        Image.fromarray(GREY).convert("F").point(lambda v: v / 255),
        GREY,
        GREY[..., None],
        deep,
        GREY / 255.0,
        np.repeat(GREY[..., None], 3, -1),
    ]
    for form in forms:
        read = read_picture(form, channels)
        assert read.dtype == np.float32
        np.testing.assert_allclose(read, expected, atol=1e-3)


def test_cmyk_is_turned_to_red_green_and_blue():
    read = read_picture(Image.new("CMYK", (2, 2), (0, 255, 255, 0)), 3)
    np.testing.assert_allclose(read[0, 0], (1, 0, 0), atol=0.01)


def test_what_is_transparent_is_laid_on_white():
    clear = np.dstack([COLOURS, np.zeros((3, 4), "uint8")])
    np.testing.assert_allclose(read_picture(clear, 3), 1)
    np.testing.assert_allclose(read_picture(Image.fromarray(clear), 1), 1, rtol=1e-6)


def test_half_the_size_is_an_average_of_four_pixels():
    pixels = np.random.default_rng(0).uniform(size=(4, 6, 1)).astype("float32")
    expected = pixels.reshape(2, 2, 3, 2, 1).mean((1, 3))
    np.testing.assert_allclose(fitted(pixels, 2, 3), expected, atol=1e-6)


def test_the_middle_is_taken_and_its_proportions_are_kept():
    wide = np.zeros((4, 12, 1), "float32")
    wide[:, 4:8] = 1
    np.testing.assert_array_equal(fitted(wide, 4, 4), 1)
    assert fitted(wide, 8, 6).shape == (8, 6, 1)
    tall = fitted(np.arange(9, dtype="float32").reshape(9, 1, 1), 3, 1)
    np.testing.assert_array_equal(tall[:, 0, 0], (3, 4, 5))


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (np.zeros((2, 2, 5)), "shape (2, 2, 5)"),
        (np.zeros((0, 2)), "shape (0, 2, 1)"),
        (np.full((2, 2), np.nan), "from 0 to 1"),
        (np.full((2, 2), 7.0), "from 0 to 1"),
        ("nowhere.png", "nowhere.png is not a picture"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(picture, told):
    with pytest.raises(ValueError) as caught:
        read_picture(picture, 3)
    assert told in str(caught.value)
