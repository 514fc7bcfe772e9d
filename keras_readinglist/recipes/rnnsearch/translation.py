"""English to French on sentences of Tatoeba: one training for every model that translates.

All models get the same pieces, batches, optimizer and schedule; what differs is the model.
"""

import functools
import hashlib
import math

import keras
import numpy as np

from keras_readinglist.datasets import load as load_dataset
from keras_readinglist.datasets.translation_pairs import TranslationPairs
from keras_readinglist.losses import LabelSmoothedCrossEntropy
from keras_readinglist.metrics import bleu
from keras_readinglist.recipes.recipe import Trained
from keras_readinglist.recipes.training import fit
from keras_readinglist.schedules import WarmupStableDecay
from keras_readinglist.tokenizers import SubwordTokenizer
from keras_readinglist.tokenizers.subwords import normalize

REDUCED = {
    "dataset": "tatoeba_eng_fra",
    "pairs": None,
    "vocab_size": 2_000,
    "slots": 1_024,
    "shapes": 6,
    "epochs": 6,
    # 450 steps on short sentences end at 1.41 nats a token of validation with these rates. Others:
    # 1.48 with a ratio of .25 and 1.65 with .125; 1.53 at .01 with .5; 1.70 at .02 with .25 when
    # updates are scaled as Keras does by itself; 1.84 with Adam alone at .003.
    "learning_rate": 0.02,
    "adam_ratio": 0.5,
    "warmup_steps": 200,
    "label_smoothing": 0.1,
    "beam_size": 4,
    "length_penalty": 0.6,
    "test_sentences": 2_000,
    "seeds": (0,),
}
TINY = {
    "pairs": 100,
    "vocab_size": 120,
    "slots": 256,
    "shapes": 1,
    "epochs": 1,
    "beam_size": 2,
    "test_sentences": 3,
}
_KNOWN = (
    ("I am hungry.", "J'ai faim."),
    ("Tom is not here today.", "Tom n'est pas ici aujourd'hui."),
    ("Where did you buy this book?", "Où as-tu acheté ce livre ?"),
    ("She gave me a red flower.", "Elle m'a donné une fleur rouge."),
)
LENGTHS = {"to_5": (1, 5), "6_to_8": (6, 8), "9_to_12": (9, 12), "from_13": (13, math.inf)}


def train(make_model, config, callbacks):
    """Train a model from its tokenizer on.

    Args:
        make_model: Function `(tokenizer, config)` that returns a model.
        config: The configuration of a run. With `"every"`, one pair of so many is trained on.
        callbacks: List of callbacks that the runner gave to the experiment.
    """
    pairs = _pairs("train", config)[:: config.get("every", 1)]
    texts = [text for pair in pairs for text in pair]
    tokenizer = SubwordTokenizer.train(texts, config["vocab_size"])
    batches = _batches(tokenizer, pairs, config)
    held_out = _pairs("validation", config)
    keras.utils.set_random_seed(config["seed"])
    model = make_model(tokenizer, config)
    steps = config["epochs"] * len(batches)
    warmup = min(config["warmup_steps"], steps // 2)
    rate = WarmupStableDecay(config["learning_rate"], warmup, steps - warmup, steps)
    model.compile(
        # Muon on the matrices of hidden layers, Adam on the rest at a share of the rate.
        keras.optimizers.Muon(
            rate,
            adam_lr_ratio=config["adam_ratio"],
            exclude_layers=["generator"],
            rms_rate=None,
            weight_decay=None,
            adam_weight_decay=None,
        ),
        LabelSmoothedCrossEntropy(config["label_smoothing"]),
    )
    fit(
        model,
        batches,
        config["epochs"],
        callbacks,
        validation_data=_batches(tokenizer, held_out, config),
    )
    return model


def _pairs(split, config):
    return _all_pairs(config["dataset"], split)[: config["pairs"]]


@functools.cache
def _all_pairs(dataset, split):
    return load_dataset(dataset, split)


def _batches(tokenizer, pairs, config):
    sources, targets = (
        [tokenizer.encode(text) for text in side] for side in zip(*pairs, strict=True)
    )
    sizes = {"slots": config["slots"], "shapes": config["shapes"]}
    return TranslationPairs(sources, targets, **sizes, seed=config["seed"])


@functools.cache
def held_out_sentences(dataset, count):
    """Return English sentences and all their French translations, in the order of a hash.

    Args:
        dataset: String, the name of the data set.
        count: Integer, how many sentences.
    """
    translations = {}
    for english, french in _all_pairs(dataset, "test"):
        translations.setdefault(english, []).append(normalize(french))
    order = sorted(translations, key=lambda text: hashlib.sha256(text.encode()).digest())[:count]
    return order, [translations[text] for text in order]


def measure(model, config):
    """Return BLEU on test sentences, greedy and by beam search, in all and by length, and loss.

    Lengths are those of the English sentence, in words; BLEU counts all French translations.
    """
    sources, references = held_out_sentences(config["dataset"], config["test_sentences"])
    search = {"beam_size": config["beam_size"], "length_penalty": config["length_penalty"]}
    greedy = translate(model, sources, beam_size=1, length_penalty=0.0)
    written = translate(model, sources, **search)
    found = {
        "bleu_greedy": bleu(greedy, references),
        "bleu": bleu(written, references),
        "nats": nats_per_token(model, config),
        "parameters": float(model.count_params()),
    }
    lengths = np.array([len(text.split()) for text in sources])
    for name, (least, most) in LENGTHS.items():
        rows = np.flatnonzero((lengths >= least) & (lengths <= most))
        scored = [written[i] for i in rows], [references[i] for i in rows]
        found[f"bleu_{name}"] = bleu(*scored) if len(rows) else 0.0
    return found


def translate(model, texts, batch_size=100, **search):
    """Translate many sentences, in batches of similar lengths."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    written = [None] * len(texts)
    for begin in range(0, len(order), batch_size):
        rows = order[begin : begin + batch_size]
        for row, text in zip(
            rows, model.translate([texts[i] for i in rows], **search), strict=True
        ):
            written[row] = text
    return written


def nats_per_token(model, config):
    """Return the mean surprisal of a token of the test pairs, without label smoothing."""
    pairs = _pairs("test", config)
    batches = _batches(model.tokenizer, pairs, config)
    total = count = 0.0
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
    for index in range(len(batches)):
        inputs, labels, weights = batches[index]
        nats = keras.ops.convert_to_numpy(loss(labels, model.predict_on_batch(inputs)))
        total, count = total + float((nats * weights).sum()), count + float(weights.sum())
    return total / count


def preset(run, description):
    """Return the `Trained` of a model that translates."""
    return Trained(
        run=run,
        description=description,
        data="Tatoeba, English and French sentences",
        licence="CC BY 2.0 FR",
        attribution="tatoeba.org and manythings.org/anki",
        check=_check,
    )


def _check(model):
    """Return the surprisal of a few translations; needs no data set."""
    source = model.encode([english for english, _ in _KNOWN])
    target = model.encode([french for _, french in _KNOWN])
    nats = -model.align(source, target)[1]
    return {"nats": float(nats.sum() / (target > 0).sum())}
