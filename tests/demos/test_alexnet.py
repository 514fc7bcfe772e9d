"""The exhibit of AlexNet: pictures of every origin, its towers, and ten looks."""

import io

import numpy as np
import pytest

from demos.exhibit import run
from demos.exhibits import alexnet

pytestmark = pytest.mark.once
PICTURE = ["coat", None, "", "As it is"]
CONTROLS = [1, 12, 14, 2, 5, -4, 0.75]
GOOD = {"name": PICTURE, "look": PICTURE, "normalize": [*PICTURE, *CONTROLS]}
BAD = {
    "name": ["hat", None, "", "As it is"],
    "look": ["coat", None, "nonsense", "As it is"],
    "normalize": [*PICTURE, 33, *CONTROLS[1:]],
}


def test_pictures_are_one_of_every_class():
    names = run(alexnet.PRESET, lambda model: model.class_names)
    assert list(alexnet.pictures()) == list(names)
    assert {x.shape for x in alexnet.pictures().values()} == {(28, 28)}


def test_an_upload_is_light_on_dark():
    image_module = pytest.importorskip("PIL.Image")
    ink = np.full((60, 80), 255, "uint8")
    ink[20:40, 30:50] = 0
    for paper in (ink, 255 - ink):
        buffer = io.BytesIO()
        image_module.fromarray(paper).save(buffer, "PNG")
        seen = alexnet.seen("coat", buffer.getvalue())
        assert seen.shape == (28, 28) and seen[14, 14] > 0.9 and seen[0, 0] < 0.1
    with pytest.raises(ValueError, match="not a picture"):
        alexnet.seen("coat", b"no picture")


def test_strokes_become_lines():
    drawn = alexnet.seen("Blank", strokes="[[10, 4], [10, 10], [25, 25]]")
    assert (drawn[10, 4:11] > 0.8).all() and drawn[25, 25] > 0.8
    assert drawn[18, 18] == 0  # too far apart: the hand was lifted
    assert (alexnet.seen("Blank") == 0).all()


def test_poses():
    plain = alexnet.seen("coat")
    np.testing.assert_array_equal(alexnet.seen("coat", pose="Upside down"), plain[::-1])
    np.testing.assert_array_equal(alexnet.seen("coat", pose="Mirrored"), plain[:, ::-1])
    np.testing.assert_array_equal(alexnet.seen("coat", pose="Moved")[7:, 5:], plain[:-7, :-5])


def test_first_maps_are_those_of_the_network():
    import keras

    image = alexnet.seen("sandal")

    def both(model):
        layer = keras.Model(model.inputs, model.get_layer("conv1").output)
        return alexnet.first_maps(image, model), layer.predict_on_batch(model.preprocess(image))[0]

    ours, theirs = run(alexnet.PRESET, both)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_what_is_clicked():
    for k in range(32):
        x, y = alexnet.filter_place(k)
        assert alexnet.clicked_filter(x + 20, y + 20) == k + 1
    assert alexnet.clicked_pixel(7 * 3 + 1, 22 + 7 * 5 + 1) == (5, 3)
    assert alexnet.clicked_pixel(204 + 7 * 3 + 1, 23) == (0, 3)
    assert alexnet.clicked_pixel(50, 300) is None


def test_normalization_at_the_papers_values_and_ours():
    _, paper = alexnet.inside(*PICTURE, *CONTROLS)
    _, strong = alexnet.inside(*PICTURE, *CONTROLS[:3], 1, 5, 1, 0.75)
    assert "divided by" in paper and paper != strong
    _, plain = alexnet.inside(*PICTURE, 1, 12, 14, 1, 5, -5, 0)
    assert "divided by 1." in plain or "divided by what" in plain


def test_ten_looks():
    text = alexnet.looks(*PICTURE)
    assert text.count("<image") == 10 and "The average of ten" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("hat",), "Choose one of"),
        (("coat", None, "", "Askew"), "The pose is one of"),
        (("coat", None, "[[1, 99]]"), "Cells are counted from 0 to 27"),
        ((None,), "Choose one of"),
    ],
)
def test_refusals(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        alexnet.seen(*arguments)
    with pytest.raises(ValueError, match="Beta is a number"):
        alexnet.inside(*PICTURE, *CONTROLS[:-1], 9)


def test_the_example_that_fails_does():
    boot = alexnet.seen("ankle boot"), alexnet.seen("ankle boot", pose="Upside down")
    found = run(alexnet.PRESET, lambda model: model.classify([x.astype("f4") for x in boot], 1))
    assert [best[0][0] == "ankle boot" for best in found] == [True, False]
