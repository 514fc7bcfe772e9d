"""Message passing by an edge network (enn-s2s) against torch_geometric.

The peer is the network of its examples/qm9_nn_conv.py without the matrix of the nodes themselves:
NNConv with an edge network of 5 -> 128 -> 64 x 64, a GRU, three times, and Set2Set. Ours is `MPNN`
of these sizes. Molecules have 18 to 24 atoms; ours pads them to 24, as `MoleculeBatches` does,
where all pairs are joined, and nothing where bonds are. With `taskset -c 0` all have one thread.

Memory is what a training step raises the peak of a process of its own by, beyond that of a small
one.
"""

from functools import partial

import keras
import numpy as np
from harness import Workload, peak_memory

from keras_readinglist.applications import MPNN

UNITS, HIDDEN, STEPS, READS, NODE, EDGE = 64, 128, 3, 3, 11, 5


def graphs(count, complete, sizes=(18, 24)):
    """Return features of nodes and edges, the ends of edges, and the sizes of random graphs.

    Either all pairs of nodes are joined, or a random tree and one more pair, in both directions.
    """
    rng = np.random.default_rng(0)
    sizes = rng.integers(sizes[0], sizes[1] + 1, count)
    ends = []
    for first, n in zip(np.cumsum(sizes) - sizes, sizes, strict=True):
        joined = np.ones((n, n), bool)
        if not complete:
            parents = [rng.integers(k) for k in range(1, n)]
            joined = np.zeros((n, n), bool)
            joined[np.arange(1, n), parents] = joined[0, n - 1] = True
            joined |= joined.T
        np.fill_diagonal(joined, False)
        ends.append(np.argwhere(joined) + first)
    receivers, senders = np.concatenate(ends).T
    node = rng.standard_normal((sizes.sum(), NODE)).astype("float32")
    edge = rng.standard_normal((len(senders), EDGE)).astype("float32")
    return node, edge, senders.astype("int32"), receivers.astype("int32"), sizes


def our_inputs(node, edge, senders, receivers, sizes, complete):
    """Return graphs as our network takes them."""
    graph = np.repeat(np.arange(len(sizes)), sizes).astype("int32")
    if not complete:
        return {
            "node": node,
            "edge": edge,
            "senders": senders,
            "receivers": receivers,
            "node_graph": graph,
            "graph_mask": np.ones(len(sizes), bool),
        }
    there = np.arange(-(-sizes.max() // 8) * 8) < sizes[:, None]
    n, place = there.shape[1], np.concatenate([np.arange(size) for size in sizes])
    nodes = np.zeros((len(sizes), n, NODE), "float32")
    nodes[there] = node
    edges, mask = np.zeros((len(sizes), n, n, EDGE), "float32"), np.zeros((len(sizes), n, n), bool)
    rows = graph[receivers], place[receivers], place[senders]
    edges[rows], mask[rows] = edge, True
    return {"node": nodes, "edge": edges, "edge_mask": mask, "node_mask": there}


def ours(count, complete, **sizes):
    """Return our training step and our inference."""
    model = MPNN(
        units=UNITS,
        num_steps=STEPS,
        set2set_steps=READS,
        directed=False,
        hidden_units=(HIDDEN,),
        output_units=UNITS,
        node_dim=NODE,
        edge_dim=EDGE,
    )
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
    inputs = our_inputs(*graphs(count, complete, **sizes), complete)
    targets = np.zeros((count, 1), "float32")
    return lambda: model.train_on_batch(inputs, targets), lambda: model.predict_on_batch(inputs)


def theirs(count, complete, **sizes):
    """Return the peer's training step and its inference."""
    import torch
    from torch import nn
    from torch_geometric.nn import NNConv, Set2Set

    node, edge, senders, receivers, of = graphs(count, complete, **sizes)
    node, edge = torch.tensor(node), torch.tensor(edge)
    ends = torch.tensor(np.stack([senders, receivers])).long()
    graph = torch.repeat_interleave(torch.arange(count), torch.tensor(of))
    network = nn.Sequential(nn.Linear(EDGE, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, UNITS**2))
    first = nn.Linear(NODE, UNITS)
    convolution = NNConv(UNITS, UNITS, network, root_weight=False)
    gru, read = nn.GRU(UNITS, UNITS), Set2Set(UNITS, READS)
    last = nn.Sequential(nn.Linear(2 * UNITS, UNITS), nn.ReLU(), nn.Linear(UNITS, 1))
    parts = nn.ModuleList([first, convolution, gru, read, last])
    optimizer = torch.optim.Adam(parts.parameters(), 1e-3)

    def answer():
        state = first(node).relu()
        hidden = state[None]
        for _ in range(STEPS):
            state, hidden = gru(convolution(state, ends, edge)[None], hidden)
            state = state[0]
        return last(read(state, graph, dim_size=count))

    def step():
        optimizer.zero_grad()
        answer().square().mean().backward()
        optimizer.step()

    def infer():
        with torch.no_grad():
            answer()

    return step, infer


def memory(side, **kwargs):
    """Return the megabytes that a training step of one side takes."""
    warm = f"import torch; m.{side}(**dict({kwargs!r}, count=2, sizes=(3, 4)))[0]()"
    return peak_memory("message_passing", warm, f"m.{side}(**{kwargs!r})[0]()")


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    if keras.config.backend() == "tensorflow":
        return
    import torch_geometric

    shared = {"item": "message-passing", "peer": f"torch_geometric {torch_geometric.__version__}"}
    for complete, count, goal in ((True, 8, 8.0), (False, 32, 2.0)):
        form = f"{count} {'complete' if complete else 'bond'} graphs of 21 atoms, {UNITS} units"
        (our_step, our_answer), (their_step, their_answer) = (
            side(count, complete) for side in (ours, theirs)
        )
        yield Workload(
            name=f"Message passing (enn-s2s) training step: {form}",
            unit="ms",
            goal=goal,
            ours=our_step,
            theirs=their_step,
            **shared,
        )
        yield Workload(
            name=f"Message passing (enn-s2s) inference: {form}",
            unit="molecules/s",
            goal=goal,
            ours=our_answer,
            theirs=their_answer,
            amount=count,
            **shared,
        )
    for count, atoms, sizes in ((32, 21, (18, 24)), (2, 100, (100, 100))):
        graph = {"count": count, "complete": True, "sizes": sizes}
        yield Workload(
            name=f"Memory of a message passing training step: {count} complete graphs of {atoms} "
            "atoms",
            unit="MB",
            goal=10.0,
            ours=partial(memory, "ours", **graph),
            theirs=partial(memory, "theirs", **graph),
            **shared,
        )
