"""Questions about scenes, from pixels and from descriptions of their objects.

All models see fresh scenes in every step; a scene is encoded once for its questions. Test scenes
are drawn from a seed never trained on.
"""

from functools import partial

import keras
import numpy as np

from keras_readinglist.applications import CNNMLPBaseline, MLPBaseline, RelationNetworkVQA
from keras_readinglist.datasets.sort_of_clevr import (
    ANSWERS,
    COLOURS,
    IMAGE_SIZE,
    KINDS,
    QUESTION_DIM,
    sort_of_clevr,
)
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, trained_on_generated
from keras_readinglist.recipes.relation_networks.training import Validation, train

_SHARED = {
    "scenes": 64,
    "questions_per_type": 2,
    "single_steps": 0,
    "learning_rate": 1e-3,
    "warmup_steps": 500,
    "block": 250,
    "test_scenes": 2_200,
    "seeds": (0,),
}
_PIXELS = {
    **_SHARED,
    "clip": 10.0,
    # Kernels of variance 1 / (3 inputs): with larger ones the sum of 625 pairs starts with a
    # loss of 12, and training stays on the plateau.
    "kernel_scale": 1 / 3,
    "filters": (24, 24, 24, 24),
    # All questions from the start, 13,000 steps of the relation network stayed where colours are
    # not told apart (62 % and 74 % right), and so did 10,000 with white as zero and 3,000 with
    # questions three times as large; asked about one object first, it leaves that plateau at once.
    "single_steps": 4_000,
}
_STATE = {
    **_SHARED,
    "steps": 10_000,
    "decay_steps": 9_500,
    "clip": 1.0,
    "kernel_scale": 2.0,
    "filters": (),
}
_PERCEPTRON = {"mlp_units": (512, 512, 512)}
REDUCED = {
    "pixels": {
        **_PIXELS,
        "g_units": (64, 64),
        "f_units": (128, 128),
        "steps": 18_000,
        "decay_steps": 8_000,
    },
    # Half the steps, which take a third of the time; it was still learning.
    "pixels_mlp": {**_PIXELS, **_PERCEPTRON, "steps": 9_000, "decay_steps": 4_000},
    "state": {**_STATE, "g_units": (256, 256, 256), "f_units": (256, 256)},
    "state_mlp": {**_STATE, **_PERCEPTRON},
}
_MORE = {"learning_rate": 1e-4, "questions_per_type": 10, "seeds": (0, 1, 2)}
_MORE_STEPS = {**_MORE, "steps": 100_000, "decay_steps": 99_500}
FULL = {
    "pixels": {
        **REDUCED["pixels"],
        **_MORE,
        "filters": (32, 64, 128, 256),
        "g_units": (2000, 2000, 2000, 2000),
        "f_units": (2000, 1000, 500, 100),
    },
    "pixels_mlp": {**REDUCED["pixels_mlp"], **_MORE, "filters": (32, 64, 128, 256)},
    "state": {
        **REDUCED["state"],
        **_MORE_STEPS,
        "g_units": (512, 512, 512, 512),
        "f_units": (512, 1024),
    },
    "state_mlp": {**REDUCED["state_mlp"], **_MORE_STEPS},
}
_TINY = {
    "scenes": 2,
    "single_steps": 1,
    "warmup_steps": 1,
    "decay_steps": 1,
    "steps": 2,
    "block": 1,
    "test_scenes": 5,
}
_TINY_PAIRS = {**_TINY, "g_units": (4,), "f_units": (4,)}
_TINY_MLP = {**_TINY, "mlp_units": (4,)}
RUNS = {
    "pixels_rn": Run("pixels"),
    "pixels_mlp": Run("pixels_mlp"),
    "state_rn": Run("state"),
    "state_mlp": Run("state_mlp"),
}
_TEST_SEED = 1_000_003
_VALIDATION_SEED = 1_000_004
_PICTURE = IMAGE_SIZE, IMAGE_SIZE, 3
_TABLE = len(COLOURS), 4 + len(COLOURS)


def _options(config):
    return {
        "question_dim": QUESTION_DIM,
        "filters": config["filters"],
        "kernel_initializer": keras.initializers.VarianceScaling(
            config["kernel_scale"], mode="fan_in", distribution="untruncated_normal"
        ),
    }


def relation_network(shape, variant, config):
    """Return an untrained relation network."""
    return RelationNetworkVQA(
        shape,
        len(ANSWERS),
        variant=variant,
        g_units=config["g_units"],
        f_units=config["f_units"],
        f_dropout=0.0,  # every scene is new
        **_options(config),
    )


def perceptron(kind, shape, config):
    """Return the untrained perceptron that it is compared with."""
    return kind(shape, len(ANSWERS), units=config["mlp_units"], **_options(config))


def draw(pixels, scenes, questions_per_type, rng):
    """Return inputs, answers and kinds of question, of pixels or of descriptions."""
    drawn = sort_of_clevr(scenes, rng, questions_per_type, pixels=pixels)
    inputs = {"scenes": drawn.images if pixels else drawn.objects, "questions": drawn.questions}
    return inputs, drawn.answers, drawn.kinds


def draw_batch(pixels, config, rng, step):
    """Return inputs and answers of a step; the first `single_steps` ask about one object only."""
    scenes, count = config["scenes"], config["questions_per_type"]
    if step >= config["single_steps"]:
        return draw(pixels, scenes, count, rng)[:2]
    inputs, answers, _ = draw(pixels, scenes, 2 * count, rng)
    first = slice(2 * count)  # those about one object come first
    return {**inputs, "questions": inputs["questions"][:, first]}, answers[:, first]


def validation(pixels):
    """Return the callback that shows the progress of training."""
    return Validation(accuracies, draw(pixels, 200, 5, _VALIDATION_SEED))


def accuracies(model, inputs, answers, kinds):
    """Return the accuracy on questions about one object, on relational ones, and of every kind."""
    scores = model.predict(inputs, batch_size=100, verbose=0)
    right = scores.argmax(axis=-1) == answers
    found = {name: right[kinds == kind].mean() for kind, name in enumerate(KINDS)}
    return {
        "non_relational": right[kinds < 3].mean(),
        "relational": right[kinds >= 3].mean(),
    } | found


def floors(answers, kinds):
    """Return the share of the commonest answer, for every kind of question and either type."""
    found, right = {}, np.zeros(len(KINDS))
    for kind, name in enumerate(KINDS):
        right[kind] = np.bincount(answers[kinds == kind]).max()
        found[f"floor_{name}"] = right[kind] / (kinds == kind).sum()
    return found | {
        "floor_non_relational": right[:3].sum() / (kinds < 3).sum(),
        "floor_relational": right[3:].sum() / (kinds >= 3).sum(),
    }


def measure(pixels, model, config):
    """Measure a model on scenes that it was not trained on: 200, as in the paper, and more."""
    inputs, answers, kinds = draw(pixels, config["test_scenes"], 10, _TEST_SEED)
    return accuracies(model, inputs, answers, kinds) | floors(answers, kinds)


def check(pixels, model):
    """Return the check of a preset: its accuracy on 100 fixed scenes."""
    measured = accuracies(model, *draw(pixels, 100, 10, _TEST_SEED))
    return {name: measured[name] for name in ("non_relational", "relational")}


EXPERIMENTS = {
    name: Experiment(
        partial(train, build, partial(draw_batch, pixels), partial(validation, pixels)),
        partial(measure, pixels),
        tiny,
    )
    for name, build, pixels, tiny in (
        ("pixels", partial(relation_network, _PICTURE, "sort_of_clevr"), True, _TINY_PAIRS),
        ("pixels_mlp", partial(perceptron, CNNMLPBaseline, _PICTURE), True, _TINY_MLP),
        ("state", partial(relation_network, _TABLE, "state"), False, _TINY_PAIRS),
        ("state_mlp", partial(perceptron, MLPBaseline, _TABLE), False, _TINY_MLP),
    )
}
CLAIMS = (
    Claim(
        "Sort-of-CLEVR from pixels, relational questions",
        metric="pixels_rn/relational",
        paper=0.94,
        goal=0.90,
        baseline="pixels_mlp/relational",
        margin=0.10,
        unconfirmed=True,
        note="The paper: above 94 %, its CNN with a perceptron 63 %. Public code reaches 89 %. "
        "Always the commonest answer: 44 %. Both were asked about one object first.",
    ),
    Claim(
        "Sort-of-CLEVR from pixels, questions about one object",
        metric="pixels_rn/non_relational",
        paper=0.94,
        goal=0.99,
        baseline="pixels_mlp/non_relational",
        unconfirmed=True,
        note="In the paper both models reach it. The perceptron had half the steps, and was "
        "still learning. Always the commonest answer: 50 %.",
    ),
    Claim(
        "Sort-of-CLEVR from descriptions, relational questions",
        metric="state_rn/relational",
        goal=0.97,
        baseline="state_mlp/relational",
        margin=0.08,
        note="The perceptron sees the objects in the order of their colours, and counts "
        "perfectly; the gap is in the nearest and the furthest. A step of it costs an eighth.",
    ),
    Claim(
        "Sort-of-CLEVR from descriptions, questions about one object",
        metric="state_rn/non_relational",
        goal=0.995,
        baseline="state_mlp/non_relational",
    ),
    Claim(
        "Sort-of-CLEVR from descriptions, the nearest object's shape",
        metric="state_rn/nearest",
        goal=0.93,
        baseline="state_mlp/nearest",
        margin=0.10,
    ),
)
PRESETS = {
    name: trained_on_generated(
        run,
        description,
        partial(check, pixels),
    )
    for name, run, pixels, description in (
        (
            "relation_network_pixels",
            "pixels_rn",
            True,
            "Answers questions about six shapes in a picture, pair of cells by pair of cells.",
        ),
        (
            "relation_network_pixels_mlp",
            "pixels_mlp",
            True,
            "The same questions, from all cells as one vector.",
        ),
        (
            "relation_network_state",
            "state_rn",
            False,
            "Answers questions about six described objects, pair by pair.",
        ),
        (
            "relation_network_state_mlp",
            "state_mlp",
            False,
            "The same questions, from all objects as one vector.",
        ),
    )
}
