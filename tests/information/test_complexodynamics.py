"""Sophistication, info.complextropy and light cones: small at both ends, large in between."""

import numpy as np
import pytest

from keras_readinglist import information as info

pytestmark = pytest.mark.once

NOISE = np.random.default_rng(0).integers(0, 2, (64, 64))
HALVES = np.repeat([[1], [0]], 32, axis=0).repeat(64, axis=1)


@pytest.fixture(scope="module")
def tendrils():
    cup = info.CoffeeAutomaton(64, dynamics="stirred", seed=1)
    cup.step(6)
    return cup.state[0]


def test_profile_is_decreasing_and_convex_and_contains_the_shortest_code(tendrils):
    profile = info.sophistication_profile(tendrils)
    assert (np.diff(profile[:, 0]) > 0).all()
    slopes = np.diff(profile[:, 1]) / np.diff(profile[:, 0])
    assert (slopes < 0).all()
    assert (np.diff(slopes) > 0).all()
    code = info.two_part_image_code(tendrils)
    assert profile.sum(axis=1).min() == pytest.approx(code.total_bits, abs=1e-4)


def test_profile_of_noise_falls_one_bit_a_bit_or_slower():
    profile = info.sophistication_profile(NOISE)
    assert profile[0].sum() == profile.sum(axis=1).min()


def test_coarse_sophistication_against_all_corners(tendrils):
    profile = info.sophistication_profile(tendrils)
    totals = profile.sum(axis=1)
    expected = (profile[:, 0] + totals - totals.min()).min()
    assert info.coarse_sophistication(tendrils) == pytest.approx(expected, abs=1e-4)
    slack = 300.0
    expected = (profile[:, 0] + np.maximum(totals - totals.min(), slack)).min()
    assert info.coarse_sophistication(tendrils, c=slack) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("measure", [info.coarse_sophistication, info.complextropy])
def test_order_and_noise_are_simple_and_tendrils_are_not(measure, tendrils):
    assert measure(tendrils) > 2 * measure(HALVES)
    assert measure(tendrils) > 2 * measure(NOISE)


def test_multiscale_complexity_of_noise_falls_with_the_scale():
    bits = info.multiscale_complexity(NOISE)
    assert bits.shape == (7,)
    assert (np.diff(bits) < 0).all()
    assert info.multiscale_complexity(NOISE, [3]) == bits[3]


def test_complextropy_grows_when_less_slack_is_allowed(tendrils):
    bits = [info.complextropy(tendrils, c=c) for c in (0, 100, 1000, 10_000)]
    assert bits == sorted(bits, reverse=True)


def test_light_cones_against_counting():
    history = np.random.default_rng(3).integers(0, 2, (4, 5, 4))
    history[1:, :, 1] = history[:-1, :, 1]
    past, future = [], []
    for t in range(1, 3):
        for r in range(1, 4):
            for c in range(1, 3):
                ring = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
                before = tuple(history[t - 1, r + a, c + b] for a, b in ring)
                past.append((*before, history[t, r, c]))
                future.append(tuple(history[t + 1, r + a, c + b] for a, b in ring))

    def entropy(items):
        _, counts = np.unique([str(i) for i in items], return_counts=True)
        p = counts / counts.sum()
        return -(p * np.log2(p)).sum()

    expected = entropy(past) + entropy(future) - entropy(list(zip(past, future, strict=True)))
    assert info.light_cone_complexity(history) == pytest.approx(expected)


def test_light_cones_see_a_rule_and_not_noise():
    noise = np.random.default_rng(0).integers(0, 2, (40, 24, 24))
    kept = np.repeat(noise[:1], 40, axis=0)
    assert info.light_cone_complexity(kept) > info.light_cone_complexity(noise) + 2


def test_run_along_stirring_rises_and_falls():
    run = info.complexodynamics_run(
        info.CoffeeAutomaton(64, dynamics="stirred", replicas=2), [0, 6, 40]
    )
    assert run["sophistication"].shape == (3, 2)
    model = run["sophistication"].mean(axis=1)
    assert model[1] > 5 * model[0] and model[1] > 5 * model[2]
    assert (np.diff(run["entropy"].mean(axis=1)) > 0).all()
    coarse = run["coarse_sophistication"].mean(axis=1)
    assert coarse[1] > 5 * coarse[2]


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: info.coarse_sophistication(NOISE, c=-1), "c"),
        (lambda: info.complextropy(NOISE, c=-1), "c"),
        (lambda: info.complextropy(NOISE + 1), "image"),
        (lambda: info.multiscale_complexity(NOISE, [9]), "scales"),
        (lambda: info.light_cone_complexity(NOISE[None]), "history"),
        (lambda: info.light_cone_complexity(NOISE, depth=3), "depth"),
        (lambda: info.light_cone_complexity(np.full((4, 8, 8), 0.7)), "history"),
        (lambda: info.light_cone_complexity(np.full((4, 8, 8), "a")), "history"),
        (lambda: info.complexodynamics_run(info.CoffeeAutomaton(8), [4, 2]), "times"),
        (lambda: info.two_part_image_code(NOISE, model_weight=0), "model_weight"),
    ],
)
def test_bad_arguments_are_named(call, argument):
    with pytest.raises(ValueError, match=f"`{argument}`"):
        call()
