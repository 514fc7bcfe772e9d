"""How the loss of a decoder falls with its size, its steps and its data, on Shakespeare's letters.

Decoders of two layers and of several widths read less than an epoch; whole works are held out. The
rate of every width is the best of three on the validation works, tried at the shortest budget;
losses are those of the test works. Laws are fitted to all but the widest decoder, whose loss they
have to predict. A run is everything with one seed:

- every width at three budgets of steps, each with a schedule of its own, for L(N), L(N, S), L(C)
  and Chinchilla's law, which has a floor: letters are never certain;
- some widths at the middle budget with little data, stopped early, for L(N, D).

Another run has four shapes of one size.
"""

import functools

import keras
import numpy as np

from keras_readinglist import datasets
from keras_readinglist.applications import DecoderLM
from keras_readinglist.information import (
    KaplanLaw,
    compute_frontier,
    fit_chinchilla,
    fit_loss_nd,
    fit_loss_ns,
    fit_scaling_law,
    isoflop_minimum,
    training_flops,
)
from keras_readinglist.recipes.training import fit_generated

VOCABULARY = 128  # ASCII; what is not is read as a question mark
_PAPER_EXPONENT = 0.076
_DECODER = {
    "num_layers": 2,
    "num_heads": 4,
    "context": 64,
    "batch_size": 16,
    "warmup": 100,
    "beta_2": 0.95,
    "clip": 1.0,
    "windows": 1024,
}
REDUCED = {
    "sweep": {
        **_DECODER,
        "widths": (8, 12, 16, 24, 32),
        "held_out": 64,
        "steps": (500, 1500, 4500),
        "block": 100,
        "rates_times_width": (0.32, 0.64, 1.28),
        "limited_widths": (8, 16, 32),
        "characters": (30_000, 120_000, 480_000),
        "seeds": (0, 1, 2),
    },
    "shapes": {
        **_DECODER,
        # Blocks, width, and the width between the dense layers: 24,576 parameters each.
        "shapes": ((1, 48, 160), (2, 32, 128), (4, 24, 80), (8, 16, 64)),
        "steps": (500, 4500),
        "block": 100,
        "rates_times_width": (0.32, 0.64, 1.28),
        "seeds": (0,),
    },
    "text": {**_DECODER, "width": 32, "rate": 0.02, "steps": 9000, "block": 500, "seeds": (0,)},
}
FULL = {
    "sweep": {
        **REDUCED["sweep"],
        "widths": (8, 16, 32, 64, 128, 256),
        "held_out": 512,
        "steps": (2000, 5000, 20_000),
        "block": 500,
        "limited_widths": (16, 64, 256),
        "seeds": (0, 1, 2),
    },
    "shapes": {**REDUCED["shapes"], "seeds": (0, 1, 2)},
    "text": REDUCED["text"],
}
# To a million parameters, once: most of the widths above took the highest of their three rates.
WIDE = {
    "widths": (8, 16, 32, 64, 104),
    "held_out": 208,
    "rates_times_width": (0.64, 1.28, 2.56),
}
_SMALL = {"context": 8, "warmup": 2, "windows": 64, "block": 10}
TINY = {
    **_SMALL,
    "widths": (4, 8, 12, 16),
    "held_out": 32,
    "num_layers": 1,
    "steps": (10, 30, 90),
    "rates_times_width": (0.3,),
    "limited_widths": (4, 16),
    "characters": (300, 600),
}
TINY_SHAPES = {**_SMALL, "shapes": ((1, 4, 8), (2, 4, 8)), "steps": (5, 10)}
TINY_TEXT = {**_SMALL, "width": 8, "steps": 20}


@functools.cache
def tokens(split):
    """Return the characters of a split as integers."""
    text = "\n".join(datasets.load("shakespeare", split))
    return np.frombuffer(text.encode("ascii", "replace"), "uint8").astype("int32")


def windows(ids, starts, context):
    """Return what is read from some places on, and the tokens that follow each."""
    places = np.asarray(starts)[:, None] + np.arange(context + 1)
    return ids[places[:, :-1]], ids[places[:, 1:]]


def spread_windows(split, config):
    """Return windows that lie evenly over a split."""
    ids, context = tokens(split), config["context"]
    starts = np.linspace(0, len(ids) - context - 1, config["windows"]).astype(int)
    return windows(ids, starts, context)


def train_decoder(width, rate, steps, config, callbacks=(), characters=None):
    """Return a decoder that was trained for some steps.

    Args:
        width: Integer, `d_model`.
        rate: Float, the highest rate of a cosine.
        steps: Integer.
        config: The configuration of a run.
        callbacks: List of callbacks that the runner gave, to be gone on from.
        characters: Integer or `None`, how much of the text there is; with little of it, the
            weights of the lowest loss on the validation works are kept.
    """
    keras.utils.set_random_seed(config["seed"])
    names = {"num_layers", "num_heads", "context", "d_ff"} & set(config)
    model = DecoderLM(VOCABULARY, d_model=width, **{name: config[name] for name in names})
    ids, context = tokens("train")[:characters], config["context"]

    def batch(rng, step):
        return windows(ids, rng.integers(len(ids) - context, size=config["batch_size"]), context)

    warmup, early = config["warmup"], {}
    cosine = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, warmup_target=rate, warmup_steps=warmup
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    adam = keras.optimizers.Adam(cosine, beta_2=config["beta_2"], global_clipnorm=config["clip"])
    if characters is not None:
        stop = keras.callbacks.EarlyStopping(patience=steps, restore_best_weights=True)
        early = {"validation_data": spread_windows("validation", config)}
        callbacks = [*callbacks, stop]
    plan = {**config, "steps": steps}
    return fit_generated(model, batch, plan, callbacks, loss=loss, optimizer=adam, **early)


def loss_of(model, config, split="test"):
    """Return the loss on held-out works, in nats per character."""
    return float(model.evaluate(*spread_windows(split, config), 64, verbose=0))


def tuned(width, config):
    """Return the best rate of a width, and its model of the shortest budget."""
    trained = {
        times / width: train_decoder(width, times / width, config["steps"][0], config)
        for times in config["rates_times_width"]
    }
    rate = min(trained, key=lambda rate: loss_of(trained[rate], config, "validation"))
    return rate, trained[rate]


def run_sweep(config, callbacks):
    """Train all sizes at all budgets, and fit the laws."""
    metrics, full = {}, {}
    limited = dict.fromkeys(config["limited_widths"])
    for width in sorted({*config["widths"], *limited, config["held_out"]}):
        rate, first = tuned(width, config)
        metrics |= {f"rate_{width}": rate, f"params_{width}": first.non_embedding_params}
        for steps in config["steps"]:
            is_first = steps == config["steps"][0]
            model = first if is_first else train_decoder(width, rate, steps, config)
            metrics[f"loss_{width}_{steps}"] = loss_of(model, config)
        full[width] = model.count_params()
        for characters in config["characters"] if width in limited else ():
            steps = config["steps"][1]
            model = train_decoder(width, rate, steps, config, characters=characters)
            metrics[f"loss_{width}_data_{characters}"] = loss_of(model, config)
        print({k: round(v, 4) for k, v in metrics.items() if f"_{width}" in k}, flush=True)
    return metrics | size_law(metrics, full, config) | other_laws(metrics, config)


def size_law(metrics, whole, config):
    """Return the law of size, with and without embeddings, and how it predicts the widest."""
    last, widths = config["steps"][-1], (*config["widths"], config["held_out"])
    params = np.array([metrics[f"params_{width}"] for width in widths])
    losses = np.array([metrics[f"loss_{width}_{last}"] for width in widths])
    fit = fit_scaling_law(params[:-1], losses[:-1])
    middle = np.log(params[:-1]).mean(), np.log(losses[:-1]).mean()
    paper = np.exp(middle[1] - _PAPER_EXPONENT * (np.log(params[-1]) - middle[0]))
    low, high = fit.interval
    counted = [whole[width] for width in config["widths"]]
    small = [(width, steps) for width in config["widths"] for steps in config["steps"]]
    floored = fit_chinchilla(*runs_of(metrics, config, small))
    (size,), (seen,), _ = runs_of(metrics, config, [(config["held_out"], last)])
    return {
        "exponent": fit.law.exponent,
        "exponent_half_width": (high - low) / 2,
        "scale": fit.law.scale,
        "r_squared": fit.r_squared,
        "r_squared_with_embeddings": fit_scaling_law(counted, losses[:-1]).r_squared,
        "held_out_error": abs(fit.loss(params[-1]) / losses[-1] - 1),
        "held_out_error_paper": abs(paper / losses[-1] - 1),
        "held_out_error_floor": abs(floored.loss(size, seen) / losses[-1] - 1),
        "floor": floored.floor,
    }


def runs_of(metrics, config, runs):
    """Return sizes, characters read and losses of pairs of a width and its steps."""
    per_step = config["batch_size"] * config["context"]
    rows = [(metrics[f"params_{w}"], s * per_step, metrics[f"loss_{w}_{s}"]) for w, s in runs]
    return np.array(rows, dtype=float).T


def other_laws(metrics, config):
    """Return the laws of size and steps, of compute, and of size and data."""
    widths = (*config["widths"], config["held_out"])
    runs = [(width, steps) for width in widths for steps in config["steps"]]
    params, read, losses = runs_of(metrics, config, runs)
    steps = np.array([steps for _, steps in runs])
    compute = training_flops(params, read)
    best = compute_frontier(compute, losses)
    frontier = fit_scaling_law(compute[best], losses[best])
    size, time = fit_loss_ns(params, steps, losses)
    few = limited_runs(metrics, config)
    law = KaplanLaw(nd=fit_loss_nd(*few))
    return {
        "compute_exponent": frontier.law.exponent,
        "compute_scale": frontier.law.scale,
        "frontier_r_squared": frontier.r_squared,
        "all_r_squared": fit_scaling_law(compute, losses).r_squared,
        "steps_error": _spread(size.loss(params) + time.loss(steps), losses),
        "allocation_exponent": time.exponent / (size.exponent + time.exponent),
        "size_exponent_with_data": law.nd[0].exponent,
        "data_exponent": law.nd[1].exponent,
        "data_error": _spread(law.loss_nd(*few[:2]), few[2]),
        "data_error_of_size_alone": _spread(_by_size(few[0], few[2]), few[2]),
        **data_law(*few),
        **size_of_compute(metrics, config),
    }


def data_law(params, characters, losses):
    """Return the law of data alone, of the widest decoder that was trained on little of it."""
    widest = params == params.max()
    fit = fit_scaling_law(characters[widest], losses[widest])
    return {"data_alone_exponent": fit.law.exponent, "data_alone_r_squared": fit.r_squared}


def size_of_compute(metrics, config, budgets=4):
    """Return how the best size grows with compute, by a parabola for each of some budgets.

    The loss of a width at a budget is read from a parabola through those of its runs, in the
    logarithm of the steps. Budgets reach from that of the smallest width with the most steps to
    that of the widest with the fewest, so that each has sizes on both sides of its best. Nothing is
    returned if a budget has too few sizes, or no best one.
    """
    widths, steps = (*config["widths"], config["held_out"]), config["steps"]
    params = np.array([metrics[f"params_{width}"] for width in widths])
    losses = np.array([[metrics[f"loss_{width}_{s}"] for s in steps] for width in widths])
    curves = np.polyfit(np.log(steps), losses.T, 2)
    spent = np.geomspace(params[0] * steps[-1], params[-1] * steps[0], budgets)
    best = []
    for budget in spent:
        taken = budget / params
        within = (taken > 0.999 * steps[0]) & (taken < 1.001 * steps[-1])
        read = np.polyval(curves, np.log(taken))
        try:
            best.append(isoflop_minimum(params[within], read[within]))
        except ValueError:
            return {}
    return {"best_size_exponent": float(np.polyfit(np.log(spent), np.log(best), 1)[0])}


def limited_runs(metrics, config):
    """Return sizes, characters and losses of the middle budget, with all data and with little."""
    steps, widths = config["steps"][1], config["limited_widths"]
    few = [
        (metrics[f"params_{width}"], characters, metrics[f"loss_{width}_data_{characters}"])
        for width in widths
        for characters in config["characters"]
    ]
    everything = runs_of(metrics, config, [(width, steps) for width in widths])
    return np.concatenate([everything, np.array(few, dtype=float).T], axis=1)


def _by_size(params, losses):
    """Return for every run the mean loss of its size: what a law without data can say at best."""
    return np.array([losses[params == size].mean() for size in params])


def _spread(predicted, losses):
    return float(np.sqrt(np.mean((predicted / losses - 1) ** 2)))


def run_shapes(config, callbacks):
    """Train decoders of one size and several shapes, each at its best rate."""
    metrics, losses = {}, []
    for num_layers, width, d_ff in config["shapes"]:
        shape = {**config, "num_layers": num_layers, "d_ff": d_ff}
        rate, first = tuned(width, shape)
        losses.append(loss_of(train_decoder(width, rate, config["steps"][-1], shape), config))
        name = f"{num_layers}_{width}"
        metrics |= {f"rate_{name}": rate, f"loss_{name}": losses[-1]}
        metrics[f"params_{name}"] = first.non_embedding_params
        print(name, round(rate, 4), round(losses[-1], 4), flush=True)
    return {**metrics, "spread": max(losses) / min(losses) - 1}


def run_text(config, callbacks):
    """Train the decoder whose text the gallery shows."""
    return train_decoder(config["width"], config["rate"], config["steps"], config, callbacks)


def measure_text(model, config):
    """Return its loss on the test works."""
    return {"nats_per_char": loss_of(model, config)}


def check_text(model):
    """Return the loss of a line of Hamlet, which was held out."""
    ids = np.frombuffer(b"The play's the thing Wherein I'll catch the conscience", "uint8")
    logits = keras.ops.convert_to_numpy(model(ids[None, :-1].astype("int32")))[0]
    logs = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    return {"nats_per_char": float(-logs[np.arange(len(ids) - 1), ids[1:]].mean())}
