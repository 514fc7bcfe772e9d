"""The teaching engine equals torch's gradients in float64, and differences of its own."""

import math

import numpy as np
import pytest

from keras_readinglist.applications.cs231n import autograd
from keras_readinglist.applications.cs231n.autograd import Graph, Value
from keras_readinglist.applications.cs231n.autograd.convolution import output_size
from keras_readinglist.applications.cs231n.autograd.graph import names
from keras_readinglist.testing import check_gradients

pytestmark = pytest.mark.once

RNG = np.random.default_rng(0)
ROWS, MAPS = RNG.standard_normal((5, 6)), RNG.standard_normal((2, 7, 7, 3))


def of_value(text, **values):
    graph = Graph(text, **values)
    graph.backward()
    return graph.nodes[-1].data, {node.name: node.grad for node in graph.nodes if node.name}


@pytest.mark.parametrize(
    "text",
    [
        "(x + y) * z",
        "x * x * x - y / z + 2",
        "sigmoid(x * y + z)",
        "max(x, y) * z ** 3 - -x",
        "exp(-x) / (1 + exp(-x)) + log(y) * sqrt(y)",
        "relu(x * z) + tanh(y - x) + relu(y)",
        "2 ^ 3 * x + y ** -2 - z ** 0.5",
    ],
)
def test_graphs_equal_torch(text):
    torch = pytest.importorskip("torch")
    given = {"x": -1.5, "y": 2.25, "z": 0.75}
    found, grads = of_value(text, **given)
    tensors = {
        k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in given.items()
    }
    functions = {name: getattr(torch, name) for name in ("exp", "log", "sigmoid", "sqrt", "tanh")}
    functions |= {"relu": torch.relu, "max": torch.maximum}
    result = eval(text.replace("^", "**"), {"__builtins__": {}}, {**functions, **tensors})
    result.backward()
    assert found == pytest.approx(result.item(), rel=1e-12)
    for name, gradient in grads.items():
        assert gradient == pytest.approx(float(tensors[name].grad), rel=1e-12)


def test_a_name_is_one_node_whose_edges_add_up():
    graph = Graph("x * y + x", x=3, y=-4)
    graph.backward()
    assert [node.name or node.operation for node in graph.nodes] == ["x", "y", "×", "+"]
    assert graph.nodes[0].grad == -3 and [slope for a, _, slope in graph.edges if a == 0] == [-4, 1]
    assert names("y * x + y + exp(z)") == ["y", "x", "z"]


def test_ties_and_kinks():
    assert of_value("max(x, y)", x=1, y=1)[1] == {"x": 1, "y": 0}
    assert of_value("relu(x)", x=0)[1] == {"x": 0}
    assert Value(2.0).__rsub__(5).data == 3 and (4 / Value(2.0)).data == 2


def test_no_two_nodes_stand_in_one_place():
    graph = Graph("(a+b)*(c+d)*(a*d)+sigmoid(b)*max(c, a)-(a*b+c*d)", a=1, b=2, c=3, d=4)
    places = graph.layout()
    assert len(set(places)) == len(places)
    for parent, child, _ in graph.edges:
        assert places[parent][0] < places[child][0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Type an expression"),
        (None, "Type an expression"),
        ("x +", "not an expression"),
        ("__import__('os')", "is unknown"),
        ("x.real", "not arithmetic"),
        ("[x]", "not arithmetic"),
        ("x if x else 1", "not arithmetic"),
        ("True + x", "not arithmetic"),
        ("1j * x", "not arithmetic"),
        ("x ** y", "An exponent must be a number"),
        ("max(x)", "is unknown"),
        ("exp", "is a function"),
        ("exp(x, x)", "is unknown"),
        ("w + x", "`w` has no value"),
        ("x / 0", "division by zero"),
        ("log(-x)", "`log` needs a positive number"),
        ("exp(x * 1000)", "cannot be computed"),
        ("(0 - x) ** 0.5", "is no real number"),
        ("x" + "+x" * 100, "at most 60 operations"),
        ("x" * 301, "at most 300 characters"),
        ("1e999 * x", "at most 12 digits"),
        ("(" * 149 + "x" + ")" * 150, "not an expression"),
        ("x @ x", "not arithmetic"),
        ("x\x00", "not an expression"),
    ],
)
def test_bad_expressions(text, words):
    with pytest.raises(ValueError, match=words):
        Graph(text, x=2.0, y=3.0)


MODULES = {
    "Affine": (lambda: autograd.Affine(6, 4, RNG), ROWS),
    "ReLU": (autograd.ReLU, ROWS),
    "LeakyReLU": (lambda: autograd.LeakyReLU(0.1), ROWS),
    "Tanh": (autograd.Tanh, ROWS),
    "Sigmoid": (autograd.Sigmoid, ROWS),
    "Maxout": (lambda: autograd.Maxout(6, 4, 3, RNG), ROWS),
    "BatchNorm": (lambda: autograd.BatchNorm(6), ROWS),
    "BatchNorm of maps": (lambda: autograd.BatchNorm(3), MAPS),
    "LayerNorm": (lambda: autograd.LayerNorm(6), ROWS),
    "Convolution": (lambda: autograd.Convolution(3, 4, 3, RNG), MAPS),
    "Convolution, padded": (lambda: autograd.Convolution(3, 2, 3, RNG, padding=1), MAPS),
    "Convolution, stride 2": (lambda: autograd.Convolution(3, 2, 3, RNG, 2, 1), MAPS),
    "MaxPool": (lambda: autograd.MaxPool(3, 2), MAPS),
    "AveragePool": (lambda: autograd.AveragePool(3, 2), MAPS),
}


def torch_twin(name, module, x, torch):
    """Return the same in torch's operators, channels last outside."""
    f = torch.nn.functional
    p = {key: torch.tensor(value, requires_grad=True) for key, value in module.params.items()}
    maps = x.movedim(-1, 1) if x.ndim == 4 else x
    if name == "Affine":
        out = x @ p["W"] + p["b"]
    elif name == "Maxout":
        out = (x @ p["W"] + p["b"]).reshape(len(x), *module.shape).amax(-1)
    elif name.startswith("BatchNorm"):
        out = f.batch_norm(maps, None, None, p["gamma"], p["beta"], True, 0.0, 1e-5)
    elif name == "LayerNorm":
        out = f.layer_norm(x, (6,), p["gamma"], p["beta"])
    elif name.startswith("Convolution"):
        kernel = p["W"].permute(3, 2, 0, 1)
        out = f.conv2d(maps, kernel, p["b"], module.stride, module.padding)
    elif name == "MaxPool":
        out = f.max_pool2d(maps, 3, 2)
    elif name == "AveragePool":
        out = f.avg_pool2d(maps, 3, 2)
    else:
        single = {"ReLU": torch.relu, "Tanh": torch.tanh, "Sigmoid": torch.sigmoid}
        out = single[name](x) if name in single else f.leaky_relu(x, 0.1)
    return (out.movedim(1, -1) if out.ndim == 4 else out), p


@pytest.mark.parametrize("name", MODULES)
def test_modules_equal_torch(name):
    torch = pytest.importorskip("torch")
    make, x = MODULES[name]
    module = make()
    for key in ("gamma", "beta"):
        if key in module.params:
            module.params[key] += RNG.standard_normal(module.params[key].shape)
    out = module.forward(x, training=True)
    weights = RNG.standard_normal(out.shape)
    dx = module.backward(weights)
    tensor = torch.tensor(x, requires_grad=True)
    theirs, params = torch_twin(name, module, tensor, torch)
    (theirs * torch.tensor(weights)).sum().backward()
    np.testing.assert_allclose(out, theirs.detach().numpy(), atol=1e-10)
    np.testing.assert_allclose(dx, tensor.grad.numpy(), atol=1e-10)
    for key, gradient in module.grads.items():
        np.testing.assert_allclose(gradient, params[key].grad.numpy(), atol=1e-10)


def test_batch_norm_uses_its_averages_when_it_is_not_trained():
    module = autograd.BatchNorm(6)
    for _ in range(3):
        module.forward(ROWS, training=True)
    share = 1 - 0.9**3
    np.testing.assert_allclose(module.mean, share * ROWS.mean(axis=0))
    out = module.forward(ROWS)
    scale = np.sqrt(0.9**3 + share * ROWS.var(axis=0) + 1e-5)
    np.testing.assert_allclose(out, (ROWS - module.mean) / scale)
    report = check_gradients(
        lambda t: (module.forward(t[0]) * np.arange(6)).sum(),
        [ROWS.copy()],
        [module.backward(np.broadcast_to(np.arange(6.0), ROWS.shape))],
    )
    assert report.ok


def test_pooling_ties_go_to_the_first():
    module = autograd.MaxPool(2)
    module.forward(np.ones((1, 2, 2, 1)))
    assert module.backward(np.ones((1, 1, 1, 1)))[0, :, :, 0].tolist() == [[1, 0], [0, 0]]


def test_dropout_is_inverted():
    module = autograd.Dropout(0.25, np.random.default_rng(0))
    assert (module.forward(ROWS) == ROWS).all() and (module.backward(ROWS) == ROWS).all()
    out = module.forward(np.ones((200, 50)), training=True)
    assert set(np.unique(out)) == {0, 1 / 0.75} and out.mean() == pytest.approx(1, abs=0.02)
    assert (module.backward(np.ones((200, 50))) == out).all()
    with pytest.raises(ValueError, match="`rate` must lie"):
        autograd.Dropout(1, None)


@pytest.mark.parametrize("loss", [autograd.softmax_loss, autograd.svm_loss])
def test_losses(loss):
    labels = np.array([0, 3, 5, 1, 1])
    report = check_gradients(
        lambda t: loss(t[0], labels)[0], [ROWS.copy()], [loss(ROWS, labels)[1]]
    )
    assert report.ok
    chance = {autograd.softmax_loss: math.log(6), autograd.svm_loss: 5}[loss]
    assert loss(np.zeros((5, 6)), labels)[0] == pytest.approx(chance)
    far = 1e4 * np.eye(6)[labels]
    assert loss(far, labels)[0] == 0 and np.isfinite(loss(-far, labels)[0])


def test_a_network_is_trained():
    rng = np.random.default_rng(0)
    network = autograd.Sequential(
        autograd.Affine(6, 8, rng), autograd.ReLU(), autograd.Affine(8, 3, rng)
    )
    labels, losses = np.array([0, 1, 2, 1, 0]), []
    for _ in range(60):
        loss, gradient = autograd.softmax_loss(network.forward(ROWS, True), labels)
        network.backward(gradient)
        network.step(0.3, decay=1e-3)
        losses.append(loss)
    assert losses[-1] < 0.1 * losses[0]


def test_arithmetic_of_convolutions():
    assert output_size(227, 11, 4) == 55 and output_size(7, 3, 1, 1) == 7
    with pytest.raises(ValueError, match="positive whole number"):
        output_size(10, 3, 2)
    with pytest.raises(ValueError, match="positive whole number"):
        autograd.Convolution(3, 2, 3, RNG, stride=3).forward(MAPS)
