"""The networks that the exhibit of pipelines cuts, and what their links cost.

To make a network only to measure it takes seconds: what was measured lies in a file beside this
one, and `python -m demos.exhibits._gpipe_networks` writes it.
"""

import json
import pathlib
from functools import cache
from typing import NamedTuple

import keras

from keras_readinglist.applications import AlexNet, ResNet50, ResNetCIFAR
from keras_readinglist.distribution import balance_partitions, chain_of, measure_links
from keras_readinglist.layers import TransformerEncoderBlock

ADAM = 16  # bytes of a weight: itself, its gradient and two slots


def transformer():
    """Return 24 equal blocks between an embedding and the logits of 1,000 tokens."""
    inputs = keras.Input((64,), dtype="int32")
    x = keras.layers.Embedding(1000, 128, name="embedding")(inputs)
    for number in range(24):
        x = TransformerEncoderBlock(4, 512, causal=True, name=f"block {number + 1}")(x)
    return keras.Model(inputs, keras.layers.Dense(1000, name="logits")(x))


NETWORKS = {
    "Transformer, 24 blocks": transformer,
    "ResNet-50": lambda: ResNet50(weights=None),
    "ResNet-56 of CIFAR": lambda: ResNetCIFAR(56),
    "AlexNet": lambda: AlexNet(weights=None),
}


class Network(NamedTuple):
    """What is shown of a network: names and costs of its links, for one example.

    Attributes:
        names: Names of the links.
        flops: Operations of a forward pass, of each link.
        params: Parameters.
        insides: Bytes that a backward pass reads.
        inputs: Bytes that come from the link before.
    """

    names: tuple
    flops: tuple
    params: tuple
    insides: tuple
    inputs: tuple


MEASURED = pathlib.Path(__file__).with_suffix(".json")


@cache
def network(name):
    """Return the `Network` of that name."""
    return Network(*map(tuple, json.loads(MEASURED.read_text(encoding="utf-8"))[name]))


def measured(name):
    """Make a network and measure it."""
    model = NETWORKS[name]()
    links = chain_of(model)
    costs = measure_links(links)
    read = [sum(_bytes(tensor) for tensor in model.inputs)]
    return Network(
        tuple(link.name for link in links),
        tuple(cost.flops for cost in costs),
        tuple(cost.params for cost in costs),
        tuple(cost.activation_bytes for cost in costs),
        tuple(read + [cost.output_bytes for cost in costs[:-1]]),
    )


def _bytes(tensor):
    count = 4
    for size in tensor.shape[1:]:
        count *= size
    return count


def best_cuts(name, devices):
    """Return where the cells begin, all but the first, if the slowest is as fast as can be."""
    sizes = balance_partitions(network(name).flops, devices)
    return [sum(sizes[: k + 1]) for k in range(devices - 1)]


class Cells(NamedTuple):
    """Sums over the links of each cell.

    Attributes:
        flops: As in `Network`.
        params: As in `Network`.
        insides: As in `Network`.
        inputs: Bytes that come from the device before.
    """

    flops: list
    params: list
    insides: list
    inputs: list


def cells(name, cuts):
    """Return the `Cells` of a network with such cuts."""
    whole = network(name)
    ends = [0, *cuts, len(whole.names)]
    parts = [slice(a, b) for a, b in zip(ends, ends[1:], strict=False)]
    sums = ([sum(values[part]) for part in parts] for values in whole[1:4])
    return Cells(*sums, [whole.inputs[part.start] for part in parts])


if __name__ == "__main__":
    found = {name: measured(name) for name in NETWORKS}
    rows = [f"{json.dumps(name)}: {json.dumps(values)}" for name, values in found.items()]
    MEASURED.write_text("{" + ",\n".join(rows) + "}\n", encoding="utf-8")
