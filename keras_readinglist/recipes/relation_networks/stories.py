"""Questions about short stories: a relation network beside an LSTM.

Both models read fresh stories of all six kinds in every batch. An eighth of all possible stories,
chosen by a hash of their text, is never trained on and alone is tested on: there are few short
ones, and training meets nearly all the others.
"""

import zlib
from functools import partial

import keras
import numpy as np

from keras_readinglist.applications import RelationNetworkBabi, StoryLSTMBaseline
from keras_readinglist.datasets.babi import TASKS, Example, encode_stories, story_words
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, trained_on_generated
from keras_readinglist.recipes.relation_networks.training import Validation, train

MAX_SENTENCES, MAX_WORDS = 9, 7  # no generated story has more
WORDS, ANSWERS = story_words()
_TEST_SEED = 1_000_005
_VALIDATION_SEED = 1_000_006
_SHARED = {
    "steps": 8_000,
    "stories_per_kind": 8,
    "learning_rate": 2e-3,
    "warmup_steps": 500,
    "decay_steps": 3_000,
    "clip": 10.0,
    "block": 250,
    "embedding_dim": 32,
    "test_stories": 1_000,
    "seeds": (0,),
}
# Short trainings of the relation network chose, by the validation stories, three layers for `g`,
# kernels of a variance of 1 / inputs, and the learning rate. The LSTM has the same rate.
REDUCED = {
    "stories": {
        **_SHARED,
        "g_units": (128, 128, 128),
        "f_units": (128, 128),
        "kernel_scale": 1.0,
    },
    "stories_lstm": {**_SHARED, "units": 144},  # no fewer weights than the relation network
}
FULL = {name: {**sizes, "seeds": (0, 1, 2)} for name, sizes in REDUCED.items()}
_TINY = {
    "embedding_dim": 4,
    "steps": 2,
    "block": 1,
    "warmup_steps": 1,
    "decay_steps": 1,
    "stories_per_kind": 1,
    "test_stories": 5,
}
RUNS = {"stories_rn": Run("stories"), "stories_lstm": Run("stories_lstm")}
_TEXTS = {
    "max_sentences": MAX_SENTENCES,
    "vocabulary": WORDS,
    "answers": ANSWERS,
}
_SIZES = len(WORDS) + 1, len(ANSWERS)


def relation_network(config):
    """Return an untrained relation network whose objects are sentences."""
    return RelationNetworkBabi(
        *_SIZES,
        units=config["embedding_dim"],
        g_units=config["g_units"],
        f_units=config["f_units"],
        f_dropout=0.0,  # every story is new
        kernel_initializer=keras.initializers.VarianceScaling(
            config["kernel_scale"], mode="fan_in", distribution="untruncated_normal"
        ),
        **_TEXTS,
    )


def lstm(config):
    """Return an untrained LSTM that reads a story word by word."""
    sizes = {"embedding_dim": config["embedding_dim"], "units": config["units"]}
    return StoryLSTMBaseline(*_SIZES, **sizes, **_TEXTS)


def held_out(story, question):
    """Return whether a story with its question is kept for testing."""
    return zlib.crc32(" ".join([*story, question]).encode()) % 8 == 0


def draw(count, rng, testing=False):
    """Return inputs, answers and kinds of `count` stories of every kind."""
    rng = np.random.default_rng(rng)
    examples = []
    for write in TASKS.values():
        enough = len(examples) + count
        while len(examples) < enough:
            story, *rest = write(rng)
            if held_out(story, rest[0]) == testing:
                examples.append(Example(tuple(story), *rest))
    stories, questions = encode_stories(examples, WORDS, MAX_SENTENCES, MAX_WORDS)
    answers = np.array([ANSWERS.index(example.answer) for example in examples], "int32")
    return (
        {"stories": stories, "questions": questions},
        answers,
        np.repeat(np.arange(len(TASKS)), count),
    )


def draw_batch(config, rng, step):
    """Return inputs and answers of a step."""
    return draw(config["stories_per_kind"], rng)[:2]


def accuracies(model, inputs, answers, kinds):
    """Return the accuracy on every kind of story, and their mean."""
    right = model.predict(inputs, batch_size=200, verbose=0).argmax(axis=-1) == answers
    found = {name: right[kinds == kind].mean() for kind, name in enumerate(TASKS)}
    return {"mean": np.mean(list(found.values()))} | found


def floors(answers, kinds):
    """Return the share of the commonest answer to every kind of story, and their mean."""
    found = {
        f"floor_{name}": np.bincount(answers[kinds == kind]).max() / (kinds == kind).sum()
        for kind, name in enumerate(TASKS)
    }
    return {"floor_mean": np.mean(list(found.values()))} | found


def validation():
    """Return the callback that shows the progress of training."""
    return Validation(accuracies, draw(100, _VALIDATION_SEED, testing=True))


def measure(model, config):
    """Measure a model on stories that it was not trained on."""
    data = draw(config["test_stories"], _TEST_SEED, testing=True)
    return accuracies(model, *data) | floors(*data[1:])


def check(model):
    """Return the check of a preset: its accuracy on 50 fixed stories of every kind."""
    measured = accuracies(model, *draw(50, _TEST_SEED, testing=True))
    return {name: measured[name] for name in ("mean", "two_supporting_facts")}


EXPERIMENTS = {
    name: Experiment(partial(train, build, draw_batch, validation), measure, {**_TINY, **sizes})
    for name, build, sizes in (
        ("stories", relation_network, {"g_units": (4,), "f_units": (4,)}),
        ("stories_lstm", lstm, {"units": 4}),
    )
}
CLAIMS = (
    Claim(
        "Stories of six kinds, jointly trained, mean accuracy",
        metric="stories_rn/mean",
        goal=0.95,
        baseline="stories_lstm/mean",
        margin=0.10,
        note="The paper: 18 of the 20 bAbI tasks above 95 %, from 10,000 stories of each, at a "
        "length of training that it does not tell. Ours are generated stories of six kinds.",
    ),
    Claim(
        "Stories, two supporting facts",
        metric="stories_rn/two_supporting_facts",
        paper=0.919,
        goal=0.90,
        baseline="stories_lstm/two_supporting_facts",
        note="The paper's number is of the official task, whose stories are longer.",
    ),
    Claim(
        "Stories, basic induction",
        metric="stories_rn/basic_induction",
        paper=0.979,
        goal=0.95,
        baseline="stories_lstm/basic_induction",
        note="Three sentences must be combined. Always the colour of some animal of the story: "
        "33 %.",
    ),
)
PRESETS = {
    name: trained_on_generated(
        run,
        description,
        check,
    )
    for name, run, description in (
        (
            "relation_network_stories",
            "stories_rn",
            "Answers questions about short stories, from all pairs of sentences.",
        ),
        (
            "relation_network_stories_lstm",
            "stories_lstm",
            "The same questions, from the story read word by word.",
        ),
    )
}
