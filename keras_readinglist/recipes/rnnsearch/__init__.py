"""Translation with a recurrent network, with and without attention."""

from functools import partial

from keras_readinglist.applications.translation import RNNSearch
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run
from keras_readinglist.recipes.rnnsearch import phrases, translation

TRANSLATION = {
    **translation.REDUCED,
    "embedding_dim": 128,
    "units": 136,
    "attention_units": 136,
    "maxout_units": 128,
    "attention": "additive",
    "dropout": 0.05,
}
TINY = {
    **translation.TINY,
    "embedding_dim": 8,
    "units": 6,
    "attention_units": 5,
    "maxout_units": 8,
}
_MODEL = ("embedding_dim", "units", "attention_units", "maxout_units", "attention", "dropout")
FULL = {
    **TRANSLATION,
    "vocab_size": 8_000,
    "slots": 8_192,
    "epochs": 20,
    "embedding_dim": 256,
    "units": 512,
    "attention_units": 256,
    "maxout_units": 256,
    "dropout": 0.2,
    "seeds": (0, 1, 2),
}


def make_translator(tokenizer, config):
    """Return the RNNsearch of a configuration, or its twin without attention."""
    options = {name: config[name] for name in _MODEL}
    wide = dict.fromkeys(
        ("kernel_initializer", "attention_initializer", "score_initializer"), "glorot_uniform"
    )
    return RNNSearch(len(tokenizer), tied=True, tokenizer=tokenizer, **wide, **options)


RUNS = {
    "rnnsearch": Run("translation"),
    "encoder_decoder": Run("translation", {"attention": None}),
}
CLAIMS = (
    Claim(
        "English to French, BLEU by beam search, against one fixed vector",
        metric="rnnsearch/bleu",
        paper="26.75 against 17.82 on news of WMT 2014",
        goal=38.0,
        baseline="encoder_decoder/bleu",
        margin=5.0,
        note="Tatoeba, 2,000 English sentences with all their translations. Six epochs each (35.0 "
        "after three), states of 136: without attention 0.65 million parameters, with it 0.9.",
    ),
    *(
        Claim(
            f"Sentences of {words} words, BLEU, against one fixed vector",
            metric=f"rnnsearch/bleu_{name}",
            paper="no fall up to 50 words; the fixed vector falls from 20 on" if long else None,
            goal=None,
            baseline=f"encoder_decoder/bleu_{name}",
            margin=5.0,
        )
        for words, name, long in (
            ("1 to 5", "to_5", False),
            ("6 to 8", "6_to_8", False),
            ("9 to 12", "9_to_12", False),
            ("13 and more", "from_13", True),
        )
    ),
)

RECIPE = Recipe(
    slug="rnnsearch",
    scales={
        "reduced": {"phrases": phrases.REDUCED, "translation": TRANSLATION},
        "full": {"phrases": phrases.FULL, "translation": FULL},
    },
    experiments={
        **phrases.EXPERIMENTS,
        "translation": Experiment(
            partial(translation.train, make_translator), translation.measure, TINY
        ),
    },
    runs={**phrases.RUNS, **RUNS},
    claims=(*phrases.CLAIMS, *CLAIMS),
    presets={
        "rnnsearch_english_french": translation.preset(
            "rnnsearch", "Translates English to French: RNNsearch, with its alignment."
        ),
        "encoder_decoder_english_french": translation.preset(
            "encoder_decoder", "Translates English to French: one fixed vector, no attention."
        ),
    },
)
