"""AlexNet has the shapes and weights of the papers, and computes what torchvision computes."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications import AlexNet
from keras_readinglist.conversion import torchvision
from keras_readinglist.layers import TenCrop
from tests.applications.case import Case

RNG = np.random.default_rng(0)
X = RNG.random((2, 12, 12, 3)).astype("float32")
SMALL = {"variant": "small", "input_shape": (12, 12, 3), "classes": 5}


def small(**kwargs):
    return AlexNet(**{**SMALL, "seed": 0, **kwargs})


PICTURES = RNG.integers(0, 256, (2, 12, 12, 3), dtype="uint8")  # which become float32
JOBS = {
    "classify": lambda model, x: [p for _, p in sum(model.classify(PICTURES[: len(x)]), [])],
    "ten_crop_predict": lambda model, x: model.ten_crop_predict(PICTURES[: len(x)]),
}
CASES = {
    "AlexNet": Case(
        lambda **kwargs: small(towers=2, classifier_activation=None, **kwargs),
        X,
        np.array([0, 3]),
        JOBS,
        double=False,
    ),
}


def shapes(model):
    return {layer.name: layer.output.shape[1:] for layer in model.layers}


def test_the_network_of_the_paper():
    model = AlexNet()
    found = shapes(model)
    assert found["conv1"] == (55, 55, 96) and np.prod(found["conv1"]) == 290_400
    assert found["pool1"] == (27, 27, 96) and found["conv2"] == (27, 27, 256)
    assert found["pool2"] == (13, 13, 256) and found["conv3"] == found["conv4"] == (13, 13, 384)
    assert found["conv5"] == (13, 13, 256) and found["pool5"] == (6, 6, 256)
    counts = {layer.name: layer.count_params() for layer in model.layers if layer.weights}
    assert counts == {
        "conv1": 34_944,
        "conv2": 307_456,
        "conv3": 885_120,
        "conv4": 663_936,
        "conv5": 442_624,
        "fc6": 37_752_832,
        "fc7": 16_781_312,
        "fc8": 4_097_000,
    }
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == 60_965_224
    biases = {name: float(ops.convert_to_numpy(model.get_layer(name).bias)[0]) for name in counts}
    ones = ("conv2", "conv4", "conv5", "fc6", "fc7")
    assert biases == {name: float(name in ones) for name in counts}
    order = [layer.name for layer in model.layers]
    assert order[1:4] == ["conv1", "norm1", "pool1"]
    assert abs(np.std(ops.convert_to_numpy(model.get_layer("conv3").kernel)) - 0.01) < 1e-4


def test_the_layers_of_the_small_network():
    found = shapes(AlexNet(variant="small", classes=10))
    assert found["pool1"] == (15, 15, 32) and found["pool2"] == (7, 7, 32)
    assert found["conv4"] == (7, 7, 64) and found["probabilities"] == (10,)
    assert shapes(AlexNet(variant="small", overlapping=False))["pool1"] == (16, 16, 32)
    names = shapes(small(normalization=None))
    assert "norm1" not in names and shapes(small(include_top=False, pooling="avg"))
    batch = small(normalization="batch").get_layer("norm2")
    assert isinstance(batch, keras.layers.BatchNormalization)


def test_a_tower_does_not_see_the_other():
    model = small(towers=2, include_top=False)
    towers = keras.Model(model.inputs, model.get_layer("conv2").output)
    before = towers.predict_on_batch(X)
    kernel, bias = model.get_layer("conv1").get_weights()
    kernel[..., 16:] *= 2
    model.get_layer("conv1").set_weights([kernel, bias])
    after = towers.predict_on_batch(X)
    # Normalization looks over the border, by two channels; the paper's layers do, too.
    model.get_layer("norm1").alpha = 0.0
    assert (before[..., 16:] != after[..., 16:]).any()
    np.testing.assert_allclose(before[..., :16], after[..., :16], atol=1e-3)


def test_of_torchvision(tmp_path):
    torch = pytest.importorskip("torch")
    nn = torch.nn

    def convolution(*arguments, **kwargs):
        return [nn.Conv2d(*arguments, **kwargs), nn.ReLU()]

    features = nn.Sequential(
        *convolution(3, 64, 11, stride=4, padding=2),
        nn.MaxPool2d(3, 2),
        *convolution(64, 192, 5, padding=2),
        nn.MaxPool2d(3, 2),
        *convolution(192, 384, 3, padding=1),
        *convolution(384, 256, 3, padding=1),
        *convolution(256, 256, 3, padding=1),
        nn.MaxPool2d(3, 2),
    )
    torch.manual_seed(0)
    state = {f"features.{name}": value for name, value in features.state_dict().items()}
    torch.save(state, tmp_path / "alexnet.pth")
    model = AlexNet(
        variant="one_weird_trick", include_top=False, weights=tmp_path / "alexnet.pth",
    )  # fmt: skip
    x = np.random.default_rng(0).standard_normal((1, 224, 224, 3)).astype("float32")
    with torch.no_grad():
        expected = features(torch.tensor(x).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(model.predict_on_batch(x), expected, atol=1e-5)
    state["features.3.bias"] = state["features.3.bias"][:5]
    torch.save(state, tmp_path / "alexnet.pth")
    with pytest.raises(ValueError, match="`features.3.bias` must give the shape .*Received: \\(5"):
        AlexNet(variant="one_weird_trick", include_top=False, weights=tmp_path / "alexnet.pth")


def test_the_dense_layers_of_torchvision():
    """Torch flattens channels first."""
    rng = np.random.default_rng(0)
    shape = {"classifier.1": (7, 256 * 36), "classifier.4": (7, 7), "classifier.6": (3, 7)}
    state = {f"{name}.weight": rng.standard_normal(s) for name, s in shape.items()}
    state |= {f"{name}.bias": rng.standard_normal(s[0]) for name, s in shape.items()}
    maps = rng.standard_normal((2, 6, 6, 256))
    layers = [keras.layers.Flatten(), *(keras.layers.Dense(n, name=f"fc{k}") for k, n in
              ((6, 7), (7, 7), (8, 3)))]  # fmt: skip
    model = keras.Sequential([keras.Input(maps.shape[1:]), *layers])
    torchvision.alexnet_from_torchvision(model, state)
    expected = maps.transpose(0, 3, 1, 2).reshape(2, -1)
    for name in shape:
        expected = expected @ state[f"{name}.weight"].T + state[f"{name}.bias"]
    np.testing.assert_allclose(model.predict_on_batch(maps), expected, rtol=1e-3, atol=1e-2)


def test_one_weird_trick_has_the_weights_of_torchvision():
    model = AlexNet(variant="one_weird_trick")
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == 61_100_840
    assert shapes(model)["pool5"] == (6, 6, 256)


def test_files_that_hold_no_weights(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(ValueError, match="must hold a `state_dict`. Received: list"):
        torchvision.read_state(tmp_path / "list.pth")
    torch.save({"a": torch.ones(2)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="missing: features.0.weight, .*; left over: a$"):
        AlexNet(variant="one_weird_trick", weights=tmp_path / "other.pth", include_top=False)


def test_ten_crops_are_those_of_the_layer():
    model = small(input_shape=(14, 14, 3), preprocessing={"mean": [0.1, 0.2, 0.3], "std": 2.0})
    pictures = RNG.random((3, 20, 16, 3)).astype("float32")
    found = model.ten_crop_predict(pictures)
    assert found.shape == (3, 10, 5)
    larger = model.preprocess(pictures, side=16)  # 14 by 224 / 256
    np.testing.assert_allclose(larger[0], (pictures[0, 2:18] - [0.1, 0.2, 0.3]) / 2, atol=1e-6)
    crops = ops.convert_to_numpy(TenCrop(14)(larger))
    np.testing.assert_allclose(found[:, 7], model.predict_on_batch(crops[:, 7]), atol=1e-5)
    whole = model.ten_crop_predict(pictures, crop=1)
    np.testing.assert_allclose(whole[:, 0], whole[:, 3], atol=1e-6)


def test_the_configuration_and_the_weights_survive_a_file(tmp_path):
    model = small(towers=2, class_names=list("abcde"), normalization="batch", overlapping=False)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is AlexNet and loaded.get_config() == model.get_config()
    again = small(towers=2, normalization="batch", overlapping=False,
                  weights=tmp_path / "model.weights.h5")  # fmt: skip
    for other in (loaded, again):
        np.testing.assert_allclose(other.predict_on_batch(X), model.predict_on_batch(X), atol=1e-6)
    assert loaded.classify(X[0], top=2)[0][0][0] in "abcde"


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"variant": "vgg"}, "`variant` must be one of"),
        ({"weights": "imagenet"}, "`weights='imagenet'` exists for the variants one_weird_trick"),
        ({"normalization": "layer"}, "`normalization` must be one of"),
        ({"input_shape": (66, 80, 3)}, "`input_shape` must be .* at least 67 pixels"),
        ({"input_shape": (227, 227, 4)}, "`input_shape` must be"),
        ({"variant": "one_weird_trick", "input_shape": (62, 62, 3)}, "at least 63 pixels"),
        ({"classes": 0}, "`classes` must be a positive integer"),
        ({"dropout": 1.0}, "`dropout` must lie"),
        ({"towers": 0}, "`towers` must be"),
        ({"classifier_activation": "tanh"}, "`classifier_activation` must be"),
    ],
)
def test_refusals(kwargs, message):
    with pytest.raises(ValueError, match=message):
        AlexNet(**kwargs)


def test_crops_refuse():
    with pytest.raises(ValueError, match="`crop` must lie in .* Received: crop=0"):
        small().ten_crop_predict(X, crop=0)
    with pytest.raises(ValueError, match="`input_shape` must be square"):
        small(input_shape=(12, 14, 3)).ten_crop_predict(X)
