"""What all applications promise alike: precision, presets of whole numbers, batches of any size."""

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
compiles = pytest.mark.thorough if keras.config.backend() != "torch" else lambda test: test


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


def test_every_application_has_a_case():
    named = {name: getattr(applications, name) for name in applications.__all__}
    public = {n for n, x in named.items() if isinstance(x, type) and issubclass(x, keras.Model)}
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
    if not case.double:
        pytest.skip("made of layers that round float64")
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
                slopes = (near - back) / 2e-8, (far - behind) / 2e-6
                size = max(1, np.abs(near).max())
                np.testing.assert_allclose(*slopes, atol=1e-3 * size, rtol=1e-3, err_msg=name)


@compiles
@every
def test_whole_numbers_survive_a_preset(case, tmp_path):
    model = case.make()
    if not hasattr(model, "save_to_preset"):
        pytest.skip("the trainer is no preset")
    before = model.predict_on_batch(case.inputs)
    model.save_to_preset(tmp_path / "float")
    model = type(model).from_preset(tmp_path / "float")
    model.quantize("int8")
    after = model.predict_on_batch(case.inputs)
    np.testing.assert_allclose(after, before, atol=0.05 * np.abs(before).max())
    model.save_to_preset(tmp_path / "int8")
    loaded = type(model).from_preset(tmp_path / "int8")
    np.testing.assert_array_equal(loaded.predict_on_batch(case.inputs), after)
    assert [v.dtype for v in loaded.weights] == [v.dtype for v in model.weights]
    assert_works(case, loaded)


@compiles
@every
@pytest.mark.parametrize("rows", [0, 1])
def test_batches_of_none_and_one(case, rows):
    if not case.rows:
        pytest.skip("the number of rows is fixed")
    model = case.make()
    few = keras.tree.map_structure(lambda x: x[:rows], case.inputs)
    tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, few)
    alone = keras.ops.convert_to_numpy(model(tensors))
    whole = model.predict_on_batch(case.inputs)
    assert alone.shape == (rows, *whole.shape[1:])
    np.testing.assert_allclose(alone, whole[:rows], atol=1e-4, rtol=1e-4)
    for name, job in case.jobs.items():
        outputs = keras.tree.flatten(job(model, few))
        assert all(np.isfinite(x).all() for x in floats(outputs)), name


@compiles
@every
def test_inside_a_functional_model_and_a_file(case, tmp_path):
    if not case.rows:
        pytest.skip("the number of rows is fixed, and the state goes on")
    model = case.make()
    symbols = keras.tree.map_structure(
        lambda x: keras.Input(x.shape[1:], dtype=x.dtype), case.inputs
    )
    outer = keras.Model(symbols, model(symbols))
    expected = model.predict_on_batch(case.inputs)
    np.testing.assert_allclose(outer.predict_on_batch(case.inputs), expected, atol=1e-5)
    outer.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict_on_batch(case.inputs), expected, atol=1e-5)


@every
def test_frozen_stays_frozen(case, tmp_path):
    for freeze in ("argument", "attribute"):
        model = case.make(trainable=freeze == "attribute")
        model.trainable = False
        assert not model.trainable_variables
        if freeze == "argument":
            model.save(tmp_path / "model.keras")
            loaded = keras.saving.load_model(tmp_path / "model.keras")
            assert not loaded.trainable_variables
            loaded.trainable = True
            assert loaded.trainable_variables
