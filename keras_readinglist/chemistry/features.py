"""What a network gets to know of molecules: features of atoms and of pairs of them."""

from dataclasses import asdict, dataclass

import numpy as np

from keras_readinglist.chemistry.molecules import BOND_TYPES, Molecules

KINDS = ("bonds", "virtual", "bins", "distance", "gaussian")
BINS = np.linspace(2, 6, 9)  # the paper's: below 2, eight between, above 6 angstrom
CENTRES, WIDTH = np.linspace(0.8, 6.0, 16), 0.35


@dataclass(frozen=True)
class MoleculeFeatures:
    """Turns molecules into the arrays of graphs.

    An atom is described by its element, its number and its formal charge, whether it can accept or
    donate a hydrogen bond and is aromatic, its hybridisation (by its bonds), and its hydrogens.
    Partial charges are no input: they are an answer of the quantum calculation.

    Args:
        kind: What is known of two atoms. `"bonds"`: the four types of bond, and atoms without a
            bond are not joined; `"virtual"`: a fifth type joins all others; `"bins"`: the types, or
            else ten intervals of the distance; `"distance"`: the types and the distance;
            `"gaussian"`: the types and sixteen bumps of the distance.
        hydrogens: Boolean, whether hydrogens are atoms of their own.
        elements: Tuple of atomic numbers with a feature of their own; all others share one.

    Example:
        >>> from keras_readinglist.chemistry import from_smiles
        >>> graphs = MoleculeFeatures("bonds").dense(from_smiles(["CO"], positions=False))
        >>> graphs["node"].shape, graphs["edge"].shape, int(graphs["edge_mask"].sum())
        ((1, 6, 15), (1, 6, 6, 4), 10)

    References:
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), section 6, Table 1
    """

    kind: str = "gaussian"
    hydrogens: bool = True
    elements: tuple[int, ...] = (1, 6, 7, 8, 9)

    def __post_init__(self):
        """Refuse an unknown kind."""
        if self.kind not in KINDS:
            raise ValueError(f"`kind` must be one of {KINDS}. Received: kind={self.kind!r}")
        object.__setattr__(self, "elements", tuple(int(e) for e in self.elements))

    @property
    def node_dim(self) -> int:
        """The number of features of an atom."""
        return len(self.elements) + 10

    @property
    def edge_dim(self) -> int:
        """The number of features of a pair of atoms."""
        more = {"bonds": 0, "virtual": 1, "bins": 10, "distance": 1, "gaussian": len(CENTRES)}
        return len(BOND_TYPES) + more[self.kind]

    @property
    def needs_positions(self) -> bool:
        """Whether molecules must have positions."""
        return self.kind in ("bins", "distance", "gaussian")

    def get_config(self) -> dict:
        """Return the arguments, as JSON can hold them."""
        return {**asdict(self), "elements": list(self.elements)}

    def dense(self, molecules: Molecules, size: int | None = None) -> dict[str, np.ndarray]:
        """Return graphs in the dense layout.

        Args:
            molecules: The molecules.
            size: Integer, what the number of atoms is padded to. Defaults to the largest.

        Returns:
            Dictionary of `node` `(batch, n, node_dim)`, `edge` `(batch, n, n, edge_dim)`,
            `edge_mask` and `node_mask`.

        Raises:
            ValueError: If positions are needed and not known, or `size` is too small.
        """
        if not self.hydrogens:
            molecules = molecules.without_hydrogens()
        if self.needs_positions and molecules.positions is None:
            raise ValueError(f"`molecules` must have positions for kind={self.kind!r}.")
        n = molecules.atomic_numbers.shape[1]
        if size is not None and size < n:
            raise ValueError(f"`size` must be at least {n}. Received: size={size}")
        there = molecules.atomic_numbers > 0
        pairs = there[:, :, None] & there[:, None] & ~np.eye(n, dtype=bool)
        types = np.eye(len(BOND_TYPES) + 1, dtype="float32")[molecules.bonds][..., 1:]
        bonded = molecules.bonds > 0
        parts = [types]
        if self.kind == "virtual":
            parts.append((pairs & ~bonded)[..., None])
        elif self.needs_positions:
            steps = molecules.positions[:, :, None] - molecules.positions[:, None]
            distance = np.sqrt((steps**2).sum(axis=-1))
            parts.append(self._of_distance(distance, bonded))
        mask = pairs & bonded if self.kind == "bonds" else pairs
        edge = np.concatenate(parts, axis=-1).astype("float32") * mask[..., None]
        graphs = {
            "node": self._nodes(molecules) * there[..., None],
            "edge": edge,
            "edge_mask": mask,
            "node_mask": there,
        }
        return {name: _pad(array, (size or n) - n, name) for name, array in graphs.items()}

    def flat(
        self, molecules: Molecules, num_nodes: int | None = None, num_edges: int | None = None
    ) -> dict[str, np.ndarray]:
        """Return graphs in the flat layout, with edges in the order of their receivers.

        Args:
            molecules: The molecules.
            num_nodes: Integer, what the number of atoms is padded to. Padding belongs to no graph
                but stands in the last.
            num_edges: Integer, what the number of edges is padded to.

        Returns:
            Dictionary of `node`, `edge`, `senders`, `receivers`, `node_graph`, `node_mask`,
            `edge_mask` and `graph_mask`, which has an element for every molecule.
        """
        dense = self.dense(molecules)
        there, batch = dense["node_mask"], len(molecules)
        place = np.cumsum(there.ravel()).reshape(there.shape) - 1
        row, to, of = np.nonzero(dense["edge_mask"])
        flat = {
            "node": dense["node"][there],
            "edge": dense["edge"][row, to, of],
            "senders": place[row, of].astype("int32"),
            "receivers": place[row, to].astype("int32"),
            "node_graph": np.nonzero(there)[0].astype("int32"),
            "node_mask": np.ones(there.sum(), bool),
            "edge_mask": np.ones(len(row), bool),
        }
        wanted = {"node": num_nodes, "edge": num_edges}
        for name in ("node", "edge"):
            if wanted[name] is not None and wanted[name] < len(flat[name]):
                raise ValueError(
                    f"`num_{name}s` must be at least {len(flat[name])}. "
                    f"Received: num_{name}s={wanted[name]}"
                )
        for name, array in flat.items():
            of_nodes = name.startswith("node")
            size = wanted["node" if of_nodes else "edge"] or len(array)
            fill = batch - 1 if name == "node_graph" else 0
            more = [(0, size - len(array))] + [(0, 0)] * (array.ndim - 1)
            flat[name] = np.pad(array, more, constant_values=fill)
        return {**flat, "graph_mask": np.ones(batch, bool)}

    def _of_distance(self, distance, bonded):
        if self.kind == "distance":
            return distance[..., None]
        if self.kind == "gaussian":
            return np.exp(-0.5 * ((distance[..., None] - CENTRES.astype("f4")) / WIDTH) ** 2)
        return np.eye(len(BINS) + 1)[np.searchsorted(BINS, distance, "right")] * ~bonded[..., None]

    def _nodes(self, molecules):
        number, bonds = molecules.atomic_numbers.astype(int), molecules.bonds
        element = number[..., None] == np.array(self.elements)
        other = ~element.any(axis=-1, keepdims=True)
        counts = molecules.hydrogen_counts()
        double, triple = (bonds == 2).sum(axis=2), (bonds == 3).any(axis=2)
        aromatic, heavy = (bonds == 4).any(axis=2), number > 1
        sp = heavy & (triple | (double > 1))
        sp2 = heavy & ~sp & ((double == 1) | aromatic)
        charges = np.zeros(number.shape) if molecules.charges is None else molecules.charges
        columns = [
            number / 10,
            charges,
            np.isin(number, (7, 8, 9)),  # can accept a hydrogen bond
            np.isin(number, (7, 8)) & (counts > 0),  # can donate one
            aromatic,
            sp,
            sp2,
            heavy & ~sp & ~sp2,
            counts,
        ]
        return np.concatenate([element, other, np.stack(columns, axis=-1)], -1).astype("float32")


def _pad(array, more, name):
    """Return an array of atoms, or of pairs of them, with `more` atoms that are not there."""
    axes = 2 if name.startswith("edge") else 1
    return np.pad(array, [(0, more if 1 <= axis <= axes else 0) for axis in range(array.ndim)])
