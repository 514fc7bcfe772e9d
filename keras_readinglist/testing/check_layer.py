"""One call that checks what every layer of this package promises."""

import inspect
import json
import pathlib
import tempfile

import keras
import numpy as np


def check_layer(
    layer_class,
    init_kwargs,
    inputs,
    call_kwargs=None,
    *,
    masked=None,
    policies=("mixed_bfloat16", "mixed_float16"),
    atol=1e-5,
):
    """Assert that a layer keeps the contract of a Keras layer, on the running backend.

    In this order: it is called; its configuration goes through JSON and gives, with the same
    weights, the same outputs; a symbolic call with unknown batch and time has the declared shape;
    `compute_output_shape` agrees; `predict` equals the eager call; one step of `fit` changes every
    trainable weight; the `.keras` file gives the same outputs; mixed precision is finite and of
    the right type; a batch of one works; masked steps do not matter; two calls agree, and
    `training=True` differs only where there is dropout.

    Args:
        layer_class: The class of the layer, a subclass of `keras.layers.Layer`.
        init_kwargs: Dictionary of its constructor arguments.
        inputs: NumPy array, the single input; or a dictionary of arrays by argument name. The
            first axis is the batch, and the second of arrays of rank 3 or more is time.
        call_kwargs: Dictionary of further, constant arguments of the call.
        masked: Boolean array `(batch, time)` that is `False` at steps that must not matter: it is
            given as `mask`, and all inputs of rank 3 or more are NaN there.
        policies: Mixed-precision policies to try.
        atol: Float, the absolute tolerance of every comparison in float32.

    Raises:
        AssertionError: If the layer breaks the contract; the message says where.

    Example:
        >>> check_layer(keras.layers.Dense, {"units": 3}, np.ones((2, 4), "float32"))
    """
    check = _Check(layer_class, init_kwargs, inputs, call_kwargs or {}, atol)
    check.config_round_trip()
    check.shapes()
    check.functional_model()
    check.batch_of_one()
    check.determinism()
    for policy in policies:
        check.mixed_precision(policy)
    if masked is not None:
        check.mask(masked)


class _Check:
    def __init__(self, layer_class, init_kwargs, inputs, call_kwargs, atol):
        self.layer_class, self.init_kwargs = layer_class, init_kwargs
        self.named = isinstance(inputs, dict)
        self.inputs = inputs if self.named else {"inputs": inputs}
        self.call_kwargs, self.atol = call_kwargs, atol
        self.layer = layer_class(**init_kwargs)
        self.outputs = self._run(self.layer)

    def _call(self, layer, inputs, **kwargs):
        kwargs = {**self.call_kwargs, **kwargs}
        if self.named:
            return layer(**inputs, **kwargs)
        return layer(inputs["inputs"], **kwargs)

    def _run(self, layer, **kwargs):
        return _arrays(self._call(layer, _tensors(self.inputs), **kwargs))

    def _compiled(self, layer, **kwargs):
        """Return a function of inputs that calls a layer, on JAX as one program.

        What was not computed before in these shapes and types is compiled there operation by
        operation, which takes three times as long.
        """
        if keras.config.backend() != "jax":
            return lambda inputs: self._call(layer, _tensors(inputs), **kwargs)
        import jax

        def call(values, inputs):
            with keras.StatelessScope(zip(layer.variables, values, strict=True)):
                return self._call(layer, inputs, **kwargs)

        if not layer.built:
            self._call(layer, {name: _symbol(array, ()) for name, array in self.inputs.items()})
        program, values = jax.jit(call), [variable.value for variable in layer.variables]
        return lambda inputs: program(values, _tensors(inputs))

    def _same(self, outputs, what, expected=None):
        expected = self.outputs if expected is None else expected
        assert len(outputs) == len(expected), f"{what}: another number of outputs"
        for got, want in zip(outputs, expected, strict=True):
            assert got.shape == want.shape, f"{what}: shape {got.shape}, not {want.shape}"
            np.testing.assert_allclose(got, want, atol=self.atol, rtol=1e-4, err_msg=what)

    def config_round_trip(self):
        config = json.loads(json.dumps(self.layer.get_config()))
        missing = set(self.init_kwargs) - set(config) - {"dtype"}
        assert not missing, f"get_config lacks {sorted(missing)}"
        copy = self.layer_class.from_config(config)
        self._run(copy)
        assert len(copy.get_weights()) == len(self.layer.get_weights()), "from_config lost weights"
        copy.set_weights(self.layer.get_weights())
        self._same(self._run(copy), "from_config with the same weights")

    def shapes(self):
        for unknown in ((0,), (0, 1)):
            symbols = {k: _symbol(v, unknown) for k, v in self.inputs.items()}
            symbolic = keras.tree.flatten(self._call(self.layer_class(**self.init_kwargs), symbols))
            for symbol, array in zip(symbolic, self.outputs, strict=True):
                fits = len(symbol.shape) == array.ndim and all(
                    s is None or s == a for s, a in zip(symbol.shape, array.shape, strict=True)
                )
                assert fits, f"symbolic shape {symbol.shape} against {array.shape}"
        shapes = [tuple(v.shape) for v in self.inputs.values()]
        declared = self.layer.compute_output_shape(*shapes)
        declared = [declared] if len(self.outputs) == 1 else list(declared)
        actual = [a.shape for a in self.outputs]
        flat = [tuple(s) for s in _flat_shapes(declared)]
        assert flat == actual, f"compute_output_shape gives {flat}, the call {actual}"

    def functional_model(self):
        symbols = {
            k: keras.Input(v.shape[1:], dtype=v.dtype.name, name=k) for k, v in self.inputs.items()
        }
        layer = self.layer_class(**self.init_kwargs)
        floats = _floats(self._call(layer, symbols))
        model = keras.Model(symbols, floats)
        layer.set_weights(self.layer.get_weights())
        expected = [a for a in self.outputs if a.dtype.kind == "f"]
        self._same(_arrays(model.predict(self.inputs, verbose=0)), "predict", expected)
        self._save_and_load(model, expected)
        self._fit(model, layer, expected)

    def _save_and_load(self, model, expected):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "model.keras"
            model.save(path)
            loaded = keras.saving.load_model(path)
        self._same(_arrays(loaded.predict_on_batch(self.inputs)), "load_model", expected)

    def _fit(self, model, layer, expected):
        before = [np.array(keras.ops.convert_to_numpy(v)) for v in layer.trainable_variables]
        rng = np.random.default_rng(0)
        targets = [rng.standard_normal(a.shape).astype("float32") for a in expected]
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss=["mse"] * len(targets))
        model.fit(self.inputs, targets, epochs=1, batch_size=len(targets[0]), verbose=0)
        for variable, old in zip(layer.trainable_variables, before, strict=True):
            new = keras.ops.convert_to_numpy(variable)
            assert np.isfinite(new).all(), f"fit makes {variable.path} infinite"
            assert (new != old).any(), f"fit does not change {variable.path}: its gradient is dead"

    def batch_of_one(self):
        first = self._compiled(self.layer)({k: v[:1] for k, v in self.inputs.items()})
        self._same(_arrays(first), "a batch of one", [a[:1] for a in self.outputs])

    def determinism(self):
        self._same(self._run(self.layer), "a second call")
        if "training" not in inspect.signature(self.layer_class.call).parameters:
            return
        self._same(self._run(self.layer, training=False), "training=False")
        if any(variable.name.startswith("moving_") for variable in self.layer.variables):
            return  # batches are normalized by their own averages
        trained = self._run(self.layer, training=True)
        drops = any(v for k, v in self.init_kwargs.items() if "dropout" in k or k == "rate")
        equal = all(np.array_equal(a, b) for a, b in zip(trained, self.outputs, strict=True))
        assert equal != drops, f"training=True {'has no effect' if drops else 'matters'}"

    def mixed_precision(self, policy):
        layer = self.layer_class(**{**self.init_kwargs, "dtype": policy})
        outputs = self._compiled(layer)(self.inputs)
        for output in _floats(outputs):
            dtype = keras.backend.standardize_dtype(output.dtype)
            assert dtype in (layer.compute_dtype, "float32"), f"{policy}: output is {dtype}"
            array = keras.ops.convert_to_numpy(keras.ops.cast(output, "float32"))
            assert np.isfinite(array).all(), f"{policy}: output is not finite"
        for variable in layer.variables:
            assert "16" not in keras.backend.standardize_dtype(variable.dtype), variable.path

    def mask(self, mask):
        spoiled = {}
        for name, value in self.inputs.items():
            spoiled[name] = np.array(value)
            if value.ndim >= 3 and value.dtype.kind == "f":
                spoiled[name][~mask] = np.nan
        run = self._compiled(self.layer, mask=keras.ops.convert_to_tensor(mask))
        for got, want in zip(_arrays(run(spoiled)), _arrays(run(self.inputs)), strict=True):
            if want.ndim >= 3 and want.shape[:2] == mask.shape:
                got, want = got[mask], want[mask]
            np.testing.assert_allclose(got, want, atol=self.atol, err_msg="masked steps matter")


def _tensors(inputs):
    return {name: keras.ops.convert_to_tensor(value) for name, value in inputs.items()}


def _arrays(outputs):
    return [np.array(keras.ops.convert_to_numpy(o)) for o in keras.tree.flatten(outputs)]


def _floats(outputs):
    flat = keras.tree.flatten(outputs)
    return [o for o in flat if "float" in keras.backend.standardize_dtype(o.dtype)]


def _symbol(array, unknown):
    axes = [a for a in unknown if a == 0 or array.ndim >= 3]
    shape = [None if axis in axes else size for axis, size in enumerate(array.shape)]
    return keras.KerasTensor(shape, dtype=array.dtype.name)


def _flat_shapes(declared):
    for shape in declared:
        if shape and isinstance(shape[0], (tuple, list)):
            yield from _flat_shapes(shape)
        else:
            yield shape
