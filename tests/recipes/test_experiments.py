"""Every experiment of every recipe runs, and measures what the claims name."""

import pytest

from keras_readinglist import recipes
from keras_readinglist.datasets import DatasetNotFoundError
from keras_readinglist.recipes.training import Checkpoint, MetricsLog

pytestmark = pytest.mark.once  # what is measured has the same names on every backend

RECIPES = {slug: recipes.load(slug) for slug in recipes.available()}
SLOW = (
    "neural-turing-machines/copy",  # copies of 120 vectors
    "rnn-regularization/words",  # a million words, as also for small_words
    "rnn-regularization/ensemble",
    *(f"cs231n/{name}" for name in ("neighbors", "classifier", "sanity")),  # 60,000 JPEG files
    *(f"alexnet/{name}" for name in ("activations", "ablation", "regularization")),  # the same
    "variational-lossy-autoencoder/mnist",  # 784 pixels, a step each; the same code as autoencoder
    "dilated-convolutions/streets",  # 700 pictures, and five trainings
    *(f"deep-speech-2/{name}" for name in ("digits", "short", "front")),  # 2,500 WAV files
    *(f"deep-speech-2/{name}" for name in ("stranger", "templates")),  # the same
)
EXPERIMENTS = [
    pytest.param(
        slug, name, id=f"{slug}/{name}", marks=[pytest.mark.slow] * (f"{slug}/{name}" in SLOW)
    )
    for slug, recipe in RECIPES.items()
    for name in recipe.experiments
]


def claimed(recipe, experiment):
    """Return the metrics of the runs of an experiment that the claims name."""
    named = [name for claim in recipe.claims for name in (claim.metric, claim.baseline)]
    pairs = [name.split("/") for name in named if isinstance(name, str)]
    return {metric for run, metric in pairs if recipe.runs[run].experiment == experiment}


@pytest.mark.parametrize(("slug", "name"), EXPERIMENTS)
def test_every_experiment_measures_what_is_claimed(slug, name, tmp_path):
    recipe = RECIPES[slug]
    experiment, whole = recipe.experiments[name], recipe.scales["reduced"][name]
    assert set(experiment.tiny) <= set(whole) <= set(recipe.scales["full"][name])
    config = {**whole, **experiment.tiny, "seed": 0}
    try:
        made = experiment.run(config, [Checkpoint(tmp_path), MetricsLog(tmp_path, verbose=False)])
        metrics = experiment.measure(made, config)
    except DatasetNotFoundError as missing:
        pytest.skip(f"needs data: {missing}")
    assert claimed(recipe, name) <= set(metrics)
    assert [float(value) for value in metrics.values()]
