"""Reading graphs by Set2Set, forward and backward, against torch_geometric."""

import keras
import numpy as np
from harness import Workload

from keras_readinglist.layers import Set2Set

GRAPHS, NODES, UNITS, STEPS = 128, 18, 128, 6


def _peer_pass(nodes, graph):
    import torch
    from torch_geometric.nn import Set2Set as Peer

    peer, nodes, graph = Peer(UNITS, STEPS), torch.tensor(nodes), torch.tensor(graph)

    def run():
        peer.zero_grad()
        peer(nodes, graph, dim_size=GRAPHS).square().sum().backward()

    return run


def _pass(layer, memory, graph=None):
    """Return a function that computes the loss and the gradient of all weights."""
    layer.build(memory.shape)
    segments = {} if graph is None else {"num_segments": GRAPHS}
    if keras.config.backend() == "jax":
        import jax

        weights = [v.value for v in layer.trainable_variables]

        def loss(weights, memory, graph):
            outputs, _ = layer.stateless_call(weights, [], memory, segment_ids=graph, **segments)
            return (outputs**2).sum()

        gradient = jax.jit(jax.grad(loss))
        return lambda: jax.block_until_ready(gradient(weights, memory, graph))
    import torch

    memory = torch.tensor(memory)
    graph = None if graph is None else torch.tensor(graph)

    def run():
        layer.zero_grad()
        layer(memory, segment_ids=graph, **segments).square().sum().backward()

    return run


def workloads(peer_path):
    """Yield the comparisons of the running backend."""
    if keras.config.backend() == "tensorflow":
        return
    import torch_geometric

    rng = np.random.default_rng(0)
    nodes = rng.standard_normal((GRAPHS * NODES, UNITS)).astype("float32")
    graph = np.repeat(np.arange(GRAPHS), NODES)
    sizes = f"{GRAPHS} graphs of {NODES} nodes, {UNITS} units, {STEPS} steps"
    padded = nodes.reshape(GRAPHS, NODES, UNITS)
    for form, memory, segments in (("segments", nodes, graph), ("padded", padded, None)):
        yield Workload(
            name=f"Set2Set, forward and backward, {form}: {sizes}",
            item="set2set",
            peer=f"torch_geometric {torch_geometric.__version__}",
            unit="ms",
            goal=1.5,
            ours=_pass(Set2Set(processing_steps=STEPS), memory, segments),
            theirs=_peer_pass(nodes, graph),
            repeats=20,
        )
