"""Molecules as arrays, what is known of their atoms and pairs, and batches of them."""

import collections

import numpy as np
import pytest

from keras_readinglist.chemistry import (
    CompositionFit,
    MoleculeBatches,
    MoleculeFeatures,
    Molecules,
    infer_bonds,
)
from keras_readinglist.chemistry.batches import padded_sizes

pytestmark = pytest.mark.once

RNG = np.random.default_rng(0)
# Hydrogen cyanide (linear, a triple bond), hydrogen, formaldehyde, ammonium and pyrrole's ring
# without its hydrogens: three of 3 atoms would hide an axis that is taken for that of space.
NUMBERS = [[1, 6, 7], [1, 1], [6, 8, 1, 1], [7, 1, 1, 1, 1], [7, 6, 6, 6, 6]]
BONDS = [
    [(0, 1, 1), (1, 2, 3)],
    [(0, 1, 1)],
    [(0, 1, 2), (0, 2, 1), (0, 3, 1)],
    [(0, k, 1) for k in range(1, 5)],
    [(k, (k + 1) % 5, 4) for k in range(5)],
]
CHARGES = [[0] * 3, [0] * 2, [0] * 4, [1, 0, 0, 0, 0], [0] * 5]
HIDDEN = [[0] * 3, [0] * 2, [0] * 4, [0] * 5, [1] * 5]
NAMES = ["C#N", "[H][H]", "C=O", "[NH4+]", "c1cc[nH]c1"]
POSITIONS = [RNG.uniform(-4, 4, (len(part), 3)).astype("float32") for part in NUMBERS]
KINDS = ("bonds", "virtual", "bins", "distance", "gaussian")


def flat(rows=range(5), **changes):
    """The arrays that `Molecules.from_flat` takes."""
    parts = {
        "num_atoms": np.array([len(NUMBERS[i]) for i in rows], int),
        "num_bonds": np.array([len(BONDS[i]) for i in rows], int),
        "atomic_numbers": np.concatenate([NUMBERS[i] for i in rows]),
        "bonds": np.concatenate([BONDS[i] for i in rows]),
        "smiles": [NAMES[i] for i in rows],
        "positions": np.concatenate([POSITIONS[i] for i in rows]),
        "charges": np.concatenate([CHARGES[i] for i in rows]),
        "hydrogens": np.concatenate([HIDDEN[i] for i in rows]),
    }
    return {**parts, **changes}


ALL = Molecules.from_flat(**flat())


def same(one, other):
    """Whether all that is known of molecules is the same."""
    for name, array in vars(one).items():
        if name == "smiles" or array is None:
            assert array == getattr(other, name)
        else:
            np.testing.assert_array_equal(array, getattr(other, name))


def test_a_bond_that_stands_twice_is_refused():
    for bonds in ([[0, 1, 1], [0, 1, 2]], [[0, 1, 1], [1, 0, 1]]):
        with pytest.raises(ValueError, match="every bond once"):
            Molecules.from_flat(*map(np.array, ([2], [2], [6, 8], bonds)))


def test_from_flat():
    assert len(ALL) == 5 and ALL.sizes.tolist() == [3, 2, 4, 5, 5]
    for i, (numbers, bonds) in enumerate(zip(NUMBERS, BONDS, strict=True)):
        n = len(numbers)
        assert ALL.atomic_numbers[i].tolist() == numbers + [0] * (5 - n)
        np.testing.assert_array_equal(ALL.positions[i, :n], POSITIONS[i])
        assert not ALL.positions[i, n:].any()
        known = {(a, b): kind for a, b, kind in bonds}
        for a in range(5):
            for b in range(5):
                assert ALL.bonds[i, a, b] == known.get((a, b), known.get((b, a), 0))
    assert ALL.smiles == tuple(NAMES)
    assert len(Molecules.from_flat(*[np.zeros(0, int)] * 3, np.zeros((0, 3), int))) == 0


def test_indexing():
    same(ALL[[1, 3]], Molecules.from_flat(**flat([1, 3])))
    same(ALL[:2], Molecules.from_flat(**flat([0, 1])))
    same(ALL[1], Molecules.from_flat(**flat([1])))
    same(ALL[np.array([False, True, False, False, False])], ALL[1])
    assert ALL[1].atomic_numbers.shape == (1, 2)
    assert [len(one) for one in ALL] == [1] * 5
    empty = ALL[:0]
    assert len(empty) == 0 and empty.smiles == ()
    bare = Molecules(ALL.atomic_numbers, ALL.bonds)[2:]
    assert bare.positions is None and bare.smiles == ()


def test_join():
    same(Molecules.join([ALL[[0]], ALL[[1]], ALL[2:]]), ALL)
    assert Molecules.join([ALL[0], ALL[1]]).positions.shape == (2, 3, 3)


def test_hydrogens_become_numbers():
    heavy = ALL.without_hydrogens()
    atoms = [[6, 7, 0, 0, 0], [1, 1, 0, 0, 0], [6, 8, 0, 0, 0], [7, 0, 0, 0, 0], [7, 6, 6, 6, 6]]
    assert heavy.atomic_numbers.tolist() == atoms
    counts = [[1, 0, 0, 0, 0], [0] * 5, [2, 0, 0, 0, 0], [4, 0, 0, 0, 0], [1] * 5]
    assert heavy.hydrogens.tolist() == counts
    assert heavy.charges[3].tolist() == [1, 0, 0, 0, 0]
    assert heavy.bonds[0, :2, :2].tolist() == [[0, 3], [3, 0]] and not heavy.bonds[0, 2:].any()
    np.testing.assert_array_equal(heavy.positions[0, :2], POSITIONS[0][1:])
    assert heavy.smiles == ALL.smiles
    for one in (ALL, heavy):  # nothing is lost, nothing is counted twice
        assert one.composition((1, 6, 7, 8)).tolist() == [
            [1, 1, 1, 0],
            [2, 0, 0, 0],
            [2, 1, 0, 1],
            [4, 0, 1, 0],
            [5, 4, 1, 0],
        ]
    same(heavy.without_hydrogens(), heavy)
    assert ALL.hydrogen_counts().tolist() == [
        [0, 1, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [2, 0, 0, 0, 0],
        [4, 0, 0, 0, 0],
        [1] * 5,
    ]


def test_elements_that_are_not_asked_for_are_not_counted():
    assert ALL.composition((8,)).tolist() == [[0], [0], [1], [0], [0]]


PAIR = np.array([[[0, 1], [1, 0]]])


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Molecules(np.array([1, 1]), PAIR), "`atomic_numbers` must have the shape"),
        (lambda: Molecules(np.array([[1, 1, 0]]), PAIR), r"`bonds` must have the shape \(1, 3, 3"),
        (lambda: Molecules(np.array([[0, 1]]), PAIR), "`atomic_numbers` must have their padding"),
        (lambda: Molecules(np.array([[1, 1]]), np.triu(PAIR)), "`bonds` must be symmetric"),
        (lambda: Molecules(np.array([[1, 1]]), 5 * PAIR), "`bonds` must be from 0 to 4"),
        (lambda: Molecules(np.array([[1, 1]]), -PAIR), "`bonds` must be from 0 to 4"),
        (lambda: Molecules(np.array([[1, 1]]), PAIR, np.zeros((1, 2))), "`positions` must have"),
        (
            lambda: Molecules(np.array([[1, 1]]), PAIR, smiles=("a", "b")),
            "`smiles` must be as many",
        ),
        (lambda: Molecules.from_flat(**flat(charges=np.zeros(18))), "`charges` must have 19 rows"),
        (lambda: Molecules.from_flat(**flat(bonds=[(0, 1, 1)])), "`bonds` must have 15 rows"),
        (
            lambda: Molecules.from_flat([2, 3], [1, 0], np.ones(5, int), [(0, 2, 1)]),
            "`bonds` must be of atoms that are there",
        ),
        (lambda: Molecules.join([]), "`parts` must hold molecules"),
        (
            lambda: Molecules.join([ALL, Molecules(ALL.atomic_numbers, ALL.bonds)]),
            "`parts` must all have `positions`",
        ),
        (lambda: MoleculeFeatures("angles"), "`kind` must be one of"),
        (lambda: MoleculeFeatures("bonds").dense(ALL, 4), "`size` must be at least 5"),
        (lambda: MoleculeFeatures("bonds").flat(ALL, 18), "`num_nodes` must be at least 19"),
        (lambda: MoleculeFeatures("bonds").flat(ALL, 19, 3), "`num_edges` must be at least 30"),
        *(
            (
                lambda kind=kind: MoleculeFeatures(kind).dense(
                    Molecules(ALL.atomic_numbers, ALL.bonds)
                ),
                "`molecules` must have positions",
            )
            for kind in KINDS[2:]
        ),
        (lambda: batches(np.zeros(5)), r"`targets` must have the shape \(5, targets\)"),
        (lambda: batches(np.zeros((6, 1))), r"`targets` must have the shape \(5, targets\)"),
        (lambda: batches(np.zeros((5, 1)), batch_size=0), "`batch_size` must be positive"),
    ],
)
def test_what_does_not_fit_is_refused(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def atom_by_words(molecules, i, v):
    """What is known of an atom, from the docstring of `MoleculeFeatures`."""
    z, neighbours = molecules.atomic_numbers[i, v], []
    for w in range(molecules.sizes[i]):
        if molecules.bonds[i, v, w]:
            neighbours.append((molecules.atomic_numbers[i, w], molecules.bonds[i, v, w]))
    kinds = [kind for _, kind in neighbours]
    hydrogens = sum(number == 1 for number, _ in neighbours)
    hydrogens += 0 if molecules.hydrogens is None else molecules.hydrogens[i, v]
    sp = sp2 = sp3 = False
    if z > 1:
        sp = 3 in kinds or kinds.count(2) > 1
        sp2 = not sp and (2 in kinds or 4 in kinds)
        sp3 = not sp and not sp2
    element = [float(z == known) for known in (1, 6, 7, 8, 9)]
    return [
        *element,
        float(not any(element)),
        z / 10,
        0 if molecules.charges is None else molecules.charges[i, v],
        z in (7, 8, 9),
        z in (7, 8) and hydrogens > 0,
        4 in kinds,
        sp,
        sp2,
        sp3,
        hydrogens,
    ]


def pair_by_words(kind, molecules, i, v, w):
    """What is known of two atoms, and whether they are joined."""
    bond = molecules.bonds[i, v, w]
    types = [float(bond == k) for k in (1, 2, 3, 4)]
    if kind == "bonds":
        return types, bond > 0
    if kind == "virtual":
        return [*types, float(bond == 0)], True
    d = np.linalg.norm(molecules.positions[i, v].astype("f8") - molecules.positions[i, w])
    if kind == "distance":
        return [*types, d], True
    if kind == "gaussian":
        centres = np.linspace(0.8, 6.0, 16)
        return [*types, *np.exp(-((d - centres) ** 2) / (2 * 0.35**2))], True
    ends = [0, *np.linspace(2, 6, 9), np.inf]
    inside = [float(a <= d < b and bond == 0) for a, b in zip(ends[:-1], ends[1:], strict=True)]
    return [*types, *inside], True


@pytest.mark.parametrize("hydrogens", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_features_equal_plain_loops(kind, hydrogens):
    features = MoleculeFeatures(kind, hydrogens)
    molecules = ALL if hydrogens else ALL.without_hydrogens()
    graphs = features.dense(ALL, 7)
    assert graphs["node"].shape == (5, 7, features.node_dim)
    assert graphs["edge"].shape == (5, 7, 7, features.edge_dim)
    assert {x.dtype.name for x in graphs.values()} == {"float32", "bool"}
    for i, n in enumerate(molecules.sizes):
        assert graphs["node_mask"][i].tolist() == [v < n for v in range(7)]
        for v in range(7):
            expected = atom_by_words(molecules, i, v) if v < n else [0] * features.node_dim
            np.testing.assert_allclose(graphs["node"][i, v], expected, atol=1e-6)
            for w in range(7):
                edge, joined = [0] * features.edge_dim, False
                if v < n and w < n and v != w:
                    edge, joined = pair_by_words(kind, molecules, i, v, w)
                np.testing.assert_allclose(graphs["edge"][i, v, w], edge, atol=1e-5)
                assert graphs["edge_mask"][i, v, w] == joined


@pytest.mark.parametrize("kind", ["bonds", "distance"])
def test_flat_graphs_have_the_edges_of_dense_ones(kind):
    features = MoleculeFeatures(kind)
    dense, flat = features.dense(ALL), features.flat(ALL, 22, 90)
    there = flat["node_mask"].sum()
    assert there == 19 and flat["node_mask"][:19].all() and flat["node"].shape[0] == 22
    np.testing.assert_array_equal(flat["node"][:there], dense["node"][dense["node_mask"]])
    np.testing.assert_array_equal(flat["node_graph"][:there], np.repeat(range(5), ALL.sizes))
    assert (flat["node_graph"][there:] == 4).all() and not flat["node"][there:].any()
    count, first = flat["edge_mask"].sum(), np.cumsum([0, *ALL.sizes])
    assert count == dense["edge_mask"].sum() and flat["edge_mask"][:count].all()
    assert (np.diff(flat["receivers"][:count]) >= 0).all()
    rebuilt = np.zeros_like(dense["edge"])
    for e in range(count):
        graph = flat["node_graph"][flat["senders"][e]]
        assert flat["node_graph"][flat["receivers"][e]] == graph
        to, of = (flat[name][e] - first[graph] for name in ("receivers", "senders"))
        assert dense["edge_mask"][graph, to, of]
        rebuilt[graph, to, of] = flat["edge"][e]
    np.testing.assert_array_equal(rebuilt, dense["edge"])
    assert flat["graph_mask"].tolist() == [True] * 5
    assert features.flat(ALL)["node"].shape[0] == 19  # without padding


def test_other_elements_share_a_feature():
    features = MoleculeFeatures("bonds", elements=[6, np.int64(8)])
    element = features.dense(ALL)["node"][2, :4, :3]
    assert element.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]
    assert MoleculeFeatures(**features.get_config()) == features


def test_the_configuration_is_json():
    import json

    features = MoleculeFeatures("bins", elements=np.array([1, 6]))
    assert MoleculeFeatures(**json.loads(json.dumps(features.get_config()))) == features


def chains(sizes):
    """Chains of carbon atoms, each with a number of its own."""
    numbers = (np.arange(max(sizes)) < np.array(sizes)[:, None]) * 6
    return Molecules(numbers, np.zeros((len(sizes), max(sizes), max(sizes)), int))


def batches(targets, molecules=ALL, batch_size=2, seed=None, hydrogens=True):
    """Batches of molecules known by their bonds."""
    features = MoleculeFeatures("bonds", hydrogens)
    return MoleculeBatches(molecules, targets, features, batch_size, seed)


SIZES = RNG.integers(1, 30, size=70)


def seen(data):
    """Return the targets that count, in their order, checked against the sizes of graphs."""
    found = []
    for i in range(len(data)):
        graphs, targets, weights = data[i]
        assert {len(x) for x in (*graphs.values(), targets, weights)} == {8}
        rows, padding = data.rows(i), weights == 0
        assert padding.tolist() == [False] * len(rows) + [True] * (8 - len(rows))
        np.testing.assert_array_equal(targets[: len(rows), 0], rows)
        np.testing.assert_array_equal(graphs["node_mask"].sum(axis=1)[: len(rows)], SIZES[rows])
        assert not graphs["node_mask"][len(rows) :].any() and not targets[len(rows) :].any()
        found += list(rows)
    return found


def test_every_molecule_is_seen_once_an_epoch():
    targets = np.arange(70.0)[:, None]
    data = batches(targets, chains(SIZES), 8, seed=1)
    epochs = []
    for _ in range(3):
        epochs.append(seen(data))
        assert sorted(epochs[-1]) == list(range(70))
        data.on_epoch_end()
    assert epochs[0] != epochs[1] != epochs[2]
    again = batches(targets, chains(SIZES), 8, seed=1)
    again.epoch = 2
    assert seen(again) == epochs[2]
    assert seen(batches(targets, chains(SIZES), 8, seed=2)) != epochs[0]
    kept = batches(targets, chains(SIZES), 8)
    order = seen(kept)
    kept.on_epoch_end()
    assert seen(kept) == order and sorted(order) == list(range(70))
    assert [SIZES[order[0]] <= 8, SIZES[order[-1]] > 16] == [True, True]


def test_programs_are_compiled_for_few_shapes():
    data = batches(np.zeros((70, 1)), chains(SIZES), 8, seed=0)
    shapes = collections.Counter(data[i][0]["node"].shape[:2] for i in range(len(data)))
    assert set(shapes) <= {(8, 8), (8, 16), (8, 24), (8, 32)}
    assert len(data) <= 70 // 8 + len(shapes)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([3, 8, 9, 16, 17], [8, 8, 16, 16, 24]),
        ([3, 9, 17, 25], [16, 16, 32, 32]),  # what does not fill a batch joins the next
        ([3, 3, 40], [8, 8, 40]),
        ([3, 40, 41], [40, 40, 48]),
        ([0], [8]),
        ([], []),
    ],
)
def test_padded_sizes(sizes, expected):
    sizes = np.array(sizes, int)
    assert padded_sizes(sizes, batch_size=2).tolist() == expected


def test_what_was_not_measured_does_not_count():
    one = np.array([[1.0], [np.nan], [3.0], [4.0], [5.0]])
    weights = {tuple(np.ravel(batches(one)[i][1])): batches(one)[i][2].tolist() for i in range(3)}
    assert weights == {(1, 0): [1, 0], (3, 4): [1, 1], (5, 0): [1, 0]}
    two = np.stack([one[:, 0], np.arange(5.0)], axis=1)
    _, targets, weights = batches(two)[0]
    assert targets.tolist() == [[1, 0], [0, 1]] and weights.tolist() == [1, 0]


def test_batches_without_hydrogens():
    graphs, _, _ = batches(np.zeros((5, 1)), hydrogens=False, batch_size=5)[0]
    assert graphs["node_mask"].sum(axis=1).tolist() == [2, 2, 2, 1, 5]
    assert len(batches(np.zeros((0, 1)), ALL[:0])) == 0


def test_composition_explains_a_sum_over_atoms():
    energies = ALL.composition((1, 6, 7, 8)) @ [-0.5, -38.0, -54.0, -75.0] + 2.0
    for molecules in (ALL, ALL.without_hydrogens()):
        fit = CompositionFit((1, 6, 7, 8)).fit(ALL, energies)
        np.testing.assert_allclose(fit.predict(molecules), energies, atol=1e-8)
        np.testing.assert_allclose(fit.residual(molecules, energies + 1), 1, atol=1e-8)


def test_composition_is_a_least_squares_fit():
    energies = RNG.standard_normal(5)
    fit = CompositionFit((6,)).fit(ALL, energies)
    slope, constant = np.polyfit([1, 0, 1, 0, 4], energies, 1)
    np.testing.assert_allclose(fit.weights, [slope, constant], atol=1e-8)


def test_bonds_by_distance():
    radii = {1: 0.31, 6: 0.76, 8: 0.66, 79: 1.3}
    numbers = RNG.choice([0, *radii], size=(1203, 6))
    numbers = -np.sort(-numbers, axis=1)
    positions = RNG.uniform(-1.5, 1.5, (1203, 6, 3))
    got = infer_bonds(numbers, positions)
    for i in (0, 5, 999, 1000, 1202):
        for v in range(6):
            for w in range(6):
                a, b = numbers[i, v], numbers[i, w]
                near = a and b and v != w
                if near:
                    d = np.linalg.norm(positions[i, v] - positions[i, w])
                    near = d < radii[a] + radii[b] + 0.4
                assert got[i, v, w] == near
    wider = infer_bonds(numbers, positions, tolerance=1.0)
    assert (wider >= got).all() and wider.sum() > got.sum()
