"""The Transformer on English to French, against recurrent models of as many parameters."""

from functools import partial

from keras_readinglist.applications.translation import Transformer
from keras_readinglist.recipes import rnnsearch
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run
from keras_readinglist.recipes.rnnsearch import translation

REDUCED = {
    **translation.REDUCED,
    "num_layers": 2,
    "d_model": 128,
    "d_ff": 256,
    "num_heads": 4,
    "dropout": 0.05,
    "norm_first": True,
    "positions": "sinusoidal",
    "max_length": 160,
}
FULL = {
    **REDUCED,
    "vocab_size": 8_000,
    "slots": 8_192,
    "epochs": 30,
    "num_layers": 4,
    "d_model": 256,
    "d_ff": 1_024,
    "num_heads": 8,
    "dropout": 0.2,
    "seeds": (0, 1, 2),
}
TINY = {**translation.TINY, "num_layers": 1, "d_model": 8, "d_ff": 16, "num_heads": 2}
_MODEL = ("num_layers", "d_model", "d_ff", "num_heads", "dropout", "norm_first", "positions")


def make_transformer(tokenizer, config):
    """Return the Transformer of a configuration."""
    options = {name: config[name] for name in (*_MODEL, "max_length")}
    return Transformer(len(tokenizer), tokenizer=tokenizer, **options)


RUNS = {"transformer": Run("translation"), "rnnsearch": Run("rnnsearch")}

RECIPE = Recipe(
    slug="attention-is-all-you-need",
    scales={
        "reduced": {"translation": REDUCED, "rnnsearch": rnnsearch.TRANSLATION},
        "full": {"translation": FULL, "rnnsearch": rnnsearch.FULL},
    },
    experiments={
        "translation": Experiment(
            partial(translation.train, make_transformer), translation.measure, TINY
        ),
        "rnnsearch": rnnsearch.RECIPE.experiments["translation"],
    },
    runs=RUNS,
    claims=(
        Claim(
            "English to French, BLEU by beam search, against RNNsearch",
            metric="transformer/bleu",
            paper="38.1 (base) and 41.8 (big) on news of WMT 2014",
            goal=42.0,
            baseline="rnnsearch/bleu",
            margin=1.0,
            note="Tatoeba, 2,000 English sentences with all their translations. Both models have "
            "0.9 million parameters and read every pair six times; after three it was 39.8.",
        ),
        Claim(
            "Nats a token of test pairs, against RNNsearch",
            metric="transformer/nats",
            goal=None,
            baseline="rnnsearch/nats",
            margin=0.05,
            higher_is_better=False,
        ),
        Claim(
            "Sentences of 13 words and more, BLEU, against RNNsearch",
            metric="transformer/bleu_from_13",
            goal=None,
            baseline="rnnsearch/bleu_from_13",
            margin=1.0,
        ),
    ),
    presets={
        "transformer_english_french": translation.preset(
            "transformer", "Translates English to French: a Transformer of two and two blocks."
        )
    },
)
