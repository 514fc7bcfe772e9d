"""Pointer networks: causal, blind to padding, valid under constraints, and able to learn."""

import keras
import numpy as np
import pytest

from keras_readinglist.applications import (
    AttentionSeq2SeqBaseline,
    PointerNetwork,
    ReadProcessWrite,
    Seq2SeqBaseline,
)
from keras_readinglist.applications.pointer_networks import (
    encode_targets,
    pointer_loss,
    training_batch,
)
from keras_readinglist.datasets import convex_hull_batch
from keras_readinglist.metrics import geometry
from tests.applications.case import Case

RNG = np.random.default_rng(0)
POINTS, MASK, HULLS = convex_hull_batch(6, (4, 7), 0)
MODELS = {
    "pointer": lambda: PointerNetwork(8),
    "glimpse": lambda: PointerNetwork(8, encoder="bilstm", glimpses=1, logit_clip=5.0),
    "set": lambda: ReadProcessWrite(8, 2, input_dim=2),
    "lstm": lambda: Seq2SeqBaseline(7, 8),
    "attention": lambda: AttentionSeq2SeqBaseline(7, 8),
}
models = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())


X, Y, _ = training_batch(POINTS, MASK, HULLS)
TOURS = {
    "generate": lambda model, x: model.generate(x["inputs"], x["mask"], 2, "tour"),
    "read": lambda model, x: model.read(x["inputs"], x["mask"]),
    "pointing": lambda model, x: model.pointing(x["inputs"], HULLS[: len(x["mask"])], x["mask"]),
}
CASES = {
    "PointerNetwork": Case(lambda **kw: PointerNetwork(4, **kw), X, Y, TOURS),
    "PointerNetwork-glimpse": Case(
        lambda **kw: PointerNetwork(4, encoder="bilstm", glimpses=1, logit_clip=5.0, **kw),
        X,
        Y,
        {"generate": TOURS["generate"]},
    ),
    "ReadProcessWrite": Case(
        lambda **kw: ReadProcessWrite(4, 2, input_dim=2, **kw),
        X,
        Y,
        {
            **TOURS,
            "process_attention": lambda model, x: model.process_attention(x["inputs"], x["mask"]),
        },
    ),
    "Seq2SeqBaseline": Case(lambda **kw: Seq2SeqBaseline(7, 4, **kw), X, Y, TOURS),
    "AttentionSeq2SeqBaseline": Case(
        lambda **kw: AttentionSeq2SeqBaseline(7, 4, **kw), X, Y, TOURS
    ),
}


def logits(model, points=POINTS, mask=MASK, hulls=HULLS):
    return model.predict_on_batch(training_batch(points, mask, hulls)[0])


@pytest.fixture(autouse=True)
def fixed_seed():
    keras.utils.set_random_seed(0)


def oracle(model, points, classes):
    """The scores of one example by sections 2.1 to 2.3, one number after the other."""
    w = {v.path.split("/", 1)[1]: keras.ops.convert_to_numpy(v) for v in model.weights}

    def lstm(name, x, h, c):
        z = x @ w[f"{name}/kernel"] + h @ w[f"{name}/recurrent_kernel"] + w[f"{name}/bias"]
        i, f, g, o = np.split(z.astype("float64"), 4)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        return o * np.tanh(c), c

    reader, writer = (name.rsplit("/", 1)[0] for name in w if name.endswith("/recurrent_kernel"))
    h = c = np.zeros(model.units)
    memory = [w["end_symbol"]]
    for point in points:
        h, c = lstm(reader, point, h, c)
        memory.append(h)
    x, scores = w["start_symbol"], []
    pointer = {v.name: keras.ops.convert_to_numpy(v) for v in model.pointer.weights}
    for symbol in classes:
        h, c = lstm(writer, x, h, c)
        scores.append(
            [
                np.tanh(e @ pointer["pointer_memory"] + h @ pointer["pointer_query"])
                @ pointer["pointer_vector"][:, 0]
                for e in memory
            ]
        )
        x = points[max(symbol - 1, 0)]
    return np.array(scores)


def test_equals_the_equations():
    model = PointerNetwork(5)
    model.set_weights([RNG.uniform(-0.9, 0.9, w.shape) for w in model.get_weights()])
    classes, weights = encode_targets(HULLS)
    got = logits(model)
    for b, count in enumerate(MASK.sum(axis=1)):
        written = int(weights[b].sum())
        expected = oracle(model, POINTS[b, :count], classes[b, :written])
        np.testing.assert_allclose(got[b, :written, : count + 1], expected, atol=1e-5)


def test_targets():
    classes, weights = encode_targets([[2, 0, -1], [1, 0, 2]])
    assert classes.tolist() == [[3, 1, 0, 0], [2, 1, 3, 0]]
    assert weights.tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]


@pytest.mark.parametrize("name", ["glimpse", "set", "attention"])
def test_round_trips(name, tmp_path):
    model = MODELS[name]()
    expected = logits(model)
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.get_weights())
    np.testing.assert_allclose(logits(copy), expected, atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(logits(loaded), expected, atol=1e-6)
    model.save_to_preset(tmp_path / "preset")
    preset = type(model).from_preset(tmp_path / "preset")
    np.testing.assert_allclose(logits(preset), expected, atol=1e-6)


@models
def test_padding_changes_nothing(make):
    model = make()
    expected = logits(model)
    points = np.where(MASK[..., None], POINTS, np.float32(0.7))
    np.testing.assert_allclose(logits(model, points), expected, atol=1e-6)
    if make in (MODELS["pointer"], MODELS["set"]):
        wide = np.pad(POINTS, ((0, 0), (0, 3), (0, 0))), np.pad(MASK, ((0, 0), (0, 3)))
        np.testing.assert_allclose(logits(model, *wide)[..., :8], expected, atol=1e-5)


@models
def test_no_symbol_depends_on_later_targets(make):
    model = make()
    changed = HULLS.copy()
    changed[:, 2] = np.where(HULLS[:, 2] == 0, 1, 0)
    before, after = logits(model), logits(model, hulls=changed)
    np.testing.assert_allclose(before[:, :3], after[:, :3], atol=1e-6)
    assert np.abs(before[:, 3:] - after[:, 3:]).max() > 1e-5


@models
def test_constraints(make):
    model, counts = make(), MASK.sum(axis=1)
    tours, _ = model.generate(POINTS, MASK, beam_size=2, constraint="tour")
    for tour, count in zip(tours, counts, strict=True):
        assert sorted(tour[tour >= 0]) == list(range(count))
    answers, _ = model.generate(POINTS, MASK, constraint="no_repeat")
    for answer, count in zip(answers, counts, strict=True):
        named = answer[answer >= 0].tolist()
        assert len(set(named)) == len(named) and set(named) <= set(range(count))


@models
def test_generate_scores_what_pointing_shows(make):
    model = make()
    indices, scores = model.generate(POINTS, MASK, max_steps=5)
    p = model.pointing(POINTS, indices, MASK)
    np.testing.assert_allclose(p.sum(axis=-1), 1, atol=1e-5)
    classes, weights = encode_targets(indices)
    if make in (
        MODELS["pointer"],
        MODELS["set"],
    ):  # a fixed dictionary also gives mass to points that are not there
        chosen = np.take_along_axis(np.log(p + 1e-30), classes[:, :5, None], axis=-1)[..., 0]
        np.testing.assert_allclose((chosen * weights[:, :5]).sum(axis=1), scores, atol=1e-4)


@models
def test_an_example_by_itself_is_answered_as_in_a_batch(make):
    model = make()
    together, scores = model.generate(POINTS, MASK, beam_size=3, constraint="no_repeat")
    alone, score = model.generate(POINTS[:1], MASK[:1], beam_size=3, constraint="no_repeat")
    assert alone[0].tolist() == together[0].tolist()
    assert score[0] == pytest.approx(scores[0], abs=1e-4)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    model = PointerNetwork(8, dtype=policy)
    full = PointerNetwork(8)
    full.set_weights(model.get_weights())
    scores = logits(model)
    assert (
        scores.dtype == "float32" and (scores[:, :, 1:][~MASK[:, None].repeat(8, 1)] == -1e9).all()
    )
    there = scores > -1e8
    np.testing.assert_allclose(scores[there], logits(full)[there], atol=0.05)
    tours, _ = model.generate(POINTS, MASK, beam_size=2, constraint="tour")
    assert geometry.is_valid_tour(tours, MASK.sum(axis=1)).all()
    x, y, weights = training_batch(POINTS, MASK, HULLS)
    model.compile("adam", loss=pointer_loss())
    assert np.isfinite(model.train_on_batch(x, y, sample_weight=weights))


def test_padded_points_get_no_probability_at_all():
    p = PointerNetwork(8).pointing(POINTS, HULLS, MASK)
    assert (p[:, :, 1:][~MASK[:, None].repeat(7, 1)] == 0).all()
    np.testing.assert_allclose(p.sum(axis=-1), 1, atol=1e-6)


@models
def test_reading_an_order_keeps_it_and_reading_a_set_does_not(make):
    model, order = make(), np.array([2, 0, 1, 3])
    kept, shuffled = model.read(POINTS[:, :4]), model.read(POINTS[:, order])
    assert kept.shape[0] == len(POINTS) and kept.shape == shuffled.shape
    assert (np.abs(kept - shuffled).max() < 1e-6) == (make is MODELS["set"])


def test_a_wider_beam_is_never_worse_on_its_own_score():
    model = PointerNetwork(8)
    scores = [model.generate(POINTS, MASK, beam, max_steps=4)[1] for beam in (1, 4096 // 8)]
    assert (scores[1] >= scores[0] - 1e-5).all()


def test_the_network_is_not_symmetric_in_its_inputs():
    model = PointerNetwork(8)
    order = np.array([2, 0, 1, 3])
    points = POINTS[:, :4]
    whole = np.ones(points.shape[:2], bool)
    first = logits(model, points, whole, HULLS[:, :1])[:, 0, 1:]
    second = logits(model, points[:, order], whole, HULLS[:, :1])[:, 0, 1:]
    assert np.abs(first[:, order] - second).max() > 1e-4


@pytest.mark.slow
def test_learns_a_batch_by_heart():
    model = PointerNetwork(64)
    x, y, weights = training_batch(*convex_hull_batch(64, (5, 7), 1))
    model.compile(keras.optimizers.Adam(1e-2, global_clipnorm=2.0), loss=pointer_loss())
    losses = [float(model.train_on_batch(x, y, sample_weight=weights)) for _ in range(500)]
    assert losses[-1] < 0.05


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PointerNetwork(0), "`units` must be"),
        (lambda: PointerNetwork(7, encoder="bilstm"), "`units` must be even"),
        (lambda: PointerNetwork(8, encoder="cnn"), "`encoder` must be"),
        (lambda: PointerNetwork(8).generate(np.ones((2, 3))), "`inputs` must have the shape"),
        (lambda: PointerNetwork(8).generate(POINTS, MASK & False), "`mask` must leave"),
        (lambda: PointerNetwork(8).generate(POINTS, MASK[:, 1:]), "`mask` must have the shape"),
        (lambda: PointerNetwork(8).generate(POINTS, MASK, 0), "`beam_size` must be"),
        (lambda: PointerNetwork(8).generate(POINTS, constraint="x"), "`constraint` must be"),
        (lambda: PointerNetwork(8).generate(POINTS, MASK, max_steps=0), "`max_steps` must be"),
        (lambda: PointerNetwork(8).pointing(POINTS, HULLS + 7, MASK), "`indices` must name"),
        (lambda: training_batch(POINTS, MASK & False, HULLS), "`indices` must name"),
        (lambda: training_batch(POINTS, MASK, HULLS - 1), "`indices` must name"),
        (lambda: Seq2SeqBaseline(5, 8).generate(POINTS, MASK), "at most max_points=5"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call()
