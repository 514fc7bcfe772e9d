"""The Annotated Transformer: its arithmetic, and what its code does otherwise than its text."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_readinglist.datasets import copied_symbols
from keras_readinglist.gradients import Differentiable
from keras_readinglist.losses import LabelSmoothedCrossEntropy
from keras_readinglist.recipes.annotated_transformer import (
    RECIPE,
    build,
    find_least,
    smoothing_curve,
)

SMALL = {
    "d_model": 8,
    "d_ff": 12,
    "num_heads": 2,
    "num_symbols": 4,
    "dropout": 0.0,
    "num_layers": 1,
}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    made, rng = build({**RECIPE.config("copy", "reduced", 0), **SMALL}), np.random.default_rng(0)
    for weight in made.weights:  # so that no gain is 1 and no bias 0
        noise = rng.normal(0, 0.3, weight.shape)
        weight.assign(ops.convert_to_numpy(weight) + noise.astype("float32"))
    return made


def notebook_logits(model, source, target, unbiased):
    """Return the logits of the notebook's `EncoderDecoder` with a model's weights, in NumPy."""

    def value(tensor):
        return ops.convert_to_numpy(tensor).astype("float64")

    def norm(layer, x):
        centred = x - x.mean(-1, keepdims=True)
        if unbiased:  # the notebook: `a * (x - mean) / (std + eps) + b`, std by d - 1
            scaled = centred / (x.std(-1, ddof=1, keepdims=True) + 1e-6)
        else:
            scaled = centred / np.sqrt(x.var(-1, keepdims=True) + 1e-6)
        return value(layer.gamma) * scaled + value(layer.beta)

    def attention(layer, query, memory, mask):
        q, k, v = (
            x @ value(getattr(layer, f"{name}_kernel")) + value(getattr(layer, f"{name}_bias"))
            for name, x in (("query", query), ("key", memory), ("value", memory))
        )
        read = np.zeros_like(q)
        for head in np.split(np.arange(q.shape[-1]), layer.num_heads):
            scores = q[..., head] @ np.swapaxes(k[..., head], 1, 2) / np.sqrt(len(head))
            weights = np.exp(np.where(mask, scores, -1e9))
            read[..., head] = weights / weights.sum(-1, keepdims=True) @ v[..., head]
        return read @ value(layer.output_kernel) + value(layer.output_bias)

    def feed_forward(layer, x):
        hidden = np.maximum(x @ value(layer.hidden_kernel) + value(layer.hidden_bias), 0)
        return hidden @ value(layer.output_kernel) + value(layer.output_bias)

    def embed(layer, ids):
        width = layer.dim
        angles = np.arange(ids.shape[1])[:, None] / 10_000 ** (np.arange(0, width, 2) / width)
        waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(-1, width)
        return value(layer.embeddings)[ids] * np.sqrt(width) + waves

    seen = (source != 0)[:, None]
    past = (target != 0)[:, None] & np.tri(target.shape[1], dtype=bool)
    x = embed(model.embedding, source)
    for block in model.encoder:
        y = norm(block.norms[0], x)
        x = x + attention(block.self_attention, y, y, seen)
        x = x + feed_forward(block.feed_forward, norm(block.norms[1], x))
    memory = norm(model.last_norms[0], x)
    x = embed(model.target_embedding, target)
    for block in model.decoder:
        y = norm(block.norms[0], x)
        x = x + attention(block.self_attention, y, y, past)
        x = x + attention(block.cross_attention, norm(block.norms[1], x), memory, seen)
        x = x + feed_forward(block.feed_forward, norm(block.norms[2], x))
    x = norm(model.last_norms[1], x)
    return x @ value(model.generator_kernel) + value(model.generator_bias)


def normalizations(model):
    blocks = [norm for block in (*model.encoder, *model.decoder) for norm in block.norms]
    return [*blocks, *model.last_norms]


def test_ours_is_the_notebooks_model_but_for_the_deviation_in_its_norm(model):
    inputs, labels, _ = copied_symbols(3, (2, 5), num_symbols=4, rng=0)
    source, target, real = inputs["source"], inputs["target"], labels != 0
    ours = ops.convert_to_numpy(model(inputs))
    assert np.abs(ours - notebook_logits(model, source, target, unbiased=False))[real].max() < 1e-4
    theirs = notebook_logits(model, source, target, unbiased=True)
    assert np.abs(ours - theirs)[real].max() > 1e-2
    # The notebook divides by d - 1: that is ours with gains smaller by sqrt((d - 1) / d).
    kept, ratio = model.get_weights(), np.sqrt(7 / 8)
    for norm in normalizations(model):
        norm.gamma.assign(norm.gamma * ratio)
    scaled = ops.convert_to_numpy(model(inputs))
    model.set_weights(kept)
    assert np.abs(scaled - theirs)[real].max() < 1e-4


def test_a_model_without_dropout_drops_nothing():
    config = {**RECIPE.config("copy", "reduced", 0), **SMALL}
    inputs = copied_symbols(2, 5, num_symbols=4, rng=0)[0]
    for rate in (0.0, 0.1):
        made = build({**config, "dropout": rate})
        attention = [block.self_attention.dropout for block in (*made.encoder, *made.decoder)]
        assert {*attention, *(block.cross_attention.dropout for block in made.decoder)} == {rate}
        runs = [ops.convert_to_numpy(made(inputs, training=True)) for _ in range(2)]
        assert (runs[0] == runs[1]).all() == (rate == 0)


def test_the_targets_of_label_smoothing():
    loss = LabelSmoothedCrossEntropy(0.4, 0, exclude_ignored=True, reduction="sum")
    labels = np.array([2, 1, 0, 3, 3])
    identity = keras.layers.Identity()
    identity.build((None, 5))
    logits = np.random.default_rng(0).normal(size=(5, 5)).astype("float32")
    _, (slope,) = Differentiable(identity, lambda x: loss(labels, x)).gradients(logits)
    softmax = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    expected = np.full((5, 5), 0.4 / 3)
    expected[range(5), labels], expected[:, 0] = 0.6, 0.0
    counts = labels != 0
    np.testing.assert_allclose((softmax - slope)[counts], expected[counts], atol=1e-6)
    assert not slope[~counts].any()


def test_too_much_confidence_costs():
    sure, losses = smoothing_curve()
    least = losses.argmin()
    assert abs(sure[least] - 0.9) < 0.01 and abs(losses[least]) < 1e-3
    assert (np.diff(losses[:least]) < 0).all() and (np.diff(losses[least + 1 :]) > 0).all()
    assert find_least({"epsilon": 0.1, "classes": 5}, [])["gap"] < 0.005


def test_accumulated_micro_batches_are_one_batch():
    config = {**RECIPE.config("copy", "reduced", 0), **SMALL}
    parts = [copied_symbols(2, n, num_symbols=4, rng=n) for n in ((1, 5), (2, 5), (5, 5))]
    tokens = sum(weights.sum() for _, _, weights in parts)
    together = keras.tree.map_structure(lambda *arrays: np.concatenate(arrays), *parts)
    keras.utils.set_random_seed(0)
    whole, split = build(config), build(config)
    split.set_weights(whole.get_weights())
    whole.compile(keras.optimizers.SGD(0.1), LabelSmoothedCrossEntropy(0.0))
    whole.train_on_batch(*together)
    # Sums over tokens, of which there are not as many in every part, over those of all parts.
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=len(parts))
    split.compile(optimizer, LabelSmoothedCrossEntropy(0.0, reduction="sum"))
    before = split.get_weights()
    for index, (inputs, labels, weights) in enumerate(parts):
        assert int(optimizer.iterations) == 0
        assert all(map(np.array_equal, before, split.get_weights())), index
        split.train_on_batch(inputs, labels, len(parts) * weights / tokens)
    assert int(optimizer.iterations) == 1
    for one, other in zip(whole.get_weights(), split.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
