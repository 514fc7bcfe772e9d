"""A made language whose phrases are turned round, with and without attention.

The generator knows where every word comes from, so the alignment can be checked, which no real text
allows. Models are trained on sentences of 5 to 20 words and write greedily: they get no word of the
true translation, but for `alignment`, which is that of the true one.
"""

from functools import partial

import keras
import numpy as np

from keras_readinglist.applications.translation import RNNSearch
from keras_readinglist.datasets.reversed_phrases import VOCAB_SIZE, reversed_phrases
from keras_readinglist.losses import LabelSmoothedCrossEntropy
from keras_readinglist.recipes.recipe import Claim, Experiment, Run
from keras_readinglist.recipes.training import fit_generated, warmed_adam

REDUCED = {
    "attention": "additive",
    "embedding_dim": 64,
    "units": 128,
    "attention_units": 128,
    "batch_size": 128,
    "learning_rate": 2e-3,
    "warmup_steps": 200,
    "clip": 1.0,
    "block": 200,
    "steps": 2_000,
    # One of them for a batch, so that little of it is padding; together uniform.
    "lengths": ((5, 8), (9, 12), (13, 16), (17, 20)),
    "test_lengths": ((5, 20), (20, 20), (21, 30), (31, 40)),
    "test_examples": 1_000,
    "seeds": (0,),
}
FULL = {**REDUCED, "steps": 20_000, "units": 256, "test_examples": 5_000, "seeds": (0, 1, 2)}
TINY = {
    "embedding_dim": 4,
    "units": 4,
    "attention_units": 4,
    "batch_size": 2,
    "block": 1,
    "steps": 2,
    "warmup_steps": 1,
    "lengths": ((5, 6),),
    "test_lengths": ((5, 20), (20, 20), (21, 30)),
    "test_examples": 3,
}
_TEST_SEED = 1_000_003
_WIDTHS = 8  # targets are padded to a multiple: a few shapes, with little padding


def build(config):
    """Return an untrained model."""
    wide = ("kernel_initializer", "attention_initializer", "score_initializer")
    return RNNSearch(
        VOCAB_SIZE,
        config["embedding_dim"],
        config["units"],
        config["attention_units"],
        maxout_units=config["embedding_dim"],
        attention=config["attention"],
        tied=True,
        **dict.fromkeys(wide, "glorot_uniform"),
    )


def training_batch(config, rng, step):
    """Return a batch of sentences of similar lengths, and their translations."""
    lengths = config["lengths"][rng.integers(len(config["lengths"]))]
    source, labels, _ = reversed_phrases(config["batch_size"], tuple(lengths), rng)
    longest = (labels > 0).sum(axis=1).max()
    labels = labels[:, : -(-longest // _WIDTHS) * _WIDTHS]
    target = np.pad(labels[:, :-1], ((0, 0), (1, 0)), constant_values=1)
    return {"source": source, "target": target}, labels, (labels > 0).astype("float32")


def train(config, callbacks):
    """Train one model."""
    keras.utils.set_random_seed(config["seed"])
    return fit_generated(
        build(config),
        partial(training_batch, config),
        config,
        callbacks,
        loss=LabelSmoothedCrossEntropy(0.0),
        optimizer=warmed_adam(config),
    )


def measure(model, config):
    """Measure words, sentences and alignments on sentences that were not trained on, by length."""
    metrics = {}
    for lengths in config["test_lengths"]:
        rng = np.random.default_rng((_TEST_SEED, *lengths))
        sentences = reversed_phrases(config["test_examples"], tuple(lengths), rng)
        name = "{}_to_{}".format(*lengths)
        metrics |= {f"{what}_{name}": value for what, value in judge(model, *sentences).items()}
    return metrics


def judge(model, source, target, alignment):
    """Return the shares of right words, of right sentences, and of right places looked at."""
    written = model.generate(source, max_steps=target.shape[1])[0][:, 0]
    there = target > 0
    right = written == target
    found = {
        "words": float(right[there].mean()),
        "sentences": float((right | ~there).all(axis=1).mean()),
    }
    if model.attention:
        looked = model.align(source, target)[0].argmax(axis=-1)
        found["alignment"] = float((looked == alignment)[alignment >= 0].mean())
    return found


EXPERIMENTS = {"phrases": Experiment(train, measure, TINY)}
RUNS = {
    "phrases": Run("phrases"),
    "phrases_without_attention": Run("phrases", {"attention": None}),
}
CLAIMS = (
    Claim(
        "Made language, sentences of 5 to 20 words, words right",
        metric="phrases/words_5_to_20",
        goal=0.99,
        baseline="phrases_without_attention/words_5_to_20",
    ),
    Claim(
        "Made language, 20 words, wholly right, against one fixed vector",
        metric="phrases/sentences_20_to_20",
        goal=0.95,
        baseline="phrases_without_attention/sentences_20_to_20",
        margin=0.3,
    ),
    Claim(
        "Made language, 21 to 30 words, longer than any trained on, words right",
        metric="phrases/words_21_to_30",
        goal=0.95,
        baseline="phrases_without_attention/words_21_to_30",
    ),
    Claim(
        "Made language, 5 to 20 words: the word looked at most is the one that is translated",
        metric="phrases/alignment_5_to_20",
        goal=0.95,
        note="The generator knows the alignment; words of agreement and the end have none.",
    ),
)
