"""Sort-of-CLEVR and stories: what does a sum over pairs see that other networks do not?

From pixels and from descriptions of the objects, a relation network against a multilayer
perceptron on the same features. All see fresh scenes in every step, and as many steps; a scene is
encoded once for its questions. Test scenes are drawn from a seed never trained on; the best
constant answer to every kind of question is the floor. Stories, whose sentences are the objects,
are the matter of `_relation_networks_stories`.
"""

from functools import partial

import keras
import numpy as np

from keras_readinglist.applications.relation_networks import (
    CNNMLPBaseline,
    MLPBaseline,
    RelationNetworkVQA,
)
from keras_readinglist.datasets.sort_of_clevr import (
    ANSWERS,
    COLOURS,
    IMAGE_SIZE,
    KINDS,
    QUESTION_DIM,
    sort_of_clevr,
)
from keras_readinglist.recipes import _relation_networks_stories as stories
from keras_readinglist.recipes.recipe import Claim, Recipe, Trained
from keras_readinglist.recipes.training import Curriculum, fit

REDUCED = {
    "scenes": 64,
    "questions_per_type": 2,
    "learning_rate": 1e-3,
    "warmup_steps": 500,
    "block": 250,
    "pixels": {
        "steps": 14_000,
        "clip": 10.0,
        # Kernels of variance 1 / (3 inputs): with larger ones the sum of 625 pairs starts with a
        # loss of 12, and training stays on the plateau.
        "kernel_scale": 1 / 3,
        "filters": (24, 24, 24, 24),
        "g_units": (64, 64),
        "f_units": (128, 128),
        "mlp_units": (512, 512, 512),
    },
    "state": {
        "steps": 10_000,
        "clip": 1.0,
        "kernel_scale": 2.0,
        "filters": (),
        "g_units": (256, 256, 256),
        "f_units": (256, 256),
        "mlp_units": (512, 512, 512),
    },
    "test_scenes": 2_200,
    "seeds": (0,),
}
FULL = {
    **REDUCED,
    "learning_rate": 1e-4,
    "questions_per_type": 10,
    "pixels": {
        **REDUCED["pixels"],
        "steps": 200_000,
        "filters": (32, 64, 128, 256),
        "g_units": (2000, 2000, 2000, 2000),
        "f_units": (2000, 1000, 500, 100),
    },
    "state": {
        **REDUCED["state"],
        "steps": 100_000,
        "g_units": (512, 512, 512, 512),
        "f_units": (512, 1024),
    },
    "seeds": (0, 1, 2),
}
RUNS = {
    # All questions from the start, 13,000 steps of the relation network stayed where colours are
    # not told apart (62 % and 74 % right), and so did 10,000 with white as zero and 3,000 with
    # questions three times as large; asked about one object first, it leaves that plateau at once.
    "pixels_rn": {
        "scene": "pixels",
        "model": "rn",
        "single_steps": 4_000,
        "steps": 18_000,
        "decay_steps": 8_000,
    },
    # Half the steps, which take a third of the time; it was still learning.
    "pixels_mlp": {
        "scene": "pixels",
        "model": "mlp",
        "single_steps": 4_000,
        "steps": 9_000,
        "decay_steps": 4_000,
    },
    "state_rn": {"scene": "state", "model": "rn"},
    "state_mlp": {"scene": "state", "model": "mlp"},
    **stories.RUNS,
}
_TEST_SEED = 1_000_003
_VALIDATION_SEED = 1_000_004


def build(config):
    """Return the untrained model of a run."""
    if config["scene"] == "stories":
        return stories.build(config)
    sizes = config[config["scene"]]
    options = {
        "question_dim": QUESTION_DIM,
        "filters": sizes["filters"],
        "kernel_initializer": keras.initializers.VarianceScaling(
            sizes["kernel_scale"], mode="fan_in", distribution="untruncated_normal"
        ),
    }
    pixels = config["scene"] == "pixels"
    shape = (IMAGE_SIZE, IMAGE_SIZE, 3) if pixels else (len(COLOURS), 4 + len(COLOURS))
    if config["model"] == "rn":
        return RelationNetworkVQA(
            shape,
            len(ANSWERS),
            variant="sort_of_clevr" if pixels else "state",
            g_units=sizes["g_units"],
            f_units=sizes["f_units"],
            f_dropout=0.0,  # every scene is new
            **options,
        )
    kind = CNNMLPBaseline if pixels else MLPBaseline
    return kind(shape, len(ANSWERS), units=sizes["mlp_units"], **options)


def draw(config, scenes, questions_per_type, rng):
    """Return inputs, answers and kinds of question."""
    pixels = config["scene"] == "pixels"
    drawn = sort_of_clevr(scenes, rng, questions_per_type, pixels=pixels)
    inputs = {"scenes": drawn.images if pixels else drawn.objects, "questions": drawn.questions}
    return inputs, drawn.answers, drawn.kinds


class Validation(keras.callbacks.Callback):
    """Adds the accuracy on other scenes or stories to the log of every epoch."""

    def __init__(self, config):
        super().__init__()
        if config["scene"] == "stories":
            self.measure, self.data = stories.accuracies, stories.validation()
        else:
            self.measure, self.data = accuracies, draw(config, 200, 5, _VALIDATION_SEED)

    def on_epoch_end(self, epoch, logs=None):
        """Measure."""
        logs.update(self.measure(self.model, *self.data))


class WarmupStableDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises to its peak, stays there, and falls to zero as half a cosine."""

    def __init__(self, peak, warmup_steps, decay_steps, steps):
        super().__init__()
        self.peak, self.warmup_steps = peak, warmup_steps
        self.decay_steps, self.steps = decay_steps, steps

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        risen = keras.ops.minimum(step / self.warmup_steps, 1.0)
        left = keras.ops.clip((self.steps - step) / self.decay_steps, 0.0, 1.0)
        return self.peak * risen * 0.5 * (1 - keras.ops.cos(np.pi * left))

    def get_config(self):
        names = ("peak", "warmup_steps", "decay_steps", "steps")
        return {name: getattr(self, name) for name in names}


def draw_batch(config, rng, step):
    """Return inputs and answers of a step; the first `single_steps` ask about one object only."""
    scenes, count = config["scenes"], config["questions_per_type"]
    if step >= config.get("single_steps", 0):
        return draw(config, scenes, count, rng)[:2]
    inputs, answers, _ = draw(config, scenes, 2 * count, rng)
    first = slice(2 * count)  # those about one object come first
    return {**inputs, "questions": inputs["questions"][:, first]}, answers[:, first]


def train(config, callbacks):
    """Train one model on fresh scenes, or on fresh stories."""
    keras.utils.set_random_seed(config["seed"])
    model = build(config)
    sizes = config.get(config["scene"], config)  # a run about stories holds its own
    steps = config.get("steps", int(sizes["steps"] * config.get("fraction", 1)))
    warmup = config["warmup_steps"]
    schedule = WarmupStableDecay(
        config["learning_rate"], warmup, config.get("decay_steps", steps - warmup), steps
    )
    model.compile(
        optimizer=keras.optimizers.Adam(schedule, global_clipnorm=sizes["clip"]),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )

    make_batch = stories.draw_batch if config["scene"] == "stories" else draw_batch
    dataset = Curriculum(partial(make_batch, config), config["block"], config["seed"])
    fit(model, dataset, steps // config["block"], [Validation(config), *callbacks])
    return model


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


def evaluate(model, config):
    """Measure a model on scenes that it was not trained on: 200, as in the paper, and more."""
    if config["scene"] == "stories":
        return stories.evaluate(model, config)
    inputs, answers, kinds = draw(config, config["test_scenes"], 10, _TEST_SEED)
    return accuracies(model, inputs, answers, kinds) | floors(answers, kinds)


def _check(scene):
    """Return the check of a preset: its accuracy on 100 fixed scenes."""

    def check(model):
        measured = accuracies(model, *draw({"scene": scene}, 100, 10, _TEST_SEED))
        return {name: measured[name] for name in ("non_relational", "relational")}

    return check


RECIPE = Recipe(
    slug="relation-networks",
    scales={"reduced": REDUCED, "full": FULL},
    runs=RUNS,
    train=train,
    evaluate=evaluate,
    claims=(
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
        *stories.CLAIMS,
    ),
    presets={
        name: Trained(
            run=run,
            description=description,
            data="generated",
            licence="none needed",
            check=_check(run.partition("_")[0]),
        )
        for name, run, description in (
            (
                "relation_network_pixels",
                "pixels_rn",
                "Answers questions about six shapes in a picture, pair of cells by pair of cells.",
            ),
            (
                "relation_network_pixels_mlp",
                "pixels_mlp",
                "The same questions, from all cells as one vector.",
            ),
            (
                "relation_network_state",
                "state_rn",
                "Answers questions about six described objects, pair by pair.",
            ),
            (
                "relation_network_state_mlp",
                "state_mlp",
                "The same questions, from all objects as one vector.",
            ),
        )
    }
    | stories.PRESETS,
)
