"""Messages on graphs equal plain loops, in both layouts, and know neither order nor padding."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.layers import (
    ConcatMessage,
    DenseUpdate,
    EdgeNetworkMessage,
    GatedUpdate,
    GCNMessage,
    MasterNode,
    MatrixMessage,
    MessagePassing,
    PairMessage,
    ResidualUpdate,
    TensorMessage,
    TowerMessagePassing,
    VirtualEdges,
)

RNG = np.random.default_rng(0)
D, TYPES = 4, 3
# Two graphs of four and three nodes; the last node of the second is padding. Edge [v, w] is w to v.
NODE = RNG.standard_normal((2, 4, 3)).astype("float32")
EDGE = RNG.standard_normal((2, 4, 4, TYPES)).astype("float32")
NODE_MASK = np.array([[1, 1, 1, 1], [1, 1, 1, 0]], bool)
EDGE_MASK = np.array(
    [
        [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]],  # the last gets no message
        [[0, 1, 0, 1], [1, 0, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]],
    ],
    bool,
)
PAIRS = np.argwhere(EDGE_MASK & NODE_MASK[:, :, None] & NODE_MASK[:, None])
ORDER = RNG.permutation(len(PAIRS))
PAIRS = PAIRS[ORDER]
OFFSET = np.array([0, 4])
FLAT = {
    "node": NODE[NODE_MASK],
    "edge": EDGE[tuple(PAIRS.T)],
    "senders": (OFFSET[PAIRS[:, 0]] + PAIRS[:, 2]).astype("int32"),
    "receivers": (OFFSET[PAIRS[:, 0]] + PAIRS[:, 1]).astype("int32"),
}
DENSE = {"node": NODE, "edge": EDGE, "edge_mask": EDGE_MASK, "node_mask": NODE_MASK}
INPUTS = {"node": NODE, "edge": EDGE}

MESSAGES = {
    "matrix": lambda: MatrixMessage(5, TYPES),
    "edge network": lambda: EdgeNetworkMessage(5, (6, 2)),
    "pair": lambda: PairMessage(5, (6,)),
    "concat": lambda: ConcatMessage(),
    "tensor": lambda: TensorMessage(5, 6),
}
# Class, constructor arguments, inputs, mask; see test_conformance.
ONE = {"node": NODE}
as_config = keras.saving.serialize_keras_object
UPDATE = as_config(GatedUpdate(D))
STEP = {"message": as_config(MatrixMessage(5, TYPES)), "update": UPDATE, "num_steps": 2}
CONTRACT = [
    (MessagePassing, STEP, INPUTS, None),
    (MessagePassing, {**STEP, "aggregate": "max", "return_sequence": True}, INPUTS, None),
    (MessagePassing, {"master": as_config(MasterNode(3)), "update": UPDATE}, ONE, None),
    (
        TowerMessagePassing,
        {
            "num_towers": 2,
            "message": as_config(EdgeNetworkMessage(3, (2,), "tanh")),
            "update": as_config(GatedUpdate(2)),
            "units": D,
            "num_steps": 2,
        },
        INPUTS,
        None,
    ),
    *(
        (layer, kwargs, {"receiver": EDGE, "sender": EDGE[::-1], "edge": EDGE[:, :, :, ::-1]}, None)
        for layer, kwargs in (
            (MatrixMessage, {"units": 5, "num_edge_types": TYPES}),
            (EdgeNetworkMessage, {"units": 5, "hidden_units": (2,), "activation": "tanh"}),
            (PairMessage, {"units": 5, "hidden_units": (6,), "activation": "tanh"}),
            (ConcatMessage, {}),
            (TensorMessage, {"units": 5}),
        )
    ),
    (GCNMessage, {}, {"receiver": NODE, "sender": NODE}, None),
    (GatedUpdate, {"units": 3}, {"state": NODE, "message": EDGE[:, 0]}, None),
    (GatedUpdate, {"units": 3, "reset_after": False}, {"state": NODE, "message": NODE}, None),
    (DenseUpdate, {"units": 5}, {"state": NODE, "message": EDGE[:, 0]}, None),
    (ResidualUpdate, {}, {"state": NODE, "message": NODE}, None),
    (
        MasterNode,
        {"units": 5},
        {"state": NODE, "master": EDGE[:, 0, :2, 0].repeat(3, 1)[:, :5]},
        None,
    ),
    (VirtualEdges, {}, EDGE, None),
]


def call(layer, inputs):
    """Return the outputs; of a built layer on JAX as one program, which compiles quicker."""
    tensors = {name: ops.convert_to_tensor(x) for name, x in inputs.items()}
    if keras.config.backend() == "jax" and layer.built:
        import jax

        return ops.convert_to_numpy(jax.jit(lambda given: layer(**given))(tensors))
    return ops.convert_to_numpy(layer(**tensors))


def built_by(layer, inputs):
    """Build a layer for inputs."""
    shapes = {f"{name}_shape": inputs[name].shape for name in ("node", "edge") if name in inputs}
    layer.build(**shapes)
    layer.built = True


def drawn(layer, inputs=None):
    """Return a layer with weights that no bias of zero hides."""
    built_by(layer, inputs or DENSE)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.standard_normal(w.shape) * 0.7 for w in layer.get_weights()])
    return layer


def both(layer):
    """Return what a layer makes of the two layouts, the nodes below one another."""
    return call(layer, DENSE)[NODE_MASK], call(layer, FLAT)


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def said(kind, weights, receiver, sender, edge):
    """One message, by the equations of the paper."""
    if kind == "matrix":
        return sum(a * (sender @ matrix) for a, matrix in zip(edge, weights[0], strict=True))
    if kind == "edge network":
        first, bias, second, bias_2, kernel, bias_3 = weights
        features = relu(relu(edge @ first + bias) @ second + bias_2)
        matrix = bias_3 + sum(f * m for f, m in zip(features, kernel, strict=True))
        return sender @ matrix
    if kind == "pair":
        first, bias, second, bias_2 = weights
        return relu(np.concatenate([receiver, sender, edge]) @ first + bias) @ second + bias_2
    if kind == "concat":
        return np.concatenate([sender, edge])
    of, bias, about, bias_2, last = weights
    return np.tanh(((sender @ of + bias) * (edge @ about + bias_2)) @ last)


def gru(weights, state, message):
    """Torch's unit: the reset gate acts behind the matrix, and z keeps."""
    kernel, recurrent, bias = weights
    x, h = message @ kernel + bias[0], state @ recurrent + bias[1]
    (xz, xr, xc), (hz, hr, hc) = np.split(x, 3), np.split(h, 3)
    z, r = sigmoid(xz + hz), sigmoid(xr + hr)
    return z * state + (1 - z) * np.tanh(xc + r * hc)


def oracle(kind, layer, node=NODE, steps=2, how="sum"):
    """All states of the nodes that there are, one edge after the other, in float64."""
    weights = [np.asarray(w, "float64") for w in layer.get_weights()]
    count = len(layer.message_layers[0].get_weights()) if layer.message_layers else 0
    ways = 1 + layer.directed
    told = [weights[i * count : (i + 1) * count] for i in range(ways)]
    updating = weights[ways * count :]
    h = np.pad(node.astype("float64"), ((0, 0), (0, 0), (0, D - node.shape[-1])))
    for _ in range(steps):
        new = h.copy()
        for b, v in np.argwhere(NODE_MASK):
            got = []
            for way in range(ways):
                heard = []
                for graph, to, of in PAIRS:
                    to, of = (to, of) if way == 0 else (of, to)
                    if (graph, to) == (b, v):
                        edge = EDGE[b, to, of] if way == 0 else EDGE[b, of, to]
                        heard.append(said(kind, told[way], h[b, v], h[b, of], edge.astype("f8")))
                width = len(said(kind, told[way], h[0, 0], h[0, 0], EDGE[0, 0, 0]))
                join = {"sum": sum, "mean": np.mean, "max": np.max}[how]
                total = join(heard, axis=0) if heard and how != "sum" else sum(heard)
                got.append(total if heard else np.zeros(width))
            new[b, v] = gru(updating, h[b, v], np.concatenate(got))
        h = new
    return h[NODE_MASK]


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("kind", MESSAGES)
def test_equals_plain_loops_in_both_layouts(kind, directed):
    layer = MessagePassing(MESSAGES[kind](), GatedUpdate(D), num_steps=2, directed=directed)
    for got in both(drawn(layer)):
        np.testing.assert_allclose(got, oracle(kind, layer), atol=2e-5)


@pytest.mark.parametrize("how", ["mean", "max"])
@pytest.mark.parametrize("kind", ["pair", "edge network"])
def test_other_ways_to_join_messages(kind, how):
    layer = MessagePassing(MESSAGES[kind](), GatedUpdate(D), num_steps=1, aggregate=how)
    for got in both(drawn(layer)):
        np.testing.assert_allclose(got, oracle(kind, layer, steps=1, how=how), atol=1e-5)


@pytest.mark.parametrize("use_bias", [False, True])
def test_summing_first_equals_a_matrix_for_every_edge(use_bias):
    outputs, gradients = [], []
    for factorized in (True, False):
        message = EdgeNetworkMessage(5, (6, 2), factorized=factorized, use_bias=use_bias)
        layer = drawn(MessagePassing(message, GatedUpdate(D), num_steps=2, directed=True))
        outputs.extend(both(layer))
        gradients.append(gradient(layer))
    for got in outputs[1:]:
        np.testing.assert_allclose(got, outputs[0], atol=1e-5)
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4, rtol=1e-4)


def gradient(layer, inputs=DENSE):
    """Return the gradients of a sum of squares with respect to nodes, edges and weights."""
    from keras_readinglist.gradients import Differentiable

    masks = {k: ops.convert_to_tensor(v) for k, v in inputs.items() if k.endswith("_mask")}
    ways = {k: ops.convert_to_tensor(v) for k, v in inputs.items() if k in ("senders", "receivers")}
    function = Differentiable(layer, lambda x: ops.sum(ops.square(x)), **masks, **ways)
    own, given = function.gradients(inputs["node"], inputs["edge"])
    return [*given, *own]


def test_a_network_of_types_is_a_matrix_a_type():
    types = RNG.integers(TYPES, size=EDGE.shape[:3]).astype("int32")
    one_hot = np.eye(TYPES, dtype="float32")[types]
    by_type = drawn(
        MessagePassing(MatrixMessage(5, TYPES), GatedUpdate(D)), {**DENSE, "edge": types}
    )
    network = EdgeNetworkMessage(5, (TYPES,), activation="linear", use_bias=False)
    network = MessagePassing(network, GatedUpdate(D))
    built_by(network, {**DENSE, "edge": one_hot})
    network.set_weights([np.eye(TYPES), *by_type.get_weights()])
    expected = call(by_type, {**DENSE, "edge": types})
    np.testing.assert_allclose(call(network, {**DENSE, "edge": one_hot}), expected, atol=1e-5)
    np.testing.assert_allclose(call(by_type, {**DENSE, "edge": one_hot}), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["edge network", "pair"])
def test_masked_nodes_and_edges_may_be_anything(kind):
    layer = drawn(MessagePassing(MESSAGES[kind](), GatedUpdate(D), num_steps=2, directed=True))
    there = EDGE_MASK & NODE_MASK[:, :, None] & NODE_MASK[:, None]
    spoiled = {
        **DENSE,
        "node": np.where(NODE_MASK[..., None], NODE, np.float32(np.nan)),
        "edge": np.where(there[..., None], EDGE, np.float32(np.nan)),
    }
    expected = call(layer, DENSE)
    np.testing.assert_array_equal(call(layer, spoiled), expected)
    assert (expected[~NODE_MASK] == 0).all()
    for array in gradient(layer, spoiled):
        assert np.isfinite(array).all()


def test_padding_of_flat_graphs_changes_nothing():
    layer = drawn(MessagePassing(MESSAGES["edge network"](), GatedUpdate(D), directed=True))
    extra = np.float32(np.nan)
    padded = {
        "node": np.pad(FLAT["node"], ((0, 2), (0, 0)), constant_values=extra),
        "edge": np.pad(FLAT["edge"], ((0, 3), (0, 0)), constant_values=extra),
        "senders": np.pad(FLAT["senders"], (0, 3), constant_values=8),
        "receivers": np.pad(FLAT["receivers"], (0, 3), constant_values=8),
        "node_mask": np.arange(9) < 7,
        "edge_mask": np.arange(len(PAIRS) + 3) < len(PAIRS),
    }
    got = call(layer, padded)
    np.testing.assert_allclose(got[:7], call(layer, FLAT), atol=1e-6)
    assert (got[7:] == 0).all()


def test_an_edge_that_stands_twice_counts_twice():
    layer = MessagePassing(None, None, num_steps=1)
    senders, receivers = np.array([0, 0], "int32"), np.array([1, 1], "int32")
    got = call(layer, {"node": NODE[0], "senders": senders, "receivers": receivers})
    np.testing.assert_allclose(got[1], 2 * NODE[0, 0], atol=1e-6)


def test_the_order_of_nodes_moves_states_alone():
    layer, order = drawn(MessagePassing(MESSAGES["pair"](), GatedUpdate(D))), RNG.permutation(4)
    moved = {
        "node": NODE[:, order],
        "node_mask": NODE_MASK[:, order],
        "edge": EDGE[:, order][:, :, order],
        "edge_mask": EDGE_MASK[:, order][:, :, order],
    }
    np.testing.assert_allclose(call(layer, moved), call(layer, DENSE)[:, order], atol=1e-5)


def test_graphs_do_not_matter_to_one_another():
    layer = drawn(MessagePassing(MESSAGES["edge network"](), GatedUpdate(D)))
    alone = call(
        layer,
        {name: x[1:, :3] for name, x in DENSE.items() if name.startswith("node")}
        | {"edge": EDGE[1:, :3, :3], "edge_mask": EDGE_MASK[1:, :3, :3]},
    )
    np.testing.assert_allclose(alone[0], call(layer, DENSE)[1, :3], atol=1e-5)


@pytest.mark.parametrize("steps", [1, 2])
def test_nothing_is_heard_from_beyond_the_steps(steps):
    """A path of four nodes: what reaches node 3 comes from at most `steps` nodes away."""
    from keras_readinglist.gradients import Differentiable

    ways = {
        "senders": ops.convert_to_tensor(np.array([0, 1, 2], "int32")),
        "receivers": ops.convert_to_tensor(np.array([1, 2, 3], "int32")),
    }
    layer = MessagePassing(PairMessage(5, (6,), "tanh"), GatedUpdate(D), num_steps=steps)
    layer.build((4, 3))
    last = Differentiable(layer, lambda x: ops.sum(x[3]), **ways)
    _, (slope,) = last.gradients(NODE[0])
    heard = np.abs(slope).sum(axis=1) > 0
    assert heard.tolist() == [i >= 3 - steps for i in range(4)]


def test_virtual_edges_bring_all_within_one_step():
    from keras_readinglist.gradients import Differentiable

    path = np.eye(4, k=1) + np.eye(4, k=-1)
    edge = call(VirtualEdges(), {"edge": path[None, ..., None].astype("float32")})
    layer = MessagePassing(PairMessage(5, (6,), "tanh"), GatedUpdate(D), num_steps=1)
    layer.build((1, 4, 3), edge.shape)
    heard = {}
    for name, mask in (("path", path[None] > 0), ("virtual", None)):
        given = {} if mask is None else {"edge_mask": ops.convert_to_tensor(mask)}
        function = Differentiable(layer, lambda x: ops.sum(x[0, 3]), **given)
        _, (slope, _) = function.gradients(NODE[:1], edge)
        heard[name] = (np.abs(slope[0]).sum(axis=1) > 0).tolist()
    assert heard == {"path": [False, False, True, True], "virtual": [True] * 4}


def test_a_master_node_joins_all_in_two_steps():
    """Without it the nodes of a graph without edges never hear of one another."""
    from keras_readinglist.gradients import Differentiable

    for master, expected in ((None, 1), (MasterNode(5), 4)):
        layer = MessagePassing(None, GatedUpdate(D), num_steps=2, master=master)
        layer.build((1, 4, 3))
        mask = ops.zeros((1, 4, 4), "bool")
        function = Differentiable(layer, lambda x: ops.sum(x[0, 3]), edge_mask=mask)
        _, (slope,) = function.gradients(NODE[:1])
        assert (np.abs(slope[0]).sum(axis=1) > 0).sum() == expected


def test_master_nodes_of_flat_graphs():
    layer = drawn(MessagePassing(MESSAGES["pair"](), GatedUpdate(D), master=MasterNode(5)))
    graph = np.repeat([0, 1], [4, 3]).astype("int32")
    tensors = {k: ops.convert_to_tensor(v) for k, v in {**FLAT, "node_graph": graph}.items()}
    got = ops.convert_to_numpy(layer(**tensors, num_graphs=2))
    np.testing.assert_allclose(got, call(layer, DENSE)[NODE_MASK], atol=1e-5)
    with pytest.raises(ValueError, match="node_graph"):
        call(layer, FLAT)


def test_one_tower_is_message_passing():
    plain = drawn(MessagePassing(MESSAGES["edge network"](), GatedUpdate(D), num_steps=2))
    tower = TowerMessagePassing(
        1, MESSAGES["edge network"](), GatedUpdate(D), D, mixing_units=None, num_steps=2
    )
    built_by(tower, DENSE)
    tower.set_weights(plain.get_weights())
    np.testing.assert_allclose(call(tower, DENSE), call(plain, DENSE), atol=1e-6)


def test_towers_are_apart_until_they_are_mixed():
    towers = drawn(
        TowerMessagePassing(
            2, MatrixMessage(2, TYPES), GatedUpdate(2), D, mixing_units=None, num_steps=2
        )
    )
    narrow = MessagePassing(MatrixMessage(2, TYPES), GatedUpdate(2), num_steps=2)
    half = {**DENSE, "node": NODE[..., :2]}
    built_by(narrow, half)
    narrow.set_weights(towers.towers[0].get_weights())
    np.testing.assert_allclose(call(towers, DENSE)[..., :2], call(narrow, half), atol=1e-6)
    mixed = drawn(
        TowerMessagePassing(2, MatrixMessage(2, TYPES), GatedUpdate(2), D, (3,), num_steps=2)
    )
    dense, flat = both(mixed)
    np.testing.assert_allclose(dense, flat, atol=1e-5)
    assert (call(mixed, DENSE)[~NODE_MASK] == 0).all()


def test_graph_convolution():
    loops = np.array([[1, 1, 0, 1], [1, 1, 1, 0], [0, 1, 1, 1], [1, 0, 1, 1]], "float32")
    layer = MessagePassing(GCNMessage(), DenseUpdate(5), num_steps=1)
    given = {"node": np.pad(NODE[:1], ((0, 0), (0, 0), (0, 2))), "edge": loops[None, ..., None]}
    got = call(layer, {**given, "edge_mask": loops[None] > 0})
    scale = np.diag(loops.sum(axis=1) ** -0.5)
    kernel = layer.get_weights()[0]
    expected = relu(scale @ loops @ scale @ given["node"][0] @ kernel)
    np.testing.assert_allclose(got[0], expected, atol=1e-5)


def test_no_steps_return_the_padded_nodes():
    got = call(MessagePassing(None, GatedUpdate(D), num_steps=0), {"node": NODE})
    np.testing.assert_array_equal(got, np.pad(NODE, ((0, 0), (0, 0), (0, 1))))


def test_all_states_and_weights_of_each_step():
    options = {"num_steps": 2, "tie_weights": False, "return_sequence": True}
    layer = drawn(MessagePassing(MESSAGES["pair"](), GatedUpdate(D), **options, directed=True))
    assert len(layer.message_layers) == 4 and len(layer.update_layers) == 2
    states = call(layer, DENSE)
    assert states.shape == (2, 3, 4, D)
    assert call(layer, FLAT).shape == (3, 7, D)
    last = MessagePassing(MESSAGES["pair"](), GatedUpdate(D), directed=True, num_steps=1)
    built_by(last, {**DENSE, "node": states[:, 1]})
    second = layer.message_layers[2:] + layer.update_layers[1:]
    last.set_weights([w for part in second for w in part.get_weights()])
    got = call(last, {**DENSE, "node": states[:, 1]})
    np.testing.assert_allclose(got, states[:, 2], atol=1e-5)


class Diffusion(MessagePassing):
    """A subclass without layers: warmth flows along edges."""

    def message(self, receiver, sender, edge, index=0):
        return (sender - receiver) * edge[..., :1]

    def update(self, state, message, node, index=0):
        return state + 0.1 * message

    def readout(self, state, node, node_mask=None):
        return ops.sum(state, axis=-2)


def test_a_subclass_of_hooks():
    symmetric = EDGE + EDGE.swapaxes(1, 2)
    mask = EDGE_MASK | EDGE_MASK.swapaxes(1, 2)
    got = call(Diffusion(num_steps=3), {"node": NODE, "edge": symmetric, "edge_mask": mask})
    np.testing.assert_allclose(got, NODE.sum(axis=1), atol=1e-5)  # no warmth is lost
    with pytest.raises(ValueError, match="overridden"):
        Diffusion(message=PairMessage(3))


def test_virtual_edges():
    got = call(VirtualEdges(), {"edge": EDGE, "edge_mask": EDGE_MASK})
    itself = np.eye(4, dtype=bool)[None]
    assert (got[..., :-1] == np.where(EDGE_MASK[..., None], EDGE, 0)).all()
    assert (got[..., -1] == (~EDGE_MASK & ~itself)).all()


def test_updates_of_the_authors():
    """The reset gate acts before the matrix, nothing has a bias, and z weighs the new state."""
    layer = GatedUpdate(D, reset_after=False)
    state, message = RNG.standard_normal((2, 3, D)), RNG.standard_normal((2, 3, 5))
    layer.build(state.shape, message.shape)
    kernel, recurrent = drawn_weights = [RNG.standard_normal(w.shape) for w in layer.get_weights()]
    layer.set_weights(drawn_weights)
    (xz, xr, xc), (uz, ur, uc) = np.split(message @ kernel, 3, -1), np.split(recurrent, 3, -1)
    z, r = sigmoid(xz + state @ uz), sigmoid(xr + state @ ur)
    expected = (1 - z) * state + z * np.tanh(xc + (r * state) @ uc)
    got = call(layer, {"state": state.astype("f4"), "message": message.astype("f4")})
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"senders": FLAT["senders"] + 7}, "`senders` must be at least 0"),
        ({"receivers": FLAT["receivers"] - 9}, "`receivers` must be at least 0"),
        ({"senders": FLAT["senders"].astype("float32")}, "`senders` must be integers"),
        ({"receivers": FLAT["receivers"][1:]}, "`receivers` must have the same first axis"),
        ({"edge": FLAT["edge"][1:]}, "`edge` must have the same first axis"),
        ({"node": NODE}, "`node` must have the shape"),
        ({"node": FLAT["node"][:, :2]}, "`node` must have a last axis of 3"),
        ({"edge": FLAT["edge"][:, :2]}, "`edge` must be integers, or have a last axis"),
        ({"edge": None}, "`edge` must be given"),
        ({"node_mask": np.ones(6, bool)}, "`node_mask` must have the same first axis"),
        ({"edge_mask": np.ones(3, bool)}, "`edge_mask` must have the same first axis"),
    ],
)
def test_bad_graphs_are_refused(change, match):
    layer = drawn(MessagePassing(MatrixMessage(5, TYPES), GatedUpdate(D)))
    given = {k: v for k, v in {**FLAT, **change}.items() if v is not None}
    with pytest.raises(ValueError, match=match):
        layer(**{name: ops.convert_to_tensor(x) for name, x in given.items()})


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: MessagePassing(num_steps=-1), "num_steps"),
        (lambda: MessagePassing(aggregate="median"), "aggregate"),
        (lambda: MessagePassing(GCNMessage(), aggregate="max"), "max"),
        (lambda: MessagePassing("pair"), "`message` must be a layer"),
        (lambda: EdgeNetworkMessage(4, ()), "hidden_units"),
        (lambda: EdgeNetworkMessage(4, factorized="no"), "factorized"),
        (lambda: MatrixMessage(0, 3), "units"),
        (
            lambda: TowerMessagePassing(3, PairMessage(2), GatedUpdate(2), 4),
            "units=4, num_towers=3",
        ),
        (lambda: MessagePassing(update=GatedUpdate(2)).build((None, 4, 3)), "more features"),
        (lambda: ResidualUpdate().build((2, 3), (2, 4)), "as wide"),
    ],
)
def test_bad_arguments_are_refused(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def test_an_edge_to_nowhere_is_none_inside_a_program():
    """A number that a program cannot look at is not moved to a node that exists."""
    layer = drawn(MessagePassing(MatrixMessage(5, TYPES), GatedUpdate(D), num_steps=1), FLAT)
    symbols = {
        name: keras.Input(x.shape[1:], dtype=x.dtype.name, name=name) for name, x in FLAT.items()
    }
    model = keras.Model(symbols, layer(**symbols))
    far = {**FLAT, "senders": FLAT["senders"].copy()}
    far["senders"][0] = 99
    fewer = {name: np.delete(x, 0, axis=0) if name != "node" else x for name, x in FLAT.items()}
    if keras.config.backend() == "torch":  # which traces no program: it looks
        with pytest.raises(ValueError, match="senders"):
            model.predict_on_batch(far)
        return
    got = model.predict_on_batch(far)
    np.testing.assert_allclose(got, call(layer, fewer), atol=1e-5)


def test_float64_stays_float64(float64):
    message = EdgeNetworkMessage(5, (6, 2), dtype="float64")
    update = GatedUpdate(D, dtype="float64")
    layer = MessagePassing(message, update, num_steps=2, directed=True, dtype="float64")
    built_by(layer, DENSE)
    layer.set_weights([RNG.standard_normal(w.shape) * 0.7 for w in layer.get_weights()])
    given = {k: v.astype("f8") if v.dtype.kind == "f" else v for k, v in DENSE.items()}
    expected = oracle("edge network", layer)
    np.testing.assert_allclose(call(layer, given)[NODE_MASK], expected, atol=1e-12)
    given = {k: v.astype("f8") if v.dtype.kind == "f" else v for k, v in FLAT.items()}
    np.testing.assert_allclose(call(layer, given), expected, atol=1e-12)
