"""Every application does its job in every precision, on the running backend."""

import contextlib

import keras
import numpy as np
import pytest

from keras_readinglist import applications
from tests.applications.case import all_cases

CASES = all_cases()
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
every = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
# Compiling all programs of all applications in all precisions takes minutes; torch compiles none.
compiles = pytest.mark.slow if keras.config.backend() != "torch" else lambda test: test


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


def test_every_application_has_a_case():
    public = {n for n in applications.__all__ if issubclass(getattr(applications, n), keras.Model)}
    assert public == {name.partition("-")[0] for name in CASES}


@contextlib.contextmanager
def double(floatx="float64"):
    """Let JAX know float64, and make it what Keras creates by itself."""
    before = keras.config.floatx()
    keras.config.set_floatx(floatx)
    try:
        if keras.config.backend() == "jax":
            import jax

            with jax.enable_x64(True):
                yield
        else:
            yield
    finally:
        keras.config.set_floatx(before)


def trained(case, **kwargs):
    """Return a model after one step of training."""
    model = case.make(**kwargs)
    model.compile(keras.optimizers.SGD(0.1), loss=case.loss or LOSS)
    assert np.isfinite(model.train_on_batch(case.inputs, case.targets))
    return model


def floats(outputs):
    arrays = [np.asarray(x) for x in keras.tree.flatten(outputs)]
    return [x.astype(max(x.dtype, "f4")) for x in arrays if x.dtype.kind not in "iubU"]


def assert_works(case, model):
    for name, job in case.jobs.items():
        for array in floats(job(model, case.inputs)):
            assert np.isfinite(array).all(), name


@compiles
@every
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(case, policy):
    assert_works(case, trained(case, dtype=policy))


@compiles
@every
def test_float32_among_float64(case):
    """As when `floatx` is set, or JAX's switch is on, after a model was made."""
    with double():
        assert_works(case, trained(case, dtype="float32"))


@compiles
@every
def test_float64_stays_float64(case):
    """What is rounded to float32 on the way has no slope over a step of 1e-8."""
    rng = np.random.default_rng(0)
    with double("float32"):
        model = trained(case, dtype="float64")
        assert {v.dtype for v in model.trainable_variables} == {"float64"}
        weights = model.get_weights()
        along = [rng.standard_normal(w.shape) * 0.1 for w in weights]
        shifts = keras.tree.map_structure(lambda x: rng.standard_normal(x.shape), case.inputs)
        predict = {"predict": lambda model, x: model.predict_on_batch(x)}
        for name, job in {**predict, **case.jobs}.items():
            values = []
            for step in (1e-8, -1e-8, 1e-6, -1e-6):
                model.set_weights([w + step * a for w, a in zip(weights, along, strict=True)])
                moved = keras.tree.map_structure(
                    lambda x, s, by=step: x + by * s if x.dtype.kind == "f" else x,
                    case.inputs,
                    shifts,
                )
                values.append(floats(job(model, moved)))
            for near, back, far, behind in zip(*values, strict=True):
                np.testing.assert_allclose(
                    (near - back) / 2e-8, (far - behind) / 2e-6, atol=1e-4, rtol=1e-4, err_msg=name
                )
