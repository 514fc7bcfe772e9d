"""The Transformer in NumPy is the Transformer, with any of its options."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.applications import Transformer
from keras_readinglist.applications.translation.walkthrough import walk_through

OPTIONS = [
    {},
    {"norm_first": True, "tied": False, "target_vocab_size": 11},
    {"positions": "learned"},
    {"positions": "none"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options) or "plain")
def test_the_walk_is_the_model(options):
    keras.utils.set_random_seed(0)
    options = {"num_layers": 1, "d_model": 6, "d_ff": 10, "num_heads": 2, **options}
    model, rng = Transformer(9, **options), np.random.default_rng(0)
    for weight in model.weights:  # so that no gain is 1 and no bias 0
        noise = rng.normal(0, 0.3, weight.shape).astype("float32")
        weight.assign(ops.convert_to_numpy(weight) + noise)
    source, target = np.array([[5, 3, 2, 0, 0]]), np.array([[1, 4, 6]])
    walk = walk_through(model, source[0], target[0])
    logits = ops.convert_to_numpy(model({"source": source, "target": target}))
    np.testing.assert_allclose(walk.logits, logits[0], atol=1e-4)
    maps = model.attention_maps(source, target)
    for name in ("encoder", "decoder", "cross"):
        weights = np.stack([found.weights for found in getattr(walk, name)])
        np.testing.assert_allclose(weights, ops.convert_to_numpy(maps[name])[0], atol=1e-5)
    assert (walk.encoder[0].weights[..., 3:] == 0).all()
    assert (np.triu(walk.decoder[0].weights, 1) == 0).all()
