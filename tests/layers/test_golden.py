"""Outputs of every layer that were once computed: a change of meaning does not stay unseen.

`python -m tests.layers.test_golden` writes the files anew, for a change that is meant.
"""

import json
import pathlib

import keras
import numpy as np
from keras import ops

from tests.layers.cases import CASES, every_case

FOLDER = pathlib.Path(__file__).parent / "golden"


def numbers(layer_class, kwargs, inputs, mask):
    """Return some numbers that depend on all outputs of a layer with fixed weights and inputs."""
    layer = layer_class(**kwargs)
    given = inputs if isinstance(inputs, dict) else {None: inputs}
    rng = np.random.default_rng(0)
    given = {
        name: x if x.dtype.kind == "i" else rng.standard_normal(x.shape).astype("float32")
        for name, x in given.items()
    }
    first = given.pop(None, None)
    arguments = () if first is None else (first,)
    extra = {} if mask is None else {"mask": mask}
    symbols = keras.tree.map_structure(
        lambda x: keras.KerasTensor(x.shape, x.dtype.name), (arguments, given)
    )
    layer(*symbols[0], **symbols[1])  # builds it
    layer.set_weights([rng.standard_normal(w.shape) / 2 for w in layer.get_weights()])
    outputs = keras.tree.flatten(layer(*arguments, **given, **extra))
    flat = np.concatenate([np.ravel(ops.convert_to_numpy(o)) for o in outputs]).astype("float64")
    return [float(flat @ np.cos(k * np.arange(flat.size)) / flat.size) for k in range(4)]


@every_case
def test_golden(layer_class, kwargs, inputs, mask, number):
    known = json.loads((FOLDER / f"{layer_class.__name__}.json").read_text())
    got = numbers(layer_class, kwargs, inputs, mask)
    np.testing.assert_allclose(got, known[number], atol=2e-6, rtol=2e-5)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    written = {}
    for layer_class, kwargs, inputs, mask, _ in CASES:
        found = [round(x, 7) for x in numbers(layer_class, kwargs, inputs, mask)]
        written.setdefault(layer_class.__name__, []).append(found)
    for name, rows in written.items():
        lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
        (FOLDER / f"{name}.json").write_text(f"[\n{lines}\n]\n")
