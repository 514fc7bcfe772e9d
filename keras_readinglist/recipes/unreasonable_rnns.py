"""Character models of Shakespeare and of Python source, against n-grams and compressors.

The network is 2 LSTM layers of 256 units, trained on 64 parallel streams with truncated
back-propagation over 100 characters. Held out are the last 10 % of Shakespeare, and whole modules
of the Python standard library. What must be beaten: the best Witten-Bell n-gram (its order chosen
on the held-out text itself, in its favour), compressors that saw the training text, and a plain
recurrent network with as many parameters.
"""

import ast
import bz2
import gzip
import lzma
import re

import keras
import numpy as np

from keras_readinglist import datasets
from keras_readinglist.applications.language_models import CharRNN
from keras_readinglist.applications.truncated_bptt import TruncatedBPTT
from keras_readinglist.datasets.streams import StreamBatcher
from keras_readinglist.information.cell_probes import probe_cells
from keras_readinglist.information.ngram import NGram
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run, Trained
from keras_readinglist.recipes.training import fit
from keras_readinglist.tokenizers import CharTokenizer

REDUCED = {
    "units": 256,
    "num_layers": 2,
    "cell": "lstm",
    "embedding_dim": 64,
    "dropout": 0.2,
    "batch_size": 64,
    "sequence_length": 100,
    "epochs": 12,
    "learning_rate": 3e-3,
    "final_learning_rate": 1e-4,
    "warmup_steps": 100,
    "weight_decay": 0.01,
    "beta_2": 0.99,
    "clip": 1.0,
    "characters": None,  # of every split; all
    "ngram_orders": (2, 3, 4, 5, 6, 7),
    "probe_characters": 20_000,
    "sample_characters": 8_000,
    "functions": 60,
    "function_characters": 600,
    "seeds": (0,),
}
FULL = {**REDUCED, "units": 512, "num_layers": 3, "dropout": 0.5, "epochs": 50, "batch_size": 100}
TINY = {
    "units": 4,
    "num_layers": 1,
    "embedding_dim": 4,
    "batch_size": 4,
    "sequence_length": 50,
    "epochs": 1,
    "warmup_steps": 1,
    "characters": 2_000,
    "ngram_orders": (2,),
    "probe_characters": 500,
    "sample_characters": 50,
    "functions": 2,
    "function_characters": 20,
}


def _scale(sizes):
    verse = {**sizes, "corpus": "tiny_shakespeare"}
    return {
        "verse": verse,
        "source": {**sizes, "corpus": "python_source", "epochs": 3},
        # As many parameters as the LSTM, with the smaller steps that tanh units ask for.
        "network": {**verse, "cell": "rnn", "units": 512, "learning_rate": 1e-3},
    }


def corpus(config):
    """Return the training text and the held-out text."""
    name = config["corpus"]
    parts = [datasets.load(name, split) for split in ("train", "validation", "test")]
    train, validation, test = ("".join(part)[: config["characters"]] for part in parts)
    return train, validation + test


def train(config, callbacks):
    """Train a character model."""
    keras.utils.set_random_seed(config["seed"])
    text, held_out = corpus(config)
    tokenizer = CharTokenizer.from_text(text + held_out)  # the alphabet only, no statistics
    names = ("units", "num_layers", "cell", "embedding_dim", "dropout", "seed")
    model = CharRNN(tokenizer.vocabulary, **{name: config[name] for name in names})
    batch_size = config["batch_size"]
    streams = StreamBatcher(tokenizer.encode(text), batch_size, config["sequence_length"])
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        warmup_target=config["learning_rate"],
        warmup_steps=config["warmup_steps"],
        decay_steps=config["epochs"] * len(streams) - config["warmup_steps"],
        alpha=config["final_learning_rate"] / config["learning_rate"],
    )
    trainer = TruncatedBPTT(model, batch_size)
    trainer.compile(
        optimizer=keras.optimizers.AdamW(
            schedule,
            weight_decay=config["weight_decay"],
            beta_2=config["beta_2"],
            global_clipnorm=config["clip"],
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    fit(trainer, streams, config["epochs"], callbacks)
    return model


def measure(model, config):
    """Measure what a character of the held-out text costs a model."""
    _, held_out = corpus(config)
    nats = float(model.score(held_out).mean())
    return {"nats_per_char": nats, "bits_per_char": nats / np.log(2)}


def measure_beside_others(model, config):
    """Measure a model beside n-grams and compressors, and look for cells that can be read."""
    text, held_out = corpus(config)
    return {
        **measure(model, config),
        **_ngrams(text, held_out, model.tokenizer, config["ngram_orders"]),
        **_compressors(text, held_out),
        **_cells(model, held_out[: config["probe_characters"]]),
    }


def measure_verse(model, config):
    """Measure a model of verse, and which of the words exist that it writes."""
    metrics, (text, _) = measure_beside_others(model, config), corpus(config)
    return metrics | _known_words(model, text, config["sample_characters"])


def measure_source(model, config):
    """Measure a model of program source, and whether the functions parse that it writes."""
    metrics, (text, _) = measure_beside_others(model, config), corpus(config)
    ngram = NGram(5, len(model.tokenizer)).fit(model.tokenizer.encode(text))
    sizes = config["functions"], config["function_characters"]
    metrics["functions_that_parse"] = _parsing(_functions(model, *sizes))
    written = _ngram_functions(ngram, model.tokenizer, *sizes)
    return {**metrics, "functions_that_parse_ngram": _parsing(written)}


def _ngrams(text, held_out, tokenizer, orders):
    train_ids, test_ids = tokenizer.encode(text), tokenizer.encode(held_out)
    scores = {
        order: float(NGram(order, len(tokenizer)).fit(train_ids).score(test_ids).mean())
        for order in orders
    }
    return {
        **{f"ngram_{order}": score for order, score in scores.items()},
        "best_ngram": min(scores.values()),
    }


def _compressors(text, held_out):
    """Return what the held-out text adds to the compressed training text, in nats per character."""
    tools = {
        "gzip": lambda data: gzip.compress(data, 9),
        "bz2": lambda data: bz2.compress(data, 9),
        "lzma": lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME),
    }
    costs = {}
    for name, compress in tools.items():
        extra = len(compress((text + held_out).encode())) - len(compress(text.encode()))
        costs[name] = extra * 8 * np.log(2) / len(held_out)
    return {**costs, "best_compressor": min(costs.values())}


def _cells(model, text):
    best = {}
    for probe in probe_cells(model.activations(text), text, top=1):
        name = re.sub(r"\W+", "_", probe.property)
        best[f"cell_{name}"] = abs(probe.value)
    return best


def _known_words(model, text, length):
    known = set(re.findall(r"[a-z]+", text.lower()))
    metrics = {}
    for temperature in (0.3, 0.5, 0.7, 1.0, 1.3):
        sample = model.generate("\n", length, temperature=temperature, seed=0)
        words = re.findall(r"[a-z]+", sample.lower())
        metrics[f"known_words_{temperature}"] = np.mean([word in known for word in words])
    return metrics


def _functions(model, count, length):
    """Return functions written by the model: from `def ` to the next line that is not indented."""
    for seed in range(count):
        yield "def " + model.generate("\n\n\ndef ", length, temperature=0.5, seed=seed)


def _ngram_functions(ngram, tokenizer, count, length):
    context = tokenizer.encode("\n\n\ndef ").tolist()
    for seed in range(count):
        yield "def " + tokenizer.decode(ngram.sample(length, context, rng=seed))


def _parsing(samples):
    """Return the share of samples whose first function is valid Python."""
    valid = []
    for sample in samples:
        function = re.split(r"\n(?=\S)", sample, maxsplit=1)[0]
        try:
            ast.parse(function)
        except (SyntaxError, ValueError):
            valid.append(False)
        else:
            valid.append(True)
    return float(np.mean(valid))


PASSAGE = """\
GONZALO:
Now would I give a thousand furlongs of sea for an
acre of barren ground, long heath, brown furze, any
thing. The wills above be done! but I would fain
die a dry death.

"""
FUNCTION = '''\
def find(values, wanted):
    """Return the index of the first value that is wanted."""
    for index, value in enumerate(values):
        if value == wanted:
            return index
    raise ValueError("not found: %r" % (wanted,))
'''


def _cheaper(name, run, than, **facts):
    """Return the claim that a character costs a model less than something else, in nats."""
    facts = {"baseline": than, "higher_is_better": False, **facts}
    return Claim(name, f"{run}/nats_per_char", **facts)


RECIPE = Recipe(
    slug="unreasonable-rnns",
    scales={"reduced": _scale(REDUCED), "full": _scale(FULL)},
    experiments={
        "verse": Experiment(train, measure_verse, TINY),
        "source": Experiment(train, measure_source, TINY),
        "network": Experiment(train, measure, TINY),
    },
    runs={"shakespeare": Run("verse"), "python": Run("source"), "plain_rnn": Run("network")},
    claims=(
        _cheaper(
            "Shakespeare, nats per character, against the best n-gram",
            "shakespeare",
            "shakespeare/best_ngram",
            goal=1.51,
            margin=0.1,
            note="The essay gives no number for this text; a GPU Transformer with 10.7 M "
            "parameters reports 1.47.",
        ),
        _cheaper(
            "Shakespeare, nats per character, against the best compressor",
            "shakespeare",
            "shakespeare/best_compressor",
            goal=1.51,
            margin=0.1,
            note="gzip, bz2 and lzma, charged only for what the held-out text adds.",
        ),
        _cheaper(
            "LSTM against a plain RNN of as many parameters, nats per character",
            "shakespeare",
            "plain_rnn/nats_per_char",
            goal=1.51,
            paper="1.08 against 1.24 on War and Peace",
            margin=0.05,
            unconfirmed=True,
        ),
        Claim(
            "A cell that follows the position in the line (correlation)",
            metric="shakespeare/cell_position_in_line",
            goal=0.7,
            paper="about 5 % of cells can be read",
        ),
        Claim(
            "A cell that is on inside a speaker's name (AUC)",
            metric="shakespeare/cell_inside_a_speaker_s_name",
            goal=0.85,
            baseline=0.5,
            margin=0.3,
        ),
        Claim(
            "Words written at temperature 0.5 that exist",
            metric="shakespeare/known_words_0.5",
            goal=0.9,
            baseline="shakespeare/known_words_1.3",
            margin=0.1,
        ),
        _cheaper(
            "Python source, nats per character, against the best n-gram",
            "python",
            "python/best_ngram",
            goal=1.2,
            paper="0.84 against 0.89 on the Linux kernel",
            margin=0.05,
            unconfirmed=True,
        ),
        _cheaper(
            "Python source, nats per character, against the best compressor",
            "python",
            "python/best_compressor",
            goal=1.2,
            note="Modules share whole passages, which a compressor copies from the training text.",
        ),
        Claim(
            "Functions written at temperature 0.5 that parse as Python",
            metric="python/functions_that_parse",
            goal=0.2,
            baseline="python/functions_that_parse_ngram",
            margin=0.1,
        ),
    ),
    presets={
        "char_rnn_shakespeare": Trained(
            run="shakespeare",
            description="Writes in the manner of Shakespeare's plays, a character at a time.",
            data="tiny_shakespeare, its first 90 %",
            licence="public domain",
            check=lambda model: {"nats_per_char": model.score(PASSAGE).mean()},
        ),
        "char_rnn_python": Trained(
            run="python",
            description="Writes Python source, a character at a time.",
            data="the Python standard library's top-level modules",
            licence="PSF-2.0",
            attribution="Python Software Foundation",
            check=lambda model: {"nats_per_char": model.score(FUNCTION).mean()},
        ),
    },
)
