"""Machine intelligence: interactions, programs and bits a second, against the public code.

The peers are github.com/xvado00/AIQ (GPL: run, not read into ours) and github.com/gkassel/pyaixi,
from checkouts `AIQ` and `pyaixi` in the folder given by `--peer-path`.
"""

import pathlib
import random
import sys

import keras
import numpy as np
from harness import Workload

from keras_readinglist.information import AIQ, BFMachine, ContextTree, HLQAgent, QLambdaAgent

ITEM = "machine-super-intelligence"
CYCLES, WORLDS, PEER_WORLDS, BITS, DEPTH, PROGRAMS = 200, 500, 10, 2000, 16, 50


def _lives(machine, make_agent, programs):
    """Let an agent of the public code live in programs, one after the other."""
    for program in programs:
        agent = make_agent()
        reward, seen = machine.reset(program=program)
        for _ in range(CYCLES):
            reward, seen, _ = machine.act(agent.perceive(seen, reward))


def _agents(machine, peer, quiz):
    from agents.HLQ_l import HLQ_l
    from agents.Q_l import Q_l

    pairs = {
        "Q(λ)": (QLambdaAgent(machine), lambda: Q_l(peer, 1.0, 0, 0.5, 0.5, 0.05, 0, 0.9)),
        "HLQ(λ)": (HLQAgent(machine), lambda: HLQ_l(peer, 1.0, 0, 0, 0.995, 0.02, 0, 0.7)),
    }
    for name, (ours, make) in pairs.items():
        yield Workload(
            name=f"{name} on the BF machine: {WORLDS} worlds at once (peer: one by one)",
            item=ITEM,
            peer="xvado00/AIQ 68753bc",
            unit="thousand interactions/s",
            goal=20.0,
            ours=lambda ours=ours: quiz.run(ours),
            theirs=lambda make=make: _lives(peer, make, quiz.programs[:PEER_WORLDS]),
            amount=len(quiz.programs) * CYCLES / 1000,
            their_amount=PEER_WORLDS * CYCLES / 1000,
        )


def _peer_bits(bits):
    from pyaixi.prediction.ctw_context_tree import CTWContextTree

    tree = CTWContextTree(DEPTH)
    for bit in bits:
        tree.update([bit])


def _our_bits(bits):
    ContextTree(DEPTH).update(bits)


def workloads(peer_path):
    """Yield the comparisons once: they use NumPy alone."""
    if keras.config.backend() != "jax" or not peer_path:
        return
    root = pathlib.Path(peer_path)
    sys.path[:0] = [str(root / "AIQ"), str(root / "pyaixi")]
    from refmachines.BF import BF

    random.seed(0)
    machine, peer = BFMachine(), BF()
    yield from _agents(machine, peer, AIQ(machine, CYCLES, WORLDS, strata=False))
    bits = np.random.default_rng(0).integers(0, 2, BITS).tolist()
    yield Workload(
        name=f"Context tree of depth {DEPTH}, updated bit by bit",
        item=ITEM,
        peer="gkassel/pyaixi 39afd4c",
        unit="thousand bits/s",
        goal=10.0,
        ours=lambda: _our_bits(bits),
        theirs=lambda: _peer_bits(bits),
        amount=BITS / 1000,
    )
