"""The coffee automaton: nothing is lost, engines agree, and the density is the exact one."""

import numpy as np
import pytest

from keras_readinglist import information as info
from keras_readinglist.information.coffee import packed
from keras_readinglist.information.coffee.sequential import grid_edges

RNG = np.random.default_rng(0)
KINDS = [
    {},
    {"dynamics": "stirred"},
    {"dynamics": "non_interacting"},
    {"dynamics": "non_interacting", "boundary": "torus"},
    {"dynamics": "non_interacting", "boundary": "reflect"},
    {"update": "sequential"},
    {"update": "sequential", "clock": "swaps"},
    {"engine": "keras"},
    {"engine": "keras", "dynamics": "stirred"},
]
SHAPES = [(8, 8), (7, 5), (1, 9), (9, 1), (1, 1), (5, 130)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_number_of_ones_is_kept(kind, shape):
    start = RNG.integers(0, 2, (3, *shape))
    cup = info.CoffeeAutomaton(*shape, replicas=3, initial_state=start, **kind)
    np.testing.assert_array_equal(cup.state, start)
    cup.step(9)
    assert cup.time == 9
    assert cup.state.shape == (3, *shape)
    np.testing.assert_array_equal(
        cup.counts.sum(axis=(1, 2), dtype=int), start.sum(axis=(1, 2), dtype=int)
    )


def unpacked_sweep(state, coins):
    """Swap pair by pair; `coins[matching, replica, row, column]` stand at an edge's first cell."""
    state = state.copy()
    _, height, width = state.shape
    for matching, (down, right, first) in enumerate(((1, 0, 0), (1, 0, 1), (0, 1, 0), (0, 1, 1))):
        for replica in range(len(state)):
            for i in range(first * down, height - down, 1 + down):
                for j in range(first * right, width - right, 1 + right):
                    if coins[matching, replica, i, j]:
                        a, b = state[replica, i, j], state[replica, i + down, j + right]
                        state[replica, i, j], state[replica, i + down, j + right] = b, a
    return state


@pytest.mark.once
@pytest.mark.parametrize("shape", [(4, 6), (5, 7), (1, 3), (3, 1), (2, 131)])
def test_packed_words_do_what_single_cells_do(shape):
    state = RNG.integers(0, 2, (70, *shape)).astype(np.uint8)
    coins = RNG.integers(0, 2, (4, 70, *shape)).astype(np.uint8)
    height, width = shape
    expected = unpacked_sweep(state, coins)

    replicas = packed.ReplicaWords(state)
    starts = [(0, 0, 2, 1), (1, 0, 2, 1), (0, 0, 1, 2), (0, 1, 1, 2)]
    words = []
    for m, (i, j, down, right) in enumerate(starts):
        last = (height - (down == 2), width - (right == 2))
        lattice = packed.ReplicaWords(coins[m])
        words.append(lattice.words[:, i : last[0] : down, j : last[1] : right].ravel())
    words = np.concatenate(words)
    assert len(words) == replicas.coin_words()
    replicas.sweep(words)
    np.testing.assert_array_equal(replicas.read(), expected)

    columns = packed.ColumnWords(state)
    words = []
    for m in range(4):
        lattice = packed.ColumnWords(coins[m]).words
        words.append((lattice[:, m : height - 1 : 2] if m < 2 else lattice).ravel())
    words = np.concatenate(words)
    assert len(words) == columns.coin_words()
    columns.sweep(words)
    np.testing.assert_array_equal(columns.read(), expected)


@pytest.mark.once
def test_coins_have_their_probability():
    rng = np.random.default_rng(1)
    for p in (0.0, 0.25, 0.3, 0.5, 1.0):
        words = packed.random_words(rng, 4000, p)
        share = np.unpackbits(words.view(np.uint8)).mean()
        assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / (64 * 4000)) + 1e-5


@pytest.mark.once
@pytest.mark.parametrize("shape", [(4, 4), (1, 7), (6, 3)])
def test_levels_equal_the_loop(shape):
    cup = info.CoffeeAutomaton(*shape, replicas=3, initial_state=RNG.integers(0, 2, shape))
    edges = info.sequential_edges(cup, 200)
    np.testing.assert_array_equal(
        info.apply_edges(cup.state, edges, "levels"), info.apply_edges(cup.state, edges, "loop")
    )


@pytest.mark.once
def test_the_clock_of_swaps_counts_swaps():
    start = np.zeros((1, 12), int)
    start[0, 5] = 1
    cup = info.CoffeeAutomaton(
        1, 12, initial_state=start, update="sequential", clock="swaps", replicas=50
    )
    cup.step(1)  # a single one moves by exactly one cell for every swap
    places = cup.state[:, 0].argmax(axis=1)
    assert set(places) == {4, 6}
    cup.step(3)
    assert set(cup.state[:, 0].argmax(axis=1) % 2) == {1}


@pytest.mark.once
def test_sequential_edges_are_uniform():
    cup = info.CoffeeAutomaton(3, 4)
    _, counts = np.unique(info.sequential_edges(cup, 17_000)[0], axis=0, return_counts=True)
    assert len(counts) == len(grid_edges(3, 4)) == 17
    assert abs(counts - 1000).max() < 5 * np.sqrt(1000)


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        ({}, 20),
        ({"swap_probability": 0.2}, 20),
        ({"engine": "keras"}, 12),
        ({"update": "sequential"}, 300),
        ({"dynamics": "non_interacting"}, 15),
        ({"dynamics": "non_interacting", "boundary": "torus"}, 15),
        ({"dynamics": "non_interacting", "boundary": "reflect"}, 15),
    ],
    ids=str,
)
def test_the_mean_over_replicas_obeys_the_heat_equation(kind, steps):
    start = np.zeros((6, 7), int)
    start[:3, :4] = 1
    cup = info.CoffeeAutomaton(6, 7, replicas=1500, initial_state=start, seed=5, **kind)
    cup.step(steps)
    counts = cup.counts.astype(float)
    expected = info.exact_density(cup, steps)[0]
    assert expected.sum() == pytest.approx(12)
    error = (counts.mean(axis=0) - expected) / (counts.std(axis=0) / np.sqrt(1500))
    assert abs(error).max() < 4.5


@pytest.mark.once
def test_sequential_density_against_powers_of_the_laplacian():
    cup = info.CoffeeAutomaton(3, 4, update="sequential", initial_state=RNG.integers(0, 2, (3, 4)))
    edges = grid_edges(3, 4)
    step = np.eye(12)
    for a, b in edges:
        step[a, [a, b]] += np.array([-1, 1]) / len(edges)
        step[b, [a, b]] += np.array([1, -1]) / len(edges)
    expected = np.linalg.matrix_power(step, 7) @ cup.initial_state[0].ravel()
    np.testing.assert_allclose(info.exact_density(cup, 7)[0].ravel(), expected, atol=1e-12)


@pytest.mark.once
def test_shuffled_grids_stay_shuffled():
    size = 8
    start = np.zeros((2000, size * size), int)
    start[:, : size * size // 2] = 1
    start = np.random.default_rng(2).permuted(start, axis=1).reshape(-1, size, size)
    cup = info.CoffeeAutomaton(size, replicas=2000, initial_state=start, seed=3)
    cup.step(25)
    spins = cup.state - 0.5
    assert abs(spins.mean(axis=0)).max() < 5 * 0.5 / np.sqrt(2000)
    pairs = spins[:, :, 1:] * spins[:, :, :-1]
    expected = -0.25 / (size * size - 1)
    # Pairs of one grid overlap little; the error of their mean is near that of independent ones.
    assert abs(pairs.mean() - expected) < 5 * 0.25 / np.sqrt(pairs.size)


@pytest.mark.once
def test_mixing_is_complete_after_five_relaxation_times():
    cup = info.CoffeeAutomaton(32, replicas=64, seed=4)
    cup.step(int(5 * 32**2 / np.pi**2))
    assert abs(cup.state[:, :16].mean() - 0.5) < 0.02


@pytest.mark.once
def test_stirring_only_moves_cells():
    cup = info.CoffeeAutomaton(6, 9, dynamics="stirred", replicas=2)
    cells = np.arange(2 * 54).reshape(2, 6, 9)
    moved = cup.stir(cells)
    for before, after in zip(cells, moved, strict=True):
        assert set(after.ravel()) == set(before.ravel())
    cup.reset()
    rows, columns = cup.shifts()
    back = moved.copy()
    for k in range(2):
        for j in range(9):
            back[k, :, j] = np.roll(back[k, :, j], -columns[k, j])
        for i in range(6):
            back[k, i] = np.roll(back[k, i], -rows[k, i])
    np.testing.assert_array_equal(back, cells)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_seeds_decide_and_replicas_differ(kind):
    cups = [info.CoffeeAutomaton(8, replicas=2, seed=s, **kind) for s in (1, 1, 2)]
    for cup in cups:
        cup.step(20)
    np.testing.assert_array_equal(cups[0].state, cups[1].state)
    assert (cups[0].state != cups[2].state).any()
    assert (cups[0].state[0] != cups[0].state[1]).any()
    cups[0].reset()
    assert cups[0].time == 0
    cups[0].step(20)
    np.testing.assert_array_equal(cups[0].state, cups[1].state)
    again = info.CoffeeAutomaton(**cups[2].get_config())
    again.step(20)
    np.testing.assert_array_equal(again.state, cups[2].state)


@pytest.mark.once
def test_no_step_is_no_step():
    cup = info.CoffeeAutomaton(5)
    cup.step(0)
    assert cup.time == 0 and cup.state[0, :2].all() and not cup.state[0, 2:].any()


@pytest.mark.once
def test_curves_and_scaling():
    curve = info.complexity_curve(info.CoffeeAutomaton(32, replicas=2), [0, 5, 50], grain=4)
    assert curve["entropy"].shape == (3, 2)
    assert (np.diff(curve["entropy"], axis=0) > 0).all()
    assert (np.diff(curve["two_part_total"], axis=0) > 0).all()
    found = info.scaling_experiment([8, 12], info.CoffeeAutomaton, lambda n: [0, n], grain=2)
    assert found["size"].tolist() == [8, 12] and found["time_of_max"].max() <= 12
    states = info.CoffeeAutomaton(8).run([1, 3])
    assert len(states) == 2 and states[0].shape == (1, 8, 8)


@pytest.mark.once
def test_power_law():
    x = np.array([1.0, 2, 4, 8])
    assert info.fit_power_law(x, 5 * x**1.7)[0] == pytest.approx(1.7)
    exponent, r2, error = info.fit_power_law(x, x**2 * np.array([1.1, 0.9, 1.1, 0.9]))
    slope, _ = np.polyfit(np.log(x), np.log(x**2 * np.array([1.1, 0.9, 1.1, 0.9])), 1)
    assert exponent == pytest.approx(slope) and 0.98 < r2 < 1 and error > 0


@pytest.mark.once
@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: info.CoffeeAutomaton(0), "height"),
        (lambda: info.CoffeeAutomaton(4, 2.5), "width"),
        (lambda: info.CoffeeAutomaton(4, replicas=0), "replicas"),
        (lambda: info.CoffeeAutomaton(4, dynamics="boiling"), "dynamics"),
        (lambda: info.CoffeeAutomaton(4, engine="gpu"), "engine"),
        (lambda: info.CoffeeAutomaton(4, engine="keras", update="sequential"), "engine"),
        (lambda: info.CoffeeAutomaton(4, dynamics="stirred", update="sequential"), "update"),
        (lambda: info.CoffeeAutomaton(4, swap_probability=1.5), "swap_probability"),
        (lambda: info.CoffeeAutomaton(4, sweeps_per_stir=-1), "sweeps_per_stir"),
        (lambda: info.CoffeeAutomaton(4, initial_state=np.full((4, 4), 2)), "initial_state"),
        (lambda: info.CoffeeAutomaton(4, initial_state=np.zeros((3, 4))), "initial_state"),
        (lambda: info.CoffeeAutomaton(4).step(-1), "n"),
        (lambda: info.CoffeeAutomaton(4).run([3, 1]), "times"),
        (lambda: info.exact_density(info.CoffeeAutomaton(4), -1), "t"),
        (lambda: info.exact_density(info.CoffeeAutomaton(4, dynamics="stirred"), 1), "automaton"),
        (lambda: info.apply_edges(np.zeros((1, 2, 2)), np.zeros((1, 3))), "edges"),
        (lambda: info.apply_edges(np.zeros((1, 2, 2)), np.zeros((1, 3, 2)), "sideways"), "method"),
        (lambda: info.complexity_curve(info.CoffeeAutomaton(4), [0], grain=9), "grain"),
        (lambda: info.fit_power_law([1, 1], [1, 2]), "x"),
        (lambda: info.fit_power_law([0, 1], [1, 2]), "x"),
    ],
)
def test_bad_arguments_are_named(call, argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        call()
