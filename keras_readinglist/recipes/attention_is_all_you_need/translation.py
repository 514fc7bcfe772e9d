"""English to French, by the training that all models that translate share."""

from functools import partial

from keras_readinglist.applications.translation import Transformer
from keras_readinglist.recipes.recipe import Experiment
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


EXPERIMENT = Experiment(partial(translation.train, make_transformer), translation.measure, TINY)
