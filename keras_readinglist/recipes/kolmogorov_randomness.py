"""What is structure and what is noise in one string, measured with computable codes.

The chapter has theorems and no numbers. Complexity is replaced by code lengths: context-tree
weighting, deflate, the two-part code of a picture. Strings and noise are drawn anew with every
seed; the pictures and texts of the tests were not used to choose anything.
"""

import math

import numpy as np

from keras_readinglist import datasets
from keras_readinglist.information import (
    NCDClassifier,
    context_code_length,
    lossy_denoise,
    ncd_clustering,
    quartet_score,
    structure_function,
)
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run, as_computed

_SEEDS = {"seeds": (0, 1, 2)}
REDUCED = {
    "structure": {"strings": 20, "length": 4096, "change": 0.1, **_SEEDS},
    "shapes": {"pictures": 20, "side": 64, "flips": 0.1, **_SEEDS},
    "pictures": {"deviation": 20.0, "height": 512, "width": 640, **_SEEDS},
    "texts": {"chunk": 6000, "chunks": 6, **_SEEDS},
    "digits": {"per_class": 10, "tested": 150, **_SEEDS},
    "typicality": {"strings": 20_000, "length": 64, **_SEEDS},
}
FULL = {
    "structure": {**REDUCED["structure"], "strings": 200},
    "shapes": {**REDUCED["shapes"], "pictures": 200},
    "pictures": REDUCED["pictures"],
    "texts": {**REDUCED["texts"], "chunks": 20},
    "digits": {**REDUCED["digits"], "tested": 1000},
    "typicality": {**REDUCED["typicality"], "strings": 10**6},
}
TINY = {
    "structure": {"strings": 1, "length": 64},
    "shapes": {"pictures": 1, "side": 16},
    "pictures": {"height": 64, "width": 64},
    "texts": {"chunk": 300, "chunks": 2},
    "digits": {"per_class": 1, "tested": 3},
    "typicality": {"strings": 20, "length": 16},
}


def _rng(config):
    return np.random.default_rng((2017, config["seed"]))


def structure(config, callbacks):
    """Find the smallest sufficient chain of chains, of coins, and of a deterministic sequence."""
    rng = _rng(config)
    found = {"chain": 0, "coin": 0}
    for _ in range(config["strings"]):
        chain = np.cumsum(rng.random(config["length"]) < config["change"]) % 2
        coin = rng.integers(0, 2, config["length"])
        for name, x, order in (("chain", chain, "order 1"), ("coin", coin, "order 0")):
            found[name] += structure_function(x).minimal_sufficient_statistic == order
    shares = {f"{name}_right": count / config["strings"] for name, count in found.items()}
    parity = np.array([k.bit_count() % 2 for k in range(config["length"])])  # Thue and Morse
    best = structure_function(parity, max_order=9).total.min()
    deep = context_code_length(parity, depth=64, alphabet=2)
    return {**shares, "parity_best_chain": best, "parity_deep_contexts": deep}


def shapes(config, callbacks):
    """Denoise black-and-white shapes without being told how much noise there is."""
    rng = _rng(config)
    at = np.arange(config["side"]) - config["side"] / 2 + 0.5
    errors, ratios, best = [], [], []
    for _ in range(config["pictures"]):
        clean = np.zeros((config["side"],) * 2, bool)
        for _ in range(3):
            x, y = rng.uniform(-16, 16, 2)
            clean ^= np.hypot(at[None] - x, at[:, None] - y) < rng.uniform(8, 20)
        flips = rng.random(clean.shape) < config["flips"]
        found = lossy_denoise((clean ^ flips).astype(int))
        errors.append(np.mean(found.image != clean))
        ratios.append(found.distortion[found.best] / flips.sum())
        best.append(min(np.mean(image != clean) for image in found.images))
    return {
        "error": np.mean(errors),
        "best_error": np.mean(best),
        "noise": config["flips"],
        "noise_found": np.mean(ratios),
        "worst_noise_found": np.abs(np.array(ratios) - 1).max(),
    }


def pictures(config, callbacks):
    """Denoise photographs; the best quality is known only to who has the clean ones."""
    rng, found = _rng(config), {}
    for name, whole in _photographs().items():
        clean = whole[: config["height"], : config["width"]]
        noisy = clean + config["deviation"] * rng.standard_normal(clean.shape)
        noisy = np.clip(np.rint(noisy), 0, 255)
        result = lossy_denoise(noisy)
        quality = [_psnr(image, clean) for image in result.images]
        found[f"{name}_gain"] = quality[result.best] - _psnr(noisy, clean)
        found[f"{name}_gap"] = max(quality) - quality[result.best]
        fixed = _psnr(lossy_denoise(noisy, [16.0]).image, clean)
        found[f"{name}_fixed_gain"] = fixed - _psnr(noisy, clean)
    return found


def _photographs():
    """Return a portrait (Matplotlib) and a temple with fine texture (scikit-learn), gray."""
    from matplotlib.cbook import get_sample_data
    from PIL import Image
    from sklearn.datasets import load_sample_image

    with get_sample_data("grace_hopper.jpg") as file:
        portrait = np.asarray(Image.open(file).convert("L"), float)
    temple = load_sample_image("china.jpg").mean(axis=-1)
    return {"portrait": portrait[:512, :512], "temple": temple[:424, :640]}


def _psnr(image, clean):
    return 10 * math.log10(255**2 / np.mean((image - clean) ** 2))


def texts(config, callbacks):
    """Cluster pieces of English, French, verse and program source, and read off the groups."""
    from scipy.cluster.hierarchy import fcluster

    rng = _rng(config)
    pairs = datasets.load("tatoeba_eng_fra", "test")
    sources = {
        "english": "\n".join(english for english, _ in pairs),
        "french": "\n".join(french for _, french in pairs),
        "verse": "".join(datasets.load("shakespeare", "test")),
        "source": "".join(datasets.load("python_source", "test")),
    }
    pieces, kinds = [], []
    for kind, text in sources.items():
        for start in rng.integers(0, len(text) - config["chunk"], config["chunks"]):
            pieces.append(text[start : start + config["chunk"]])
            kinds.append(kind)
    found = {}
    for compressor in ("zlib", "lzma"):
        tree, distances = ncd_clustering(pieces, compressor=compressor)
        groups = fcluster(tree, len(sources), "maxclust")
        found[f"{compressor}_purity"] = _purity(groups, np.array(kinds))
        found[f"{compressor}_quartets"] = quartet_score(tree, distances)
    return found


def _purity(groups, kinds):
    most = [np.unique(kinds[groups == g], return_counts=True)[1].max() for g in np.unique(groups)]
    return sum(most) / len(kinds)


def digits(config, callbacks):
    """Recognise digits by compression alone, from a few examples a class."""
    from sklearn.datasets import load_digits

    rng = _rng(config)
    images, labels = load_digits(return_X_y=True)
    order = rng.permutation(len(labels))
    known = np.concatenate([order[labels[order] == d][: config["per_class"]] for d in range(10)])
    tested = np.setdiff1d(order, known, assume_unique=True)[: config["tested"]]

    def text(image):
        ink = (image.reshape(8, 8) > 7).astype(np.uint8)
        return ink.tobytes() + ink.T.tobytes()  # by rows and by columns

    written = [text(image) for image in images]
    classifier = NCDClassifier(1, "lz76").fit([written[i] for i in known], labels[known])
    accuracy = classifier.score([written[i] for i in tested], labels[tested])
    gaps = ((images[tested][:, None] - images[known]) ** 2).sum(axis=-1)
    euclid = np.mean(labels[known][gaps.argmin(axis=1)] == labels[tested])
    return {"accuracy": accuracy, "euclid_accuracy": euclid}


def typicality(config, callbacks):
    """Count strings that a code shortens by so many bits: at most `2 ** -d` of all."""
    strings = _rng(config).integers(0, 2, (config["strings"], config["length"]))
    bits = np.array([context_code_length(x, depth=4, alphabet=2) for x in strings])
    saved = config["length"] - bits
    return {"worst_share": max(np.mean(saved >= d) * 2.0**d for d in range(1, 11))}


EXPERIMENTS = {
    run.__name__: Experiment(run, as_computed, TINY[run.__name__])
    for run in (structure, shapes, pictures, texts, digits, typicality)
}

RECIPE = Recipe(
    slug="kolmogorov-randomness",
    scales={"reduced": REDUCED, "full": FULL},
    experiments=EXPERIMENTS,
    runs={name: Run(name) for name in EXPERIMENTS},
    claims=(
        Claim(
            "Chains of order 1: share whose minimal sufficient statistic is of order 1",
            metric="structure/chain_right",
            paper="the model of the two-part minimum is sufficient",
            goal=0.95,
        ),
        Claim(
            "Fair coins: share whose minimal sufficient statistic is the trivial one",
            metric="structure/coin_right",
            paper="noise has no structure",
            goal=0.95,
        ),
        Claim(
            "Thue and Morse: a family without the right model keeps bits, best chain of 4096",
            metric="structure/parity_best_chain",
            goal=1000.0,
            note="A program of a line writes it: the structure function of a family is a bound.",
        ),
        Claim(
            "Shapes with 10 % of the cells flipped: error after denoising",
            metric="shapes/error",
            paper="lossy compression denoises",
            goal=0.025,
            baseline="shapes/noise",
            higher_is_better=False,
            note="The amount of noise is not told.",
        ),
        Claim(
            "Shapes: cells called noise over cells flipped, largest deviation from 1",
            metric="shapes/worst_noise_found",
            goal=0.2,
            higher_is_better=False,
        ),
        Claim(
            "Portrait with noise of 20 gray values: gain in dB",
            metric="pictures/portrait_gain",
            paper="lossy compression denoises",
            goal=4.0,
            baseline="pictures/portrait_fixed_gain",
        ),
        Claim(
            "Portrait: dB below the best quality, which only the clean picture tells",
            metric="pictures/portrait_gap",
            goal=0.5,
            higher_is_better=False,
        ),
        Claim(
            "Temple with fine texture and the same noise: gain in dB",
            metric="pictures/temple_gain",
            paper="lossy compression denoises",
            goal=4.0,
            baseline="pictures/temple_fixed_gain",
            note="Blocks of cosines cannot describe the tiles: even the best quality gains little.",
        ),
        Claim(
            "English, French, verse and source: share of pieces grouped with their kind, by zlib",
            metric="texts/zlib_purity",
            paper="languages and authors cluster",
            goal=0.95,
        ),
        Claim(
            "The same by lzma",
            metric="texts/lzma_purity",
            paper="languages and authors cluster",
            goal=0.95,
            note="On other pieces zlib grouped all of them, lzma three quarters: its tree is as "
            "good (quartets of 0.997), but one piece stands alone when it is cut into four.",
        ),
        Claim(
            "The tree by zlib agrees with the distances, share of quartets",
            metric="texts/zlib_quartets",
            goal=0.98,
        ),
        Claim(
            "Digits, ten examples a class, nearest by compression: accuracy",
            metric="digits/accuracy",
            goal=0.7,
            baseline="digits/euclid_accuracy",
            note="A picture of 64 cells is too short for compressors: zlib, bz2, context trees, "
            "gray values and one reading order alone were tried on other examples and were worse.",
        ),
        Claim(
            "Strings that a code shortens by d bits, as a multiple of 2 ** -d, in the worst case",
            metric="typicality/worst_share",
            paper="at most 1",
            goal=1.0,
            higher_is_better=False,
        ),
    ),
)
