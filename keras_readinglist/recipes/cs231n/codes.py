"""Digits laid out in the plane by t-SNE: are neighbours still neighbours?"""

import numpy as np

from keras_readinglist.recipes.recipe import Claim, Experiment, Run, as_computed
from keras_readinglist.visualization import tsne

REDUCED = {"codes": {"digits": 1_797, "perplexity": 30.0, "neighbors": 12, "seeds": (0,)}}
RUNS = {"codes": Run("codes")}


def lay_out(config, callbacks):
    """Measure how trustworthy t-SNE and the first two principal components are."""
    from sklearn.datasets import load_digits
    from sklearn.manifold import trustworthiness

    pixels = load_digits().data[: config["digits"]]
    centred = pixels - pixels.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    places = {
        "tsne": tsne(pixels, config["perplexity"], config["seed"]),
        "components": centred @ axes[:2].T,
    }
    return {
        name: float(trustworthiness(pixels, each, n_neighbors=config["neighbors"]))
        for name, each in places.items()
    }


EXPERIMENTS = {"codes": Experiment(lay_out, as_computed, {"digits": 60, "perplexity": 5.0})}
CLAIMS = (
    Claim(
        "Trustworthiness of t-SNE on 1,797 digits, against two principal components",
        metric="codes/tsne",
        goal=0.97,
        baseline="codes/components",
        note="By scikit-learn's t-SNE; 12 neighbours.",
    ),
)
