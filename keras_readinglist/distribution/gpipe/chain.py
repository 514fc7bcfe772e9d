"""A model as a chain of links: between two of them exactly one tensor is alive."""

from typing import Any, NamedTuple

import keras

from keras_readinglist.layers.validation import check_size


class Link(NamedTuple):
    """Layers that stay together, from one place where a model can be cut to the next.

    Attributes:
        layers: Tuple of operations of the model, in the order in which they run.
        inputs: Symbolic tensor that the link reads; the inputs of the model for the first link.
        outputs: Symbolic tensor that it gives; the outputs of the model for the last link.
    """

    layers: tuple
    inputs: Any
    outputs: Any

    @property
    def name(self):
        """Name of the last layer with weights, or of the last layer."""
        weighted = [layer.name for layer in self.layers if _weights(layer)]
        return (weighted or [layer.name for layer in self.layers])[-1]


def chain_of(model):
    """Return the links of a model, the smallest pieces that a pipeline can run one after another.

    Where a residual edge, a second tensor or a mask would have to cross, and between two uses of
    one layer, there is no cut: such layers are in one link. Layers without weights belong to the
    link before them.

    Args:
        model: A built functional or sequential `keras.Model`.

    Returns:
        List of `Link`s.

    Raises:
        ValueError: If the model has no graph of layers.

    Example:
        >>> inputs = keras.Input((4,))
        >>> hidden = keras.layers.Dense(8, name="first")(inputs)
        >>> inside = keras.layers.Dense(8, name="inside")(hidden)
        >>> outputs = keras.layers.Dense(2, name="last")(hidden + inside)
        >>> [link.name for link in chain_of(keras.Model(inputs, outputs))]
        ['first', 'inside', 'last']

    References:
        - [Huang et al., 2018](https://arxiv.org/abs/1811.06965), section 2.1
    """
    nodes = _nodes(model)
    last_reader, first_use, last_use = {}, {}, {}
    for place, node in enumerate(nodes):
        last_reader.update((id(tensor), place) for tensor in node.input_tensors)
        first_use.setdefault(id(node.operation), place)
        last_use[id(node.operation)] = place
    last_reader.update((id(tensor), len(nodes)) for tensor in model.outputs)
    links, layers = [], []
    sequential = isinstance(model, keras.Sequential)  # it has no structure but a list of one
    entry, end = (model.inputs[0], model.outputs[0]) if sequential else (model.input, model.output)
    alive, begun = {id(tensor): tensor for tensor in model.inputs}, set()
    for place, node in enumerate(nodes):
        layers.append(node.operation)
        alive.update((id(tensor), tensor) for tensor in node.output_tensors)
        alive = {key: tensor for key, tensor in alive.items() if last_reader.get(key, -1) > place}
        begun.add(id(node.operation))
        begun = {key for key in begun if last_use[key] > place}  # used again further on
        if begun or place == len(nodes) - 1 or not _may_be_cut(alive, layers, nodes[place + 1]):
            continue
        (tensor,) = alive.values()
        links.append(Link(tuple(layers), entry, tensor))
        layers, entry = [], tensor
    return [*links, Link(tuple(layers), entry, end)]


def _may_be_cut(alive, before, following):
    """Return whether one tensor without a mask is alive, with weights on both sides of it."""
    if len(alive) != 1 or any(getattr(t, "_keras_mask", None) is not None for t in alive.values()):
        return False
    return any(map(_weights, before)) and bool(_weights(following.operation))


def _weights(operation):
    return getattr(operation, "weights", ())


def _nodes(model):
    """Return the calls of operations of a model, each after those whose outputs it reads."""
    if not getattr(model, "outputs", None):
        raise ValueError(
            "`model` must be functional or sequential, and built: made of layers called on "
            f"`keras.Input`. Received: {type(model).__name__}"
        )
    nodes, seen = [], {id(tensor) for tensor in model.inputs}
    waiting = [(tensor, False) for tensor in reversed(model.outputs)]
    while waiting:  # depth first, without recursion: a net may be a thousand layers deep
        tensor, entered = waiting.pop()
        history = tensor._keras_history
        node = history.operation._inbound_nodes[history.node_index]
        if entered:
            nodes.append(node)
        elif id(tensor) not in seen:
            seen.update(id(output) for output in node.output_tensors)
            waiting.append((tensor, True))
            waiting.extend((source, False) for source in reversed(node.input_tensors))
    return nodes


def split_links(links, sizes):
    """Return the cells of a model, as models that share its layers.

    Args:
        links: List of `Link`s.
        sizes: List of positive integers, how many links each cell gets.

    Returns:
        List of `keras.Model`s; each but the first reads what the one before it gives.

    Raises:
        ValueError: If the sizes do not sum up to the number of links.

    Example:
        >>> model = keras.Sequential([keras.Input((4,)), *map(keras.layers.Dense, (8, 8, 2))])
        >>> [cell.output.shape[1] for cell in split_links(chain_of(model), [2, 1])]
        [8, 2]
    """
    sizes = [check_size("sizes", size) for size in sizes]
    if sum(sizes) != len(links):
        places = ", ".join(f"`{link.name}`" for link in links[:-1])
        raise ValueError(
            f"`sizes` must sum up to the {len(links)} links of the model, which can be cut after "
            f"{places or 'none of its layers'}: residual edges, masks and shared layers keep the "
            f"rest together. Received: sizes={sizes}"
        )
    cells, start = [], 0
    for size in sizes:
        part = links[start : start + size]
        cells.append(keras.Model(part[0].inputs, part[-1].outputs))
        start += size
    return cells
