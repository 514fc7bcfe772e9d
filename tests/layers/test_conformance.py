"""Every public layer keeps the contract of a Keras layer, and has right gradients."""

import keras
import numpy as np
import pytest

from keras_readinglist import layers
from keras_readinglist.testing import check_layer, gradient_check

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 5, 4)).astype("float32")
MASK = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 0, 0]], bool)
PAIR = {"query": X, "memory": RNG.standard_normal((3, 6, 2)).astype("float32")}
SLOTS = {"mem_slots": 2, "head_size": 8, "num_heads": 2, "attention_mlp_layers": 1}
SEQUENCES = {"units": 6, "return_sequences": True}
RELATED = {"objects": X, "condition": RNG.standard_normal((3, 2)).astype("float32")}
RELATION = {"g_units": (6, 4), "f_units": (5,), "output_dim": 3}
# Rectifiers of many pairs have kinks everywhere: central differences need smooth functions.
SMOOTH = {**RELATION, "activation": "tanh", "last_activation": "tanh"}
MAPS = RNG.standard_normal((3, 4, 2, 3)).astype("float32")
# Of every layer: constructor arguments, inputs, mask.
CASES = {
    "AppendCoordinates": [({}, MAPS, None)],
    "FeatureMapToObjects": [({}, MAPS, None)],
    "GRU": [
        ({"units": 6}, X, MASK),
        ({"units": 6, "dropout": 0.4, "recurrent_dropout": 0.3, "seed": 1}, X, None),
        ({**SEQUENCES, "reset_after": False}, X, None),
    ],
    "LSTM": [
        (SEQUENCES, X, MASK),
        ({**SEQUENCES, "peephole": True, "return_state": True}, X, MASK),
        ({"units": 6, "coupled": True, "projection_units": 3}, X, None),
    ],
    "NTM": [
        ({"memory_slots": 5, "controller_units": 6, "return_sequences": True}, X, MASK),
        (
            {
                "memory_slots": 6,
                "memory_width": 3,
                "controller": "feedforward",
                "controller_units": 5,
                "read_heads": 2,
                "write_heads": 2,
                "output_dim": 3,
                "memory_initializer": "learned",
                "weighting_initializer": "learned",
                "read_initializer": "learned",
            },
            X,
            None,
        ),
    ],
    "PairwiseRelation": [
        ({"units": (6, 4)}, X, MASK),
        ({"units": (6, 4), "chunk_size": 2, "include_self": False}, RELATED, None),
        ({"units": (5, 4), "arity": 3, "aggregate": "mean", "last_activation": None}, X, MASK),
    ],
    "PointerAttention": [
        ({"units": 7}, PAIR, None),
        ({"units": 5, "glimpses": 1, "use_bias": True, "logit_clip": 2.0}, PAIR, None),
    ],
    "ProcessBlock": [
        ({"units": 4, "steps": 2}, X, MASK),
        ({"units": 4, "steps": 3, "num_layers": 2}, X, None),
    ],
    "RelationNetwork": [
        ({**SMOOTH, "f_dropout": 0.0}, X, MASK),
        ({**SMOOTH, "f_dropout": 0.4, "aggregate": "mean"}, RELATED, None),
    ],
    "RelationalMemory": [
        ({**SLOTS, "return_sequences": True, "return_state": True}, X, MASK),
        ({**SLOTS, "gate_style": "memory", "output_gate": True, "return_attention": True}, X, None),
    ],
    "Set2Set": [
        ({}, X, MASK),
        ({"units": 3, "project": True, "return_sequence": True, "return_attention": True}, X, MASK),
    ],
    "SimpleRNN": [(SEQUENCES, X, MASK)],
}
ALL = [
    pytest.param(n, *case, id=f"{n}-{k}") for n, cs in CASES.items() for k, case in enumerate(cs)
]


def test_every_public_layer_has_a_case():
    public = {name for name in layers.__all__ if not name.endswith("Cell")}
    assert public == set(CASES)


@pytest.mark.parametrize(("name", "kwargs", "inputs", "mask"), ALL)
def test_contract(name, kwargs, inputs, mask):
    policies = ("mixed_bfloat16", "mixed_float16") if kwargs is CASES[name][0][0] else ()
    check_layer(getattr(layers, name), kwargs, inputs, masked=mask, policies=policies)


@pytest.mark.parametrize(("name", "kwargs", "inputs", "mask"), ALL)
def test_gradients(name, kwargs, inputs, mask):
    keras.utils.set_random_seed(0)
    arrays = inputs.values() if isinstance(inputs, dict) else [inputs]
    report = gradient_check(getattr(layers, name)(**kwargs), *arrays, samples=4)
    assert report.ok, report
