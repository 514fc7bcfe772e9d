"""A decoder sees what it may, writes from its cache what it would compute anew, and learns."""

import keras
import numpy as np
import pytest

from keras_readinglist.applications import DecoderLM
from tests.applications.case import Case

IDS = np.array([[1, 4, 2, 0, 3], [5, 5, 1, 2, 6], [0, 3, 3, 4, 1]], "int32")
SIZES = {"num_layers": 2, "d_model": 8, "num_heads": 2, "context": 9}


def decoder(**kwargs):
    return DecoderLM(7, **{**SIZES, **kwargs})


CASES = {
    "DecoderLM": Case(
        decoder,
        IDS,
        np.roll(IDS, -1, axis=1),
        {"generate": lambda model, x: model.generate(x, 3, seed=0)},
    )
}


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


def test_no_token_sees_what_comes_later():
    model, changed = decoder(), IDS.copy()
    changed[:, 3:] = 6
    before, after = model.predict_on_batch(IDS), model.predict_on_batch(changed)
    np.testing.assert_allclose(before[:, :3], after[:, :3], atol=1e-6)
    assert np.abs(before[:, 3:] - after[:, 3:]).max() > 1e-3


def test_writing_from_the_cache_equals_computing_anew():
    model, texts = decoder(), IDS[:, :2]
    # Wide initial values: the choices are clear, and depend on all tokens before.
    model.set_weights([3 * w for w in model.get_weights()])
    written = model.generate(texts, 6, temperature=0)
    padded = np.zeros((len(IDS), 9), "int32")
    padded[:, :2] = texts
    for t in range(2, 8):
        padded[:, t] = model.predict_on_batch(padded)[:, t - 1].argmax(-1)
    np.testing.assert_array_equal(written, padded[:, 2:8])


def test_texts_of_several_lengths_and_numbers_begin_alike():
    model = decoder()
    shorter, longer = (model.generate(IDS[:, :2], length, temperature=0) for length in (3, 5))
    np.testing.assert_array_equal(shorter, longer[:, :3])
    alone = model.generate(IDS[:1, :2], 5, temperature=0)
    np.testing.assert_array_equal(alone, longer[:1])


def test_a_seed_gives_one_text():
    model = decoder()
    first, again, other = (model.generate(IDS, 4, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_parameters_are_those_that_the_laws_count():
    model = decoder(d_ff=10)
    kernels = [w for b in model.blocks for w in b.weights if len(w.shape) == 2]
    assert model.non_embedding_params == sum(np.prod(w.shape) for w in kernels)


@pytest.mark.parametrize("params", [3e3, 1e5])
def test_a_model_of_a_wanted_size(params):
    model = DecoderLM.from_params(7, params, aspect_ratio=16)
    assert model.non_embedding_params == pytest.approx(params, rel=0.25)


def test_a_rule_is_learned():
    """The next token is the one before the last, which no single token tells."""
    x = np.tile(np.random.default_rng(0).integers(7, size=(64, 2)), (1, 4)).astype("int32")
    model = decoder(d_model=16)
    model.compile(
        keras.optimizers.Adam(0.02), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    losses = [float(model.train_on_batch(x, np.roll(x, -1, axis=1))) for _ in range(30)]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize(
    "call, named",
    [
        (lambda: decoder(num_heads=3), "`num_heads`"),
        (lambda: decoder()(np.zeros((1, 10), "int32")), "`inputs` must have at most"),
        (lambda: decoder()(np.zeros(3, "int32")), "`inputs` must have the shape"),
        (lambda: decoder()(np.array([[7]])), "`inputs` must be integers"),
        (lambda: decoder().generate(IDS, 5), "`prompts` and `length` must have at most"),
        (lambda: decoder().generate(IDS[:, :0], 2), "`prompts` must have the shape"),
        (lambda: decoder().generate(IDS, 2, temperature=-1), "`temperature`"),
        (lambda: DecoderLM.from_params(7, 0), "`params`"),
    ],
)
def test_impossible_input_is_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()
