"""The exhibit of the lossy autoencoder: pictures are painted, coded, copied, sent and read."""

import numpy as np
import pytest

from demos.exhibit import FAILS, run
from demos.exhibits import variational_lossy_autoencoder as exhibit

ZERO = exhibit.EXAMPLES["0"]
GOOD = {"show": [ZERO, "4 neighbours", 0], "send": [ZERO, "4 neighbours"]}
BAD = {"show": ["abc", "4 neighbours", 0], "send": [ZERO, "5 neighbours"]}


@pytest.fixture(scope="module")
def bits():
    """Return the bits of a picture in its pixels and in its code, by what the decoder sees."""
    picture = exhibit.parse(ZERO)
    found = {}
    for name, (preset, _) in exhibit.WINDOWS.items():
        pixels, code = run(preset, lambda model: exhibit.costs(picture, model))
        found[name] = (pixels.sum(), code)
    return found


def test_the_more_the_decoder_sees_the_less_the_code_says(bits):
    codes = [code for _, code in bits.values()]
    assert codes[0] > 1.5 * codes[1] > 1.5 * codes[2] > 0
    assert sum(bits["4 neighbours"]) < sum(bits["Nothing"]) - 20


def test_a_chequered_board_costs_more_than_a_bit_a_pixel():
    _, result = exhibit.show(exhibit.EXAMPLES[FAILS])
    assert "more than a bit a pixel" in result
    assert "more than a bit a pixel" not in exhibit.show(ZERO)[1]


def test_the_mean_of_the_copies_shows_the_shape():
    """The hole of a zero is darker than its sides, though stripes leave half of the sides dark."""
    rows = np.repeat(exhibit.parse(ZERO)[None, ..., None], exhibit.COPIES, axis=0)
    copies = run("lossy_autoencoder_window", lambda model: model.reconstruct(rows, 0))[..., 0]
    mean = copies.mean(axis=0)
    assert mean[4:12, 4:6].mean() > 0.25 > 0.15 > mean[6:10, 7:9].mean()
    texture = [np.abs(a - b).mean() for a, b in zip(copies, copies[1:], strict=False)]
    assert min(texture) > 0.05


def test_the_picture_has_a_board_its_costs_and_copies():
    picture, _ = exhibit.show(ZERO, "All before it", 1)
    assert picture.count("<svg") == 2 + exhibit.SHOWN + 1 and picture.count("touch") == 1
    assert picture != exhibit.show(ZERO, "All before it", 2)[0]


@pytest.mark.parametrize("window", exhibit.WINDOWS)
def test_a_message_is_as_long_as_its_bits_and_read(window, bits):
    pytest.importorskip("constriction")
    result = exhibit.send(ZERO, window)
    assert "every pixel is as it was" in result
    sent = float(result.split("Sent in ")[1].split(" bits")[0])
    # One draw of the code decides, where the bound is an average.
    assert sent == pytest.approx(sum(bits[window]), abs=15)


@pytest.mark.once
def test_painting():
    empty = "0" * 64
    assert exhibit.written(exhibit.parse(ZERO)) == ZERO
    dot, cell = exhibit.painted(empty, "one pixel", 0.999, 0.0)
    assert np.argwhere(exhibit.parse(dot)).tolist() == [[0, 15]] == [cell]
    assert exhibit.painted(dot, "one pixel", 0.999, 0.0)[0] == empty
    text, cell = exhibit.painted(empty, "stripes", 0.5, 0.5)
    striped = exhibit.parse(text)
    np.testing.assert_array_equal(striped[7:10, 7:10], exhibit.STRIPES[7:10, 7:10])
    assert not striped[:7].any() and not striped[:, 10:].any() and striped.any()
    assert exhibit.painted(text, "eraser", 0.5, 0.5)[0] == empty
    line = exhibit.parse(exhibit.painted(text, "stripes", 0.75, 0.5, cell)[0])
    np.testing.assert_array_equal(line[7:10, 7:14], exhibit.STRIPES[7:10, 7:14])
    far = exhibit.parse(exhibit.painted(text, "stripes", 0.5, 0.999, (3, 8))[0])
    assert not far[10:13].any() and far[14:].any()


@pytest.mark.once
def test_every_brush_shows():
    for row in range(14):
        for column in range(14):
            place = exhibit.STRIPES[row : row + 3, column : column + 3]
            assert 0 < place.mean() < 1


@pytest.mark.once
def test_the_frame_is_the_window():
    assert len(exhibit.frame(None)) == 1
    path = str(exhibit.frame((3, 1))[0])
    assert "M7 7H10V8H8V9H7Z" in path
    assert "M0 0H16V8H8V9H0Z" in str(exhibit.frame((31, 15))[0])


@pytest.mark.once
@pytest.mark.parametrize("text", ["", "12", "g" * 64, "0" * 63, "0" * 66, None])
def test_pictures_are_refused_in_words(text):
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        exhibit.parse(text)
