"""How the loss of a decoder falls with its size, on the characters of Shakespeare.

Decoders of two layers and of several widths read the same number of characters, less than an
epoch; whole works are held out. A power law is fitted to all but the widest, whose loss it has to
predict. A run is the sweep over all sizes with one seed.
"""

import functools

import keras
import numpy as np

from keras_readinglist import datasets
from keras_readinglist.applications import DecoderLM
from keras_readinglist.information import fit_scaling_law
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run, as_computed
from keras_readinglist.recipes.training import fit_generated

_VOCABULARY = 128  # ASCII; what is not is read as a question mark
_PAPER_EXPONENT = 0.076
REDUCED = {
    "widths": (8, 12, 16, 24, 32),
    "held_out": 64,
    "num_layers": 2,
    "num_heads": 4,
    "context": 64,
    "batch_size": 64,
    "steps": 300,
    "block": 100,
    "warmup": 30,
    # The best rate falls with the width; above 1e-2 small models are not stable.
    "highest_rate": 1e-2,
    "rate_times_width": 0.16,
    "beta_2": 0.95,
    "clip": 1.0,
    "validation_windows": 1024,
    "seeds": (0,),
}
FULL = {
    **REDUCED,
    "widths": (16, 32, 64, 128, 256, 512),
    "held_out": 1024,
    "steps": 1100,
    "warmup": 50,
    "validation_windows": 4096,
    "seeds": (0, 1, 2),
}
TINY = {
    "widths": (4, 8, 16),
    "held_out": 32,
    "num_layers": 1,
    "context": 8,
    "batch_size": 16,
    "steps": 20,
    "block": 20,
    "warmup": 2,
    "validation_windows": 64,
}


@functools.cache
def tokens(split):
    """Return the characters of a split as integers."""
    text = "\n".join(datasets.load("shakespeare", split))
    return np.frombuffer(text.encode("ascii", "replace"), "uint8").astype("int32")


def windows(ids, starts, context):
    """Return what is read from some places on, and the tokens that follow each."""
    places = np.asarray(starts)[:, None] + np.arange(context + 1)
    return ids[places[:, :-1]], ids[places[:, 1:]]


def train_size(width, config):
    """Return a trained decoder and its loss on the held-out works, in nats per character."""
    keras.utils.set_random_seed(config["seed"])
    names = ("num_layers", "num_heads", "context")
    model = DecoderLM(_VOCABULARY, d_model=width, **{name: config[name] for name in names})
    ids, context = tokens("train"), config["context"]

    def batch(rng, step):
        return windows(ids, rng.integers(len(ids) - context, size=config["batch_size"]), context)

    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        config["steps"] - config["warmup"],
        warmup_target=min(config["highest_rate"], config["rate_times_width"] / width),
        warmup_steps=config["warmup"],
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    adam = keras.optimizers.Adam(rate, beta_2=config["beta_2"], global_clipnorm=config["clip"])
    fit_generated(model, batch, config, [], loss=loss, optimizer=adam)
    held = tokens("validation")
    starts = np.linspace(0, len(held) - context - 1, config["validation_windows"]).astype(int)
    return model, float(model.evaluate(*windows(held, starts, context), 64, verbose=0))


def run_sweep(config, callbacks):
    """Train all sizes, fit the law to all but the widest, and predict that one."""
    metrics, params, whole, losses = {}, [], [], []
    for width in (*config["widths"], config["held_out"]):
        model, loss = train_size(width, config)
        metrics |= {f"loss_{width}": loss, f"params_{width}": model.non_embedding_params}
        params.append(model.non_embedding_params)
        whole.append(model.count_params())
        losses.append(loss)
        print(f"width {width}: {params[-1]} parameters, {loss:.4f} nats", flush=True)
    fit = fit_scaling_law(params[:-1], losses[:-1])
    middle = np.log(params[:-1]).mean(), np.log(losses[:-1]).mean()
    paper = np.exp(middle[1] - _PAPER_EXPONENT * (np.log(params[-1]) - middle[0]))
    low, high = fit.interval
    return metrics | {
        "exponent": fit.law.exponent,
        "exponent_half_width": (high - low) / 2,
        "scale": fit.law.scale,
        "r_squared": fit.r_squared,
        "r_squared_with_embeddings": fit_scaling_law(whole[:-1], losses[:-1]).r_squared,
        "held_out_error": abs(fit.loss(params[-1]) / losses[-1] - 1),
        "held_out_error_paper": abs(paper / losses[-1] - 1),
    }


CLAIMS = (
    Claim(
        "The loss is a power law of the non-embedding parameters: R² of the logarithms",
        "sweep/r_squared",
        goal=0.98,
        baseline="sweep/r_squared_with_embeddings",
        note="The baseline counts embeddings too. 1.2 million characters are far from convergence.",
    ),
    Claim(
        "Its exponent is known: half the 95 % interval",
        "sweep/exponent_half_width",
        goal=0.02,
        higher_is_better=False,
        note="The paper's 0.076 is of words; an exponent depends on the tokens.",
    ),
    Claim(
        "The law predicts a model four times larger: relative error of the loss",
        "sweep/held_out_error",
        goal=0.02,
        baseline="sweep/held_out_error_paper",
        higher_is_better=False,
        note="The baseline has the paper's exponent, through the middle of the same points.",
    ),
)
RECIPE = Recipe(
    slug="scaling-laws",
    scales={"reduced": {"sweep": REDUCED}, "full": {"sweep": FULL}},
    experiments={"sweep": Experiment(run_sweep, as_computed, TINY)},
    runs={"sweep": Run("sweep")},
    claims=CLAIMS,
)
