"""The coffee automaton: edge trials a second, against a public NumPy implementation.

The peer is `papers/07_coffee_automaton/implementation.py` of github.com/Ojhaharsh/30u30, from a
checkout given by `--peer-path`. One of its steps makes a quarter of a trial per cell (and loses
cream where trials collide); one of our sweeps makes one trial per edge.
"""

import importlib.util
import pathlib

import keras
from harness import Workload

from keras_readinglist.information import CoffeeAutomaton

SIZE, SWEEPS, STEPS = 100, 50, 50


def _peer(peer_path):
    path = pathlib.Path(peer_path) / "papers/07_coffee_automaton/implementation.py"
    spec = importlib.util.spec_from_file_location("peer_coffee", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CoffeeAutomaton(SIZE, seed=0)


def workloads(peer_path):
    """Yield the comparison once: it uses NumPy alone."""
    if keras.config.backend() != "jax" or not peer_path:
        return
    peer = _peer(peer_path)
    edges = 2 * SIZE * (SIZE - 1)
    for replicas in (64, 1):
        cup = CoffeeAutomaton(SIZE, replicas=replicas)
        yield Workload(
            name=f"Coffee automaton, {SIZE} x {SIZE}, {replicas} at once",
            item="coffee-automaton",
            peer="Ojhaharsh/30u30 0edf4bf",
            unit="million edge trials/s",
            goal=100.0 if replicas == 64 else 10.0,
            ours=lambda cup=cup: cup.step(SWEEPS),
            theirs=lambda: peer.step(STEPS),
            amount=replicas * edges * SWEEPS / 1e6,
            their_amount=SIZE**2 // 4 * STEPS / 1e6,
        )
