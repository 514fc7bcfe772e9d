"""Residual networks with weights in torchvision's form compute what torch computes of them."""

import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications import ResNet, ResNet18, ResNet50V2, ResNet200V2
from keras_readinglist.applications.image_classification.resnets import TORCHVISION
from keras_readinglist.conversion.torchvision import resnet_from_torchvision

torch = pytest.importorskip("torch")
RNG = np.random.default_rng(0)
SIZES, FILTERS = (2, 1), (4, 6)


def normalization(state, name, width):
    for key in ("weight", "bias", "running_mean", "running_var"):
        state[f"{name}.{key}"] = torch.tensor(RNG.uniform(0.5, 1.5, width)).float()
    state[f"{name}.num_batches_tracked"] = torch.tensor(3)


def convolution(state, name, before, width, size):
    state[f"{name}.weight"] = torch.tensor(RNG.normal(0, 0.3, (width, before, size, size))).float()


def random_state(kind):
    """Return random weights by torchvision's names."""
    state, before, wider = {}, 4, 1 if kind == "basic" else 4
    convolution(state, "conv1", 3, 4, 7)
    normalization(state, "bn1", 4)
    for stage, (count, width) in enumerate(zip(SIZES, FILTERS, strict=True), 1):
        for block in range(count):
            name, after = f"layer{stage}.{block}", wider * width
            widths = [before, width, after] if wider == 1 else [before, width, width, after]
            sizes = (3, 3) if wider == 1 else (1, 3, 1)
            for k, size in enumerate(sizes, 1):
                convolution(state, f"{name}.conv{k}", widths[k - 1], widths[k], size)
                normalization(state, f"{name}.bn{k}", widths[k])
            if block == 0 and (before != after or stage > 1):
                convolution(state, f"{name}.downsample.0", before, after, 1)
                normalization(state, f"{name}.downsample.1", after)
            before = after
    state["fc.weight"] = torch.tensor(RNG.normal(size=(5, before))).float()
    state["fc.bias"] = torch.tensor(RNG.normal(size=5)).float()
    return state


def expected(state, x, kind):
    """Return the logits of torchvision's network, written with torch's functions."""
    functional = torch.nn.functional

    def normalized(x, name, convolved, stride=1):
        kernel = state[f"{convolved}.weight"]
        x = functional.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)
        mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
        return functional.batch_norm(
            x, mean, variance, state[f"{name}.weight"], state[f"{name}.bias"]
        )

    x = functional.relu(normalized(x, "bn1", "conv1", 2))
    x = functional.max_pool2d(x, 3, 2, 1)
    for stage, count in enumerate(SIZES, 1):
        for block in range(count):
            name, y = f"layer{stage}.{block}", x
            stride = 2 if block == 0 and stage > 1 else 1
            last, halving = (2, 1) if kind == "basic" else (3, 2)
            for k in range(1, last + 1):
                y = normalized(y, f"{name}.bn{k}", f"{name}.conv{k}", stride if k == halving else 1)
                y = functional.relu(y) if k < last else y
            if f"{name}.downsample.0.weight" in state:
                x = normalized(x, f"{name}.downsample.1", f"{name}.downsample.0", stride)
            x = functional.relu(x + y)
    return (x.mean((2, 3)) @ state["fc.weight"].T + state["fc.bias"]).numpy()


@pytest.mark.parametrize("kind", ["basic", "bottleneck"])
def test_weights_of_torchvision(kind):
    model = ResNet(
        SIZES, FILTERS, kind, stem_filters=4, input_shape=(33, 40, 3), classes=5,
        classifier_activation=None, **TORCHVISION,
    )  # fmt: skip
    state = random_state(kind)
    resnet_from_torchvision(model, {name: tensor.numpy() for name, tensor in state.items()})
    x = RNG.normal(size=(2, 33, 40, 3)).astype("float32")
    due = expected(state, torch.tensor(x).permute(0, 3, 1, 2), kind)
    assert np.ptp(due) > 1
    np.testing.assert_allclose(ops.convert_to_numpy(model(x)), due, rtol=1e-4, atol=1e-4)


def test_a_file_of_another_network_is_refused(tmp_path):
    torch.save({"conv1.weight": torch.ones(1, 3, 7, 7)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="missing: bn1.weight, bn1.bias, .*running_var"):
        ResNet18(weights=tmp_path / "other.pth", include_top=False, input_shape=(32, 32, 3))
    for build in (ResNet50V2, ResNet200V2):
        with pytest.raises(ValueError, match="`weights` may be torchvision's for version 1"):
            build(weights="torchvision")


def test_a_deeper_network_is_not_cut_short():
    """Its first blocks have the names and shapes of all blocks of a shallower one."""
    state = {name: tensor.numpy() for name, tensor in random_state("basic").items()}
    shallow = {"stem_filters": 4, "input_shape": (32, 32, 3), "classes": 5, **TORCHVISION}
    model = ResNet((1, 1), FILTERS, "basic", **shallow)
    before = model.get_weights()
    with pytest.raises(ValueError, match="left over: layer1.1.conv1.weight, layer1.1.bn1.weight"):
        resnet_from_torchvision(model, state)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    headless = ResNet(SIZES, FILTERS, "basic", include_top=False, **shallow)
    resnet_from_torchvision(headless, state)  # which leaves the classes over, and counts of batches


def test_a_weight_of_another_shape_is_named():
    state = {name: tensor.numpy() for name, tensor in random_state("basic").items()}
    state["conv1.weight"] = np.ones((1, 3, 7, 7))
    model = ResNet(
        SIZES, FILTERS, "basic", stem_filters=4, input_shape=(32, 32, 3), classes=5, **TORCHVISION
    )
    with pytest.raises(ValueError, match="`conv1.weight` must give the shape .7, 7, 3, 4. of our"):
        resnet_from_torchvision(model, state)
