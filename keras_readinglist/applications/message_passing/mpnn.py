"""A message passing neural network for properties of molecules (Gilmer et al., 2017)."""

import keras
from keras import ops

from keras_readinglist import chemistry
from keras_readinglist.applications.message_passing.molecule_model import MoleculeModel
from keras_readinglist.decoding.compiled import compiled
from keras_readinglist.layers import message_passing as mp
from keras_readinglist.layers.masking import blank
from keras_readinglist.layers.message_passing.edges import edges_of
from keras_readinglist.layers.precision import dense
from keras_readinglist.layers.set2set import Set2Set
from keras_readinglist.layers.validation import check_choice, check_size, check_sizes

MESSAGES = ("edge_network", "matrix", "pair")
READOUTS = ("set2set", "gated", "sum")


@keras.saving.register_keras_serializable(package="keras_readinglist")
class MPNN(MoleculeModel):
    """Predicts properties of whole graphs: by default the paper's enn-s2s, for molecules.

    Atoms exchange messages for `num_steps` steps, by matrices that a network makes of what is known
    of two atoms; Set2Set reads all atoms as a set; dense layers give the properties. The other
    choices make the other models of the paper: `message="matrix"` and `readout="gated"` the gated
    graph network (GG-NN), `num_towers=8` its towers.

    The paper's figures, as mean over 13 properties of QM9 of the error in units of chemical
    accuracy: enn-s2s 0.68, an ensemble of five 0.52, GG-NN 1.36; the best method without a network
    1.35.

    Args:
        num_targets: Positive integer, the number of properties.
        units: Positive integer, the width of an atom's state.
        num_steps: Non-negative integer, how often messages are sent.
        message: `"edge_network"`, `"matrix"` (edges must have the weights of types as features) or
            `"pair"`.
        readout: `"set2set"`, `"gated"` or `"sum"`.
        set2set_steps: Positive integer.
        num_towers: Positive integer; more than one splits the states.
        master_units: Non-negative integer, the width of a master node; 0 for none.
        virtual_edges: Boolean, whether nodes without an edge are joined by one of its own type;
            dense layout only.
        directed: Boolean, whether messages against the direction of an edge have weights of their
            own, as in the paper.
        hidden_units: Tuple of positive integers, the layers of the network of edges or pairs.
        output_units: Positive integer, the hidden layer before the properties.
        features: `chemistry.MoleculeFeatures`, or its configuration: how molecules become graphs.
            `None` for graphs of another kind, whose `node_dim` and `edge_dim` must be given.
        node_dim: Positive integer, the features of a node.
        edge_dim: Positive integer, the features of an edge.
        target_names: Sequence of strings, the names of the properties.
        target_mean: Sequence of floats, their means; the model computes what is standardised.
        target_std: Sequence of floats, their standard deviations.
        **kwargs: Base model keyword arguments.

    Call arguments:
        inputs: Dictionary of `node`, `edge`, `edge_mask`, `node_mask` (dense); or of `node`,
            `edge`, `senders`, `receivers`, `node_graph`, `graph_mask` and, if there is padding,
            `node_mask` and `edge_mask` (flat), as `chemistry.MoleculeFeatures` makes them.

    Input shape:
        As for `layers.MessagePassing`.

    Output shape:
        `(graphs, num_targets)`, standardised.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> from keras_readinglist.chemistry import MoleculeFeatures
        >>> model = MPNN(units=16, num_steps=2, features=MoleculeFeatures("bonds"))
        >>> sorted(model.predict_properties(["CCO", "c1ccccc1"]))
        ['target_0']

    References:
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 5
    """

    def __init__(
        self,
        num_targets=1,
        units=73,
        num_steps=3,
        message="edge_network",
        readout="set2set",
        set2set_steps=6,
        num_towers=1,
        master_units=0,
        virtual_edges=False,
        directed=True,
        hidden_units=(50, 50, 50, 50),
        output_units=200,
        features=None,
        node_dim=None,
        edge_dim=None,
        target_names=None,
        target_mean=None,
        target_std=None,
        **kwargs,
    ):
        super().__init__(num_targets, features, target_names, target_mean, target_std, **kwargs)
        self.units = check_size("units", units)
        self.num_steps = check_size("num_steps", num_steps, minimum=0)
        self.message = check_choice("message", message, MESSAGES)
        self.kind = check_choice("readout", readout, READOUTS)
        self.set2set_steps = check_size("set2set_steps", set2set_steps)
        self.num_towers = check_size("num_towers", num_towers)
        self.master_units = check_size("master_units", master_units, minimum=0)
        self.virtual_edges, self.directed = bool(virtual_edges), bool(directed)
        self.hidden_units = check_sizes("hidden_units", hidden_units)
        self.output_units = check_size("output_units", output_units)
        if self.features is not None:
            node_dim, edge_dim = self.features.node_dim, self.features.edge_dim
        self.node_dim = check_size("node_dim", node_dim or 0)
        self.edge_dim = check_size("edge_dim", edge_dim or 0)
        options = {"dtype": self.dtype_policy}
        self.join = mp.VirtualEdges(**options) if self.virtual_edges else None
        self.passing = self._passing(options)
        self.read = self._readout(options)
        self.hidden = keras.layers.Dense(self.output_units, "relu", **options)
        self.out = keras.layers.Dense(self.num_targets, **options)
        self.build()

    def _passing(self, options):
        width, extra = self.units // self.num_towers, int(self.virtual_edges)
        message = {
            "edge_network": lambda: mp.EdgeNetworkMessage(width, self.hidden_units, **options),
            "matrix": lambda: mp.MatrixMessage(width, self.edge_dim + extra, **options),
            "pair": lambda: mp.PairMessage(width, self.hidden_units, **options),
        }[self.message]()
        update = mp.GatedUpdate(width, **options)
        shared = {"num_steps": self.num_steps, "directed": self.directed, **options}
        if self.num_towers > 1:
            if self.master_units:
                raise ValueError("`master_units` must be 0 with towers.")
            return mp.TowerMessagePassing(self.num_towers, message, update, self.units, **shared)
        master = mp.MasterNode(self.master_units, **options) if self.master_units else None
        return mp.MessagePassing(message, update, master=master, **shared)

    def _readout(self, options):
        if self.kind == "gated":
            return mp.GatedReadout(self.output_units, **options)
        if self.kind == "sum":
            return mp.GraphPooling("sum", **options)
        steps, ways = self.set2set_steps, {"project": True, "return_attention": True}
        return Set2Set(self.units, steps, **ways, **options)

    def build(self, inputs_shape=None):
        node, edge = (None, None, self.node_dim), (None, None, None, self.edge_dim)
        if self.virtual_edges:
            edge = (*edge[:-1], self.edge_dim + 1)
        self.passing.build(node, edge)
        state, read = (None, None, self.units), self.output_units
        if self.kind == "gated":
            self.read.build(state, node)
        elif self.kind == "sum":
            self.read.build(state)
            read = self.units
        else:
            self.read.build((None, None, self.units + self.node_dim))
            read = 2 * self.units
        self.hidden.build((None, read))
        self.out.build((None, self.output_units))

    def call(self, inputs):
        return self._answer(self._states(inputs), inputs)[0]

    def _states(self, inputs, history=False):
        """Return the last states of nodes, or the list of all with `history`."""
        given = dict(inputs)
        graphs, graph = given.pop("graph_mask", None), given.pop("node_graph", None)
        if self.join is not None:
            if graph is not None:
                raise ValueError("`virtual_edges` need the dense layout.")
            given["edge"] = self.join(given["edge"], edge_mask=given.pop("edge_mask", None))
        if self.master_units and graph is not None:
            given |= {"node_graph": graph, "num_graphs": ops.shape(graphs)[0]}
        return self.passing.history(**given) if history else self.passing(**given)

    def _answer(self, state, inputs):
        """Return the standardised properties and the attention of Set2Set, or `None`."""
        mask, sets = inputs.get("node_mask"), {}
        if "node_graph" in inputs:
            sets["segment_ids"] = inputs["node_graph"]
            sets["num_segments"] = ops.shape(inputs["graph_mask"])[0]
        attention, node = None, blank(ops.cast(inputs["node"], state.dtype), mask)
        if self.kind == "set2set":
            both = ops.concatenate([state, node], axis=-1)
            read, attention = self.read(both, mask=mask, **sets)
        elif self.kind == "gated":
            read = self.read(state, node, mask=mask, **sets)
        else:
            read = self.read(state, mask=mask, **sets)
        hidden = dense(self.hidden, ops.cast(read, self.compute_dtype))
        return dense(self.out, hidden), attention

    def explain(self, molecules):
        """Tell what happens inside, for one molecule after the other.

        Args:
            molecules: As in `predict_properties`.

        Returns:
            List, by molecule, of dictionaries: `"states"` `(steps + 1, atoms, units)`, the states
            of atoms after every step; `"messages"` `(steps, atoms, atoms)`, the length of what
            every atom (the second axis) hears from every other (the third), or `None` with towers;
            `"attention"` `(set2set_steps, atoms)`, how much Set2Set looks at each, or `None`; and
            `"properties"`, as in `predict_properties`.
        """
        molecules = self.molecules(molecules)
        size = int(chemistry.padded_sizes(molecules.sizes, 1).max())
        graphs = self.features.dense(molecules, size)
        found = self._inside(inputs=graphs)
        properties, told = self.named(found["answers"]), []
        for i, n in enumerate(graphs["node_mask"].sum(axis=1)):
            messages, attention = found.get("messages"), found.get("attention")
            told.append(
                {
                    "states": found["states"][i, :, :n],
                    "messages": None if messages is None else messages[i, :, :n, :n],
                    "attention": None if attention is None else attention[i, :, :n],
                    "properties": {name: float(values[i]) for name, values in properties.items()},
                }
            )
        return told

    @compiled
    def _inside(self, inputs):
        states = self._states(inputs, history=True)
        answers, attention = self._answer(states[-1], inputs)
        found = {"states": ops.stack(states, axis=1), "answers": answers}
        if attention is not None:
            found["attention"] = attention
        if self.num_towers == 1 and not self.virtual_edges:
            found["messages"] = ops.stack(
                [self._lengths(state, inputs) for state in states[:-1]], axis=1
            )
        return found

    def _lengths(self, state, inputs):
        """Return the lengths of the messages of a step, `(batch, receivers, senders)`."""
        edges = edges_of(
            inputs["node"], edge_mask=inputs["edge_mask"], node_mask=inputs["node_mask"]
        )
        said = self.passing.message_layers[0](
            edges.receivers(state), edges.senders(state), inputs["edge"]
        )
        return ops.sqrt(ops.sum(ops.square(blank(said, edges.mask)), axis=-1))

    def get_config(self):
        names = ("units", "num_steps", "message", "set2set_steps", "num_towers", "master_units")
        names += ("virtual_edges", "directed", "hidden_units", "output_units")
        dims = {} if self.features else {"node_dim": self.node_dim, "edge_dim": self.edge_dim}
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own, **dims, "readout": self.kind}
