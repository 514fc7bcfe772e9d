"""What the Transformer loses without one of its parts, on English to French.

Every model is that of the gallery but for one part, and is trained for a tenth of its steps: three
epochs of every fifth pair, in place of six of all.
"""

from keras_readinglist.recipes.attention_is_all_you_need import translation
from keras_readinglist.recipes.recipe import Claim, Run

REDUCED = {**translation.REDUCED, "every": 5, "epochs": 3}
FULL = {**translation.FULL, "every": 1}

RUNS = {
    "brief": Run("ablation"),
    "brief_one_head": Run("ablation", {"num_heads": 1}),
    "brief_no_positions": Run("ablation", {"positions": "none"}),
    "brief_no_smoothing": Run("ablation", {"label_smoothing": 0.0}),
}

CLAIMS = (
    Claim(
        "A tenth of the steps, nats a token of four heads, against one head",
        metric="brief/nats",
        paper="perplexity 4.92 against 5.29",
        goal=None,
        baseline="brief_one_head/nats",
        higher_is_better=False,
    ),
    Claim(
        "A tenth of the steps, nats a token with positions, against none",
        metric="brief/nats",
        goal=None,
        baseline="brief_no_positions/nats",
        margin=0.1,
        higher_is_better=False,
    ),
    Claim(
        "A tenth of the steps, nats a token without label smoothing, against a share of 0.1",
        metric="brief_no_smoothing/nats",
        paper="perplexity 4.67 against 4.92",
        goal=None,
        baseline="brief/nats",
        higher_is_better=False,
    ),
    Claim(
        "A tenth of the steps, BLEU with label smoothing, against none",
        metric="brief/bleu",
        paper="25.8 against 25.3",
        goal=None,
        baseline="brief_no_smoothing/bleu",
    ),
)
