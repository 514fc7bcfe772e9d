"""Sort-of-CLEVR: answers equal a brute-force oracle, scenes have neither overlaps nor ties."""

import numpy as np
import pytest

from keras_readinglist.datasets import sort_of_clevr
from keras_readinglist.datasets.sort_of_clevr import (
    ANSWERS,
    COLOURS,
    KINDS,
    PALETTE,
    SHAPES,
    encode_questions,
    has_ties,
    random_scenes,
    render,
)

pytestmark = pytest.mark.once


def oracle(objects, question):
    """Answer a question in words from the encoded scene and the encoded question alone."""
    scene = []
    for row in objects:
        x, y = (round(37 + 37 * float(v)) for v in row[:2])
        colour, shape = COLOURS[row[2:8].argmax()], SHAPES[row[8:].argmax()]
        scene.append((x, y, colour, shape))
    colour = COLOURS[question[:6].argmax()]
    (asked,) = [o for o in scene if o[2] == colour]
    others = sorted(
        (o for o in scene if o is not asked),
        key=lambda o: (o[0] - asked[0]) ** 2 + (o[1] - asked[1]) ** 2,
    )
    relational, subtype = question[6:8].argmax(), question[8:].argmax()
    if relational:
        same = 1 + sum(o[3] == asked[3] for o in others)
        return (others[0][3], others[-1][3], str(same))[subtype]
    yes_no = {True: "yes", False: "no"}
    return (asked[3], yes_no[asked[0] < 37.5], yes_no[asked[1] < 37.5])[subtype]


def test_answers_equal_the_oracle_on_a_thousand_scenes():
    scenes = sort_of_clevr(1000, rng=0, questions_per_type=9, pixels=False)
    asked = set()
    for row, (objects, questions) in enumerate(zip(scenes.objects, scenes.questions, strict=True)):
        for column, question in enumerate(questions):
            assert ANSWERS[scenes.answers[row, column]] == oracle(objects, question)
            asked.add((int(question[:6].argmax()), int(scenes.kinds[row, column])))
    assert len(asked) == len(COLOURS) * len(KINDS)  # every question was among them


def test_scenes_have_no_overlap_and_no_tie():
    centres, shapes = random_scenes(2000, rng=1)
    for scene in centres:
        for i in range(6):
            squared = sorted(int(((scene[i] - scene[j]) ** 2).sum()) for j in range(6) if j != i)
            assert squared[0] > 15**2
            assert squared[0] != squared[1] and squared[-1] != squared[-2]
    assert centres.min() == 5 and centres.max() == 69
    assert 0.48 < shapes.mean() < 0.52


def test_ties_are_seen():
    centres = np.array([[[10, 10], [30, 10], [10, 30], [60, 13], [62, 40], [37, 66]]])
    assert has_ties(centres).all()  # objects 1 and 2 are equally near to object 0


def test_images_show_the_scene():
    centres, shapes = random_scenes(40, rng=2)
    for image, places, forms in zip(render(centres, shapes), centres, shapes, strict=True):
        drawn = np.full((75, 75, 3), 255)
        for k, (x, y) in enumerate(places):
            for dy in range(-5, 6):
                for dx in range(-5, 6):
                    if SHAPES[forms[k]] == "square" or dx * dx + dy * dy <= 25:
                        drawn[y + dy, x + dx] = PALETTE[k]
        np.testing.assert_array_equal(image, drawn)


def test_half_of_the_questions_are_relational():
    scenes = sort_of_clevr(5, rng=0, questions_per_type=2)
    assert (scenes.kinds[:, :2] < 3).all() and (scenes.kinds[:, 2:] >= 3).all()
    assert scenes.images.dtype == np.uint8
    np.testing.assert_array_equal(scenes.questions[..., 7] == 1, scenes.kinds >= 3)
    np.testing.assert_array_equal(scenes.questions.sum(axis=-1), 3)


def test_same_seed_same_bytes_and_train_and_test_are_disjoint():
    first, again = (sort_of_clevr(300, rng=3) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        assert a.tobytes() == b.tobytes()
    other = sort_of_clevr(300, rng=4)
    assert not {i.tobytes() for i in first.images} & {i.tobytes() for i in other.images}


def test_questions_are_eleven_bits():
    encoded = encode_questions([[0, 5]], [[1, 5]])
    assert encoded.astype(int).tolist() == [
        [[1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1]]
    ]


@pytest.mark.parametrize("kwargs", [{"n_images": 0}, {"n_images": 1, "questions_per_type": 0}])
def test_numbers_must_be_positive(kwargs):
    with pytest.raises(ValueError, match="must be a positive integer"):
        sort_of_clevr(**kwargs)
