"""Residual networks: sizes of the papers, equality with `keras.applications`, shapes, refusals."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications import (
    PlainNet18,
    PreActResNetCIFAR,
    ResNet,
    ResNet18,
    ResNet34,
    ResNet50,
    ResNet50V2,
    ResNetCIFAR,
)
from keras_readinglist.applications.image_classification import imagenet, resnets
from keras_readinglist.conversion.keras_applications import named_layers
from keras_readinglist.distribution import link_costs
from keras_readinglist.gradients import Differentiable
from tests.applications.case import Case

RNG = np.random.default_rng(0)
PICTURES = RNG.uniform(size=(2, 8, 8, 3)).astype("float32")


def small(**kwargs):
    return ResNet((1, 2), (4, 8), stem="cifar", input_shape=(8, 8, 3), classes=3,
                  classifier_activation=None, **kwargs)  # fmt: skip


CASES = {
    "ResNet": Case(
        small,
        PICTURES,
        np.array([0, 2]),
        {"classify": lambda model, x: [p for _, p in sum(model.classify(PICTURES[: len(x)]), [])]},
        double=False,
    ),
}


def trained(model):
    return sum(int(np.prod(w.shape)) for w in model.trainable_weights)


def test_sizes_of_the_small_networks():
    """Two depths, and as much more for every further unit of each stage, give all of Table 6."""
    first, second = (trained(ResNetCIFAR(depth)) for depth in (20, 26))
    for depth, count in ((20, 269_722), (32, 464_154), (56, 853_018), (110, 1_727_962)):
        assert first + (depth - 20) // 6 * (second - first) == count
    assert trained(ResNetCIFAR(20, residual=False)) == first
    assert trained(ResNetCIFAR(26, scan=True)) == second


def test_sizes_of_the_large_networks():
    assert trained(ResNet18()) == 11_689_512
    assert trained(PreActResNetCIFAR(164, scan=True)) == 1_703_258


@pytest.mark.slow
def test_sizes_of_the_largest_networks():
    assert trained(PlainNet18(shortcut="A")) == trained(ResNet18(shortcut="A"))
    assert trained(ResNet34(scan=True)) == 21_797_672
    assert trained(ResNet50(scan=True)) == 25_557_032
    assert trained(PreActResNetCIFAR(1001, scan=True)) == 10_327_706


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("build", [lambda **kw: ResNetCIFAR(110, **kw),
                                   lambda **kw: PreActResNetCIFAR(1001, **kw)])  # fmt: skip
def test_a_gradient_reaches_the_first_layer(build, dtype):
    """Before any training, of a hundred layers and of a thousand."""
    if keras.config.backend() != "jax":
        pytest.skip("a loop over stacked units is one program on JAX alone")
    model = build(width=4, scan=True, input_shape=(8, 8, 3), dtype=dtype)
    loss = Differentiable(model, lambda logits: ops.sum(ops.square(logits)), training=True)
    of_weights, of_pictures = loss.gradients(PICTURES)
    for gradient in (of_weights[0], of_pictures[0]):
        assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(
    ("depth", "options", "products"),
    [
        (18, {}, 1.82e9),
        (34, {}, 3.67e9),
        (50, {}, 3.86e9),
        (50, {"unit_config": {"stride_in": "3x3"}}, 4.09e9),
    ],
)
def test_products_of_a_picture(depth, options, products):
    """As the papers count operations: a product and its sum are one."""
    found = sum(link_costs(resnets.resnet(depth, **options), "flops")) / 2
    assert found == pytest.approx(products, rel=0.01)


@pytest.mark.parametrize("version", [1, 2])
def test_equals_keras_applications(monkeypatch, version):
    shape = (64, 64, 3)
    kind = keras.applications.ResNet50 if version == 1 else keras.applications.ResNet50V2
    donor = kind(weights=None, input_shape=shape, classes=7, classifier_activation=None)
    for weight in donor.weights:  # normalization does something
        if len(weight.shape) == 1:
            weight.assign(RNG.uniform(0.5, 1.5, weight.shape))
    monkeypatch.setattr(resnets, "_donor", lambda *_: donor)
    build = ResNet50 if version == 1 else ResNet50V2
    model = build(weights="imagenet", input_shape=shape, classes=7, classifier_activation=None)
    pictures = RNG.uniform(size=(2, *shape)).astype("float32")
    expected = donor.predict_on_batch(pictures)
    found = model.predict_on_batch(pictures)
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    assert model.count_params() == donor.count_params()


@pytest.mark.parametrize("version", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_files_of_keras_applications(tmp_path, version):
    """A file as Keras has published its own, here of other classes."""
    given = {"input_shape": (32, 32, 3), "classes": 7, "classifier_activation": None}
    theirs = keras.applications.ResNet50 if version == 1 else keras.applications.ResNet50V2
    build = ResNet50 if version == 1 else ResNet50V2
    donor = theirs(weights=None, **given)
    donor.save(tmp_path / "resnet50.h5")
    model = build(weights=tmp_path / "resnet50.h5", **given)
    layers = named_layers(model)
    assert model.count_params() == donor.count_params()  # see `test_equals_keras_applications`
    for name in ("conv1_conv", "conv3_block2_2_conv", "conv5_block3_3_conv", "predictions"):
        for ours, due in zip(layers[name].weights, donor.get_layer(name).weights, strict=True):
            np.testing.assert_array_equal(*map(ops.convert_to_numpy, (ours, due)))
    if version == 2:
        with pytest.raises(ValueError, match="`weights` must be those of ResNet50. .*resnet50.h5"):
            ResNet50(weights=tmp_path / "resnet50.h5", **given)


def test_files_that_are_none_of_keras_applications(tmp_path):
    (tmp_path / "broken.h5").write_bytes(b"no file of weights")
    for build, name, told in (
        (ResNet50, "broken.h5", "an HDF5 file"),
        (ResNet50, "missing.h5", "the path of a file"),
        (ResNet18, "broken.h5", "for the depths 50, 101 and 152"),
    ):
        with pytest.raises(ValueError, match=f"`weights` .*{told}.*{name}"):
            build(weights=tmp_path / name)


def test_classes_of_imagenet_have_names(monkeypatch):
    """As Keras says them, if it can fetch them."""
    utils = keras.applications.imagenet_utils
    names = [[("n01", "great_white_shark", 1.0)], *[[("n02", "cock", 1.0)]] * 999]
    monkeypatch.setattr(utils, "decode_predictions", lambda scores, top: names)
    assert imagenet.imagenet_class_names()[:2] == ["great white shark", "cock"]

    def fails(scores, top):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(utils, "decode_predictions", fails)
    assert imagenet.imagenet_class_names() is None


def test_preprocessing_of_keras_applications():
    pictures = RNG.integers(0, 256, (2, 40, 40, 3), dtype="uint8")
    for version, module in ((1, keras.applications.resnet), (2, keras.applications.resnet_v2)):
        model = ResNet((1,), (4,), input_shape=(40, 40, 3), include_top=False,
                       preprocessing=resnets.KERAS[version]["preprocessing"])  # fmt: skip
        expected = module.preprocess_input(pictures.astype("float32"))
        np.testing.assert_allclose(model.preprocess(pictures), expected, atol=1e-3)


def test_a_network_of_another_form_is_refused_by_name():
    donor = keras.applications.ResNet50(weights=None, input_shape=(32, 32, 3))
    with pytest.raises(ValueError, match="These differ: conv2_block1_0_bn, "):
        resnets.copy_weights(small(), donor)


@pytest.mark.parametrize("version", [1, 2])
def test_stages_as_loops_have_the_same_shapes_and_weights(version):
    plain, looped = (small(version=version, scan=scan) for scan in (False, True))
    assert plain.count_params() == looped.count_params()
    assert plain.predict_on_batch(PICTURES).shape == looped.predict_on_batch(PICTURES).shape
    assert len(plain.units) == 3 and len(looped.units) == 2


def test_maps_of_the_stages():
    model = ResNet18(include_top=False, input_shape=(64, 64, 3))
    shapes = {name: maps.shape[1:] for name, maps in model.feature_maps().output.items()}
    assert shapes == {
        "C2": (16, 16, 64), "C3": (8, 8, 128), "C4": (4, 4, 256), "C5": (2, 2, 512)
    }  # fmt: skip
    dilated = ResNet18(include_top=False, input_shape=(64, 64, 3), output_stride=8)
    assert dilated.output_shape == (None, 8, 8, 512)
    assert [unit.dilation_rate for unit in dilated.units] == [1, 1, 1, 1, 2, 2, 4, 4]
    assert (
        ResNet18(include_top=False, pooling="max", input_shape=(31, 31, 3)).output_shape[1] == 512
    )


def test_what_the_networks_of_both_papers_end_with():
    norms = [layer.name for layer in PreActResNetCIFAR(8).layers if "bn" in layer.name]
    assert norms == ["post_bn"]
    norms = [layer.name for layer in ResNetCIFAR(8).layers if "bn" in layer.name]
    assert norms == ["conv1_bn"]
    assert PreActResNetCIFAR(110, scan=True).units[0].kind == "basic"
    assert PreActResNetCIFAR(11).units[0].kind == "bottleneck"


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (lambda: ResNetCIFAR(21), "depth"),
        (lambda: PreActResNetCIFAR(111), "depth"),
        (lambda: resnets.resnet(35), "depth"),
        (lambda: ResNet18(input_shape=(16, 16, 3)), "input_shape"),
        (lambda: ResNet18(weights="imagenet"), "weights"),
        (lambda: ResNet18(weights="nowhere.weights.h5"), "weights"),
        (lambda: ResNet50(weights="imagenet", classes=5), "classes"),
        (lambda: ResNet((1,), (4, 8)), "stack_sizes"),
        (lambda: ResNet((1,), (4,), shortcut="D"), "shortcut"),
        (lambda: ResNet50V2(downsample="last", scan=True), "scan"),
        (lambda: ResNet((1,), (4,), class_names=["one"]), "class_names"),
    ],
)
def test_refusals(build, name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        build()
