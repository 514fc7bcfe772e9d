"""Relation networks answer about scenes, see an image once, and tell whom they listened to."""

import keras
import numpy as np
import pytest

from keras_readinglist.applications import CNNMLPBaseline, MLPBaseline, RelationNetworkVQA
from keras_readinglist.datasets import sort_of_clevr
from tests.applications.case import Case

SCENES = sort_of_clevr(6, rng=0, questions_per_type=2)
IMAGES, OBJECTS, QUESTIONS = SCENES.images[:, ::4, ::4], SCENES.objects, SCENES.questions
SHAPE = (19, 19, 3)
RNG = np.random.default_rng(0)
TOKENS = RNG.integers(1, 9, (6, 3, 5))
SMALL = {"g_units": (8, 6), "f_units": (5,), "f_dropout": 0.0}
PIXELS = {"question_dim": 11, "filters": (3, 6)}
MODELS = {
    "pixels": (lambda: RelationNetworkVQA(SHAPE, 10, **PIXELS, **SMALL), IMAGES),
    "state": (
        lambda: RelationNetworkVQA((None, 10), 10, question_dim=11, variant="state", **SMALL),
        OBJECTS,
    ),
    "cnn": (lambda: CNNMLPBaseline(SHAPE, 10, units=(8, 6), **PIXELS), IMAGES),
    "mlp": (lambda: MLPBaseline((6, 10), 10, units=(8, 6), question_dim=11), OBJECTS),
}
models = pytest.mark.parametrize("make, scenes", MODELS.values(), ids=MODELS.keys())


SEEN = {"scenes": IMAGES.astype("float64"), "questions": QUESTIONS}
DESCRIBED = {"scenes": OBJECTS, "questions": QUESTIONS}
TOLD = {"scenes": OBJECTS, "questions": TOKENS}
ANSWERS = {"answer": lambda model, x: model.answer(x["scenes"], x["questions"])}
RELATIONS = {**ANSWERS, "relations": lambda model, x: model.relations(x["scenes"], x["questions"])}
CASES = {
    "RelationNetworkVQA": Case(
        lambda **kw: RelationNetworkVQA(SHAPE, 10, **PIXELS, **SMALL, **kw),
        SEEN,
        SCENES.answers,
        RELATIONS,
    ),
    "RelationNetworkVQA-words": Case(
        lambda **kw: RelationNetworkVQA(
            (6, 10), 10, vocab_size=9, variant="state", question_units=4, **SMALL, **kw
        ),
        TOLD,
        SCENES.answers[:, :3],
        RELATIONS,
    ),
    "CNNMLPBaseline": Case(
        lambda **kw: CNNMLPBaseline(SHAPE, 10, units=(8,), **PIXELS, **kw),
        SEEN,
        SCENES.answers,
        ANSWERS,
    ),
    "MLPBaseline": Case(
        lambda **kw: MLPBaseline((6, 10), 10, units=(8,), question_dim=11, **kw),
        DESCRIBED,
        SCENES.answers,
        ANSWERS,
    ),
}


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


@models
def test_many_questions_are_as_many_single_ones(make, scenes):
    model = make()
    answers, probabilities = model.answer(scenes, QUESTIONS)
    assert answers.shape == (6, 4) and answers.dtype == np.int32
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-5)
    single = model.answer(scenes, QUESTIONS[:, 1])[1]
    np.testing.assert_allclose(single, probabilities[:, 1], atol=1e-5)


def oracle(model, objects, question):
    """The scores by Eq. 1, one pair of objects at a time."""

    def dense(x, kernel, bias, rectify=True):
        x = x @ keras.ops.convert_to_numpy(kernel) + keras.ops.convert_to_numpy(bias)
        return np.maximum(x, 0) if rectify else x

    total, g = 0, model.relate.relation
    for first in objects:
        for second in objects:
            x = np.concatenate([first, second, question])
            for kernel, bias in zip(g.kernels, g.biases, strict=True):
                x = dense(x, kernel, bias)
            total = total + x
    for layer in model.relate.hidden:
        total = dense(total, layer.kernel, layer.bias)
    return dense(total, model.relate.out.kernel, model.relate.out.bias, rectify=False)


def test_equals_the_equation():
    model = MODELS["state"][0]()
    model.set_weights([RNG.uniform(-0.5, 0.5, w.shape) for w in model.get_weights()])
    got = model.predict_on_batch({"scenes": OBJECTS, "questions": QUESTIONS})
    for b, q in ((0, 0), (5, 3)):
        expected = oracle(model, OBJECTS[b], QUESTIONS[b, q])
        np.testing.assert_allclose(got[b, q], expected, atol=1e-5)


def test_cells_of_the_feature_map_are_the_objects():
    model = MODELS["pixels"][0]()
    maps = model.encode(keras.ops.convert_to_tensor(IMAGES))
    maps = keras.ops.convert_to_numpy(maps)
    assert maps.shape == (6, 5, 5, 6)
    places = np.stack(np.meshgrid(*[np.linspace(-1, 1, 5)] * 2, indexing="ij"), axis=-1)
    objects = np.concatenate([maps, np.broadcast_to(places, (6, 5, 5, 2))], axis=-1)
    got = model.predict_on_batch({"scenes": IMAGES, "questions": QUESTIONS})
    expected = oracle(model, objects[2].reshape(25, 8), QUESTIONS[2, 1])
    np.testing.assert_allclose(got[2, 1], expected, atol=1e-4, rtol=1e-4)


def test_order_of_objects_does_not_matter_to_the_relation_network_alone():
    order = RNG.permutation(6)
    for name, same in (("state", True), ("mlp", False)):
        model = MODELS[name][0]()
        first, second = (model.answer(o, QUESTIONS)[1] for o in (OBJECTS, OBJECTS[:, order]))
        assert np.allclose(first, second, atol=1e-5) == same


def test_any_number_of_objects():
    model = MODELS["state"][0]()
    assert model.answer(OBJECTS[:, :2], QUESTIONS)[0].shape == (6, 4)
    assert model.relations(OBJECTS[:, :3], QUESTIONS[:, 0]).shape == (6, 3, 3)


@pytest.mark.parametrize("name", ["pixels", "state"])
def test_relations_leave_one_pair_out(name):
    make, scenes = MODELS[name]
    model = make()
    found = model.relations(scenes, QUESTIONS)
    count = {"pixels": 25, "state": 6}[name]
    assert found.shape == (6, 4, count, count)
    if name == "pixels":
        return
    g, f = model.relate.relation, model.relate.conclude
    x = [keras.ops.convert_to_tensor(a[:1]) for a in (OBJECTS, QUESTIONS)]
    terms = keras.ops.convert_to_numpy(g.relations(*x))[0, 1]
    total = terms.sum(axis=(0, 1))
    scores = keras.ops.convert_to_numpy(f(keras.ops.convert_to_tensor(total[None])))[0]
    without = keras.ops.convert_to_tensor((total - terms[2, 4])[None])
    fall = scores - keras.ops.convert_to_numpy(f(without))[0]
    second, best = scores.argsort()[-2:]
    assert found[0, 1, 2, 4] == pytest.approx(fall[best] - fall[second], abs=1e-5)


def test_questions_in_words():
    model = RelationNetworkVQA(
        SHAPE, 28, vocab_size=9, variant="clevr", filters=(3, 4), g_units=(5,), question_units=7
    )
    answers, probabilities = model.answer(IMAGES, TOKENS)
    assert answers.shape == (6, 3) and probabilities.shape == (6, 3, 28)
    single = model.answer(IMAGES, TOKENS[:, 1])[1]
    np.testing.assert_allclose(single, probabilities[:, 1], atol=1e-5)
    padded = np.pad(TOKENS, ((0, 0), (0, 0), (0, 3)))
    np.testing.assert_allclose(model.answer(IMAGES, padded)[1], probabilities, atol=1e-5)


def test_the_clevr_model_has_the_sizes_of_the_paper():
    model = RelationNetworkVQA((128, 128, 3), 28, vocab_size=90, variant="clevr")
    assert model.relate.relation.kernels[0].shape == (2 * 26 + 128, 256)
    shapes = [tuple(layer.kernel.shape) for layer in (*model.relate.hidden, model.relate.out)]
    assert shapes == [(256, 256), (256, 256), (256, 28)]


@models
def test_learns_and_survives_saving(make, scenes, tmp_path):
    model = make()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    inputs = {"scenes": scenes, "questions": QUESTIONS}
    history = model.fit(inputs, SCENES.answers, epochs=8, batch_size=6, verbose=0).history["loss"]
    assert history[-1] < history[0]
    model.save_to_preset(tmp_path / "mine")
    loaded = type(model).from_preset(tmp_path / "mine")
    np.testing.assert_array_equal(loaded.predict_on_batch(inputs), model.predict_on_batch(inputs))


def test_chunks_change_nothing():
    whole = MODELS["state"][0]()
    chunked = RelationNetworkVQA(
        (None, 10), 10, question_dim=11, variant="state", chunk_size=4, **SMALL
    )
    chunked.set_weights(whole.get_weights())
    expected = whole.answer(OBJECTS, QUESTIONS)[1]
    np.testing.assert_allclose(chunked.answer(OBJECTS, QUESTIONS)[1], expected, atol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    make, scenes = MODELS["pixels"]
    model = make()
    mixed = RelationNetworkVQA(SHAPE, 10, **PIXELS, **SMALL, dtype=policy)
    mixed.set_weights(model.get_weights())
    expected = model.answer(scenes, QUESTIONS)[1]
    np.testing.assert_allclose(mixed.answer(scenes, QUESTIONS)[1], expected, atol=2e-2)


def test_bad_arguments():
    with pytest.raises(ValueError, match="`variant` must be one of .* Received: 'vqa'"):
        RelationNetworkVQA(SHAPE, 10, question_dim=11, variant="vqa")
    with pytest.raises(ValueError, match="either `question_dim` or `vocab_size`"):
        RelationNetworkVQA(SHAPE, 10)
    with pytest.raises(ValueError, match="`image_shape` must be"):
        RelationNetworkVQA((6, 10), 10, question_dim=11)
    model = MODELS["mlp"][0]()
    with pytest.raises(ValueError, match="`scenes` must have the shape .batch, 6, 10"):
        model.answer(OBJECTS[:, :5], QUESTIONS)
    with pytest.raises(ValueError, match="`questions` must have the shape"):
        model.answer(OBJECTS, QUESTIONS[..., :10])
    with pytest.raises(ValueError, match="same batch size. Received: 6 and 5"):
        model.answer(OBJECTS, QUESTIONS[:5])
