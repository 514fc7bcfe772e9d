"""Scaling laws: the paper's numbers, numeric minima, and laws recovered from their own points."""

import numpy as np
import pytest
from scipy import optimize

from keras_readinglist import information as info
from keras_readinglist.information.scaling import PF_DAY

pytestmark = pytest.mark.once

KAPLAN = info.KaplanLaw()
LAWS = [info.ChinchillaLaw.hoffmann(), info.ChinchillaLaw.besiroglu()]
SIZES = np.array([1e3, 4e3, 2e4, 1e5, 4e5])


def test_counts_of_known_models():
    assert info.non_embedding_params(48, 1600) == 12 * 48 * 1600**2
    assert info.non_embedding_params(2, 8, d_ff=10, d_attn=6) == 2 * (3 * 8 * 6 + 6 * 8 + 2 * 80)
    bare = info.forward_flops_per_token(2, 8, n_ctx=16)
    assert bare == 2 * 12 * 2 * 64 + 2 * 2 * 16 * 8
    assert info.forward_flops_per_token(2, 8, 16, n_vocab=30) - bare == 4 * 8 + 2 * 8 * 30


def test_laws_at_unit_loss_and_their_inverses():
    for law in (KAPLAN.n, KAPLAN.d, KAPLAN.c, KAPLAN.c_min):
        assert law.loss(law.scale) == 1
        assert law.inverse(law.loss(123.0)) == pytest.approx(123.0)


def test_joint_law_without_limits_is_the_law_of_its_own_constants():
    n, d = KAPLAN.nd
    assert KAPLAN.loss_nd(1e6, np.inf) == pytest.approx(n.loss(1e6))
    assert KAPLAN.loss_nd(1e40, 1e8) == pytest.approx(d.loss(1e8))


def test_data_against_overfitting():
    assert KAPLAN.overfit(1e8, KAPLAN.min_data(1e8, 0.03)) == pytest.approx(0.03)
    assert KAPLAN.overfit(1e8, 1e30) == pytest.approx(0, abs=1e-12)
    # The paper's rules: D = 5e3 N^0.74, and eight times the size wants five times the data.
    assert KAPLAN.min_data(1e8) == pytest.approx(5e3 * 1e8**0.74, rel=0.1)
    assert KAPLAN.min_data(8e8) / KAPLAN.min_data(1e8) == pytest.approx(4.66, rel=0.01)
    assert KAPLAN.early_stop_steps(1e8, 1e9) < KAPLAN.early_stop_steps(1e8, 1e10)


def test_steps_and_examples_lie_on_a_hyperbola():
    loss, steps, batch = 3.0, 1e4, 3e5
    least_steps = KAPLAN.min_steps(steps, batch, loss)
    least_examples = KAPLAN.min_compute(steps * batch, batch, loss)
    assert (steps / least_steps - 1) * (steps * batch / least_examples - 1) == pytest.approx(1)
    assert least_examples / least_steps == pytest.approx(KAPLAN.critical_batch_size(loss))


def test_printed_allocation_and_where_the_laws_contradict():
    assert KAPLAN.compute_exponent == pytest.approx(0.0520, abs=5e-5)
    best = KAPLAN.optimal_allocation(1.0)
    assert (best.params, best.batch_tokens, best.steps) == (1.3e9, 2.0e6, 5.4e3)
    plain = KAPLAN.optimal_allocation(2.0, adjusted=False)
    spent = info.training_flops(plain.params, plain.tokens)
    assert spent == pytest.approx(2 * PF_DAY)
    pf_days, best = KAPLAN.contradiction_point()
    assert KAPLAN.loss_c(pf_days) == pytest.approx(KAPLAN.loss_d(best.tokens))
    assert 0.5e4 < pf_days < 2e4 and 0.5e12 < best.params < 2e12


@pytest.mark.parametrize("law", LAWS)
def test_allocation_is_the_numeric_minimum(law):
    flops = 5.76e23
    found = optimize.minimize_scalar(
        lambda x: law.isoflop(flops, np.exp(x)), bounds=(15, 35), options={"xatol": 1e-9}
    )
    best = law.optimal_allocation(flops)
    assert law.isoflop(flops, best.params) == pytest.approx(found.fun, rel=1e-12)
    assert best.params == pytest.approx(np.exp(found.x), rel=1e-4)
    assert 3e10 < best.params < 8e10


def test_exact_power_law_is_found_in_any_unit():
    fit = info.fit_scaling_law(SIZES, info.PowerLaw(0.1, 1e9).loss(SIZES))
    assert fit.law.exponent == pytest.approx(0.1, abs=1e-8)
    assert fit.law.scale == pytest.approx(1e9, rel=1e-6)
    assert fit.r_squared == pytest.approx(1) and np.abs(fit.residuals).max() < 1e-8
    other = info.fit_scaling_law(1000 * SIZES, info.PowerLaw(0.1, 1e9).loss(SIZES))
    assert other.law.scale == pytest.approx(1e12, rel=1e-6)


def test_interval_covers_the_truth_as_often_as_it_says():
    rng, law = np.random.default_rng(0), info.PowerLaw(0.1, 1e9)
    hits = 0
    for _ in range(200):
        noisy = law.loss(SIZES) * np.exp(rng.normal(0, 0.01, len(SIZES)))
        low, high = info.fit_scaling_law(SIZES, noisy).interval
        hits += low < 0.1 < high
    assert 180 <= hits <= 198


@pytest.mark.parametrize("truth", LAWS)
def test_chinchilla_is_recovered_through_noise(truth):
    n, d = (v.ravel() for v in np.meshgrid(np.logspace(7, 10, 6), np.logspace(9, 12, 6)))
    noise = np.exp(np.random.default_rng(1).normal(0, 1e-3, n.shape))
    law = info.fit_chinchilla(n, d, truth.loss(n, d) * noise)
    assert law.alpha == pytest.approx(truth.alpha, rel=0.05)
    assert law.beta == pytest.approx(truth.beta, rel=0.05)


@pytest.mark.parametrize("name", ["nd", "ns"])
def test_joint_laws_are_recovered_through_noise(name):
    other = np.logspace(7, 10, 6) if name == "nd" else np.logspace(3.5, 6, 6)
    n, x = (v.ravel() for v in np.meshgrid(np.logspace(5, 9, 6), other))
    noise = np.exp(np.random.default_rng(2).normal(0, 2e-3, n.shape))
    found = getattr(info, f"fit_loss_{name}")(n, x, getattr(KAPLAN, f"loss_{name}")(n, x) * noise)
    for law, truth in zip(found, getattr(KAPLAN, name), strict=True):
        assert law.exponent == pytest.approx(truth.exponent, rel=0.05)


def test_frontier_is_the_lower_hull():
    rng = np.random.default_rng(3)
    x, y = np.exp(rng.uniform(0, 3, 60)), np.exp(rng.uniform(0, 1, 60))
    kept = info.compute_frontier(x, y)
    assert np.all(np.diff(x[kept]) > 0) and np.all(np.diff(y[kept]) < 0)
    below = np.interp(np.log(x), np.log(x[kept]), np.log(y[kept]))
    assert np.all(np.log(y) >= below - 1e-12)


def test_isoflop_minimum_of_a_law():
    law, flops = LAWS[0], 1e21
    best = law.optimal_allocation(flops).params
    sizes = best * np.array([0.8, 0.9, 1.0, 1.1, 1.25])
    assert info.isoflop_minimum(sizes, law.isoflop(flops, sizes)) == pytest.approx(best, rel=0.02)


def test_noise_scale_of_known_gradients():
    signal, noise = 2.0, 30.0
    norms = [signal + noise / batch for batch in (4, 64)]
    assert info.simple_noise_scale(*norms, 4, 64) == pytest.approx(noise / signal)
    assert info.simple_noise_scale(16.0, 1.0, 1, 16) == float("inf")


def test_critical_batch_is_recovered_through_noise():
    batch = np.geomspace(1e3, 1e6, 12)
    noise = np.exp(0.01 * np.random.default_rng(0).standard_normal(12))
    steps = 700 * (1 + 4e4 / batch) * noise
    found = info.fit_critical_batch(steps, steps * batch)
    np.testing.assert_allclose(found, (700, 700 * 4e4, 4e4), rtol=0.05)


@pytest.mark.parametrize(
    "call, named",
    [
        (lambda: info.fit_scaling_law([1, 2], [3, 2]), "at least 3"),
        (lambda: info.fit_scaling_law([1, 1, 1], [3, 2, 1]), "Received: 1"),
        (lambda: info.fit_scaling_law([1, 2, -3], [3, 2, 1]), "`x` must be positive"),
        (lambda: info.fit_scaling_law([1, 2, 3], [3, float("nan"), 1]), "`loss` must be positive"),
        (lambda: info.fit_scaling_law([1, 2, 3], [1, 2, 3]), "must fall"),
        (lambda: info.fit_scaling_law([1, 2, 3], [3, 2]), "one length"),
        (lambda: info.fit_scaling_law([1, 2, 3], [3, 2, 1], confidence=1), "`confidence`"),
        (lambda: info.fit_chinchilla([1] * 4, [1, 2, 3, 4], [4, 3, 2, 1]), "at least 5"),
        (lambda: info.isoflop_minimum([1, 2, 3], [1, 2, 1]), "minimum"),
        (lambda: info.fit_critical_batch([1, 2], [3, 6]), "`batch`.* at least 2 different"),
        (lambda: info.simple_noise_scale(2, 1, 4, 4), "`small_batch`"),
        (lambda: info.non_embedding_params(0, 4), "`n_layer`"),
        (lambda: info.PowerLaw(0, 1), "`exponent`"),
        (lambda: info.ChinchillaLaw(1, 1, 1, -1, 1), "`alpha`"),
    ],
)
def test_impossible_input_is_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()
