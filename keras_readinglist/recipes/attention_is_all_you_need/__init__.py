"""The Transformer: against recurrent models of as many parameters, and on tasks without data."""

from keras_readinglist.recipes import rnnsearch
from keras_readinglist.recipes.attention_is_all_you_need import ablations, sequences, translation
from keras_readinglist.recipes.recipe import Claim, Recipe, Run
from keras_readinglist.recipes.rnnsearch.translation import preset

RUNS = {"transformer": Run("translation"), "rnnsearch": Run("rnnsearch")}
CLAIMS = (
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
)

RECIPE = Recipe(
    slug="attention-is-all-you-need",
    scales={
        "reduced": {
            "translation": translation.REDUCED,
            "rnnsearch": rnnsearch.TRANSLATION,
            "ablation": ablations.REDUCED,
            "symbols": sequences.SYMBOLS,
            "sums": sequences.SUMS,
        },
        "full": {
            "translation": translation.FULL,
            "rnnsearch": rnnsearch.FULL,
            "ablation": ablations.FULL,
            "symbols": sequences.SYMBOLS,
            "sums": sequences.SUMS,
        },
    },
    experiments={
        "translation": translation.EXPERIMENT,
        "rnnsearch": rnnsearch.RECIPE.experiments["translation"],
        "ablation": translation.EXPERIMENT,
        **sequences.EXPERIMENTS,
    },
    runs={**RUNS, **ablations.RUNS, **sequences.RUNS},
    claims=(*CLAIMS, *ablations.CLAIMS, *sequences.CLAIMS),
    presets={
        "transformer_english_french": preset(
            "transformer", "Translates English to French: a Transformer of two and two blocks."
        )
    },
)
