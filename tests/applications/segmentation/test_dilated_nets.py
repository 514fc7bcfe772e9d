"""Front end and context segment pictures of any size, in one piece and in tiles."""

import keras
import numpy as np
import pytest

from keras_readinglist.applications import DilatedFrontEnd, DilatedNet
from keras_readinglist.gradients import Differentiable
from keras_readinglist.layers import ContextModule
from keras_readinglist.losses import PixelwiseCrossentropy
from keras_readinglist.visualization import receptive_field
from tests.applications.case import Case

RNG = np.random.default_rng(0)
PICTURES = RNG.random((3, 16, 20, 3)).astype("float32")
LABELS = RNG.integers(0, 3, (3, 16, 20))
SMALL = ((6, 3, 1), "pool", (8, 3, 2), "dropout")


def front(**kwargs):
    return DilatedFrontEnd(3, SMALL, **{"dropout": 0.0, **kwargs})


def net(dtype=None, **kwargs):
    context = ContextModule(dilations=(1, 2, 1), dtype=dtype)
    return DilatedNet(context=context, front_end=front(dtype=dtype), dtype=dtype, **kwargs)


# Pictures are float32 whatever the model is.
JOBS = {
    "segment": lambda model, x: model.segment(PICTURES[: len(x)]),
    "probabilities": lambda model, x: model.probabilities(PICTURES[: len(x)]),
}
CASES = {
    "DilatedFrontEnd": Case(front, PICTURES, LABELS[:, 1::2, 1::2], JOBS),
    "DilatedFrontEnd-normalized": Case(
        lambda **kw: front(batch_normalization=True, padding="reflect", **kw),
        PICTURES,
        LABELS[:, 1::2, 1::2],
        JOBS,
    ),
    "DilatedNet": Case(net, PICTURES, LABELS[:, 1::2, 1::2], JOBS),
}


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


def shuffled(model):
    """Give a model weights under which every pixel matters."""
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) / 2 for w in model.get_weights()])
    return model


@pytest.mark.parametrize("make", [front, net])
def test_tiles_have_no_seams(make):
    model = shuffled(make())
    pictures = RNG.random((2, 22, 31, 3))
    whole = np.stack(model.probabilities(pictures))
    assert whole.shape == (2, 22, 31, 3) and whole.std() > 0.1
    np.testing.assert_allclose(whole.sum(-1), 1, atol=1e-5)
    for tile in (10, 64):
        np.testing.assert_allclose(model.probabilities(pictures, tile), whole, atol=1e-5)


def test_pictures_of_different_sizes_and_kinds(tmp_path):
    model = shuffled(net())
    image = pytest.importorskip("PIL.Image")
    pixels = RNG.integers(0, 256, (17, 30, 3), dtype="uint8")
    image.fromarray(pixels).save(tmp_path / "street.png")
    given = [tmp_path / "street.png", pixels / 255.0, pixels[:9], pixels[..., 0]]
    labels = model.segment(given)
    assert [x.shape for x in labels] == [(17, 30), (17, 30), (9, 30), (17, 30)]
    np.testing.assert_array_equal(labels[0], labels[1])
    np.testing.assert_array_equal(labels[0], model.segment(pixels)[0])
    assert labels[0].dtype == np.int32 and model.segment([]) == []


def test_preprocessing():
    facts = {"mean": (0.1, 0.2, 0.3), "std": 0.5, "bgr": True}
    model = front(preprocessing=facts)
    pixels = RNG.random((16, 16, 3)).astype("float32")
    expected = (pixels[..., ::-1] - [0.1, 0.2, 0.3]) / 0.5
    np.testing.assert_allclose(model.preprocess(pixels)[0], expected, atol=1e-6)


def test_the_paper_s_sizes():
    model = DilatedFrontEnd(2, width=1 / 64)
    assert (model.stride, model.margin) == (8, 186)
    field = receptive_field(model)
    assert (field.size, field.stride, field.offset) == (380, 8, 3.5)
    for side, maps in ((900, 66), (628, 32), (396, 3)):
        symbol = model.maps(keras.KerasTensor((1, side, side, 3)))
        assert symbol.shape == (1, maps, maps, 2)
    assert model.compute_output_shape((1, 528, 256, 3)) == (1, 66, 32, 2)


@pytest.mark.slow
def test_the_paper_s_parameters():
    model = DilatedNet(dataset="pascal_voc")
    assert model.front_end.count_params() == 134_346_581
    assert model.context.count_params() == 28_392 and model.context.padding == "buffer"


@pytest.mark.parametrize(
    ("dataset", "layers"), [("pascal_voc", 8), ("camvid", 8), ("kitti", 7), ("cityscapes", 10)]
)
def test_the_paper_s_contexts(dataset, layers):
    classes = {"pascal_voc": 21, "cityscapes": 19}.get(dataset, 11)
    model = DilatedNet(dataset=dataset, front_end=DilatedFrontEnd(classes, "near", width=0.1))
    assert len(model.context.chain) == layers
    wide = DilatedNet(context="large", front_end=DilatedFrontEnd(1, "near", width=0.1))
    assert wide.context.chain[5].filters == 32


def test_interior_scores_do_not_depend_on_the_border():
    """Far from the edge the mirrored border is not seen."""
    whole, alone = shuffled(front()), front(padding="same")
    alone.set_weights(whole.get_weights())
    pictures = RNG.random((1, 24, 24, 3)).astype("float32")
    a, b = whole.predict_on_batch(pictures), alone.predict_on_batch(pictures)
    edge = whole.margin // 2 + 1
    np.testing.assert_allclose(
        a[:, edge:-edge, edge:-edge], b[:, edge:-edge, edge:-edge], atol=1e-5
    )
    assert np.abs(a - b).max() > 1e-3


def test_scores_are_enlarged_as_keras_does_it():
    model = shuffled(front())
    scores = keras.ops.softmax(model.predict_on_batch(PICTURES))
    expected = keras.ops.image.resize(scores, (16, 20), interpolation="bilinear")
    expected = keras.ops.convert_to_numpy(expected)
    np.testing.assert_allclose(model.probabilities(PICTURES), expected, atol=1e-5)


def test_targets_are_the_pixels_in_the_middle():
    model = front()
    labels = np.arange(48).reshape((1, 6, 8))
    np.testing.assert_array_equal(model.targets(labels)[0], labels[0, 1::2, 1::2])
    assert model.targets(labels).shape[1:] == model.compute_output_shape((1, 6, 8, 3))[1:3]


def test_only_the_context_is_trained_unless_jointly():
    for joint in (False, True):
        model = net(joint=joint)
        before = model.front_end.get_weights()
        model.compile(keras.optimizers.SGD(0.1), PixelwiseCrossentropy())
        model.fit(PICTURES, model.targets(LABELS), verbose=0)
        moved = [(a != b).any() for a, b in zip(before, model.front_end.get_weights(), strict=True)]
        assert any(moved) == joint
        again = DilatedNet.from_config(model.get_config())
        assert bool(again.front_end.trainable_variables) == joint


def test_a_loss_of_labels_that_are_void_moves_nothing():
    model, void = net(), np.full((3, 8, 10), 255)
    loss = PixelwiseCrossentropy()
    found = Differentiable(model, lambda y: loss(keras.ops.convert_to_tensor(void), y))
    for gradient in found.gradients(PICTURES)[0]:
        np.testing.assert_array_equal(gradient, 0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DilatedFrontEnd(0), "`classes` must be a positive integer"),
        (lambda: DilatedFrontEnd(2, "vgg19"), "`architecture` must be one of"),
        (lambda: DilatedFrontEnd(2, SMALL, padding="edge"), "`padding` must be one of"),
        (lambda: DilatedFrontEnd(2, SMALL, width=0), "`width` must be positive"),
        (lambda: DilatedFrontEnd(2, SMALL, class_names=["a"]), "`class_names` must be 2 names"),
        (lambda: DilatedNet(dataset="ade20k", front_end=front()), "`dataset` must be one of"),
        (lambda: DilatedNet(context=9, front_end=front()), "`context` must be one of"),
        (lambda: DilatedNet(4, front_end=front()), "`classes` must be those of `front_end`, 3"),
        (lambda: front().segment(PICTURES, tile=3), "`tile` must be a multiple of the stride 2"),
        (lambda: front(padding="same").segment(PICTURES, 4), "'valid'. Received: tile=4"),
        (lambda: front().segment(PICTURES[:, :4]), "input that is larger than the border"),
        (lambda: front().segment(np.zeros((9, 9, 2))), "A picture must be"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()
