"""How the loss of a decoder falls with size, steps and data, on the letters of Shakespeare."""

from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run, Trained, as_computed
from keras_readinglist.recipes.scaling_laws import sweep

CLAIMS = (
    Claim(
        "The loss is a power law of the non-embedding parameters: R² of the logarithms",
        "sweep/r_squared",
        goal=0.98,
        baseline="sweep/r_squared_with_embeddings",
        note="The baseline counts embeddings too.",
    ),
    Claim(
        "Its exponent is known: half the 95 % interval",
        "sweep/exponent_half_width",
        goal=0.02,
        higher_is_better=False,
        note="The paper's 0.076 is of words; an exponent depends on the tokens.",
    ),
    Claim(
        "The power law predicts a model four times larger: relative error of the loss",
        "sweep/held_out_error",
        goal=0.02,
        baseline="sweep/held_out_error_paper",
        higher_is_better=False,
        note="The baseline has the paper's exponent, through the middle of the same points. The "
        "wider a decoder, the more it would gain from more steps: none has converged.",
    ),
    Claim(
        "Chinchilla's law, fitted to the small models at three budgets, predicts it too",
        "sweep/held_out_error_floor",
        goal=0.02,
        baseline="sweep/held_out_error",
        higher_is_better=False,
        note="The baseline is the power law: it has no floor, and letters have one.",
    ),
    Claim(
        "The best loss of a compute is a power law of it: R² of the logarithms on the frontier",
        "sweep/frontier_r_squared",
        goal=0.98,
        baseline="sweep/all_r_squared",
        note="The baseline is the same fit to all runs, the badly spent ones among them.",
    ),
    Claim(
        "One law of size and data says how much little data costs: root mean square error",
        "sweep/data_error",
        goal=0.02,
        baseline="sweep/data_error_of_size_alone",
        higher_is_better=False,
        note="The baseline is the mean loss of every size, which knows nothing of data.",
    ),
    Claim(
        "Of the widest of them alone, the loss is a power law of the data: R² of the logarithms",
        "sweep/data_alone_r_squared",
        goal=0.98,
        note="Three amounts of text, stopped early, and all of it, less than an epoch.",
    ),
    Claim(
        "The best size grows faster than the square root of the compute: its exponent",
        "sweep/best_size_exponent",
        goal=None,
        paper=0.73,
        baseline=0.5,
        margin=0.12,
        note="By parabolas at four budgets, which err by up to 0.12 of a known law. Hoffmann et "
        "al., 2022, found 0.49.",
    ),
    Claim(
        "Of one size, shape hardly matters: how much more the worst of four shapes loses",
        "shapes/spread",
        paper="within 3 %",
        goal=0.03,
        higher_is_better=False,
        note="One block of width 48, two of 32, four of 24, eight of 16.",
    ),
    Claim(
        "From 1.5 k to a million parameters: R² of the logarithms",
        "wide/r_squared",
        goal=0.98,
        baseline="wide/r_squared_with_embeddings",
        note="One seed, 4,500 steps; the rate of every size is the best of three.",
    ),
    Claim(
        "The power law predicts a million parameters from a quarter: relative error of the loss",
        "wide/held_out_error",
        goal=0.02,
        baseline="wide/held_out_error_paper",
        higher_is_better=False,
    ),
    Claim(
        "Chinchilla's law predicts it too",
        "wide/held_out_error_floor",
        goal=0.02,
        baseline="wide/held_out_error",
        higher_is_better=False,
    ),
)
RECIPE = Recipe(
    slug="scaling-laws",
    scales={"reduced": sweep.REDUCED, "full": sweep.FULL},
    experiments={
        "sweep": Experiment(sweep.run_sweep, as_computed, sweep.TINY),
        "shapes": Experiment(sweep.run_shapes, as_computed, sweep.TINY_SHAPES),
        "text": Experiment(sweep.run_text, sweep.measure_text, sweep.TINY_TEXT),
    },
    runs={
        "sweep": Run("sweep"),
        "wide": Run("sweep", sweep.WIDE, seeds=(0,)),
        "shapes": Run("shapes"),
        "text": Run("text"),
    },
    claims=CLAIMS,
    presets={
        "decoder_lm_shakespeare": Trained(
            run="text",
            description="Writes in the manner of Shakespeare, from 24,576 parameters and a table.",
            data="Shakespeare's works but five",
            licence="public domain",
            check=sweep.check_text,
        ),
    },
)
