"""Message passing with the weights of torch_geometric's NNConv computes what that does."""

import types

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.conversion import from_torch, from_torch_geometric
from keras_readinglist.layers import GatedUpdate

if keras.config.backend() != "torch":
    pytest.skip("torch_geometric needs torch", allow_module_level=True)
geometric = pytest.importorskip("torch_geometric.nn")
torch = pytest.importorskip("torch")

RNG = np.random.default_rng(0)
NODES, FEATURES, D = 7, 3, 4


def drawn(*shape):
    return torch.tensor(RNG.standard_normal(shape).astype("float32"), requires_grad=True)


def convolution(width=D, biases=(True, True, True), activation=torch.nn.ReLU, **kwargs):
    """An NNConv with two hidden layers, and no weight that is zero."""
    sizes = [FEATURES, 6, 5, width * D]
    network = []
    for one, other, bias in zip(sizes[:-1], sizes[1:], biases, strict=True):
        network += [torch.nn.Linear(one, other, bias=bias), activation()]
    module = geometric.NNConv(width, D, torch.nn.Sequential(*network[:-1]), **kwargs)
    for weight in module.parameters():
        torch.nn.init.normal_(weight, std=0.5)
    return module


@pytest.fixture(params=["sparse", "complete"])
def graph(request):
    """Senders and receivers: 12 edges, of which one stands twice, or all pairs."""
    if request.param == "complete":
        return np.array([(a, b) for a in range(NODES) for b in range(NODES) if a != b]).T
    edges = RNG.integers(NODES - 1, size=(12, 2))  # the last node gets nothing
    edges[-1] = edges[0]
    return edges.T


def compare(module, layer, edges, width=D, atol=1e-5):
    """Compare outputs, and the gradients of a sum of squares."""
    node, edge = drawn(NODES, width), drawn(edges.shape[1], FEATURES)
    expected = module(node, torch.tensor(edges), edge)
    slopes = torch.autograd.grad(expected.square().sum(), [node, edge, *module.parameters()])
    ends = {"senders": torch.tensor(edges[0]), "receivers": torch.tensor(edges[1])}
    got = layer(node, edge, **ends)
    weights = [weight.value for weight in layer.trainable_variables]
    ours = torch.autograd.grad(got.square().sum(), [node, edge, *weights])
    np.testing.assert_allclose(got.detach(), expected.detach(), atol=atol, rtol=1e-5)
    for one, other in zip(ours[:2], slopes[:2], strict=True):
        np.testing.assert_allclose(one, other, atol=10 * atol, rtol=1e-4)
    for weight, slope in zip(layer.trainable_variables, ours[2:], strict=True):
        found = [theirs for (name, p), theirs in
                 zip(module.named_parameters(), slopes[2:], strict=True)
                 if pair(weight.name, name, len(module.nn))]  # fmt: skip
        if found:  # a bias that they do not have is zero here, and learns
            theirs = arranged(weight.name, found[0], width)
            np.testing.assert_allclose(slope, theirs, atol=10 * atol, rtol=1e-4)


def pair(ours, theirs, size):
    """Whether one of our weights belongs to one of theirs."""
    names = {"kernel": f"nn.{size - 1}.weight", "bias": f"nn.{size - 1}.bias"}
    names |= {"root": "lin.weight", "shift": "bias"}
    for k in range(2):
        names |= {f"hidden_kernel_{k}": f"nn.{2 * k}.weight"}
        names |= {f"hidden_bias_{k}": f"nn.{2 * k}.bias"}
    return names[ours] == theirs


def arranged(name, theirs, width):
    """Return the gradient of one of their weights in our order."""
    if name in ("kernel", "bias"):
        theirs = theirs.mT if theirs.ndim == 2 else theirs
        theirs = theirs.reshape(*theirs.shape[:-1], width, D)
        return torch.nn.functional.pad(theirs, (0, 0, 0, D - width))
    if name == "root":
        return torch.nn.functional.pad(theirs.T, (0, 0, 0, D - width))
    return theirs.T if theirs.ndim == 2 else theirs


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"aggr": "mean"},
        {"aggr": "max"},
        {"root_weight": False},
        {"bias": False},
        {"root_weight": False, "bias": False},
        {"width": 2},
        {"biases": (False, False, False)},
        {"biases": (True, False, True)},
        {"activation": torch.nn.Tanh},
    ],
)
def test_nn_conv(kwargs, graph):
    module = convolution(**kwargs)
    compare(module, from_torch_geometric(module), graph, kwargs.get("width", D))


@pytest.mark.parametrize("factorized", [True, False])
def test_both_ways_to_compute_a_message(factorized, graph):
    module = convolution()
    layer = from_torch_geometric(module)
    layer.message_layers[0].factorized = factorized
    compare(module, layer, graph)


def test_complete_graphs_in_the_dense_layout():
    module = convolution()
    layer = from_torch_geometric(module)
    pairs = np.argwhere(~np.eye(NODES, dtype=bool))
    node, edge = drawn(NODES, D), drawn(NODES, NODES, FEATURES)
    expected = module(node, torch.tensor(pairs[:, ::-1].T.copy()), edge[tuple(pairs.T)])
    got = layer(node[None], edge[None])
    np.testing.assert_allclose(got[0].detach(), expected.detach(), atol=1e-5, rtol=1e-5)


def test_convolution_and_gru_of_their_example(graph):
    """`m = relu(conv(out)); out, h = gru(m, h)`, three times: examples/qm9_nn_conv.py."""
    module, gru = convolution(aggr="mean"), torch.nn.GRU(D, D)
    layer, update = from_torch_geometric(module), GatedUpdate(D)
    update.build((None, D), (None, D))
    update.set_weights(from_torch(gru).get_weights())
    node, edge, edges = drawn(NODES, D), drawn(graph.shape[1], FEATURES), torch.tensor(graph)
    out, state, h = node, node, node[None]
    for _ in range(3):
        out, h = gru(torch.relu(module(out, edges, edge))[None], h)
        out = out[0]
        message = torch.relu(layer(state, edge, senders=edges[0], receivers=edges[1]))
        state = update(state, message)
    np.testing.assert_allclose(state.detach(), out.detach(), atol=1e-5)
    theirs, ours = (torch.autograd.grad(x.square().sum(), [node, edge]) for x in (out, state))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5, rtol=1e-4)


def test_it_is_saved(tmp_path):
    layer = from_torch_geometric(convolution(), num_steps=2)
    node, edge = keras.Input((NODES, D)), keras.Input((NODES, NODES, FEATURES))
    model = keras.Model([node, edge], layer(node, edge))
    model.save(tmp_path / "model.keras")
    given = [RNG.standard_normal((2, *x.shape[1:])).astype("float32") for x in (node, edge)]
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(*(ops.convert_to_numpy(m(given)) for m in (model, again)))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"nn": torch.nn.Linear(FEATURES, D * D)}, "network of two or more linear layers"),
        ({"nn": torch.nn.Sequential(torch.nn.Linear(FEATURES, D * D))}, "two or more linear"),
        (
            {
                "nn": torch.nn.Sequential(
                    torch.nn.Linear(FEATURES, 2), torch.nn.GELU(), torch.nn.Linear(2, D * D)
                )
            },
            "ReLU, SiLU, Sigmoid, Tanh between",
        ),
        ({"in_channels": D + 1}, "not wider than its output"),
        ({"in_channels": -1}, "not wider than its output"),
        ({"in_channels": (D, D)}, "nodes of one kind"),
        ({"aggr": "median"}, "add their messages"),
    ],
)
def test_what_has_no_equal_here_is_refused(change, match):
    module = convolution()
    for name, value in change.items():
        setattr(module, name, value)
    with pytest.raises(ValueError, match=f"^`module` must .*{match}"):
        from_torch_geometric(module)


def test_other_modules_are_refused():
    with pytest.raises(ValueError, match="`module` must be a Set2Set or an NNConv"):
        from_torch_geometric(types.SimpleNamespace())
