"""Models of words with dropout between layers, with none, and with dropout in the recurrence."""

import functools
import math

import keras
import numpy as np

from keras_readinglist import datasets
from keras_readinglist.applications import LSTMLanguageModel, ModelEnsemble, TruncatedBPTT
from keras_readinglist.datasets.streams import StreamBatcher
from keras_readinglist.datasets.text import separate_words
from keras_readinglist.recipes.recipe import Claim, Experiment, Run, Trained
from keras_readinglist.recipes.training import MetricsLog, fit, read_log
from keras_readinglist.schedules import ZarembaSchedule
from keras_readinglist.tokenizers import WordTokenizer

SHAKESPEARE = {
    "corpus": "shakespeare",
    "words": 25_000,
    "min_count": 5,
    "vocabulary": 700,
    "units": 96,
    "num_layers": 2,
    "dropout": 0.4,
    "dropout_mode": "non_recurrent",
    "tie_weights": True,
    "init_scale": 0.1,
    "optimizer": "adam",
    "learning_rate": 3e-3,
    "hold_epochs": 22,
    "decay": 1.2,
    "epochs": 32,
    "clip": 5.0,
    "batch_size": 20,
    "sequence_length": 20,
    "seeds": (0, 1, 2),
}
# As many layers, 3.3 times as wide: what the paper says of dropout is said of large models.
WIDE = {**SHAKESPEARE, "units": 320, "dropout": 0.5}
# The test articles of WikiText-2 are trained on, and the validation articles measured.
ARTICLES = {
    **SHAKESPEARE,
    "corpus": "wikitext2_test",
    "words": None,
    "vocabulary": None,
    "units": 200,
    "dropout": 0.5,
    "hold_epochs": 8,
    "epochs": 14,
}
# The small model is the paper's without dropout, the medium one its regularised.
SMALL = {
    **SHAKESPEARE,
    "corpus": "penn_treebank",
    "words": None,
    "min_count": 1,
    "vocabulary": None,
    "units": 200,
    "dropout": 0.0,
    "tie_weights": False,
    "optimizer": "sgd",
    "learning_rate": 1.0,
    "hold_epochs": 4,
    "decay": 2.0,
    "epochs": 13,
}
MEDIUM = {
    **SMALL,
    "units": 650,
    "init_scale": 0.05,
    "dropout": 0.5,
    "sequence_length": 35,
    "hold_epochs": 6,
    "decay": 1.2,
    "epochs": 39,
}
TINY = {
    "words": 500,
    "min_count": 2,
    "units": 4,
    "epochs": 2,
}


@functools.cache
def whole_texts(corpus):
    """Return the texts of all splits of a corpus, as models of words read them."""
    if corpus == "wikitext2_test":
        articles = datasets.load("wikitext2", "test").splitlines(keepends=True)
        end = len(articles) * 9 // 10
        held_out = datasets.load("wikitext2", "validation")
        return {
            "train": "".join(articles[:end]),
            "validation": "".join(articles[end:]),
            "test": held_out,
        }
    splits = ("train", "validation", "test")
    if corpus in ("penn_treebank", "wikitext2"):  # their words are separated
        return {split: datasets.load(corpus, split) for split in splits}
    return {split: separate_words("\n".join(datasets.load(corpus, split))) for split in splits}


def texts(config):
    """Return the texts to train, to validate and to test on; of the first only some words."""
    found = dict(whole_texts(config["corpus"]))
    if config["words"]:
        words = found["train"].replace("\n", " \n ").split(" ")
        found["train"] = " ".join(words[: config["words"]])
    return found


def streams(text, tokenizer, config):
    """Return a text as the parallel streams of a training."""
    sizes = config["batch_size"], config["sequence_length"]
    return StreamBatcher(tokenizer.encode(text), *sizes)


def trainer_of(model, config, steps_per_epoch):
    """Return what trains a model; its loss is a sum over time and a mean over streams."""
    trainer = TruncatedBPTT(model, config["batch_size"])
    schedule = ZarembaSchedule(
        config["hold_epochs"], config["decay"], steps_per_epoch, config["learning_rate"]
    )
    kind = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[config["optimizer"]]
    trainer.compile(
        kind(schedule, global_clipnorm=config["clip"]),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        loss_weights=float(config["sequence_length"]),
    )
    return trainer


def train(config, callbacks):
    """Train a model of words, and keep the epoch that is best on the validation text."""
    keras.utils.set_random_seed(config["seed"])
    text = texts(config)
    sizes = {"size": config["vocabulary"], "min_count": config["min_count"]}
    tokenizer = WordTokenizer.from_text(text["train"], eos=True, **sizes)
    names = ("units", "num_layers", "dropout", "dropout_mode", "tie_weights", "init_scale", "seed")
    model = LSTMLanguageModel(tokenizer.vocabulary, **{name: config[name] for name in names})
    batches = streams(text["train"], tokenizer, config)
    best = keras.callbacks.EarlyStopping(
        "val_loss", patience=config["epochs"], restore_best_weights=True
    )
    fit(
        trainer_of(model, config, len(batches)),
        batches,
        config["epochs"],
        [*callbacks, best],
        validation_data=streams(text["validation"], tokenizer, config),
    )
    logs = [read_log(c.path) for c in callbacks if isinstance(c, MetricsLog)]
    model.epochs = logs[0] if logs else []
    return model


def measure(model, config):
    """Measure the perplexity of the test text, and the curves of a model that was just trained.

    `train_<epoch>` is the mean over an epoch, as trained: with dropout. `valid_<epoch>` is measured
    after it.
    """
    found = {"perplexity": model.perplexity(texts(config)["test"])}
    curves = {"train": [], "valid": []}
    for row in getattr(model, "epochs", ()):
        for name, key in (("train", "loss"), ("valid", "val_loss")):
            curves[name].append(math.exp(row[key] / config["sequence_length"]))
    for name, values in curves.items():
        found |= {f"{name}_{epoch:02d}": value for epoch, value in enumerate(values, 1)}
        if values:
            found |= {f"{name}_last": values[-1], f"{name}_best": min(values)}
    return found


def train_ensemble(config, callbacks):
    """Train models that differ in their first weights and masks."""
    seeds = [1000 * (config["seed"] + 1) + k for k in range(config["members"])]
    return ModelEnsemble([train({**config, "seed": seed}, []) for seed in seeds])


def measure_ensemble(model, config):
    """Measure an ensemble beside its members."""
    text = texts(config)["test"]
    members = [member.perplexity(text) for member in model.members]
    return {"perplexity": model.perplexity(text), "members": np.mean(members)}


PASSAGE = separate_words("""\
Now would I give a thousand furlongs of sea for an acre of barren ground, long heath, brown furze,
any thing. The wills above be done! but I would fain die a dry death.
""")


def _check(model):
    return {"perplexity": model.perplexity(PASSAGE)}


_NONE = {"dropout_mode": "none"}
RUNS = {
    "regularised": Run("words"),
    "unregularised": Run("small_words", _NONE),
    "naive": Run("words", {"dropout_mode": "naive_recurrent"}, seeds=(0,)),
    "wide_regularised": Run("wide_words"),
    "wide_unregularised": Run("wide_words", _NONE),
    "wide_naive": Run("wide_words", {"dropout_mode": "naive_recurrent"}, seeds=(0,)),
    "articles_regularised": Run("articles"),
    "articles_unregularised": Run("articles", _NONE),
    "articles_naive": Run("articles", {"dropout_mode": "naive_recurrent"}, seeds=(0,)),
    "wide_variational": Run("wide_words", {"dropout_mode": "variational"}, seeds=(0,)),
    "ensemble": Run("ensemble", _NONE, seeds=(0,)),
}
_TEST = "Test perplexity of words of Shakespeare, the best epoch"
_SIZE = "2 LSTMs of 96 units, 25,000 words; test works are Hamlet, Twelfth Night, Venus and Adonis"

_ARTICLES = "Perplexity of articles of WikiText-2"
_SECOND = (
    "2 LSTMs of 200 units. Its test articles train, its validation articles are measured; "
    "three seeds."
)
_WIDE = "Dropout of .5, 25,000 words, three seeds"
_EVERY = f"{_SIZE}. In this direction for each of the three seeds, if by less than was asked for."


def _lower(name, metric, baseline, margin, **facts):
    """Return the claim that a perplexity is lower than another."""
    facts = {"goal": None, "higher_is_better": False, "note": _SIZE, **facts}
    return Claim(name, metric, baseline=baseline, margin=margin, **facts)


CLAIMS = (
    _lower(
        f"{_TEST}: dropout between layers against none",
        "regularised/perplexity",
        "unregularised/perplexity",
        margin=2.0,
        paper="82.7 against 114.5 on Penn Treebank",
        note=_EVERY,
    ),
    _lower(
        f"{_TEST}: dropout between layers against dropout in the recurrence too",
        "regularised/perplexity",
        "naive/perplexity",
        margin=1.0,
        note=f"{_SIZE}. What is dropped there is h; the cell beside it carries on untouched.",
    ),
    _lower(
        "The same of 2 LSTMs of 320 units: dropout between layers against none",
        "wide_regularised/perplexity",
        "wide_unregularised/perplexity",
        margin=2.0,
        note=f"{_WIDE}. With dropout of .65 one seed is at 34.9.",
    ),
    _lower(
        "2 LSTMs of 320 units, validation, last epoch: dropout between layers against none",
        "wide_regularised/valid_last",
        "wide_unregularised/valid_last",
        margin=2.0,
        note=_WIDE,
    ),
    _lower(
        "2 LSTMs of 320 units: dropout between layers against dropout in the recurrence too",
        "wide_regularised/perplexity",
        "wide_naive/perplexity",
        margin=1.0,
        note=f"{_WIDE}, the baseline one. The wide model gains from dropout in its recurrence.",
    ),
    _lower(
        "2 LSTMs of 320 units: one mask for all steps, in the recurrence too, against only between "
        "layers",
        "wide_variational/perplexity",
        "wide_regularised/perplexity",
        margin=0.0,
        paper="Gal and Ghahramani, 2016",
        note=f"{_WIDE}, the variational one.",
    ),
    _lower(
        f"{_ARTICLES}: dropout between layers against none",
        "articles_regularised/perplexity",
        "articles_unregularised/perplexity",
        margin=2.0,
        paper="82.7 against 114.5 on Penn Treebank",
        note=_SECOND,
    ),
    _lower(
        f"{_ARTICLES}: dropout between layers against dropout in the recurrence too",
        "articles_regularised/perplexity",
        "articles_naive/perplexity",
        margin=1.0,
        note=f"{_SECOND} The baseline has one.",
    ),
    _lower(
        "Without dropout the text is learned by heart: trained on against validation, last epoch",
        "unregularised/train_last",
        "unregularised/valid_last",
        margin=10.0,
    ),
    _lower(
        "Without dropout the validation perplexity rises after its best epoch",
        "unregularised/valid_best",
        "unregularised/valid_last",
        margin=2.0,
        note=_EVERY,
    ),
    _lower(
        "With dropout between layers it does not: last epoch against the best without dropout",
        "regularised/valid_last",
        "unregularised/valid_best",
        margin=2.0,
        note=_EVERY,
    ),
    _lower(
        "The mean of three models without dropout against one of them, test perplexity",
        "ensemble/perplexity",
        "ensemble/members",
        margin=2.0,
        paper="96.1 for two, 114.5 for one",
    ),
)


def _words(run, description):
    return Trained(
        run=run,
        description=description,
        data="shakespeare, the first 25,000 words of its training works",
        licence="public domain",
        check=_check,
    )


PRESETS = {
    "lstm_words_regularised": _words(
        "regularised", "Guesses the next word of Shakespeare; trained with dropout between layers."
    ),
    "lstm_words_unregularised": _words(
        "unregularised", "Guesses the next word of Shakespeare; trained without dropout."
    ),
}
REDUCED = {
    "words": SHAKESPEARE,
    "small_words": SHAKESPEARE,
    "wide_words": WIDE,
    "articles": ARTICLES,
    "ensemble": {**SHAKESPEARE, "members": 3, "epochs": 14, "hold_epochs": 14},
}
FULL = {
    "words": MEDIUM,
    "small_words": SMALL,
    "wide_words": {**MEDIUM, "units": 1500, "dropout": 0.65},
    "articles": {**MEDIUM, "corpus": "wikitext2"},
    "ensemble": {**SMALL, "members": 2},
}
EXPERIMENTS = {
    "words": Experiment(train, measure, TINY),
    "small_words": Experiment(train, measure, TINY),
    "wide_words": Experiment(train, measure, TINY),
    "articles": Experiment(train, measure, TINY),
    "ensemble": Experiment(train_ensemble, measure_ensemble, {**TINY, "members": 2}),
}
