# %% [markdown]
# # A Tutorial Introduction to the Minimum Description Length Principle
#
# Peter Grünwald's tutorial (2004) starts from one idea: any regularity in data can be used to
# describe them in fewer symbols. Learning *is* compression, and the best model is the one that
# makes the whole message shortest. This page walks from crude to refined codes.

# %%
import inspect
import math

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog, information
from keras_readinglist.information import Bernoulli, Markov, Polynomial, code_length
from keras_readinglist.information.mdl import multinomial
from keras_readinglist.recipes import report

# %% [markdown]
# ## Codes and probabilities
#
# Kraft: lengths $L(x)$ belong to a prefix code iff $\sum 2^{-L(x)} \le 1$, so a code length is a
# probability, $L(x) = -\log_2 P(x)$. The tutorial's three strings: 0001 over and over, a fair
# coin, and a coin with four times as many zeros as ones.

# %%
rng = np.random.default_rng(0)
strings = {
    "0001 repeated": np.tile([0, 0, 0, 1], 2500),
    "fair coin": rng.integers(0, 2, 10_000),
    "four zeros to a one": rng.permutation(np.repeat([0, 0, 0, 0, 1], 2000)),
}
for name, x in strings.items():
    bits = {r: code_length(x, Markov(r, 2)) for r in (0, 3)}
    print(f"{name:20} {len(x)} symbols: {bits[0]:8.1f} bits as a coin, {bits[3]:8.1f} as a chain")

# %% [markdown]
# ## Normalized maximum likelihood
#
# The code whose regret is the same for every sequence, and hence the smallest in the worst case:
#
# $$P_{\mathrm{nml}}(x) = \frac{P(x \mid \hat\theta(x))}{\sum_y P(y \mid \hat\theta(y))}.$$
#
# The logarithm of the denominator is the *parametric complexity* of the family. For a multinomial
# it takes $O(\sqrt n)$ terms for two categories, and one step for each further one:

# %%
print(inspect.getsource(multinomial.log_complexities))
print(inspect.getsource(multinomial._log_binary.__wrapped__))

# %% [markdown]
# An erratum: Example 2.17 takes $\theta(1-\theta)$ for the Fisher information of a coin (it is the
# reciprocal), and prints $\frac12 \log_2 n - 2.674$ bits. Right is $\frac12 \log_2 n + 0.326$:

# %%
for n in (10, 100, 1000):
    exact = information.multinomial_complexity(n, 2)
    half = 0.5 * math.log2(n)
    print(f"n = {n:4}: exact {exact:.3f}, right {half + 0.326:.3f}, printed {half - 2.674:.3f}")

# %% [markdown]
# ## Four universal codes
#
# Their regret against the best coin in hindsight. NML is flat; Jeffreys' mixture (the estimator of
# Krichevsky and Trofimov) follows it inside; Laplace's rule and the two-part code pay at the ends.

# %%
n = 100
figure, axis = plt.subplots(figsize=(7, 3.2))
coins = [np.repeat([0, 1], [n - k, k]) for k in range(n + 1)]
codes = {
    "NML": (Bernoulli(), "nml"),
    "Jeffreys": (Bernoulli(), "bayes"),
    "Laplace": (Bernoulli(smoothing=1), "prequential"),
    "two-part": (Bernoulli(), "two_part"),
}
for name, (model, method) in codes.items():
    regrets = [code_length(x, model, method) - model.fit_nats(x) / math.log(2) for x in coins]
    axis.plot(regrets, "--" if name == "two-part" else "-", label=name)
axis.set_xlabel("heads among 100")
axis.set_ylabel("regret, bits")
axis.legend(ncols=4)
figure.tight_layout()

# %% [markdown]
# ## Choosing a model
#
# A noisy cubic. More parameters always fit better; the complexity says when they no longer pay.

# %%
rng = np.random.default_rng(1)
x = rng.uniform(-1, 1, 100)
y = np.polynomial.legendre.legval(x, [0.5, 1, -1, 1]) + 0.7 * rng.standard_normal(100)
chosen = information.select_model(
    (x, y), {f"degree {d}": Polynomial(d) for d in range(7)}, unit="nats"
)
print(chosen.table())

# %% [markdown]
# The same as estimators with the protocol of scikit-learn, and with other criteria:

# %%
for criterion in ("rnml", "gmdl", "bic", "aicc", "aic", "loo", "prequential"):
    degree = information.MDLPolynomial(max_degree=8, criterion=criterion).fit(x, y).degree_
    print(f"{criterion:12} degree {degree}")
print("Markov order:", information.MDLMarkovOrder().fit(strings["0001 repeated"]).order_)

# %% [markdown]
# Histograms with as many bins, and as wide ones, as the data pay for; the best cuts are found by
# dynamic programming:

# %%
sample = np.concatenate([rng.normal(0, 1, 700), rng.normal(5, 0.3, 300)])
histogram = information.MDLHistogram().fit(sample)
figure, axis = plt.subplots(figsize=(7, 3))
axis.hist(sample, "auto", density=True, alpha=0.3, label="NumPy's rule")
axis.stairs(histogram.densities_, histogram.edges_, linewidth=2, label="shortest message")
axis.legend()
figure.tight_layout()

# %% [markdown]
# ## The message that a network sends
#
# Prequential coding works for any Keras model: describe a block of labels with the model trained
# on the blocks before it. The receiver repeats the training, so no weights are sent. A network
# with thousands of weights may then be the shortest message there is.

# %%
x = rng.standard_normal((512, 2)).astype("float32")
labels = (x[:, 0] * x[:, 1] > 0).astype(int)
for hidden in ((), (32,)):
    keras.utils.set_random_seed(0)
    dense = [keras.layers.Dense(units, "relu") for units in hidden]
    model = keras.Sequential([keras.Input((2,)), *dense, keras.layers.Dense(2, "softmax")])
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    code = information.prequential_code_length(
        model, x, labels, [32, 96, 128, 256], epochs=40, batch_size=32
    )
    print(
        f"{model.count_params():4} weights: {code.total:6.1f} bits for {code.uniform:.0f} labels, "
        f"blocks {code.blocks.round().astype(int)}"
    )

# %% [markdown]
# ## What reproduces

# %%
measured = catalog.report("mdl-tutorial")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
