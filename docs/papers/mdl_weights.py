# %% [markdown]
# # Keeping Neural Networks Simple by Minimizing the Description Length of the Weights
#
# Hinton and van Camp, 1993. A network that fits its data too well has weights that say too much.
# Here the weights are noisy, and every bit that they say about the training set is paid for.

# %%
import inspect

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog
from keras_readinglist.applications import MDLNetwork
from keras_readinglist.layers import GaussianMoments, MixturePrior, NoisyDense
from keras_readinglist.layers.noisy.prior import gaussian_kl
from keras_readinglist.recipes import report

# %% [markdown]
# ## What a noisy weight costs
#
# The sender draws each weight from $Q = N(\mu, \sigma^2)$ and codes it with the prior
# $P = N(m, s^2)$. The bits that chose the draw are not lost: the receiver, who can repeat the
# learning, finds them out. So a weight costs the difference of the two lengths,
#
# $$G = \log\frac{s}{\sigma} + \frac{\sigma^2 + (\mu - m)^2}{2 s^2} - \frac12.$$

# %%
print(inspect.getsource(gaussian_kl))

# %% [markdown]
# With a mixture as prior the choice of the component is sent and comes back in the same way. The
# cost is $-\log \sum_i \pi_i e^{-G_i}$, which is low wherever other weights are, too.

# %%
prior = MixturePrior(scales=[0.5, 0.2, 0.03, 0.2, 0.5], proportions=[0.05, 0.1, 0.7, 0.1, 0.05])
means = np.linspace(-1, 1, 201)
for scale in (0.3, 0.1, 0.03):
    nats = keras.ops.convert_to_numpy(prior(means, np.full(201, np.log(scale))))
    plt.plot(means, nats / np.log(2), label=f"$\\sigma$ = {scale}")
plt.xlabel("mean of a weight")
plt.ylabel("bits")
plt.legend()
plt.show()

# %% [markdown]
# ## No samples are needed
#
# Into a hidden unit flows a Gaussian, whose mean and variance are two products of matrices. The
# moments of its activation are an integral over one dimension. So the expected squared error of a
# network of one hidden layer is exact:
#
# $$\langle (t - y)^2 \rangle = (t - \operatorname{E} y)^2 + \operatorname{Var} y.$$

# %%
print(inspect.getsource(NoisyDense._spread))
mean, variance = GaussianMoments("tanh")(np.array([[0.5]]), np.array([[0.8]]))
samples = np.tanh(0.5 + np.sqrt(0.8) * np.random.default_rng(0).standard_normal(1_000_000))
print(f"16 nodes: {float(mean[0, 0]):.4f}, {float(variance[0, 0]):.4f}")
print(f"a million samples: {samples.mean():.4f}, {samples.var():.4f}")

# %% [markdown]
# ## A network that buys only what pays
#
# A sine, 40 noisy points. While it trains, the price of the weights rises from a twentieth to all
# of it; trained at full price from the start, a network often buys nothing.

# %%
rng = np.random.default_rng(0)
x = rng.uniform(-3, 3, (40, 1)).astype("float32")
y = (np.sin(x) + 0.1 * rng.standard_normal(x.shape)).astype("float32")
model = MDLNetwork(1, num_train=40, hidden_units=8, prior="gaussian", annealing=1000, seed=0)
model.compile(keras.optimizers.Adam(0.02))
many = [np.tile(values, (500, 1)) for values in (x, y)]
model.fit(*many, batch_size=40, epochs=4, shuffle=False, verbose=0)
for name, value in model.description_length(x, y).items():
    print(f"{name:18} {value:7.2f}")

# %%
grid = np.linspace(-5, 5, 200)[:, None].astype("float32")
mean, spread = (values[:, 0] for values in model.predict_distribution(grid))
plt.fill_between(grid[:, 0], mean - 2 * spread, mean + 2 * spread, alpha=0.3)
plt.plot(grid[:, 0], mean)
plt.plot(x, y, ".")
plt.show()

# %% [markdown]
# A weight whose mean is below its noise says next to nothing, and may go:

# %%
print("bits saved by pruning:", round(model.prune(1.0), 1))
for name, value in model.description_length(x, y).items():
    print(f"{name:18} {value:7.2f}")

# %% [markdown]
# ## The message itself
#
# The lengths above are no figure of speech. `encode` takes the weights from a stack of random bits,
# writes the misfits and then the weights; `decode` has the inputs and the priors, and finds the
# targets, and at last the random bits. It needs the extra `compression`.

# %%
print(inspect.getsource(MDLNetwork.encode).split('"""')[1])
try:
    message = model.encode(x, y)
    targets, payload = model.decode(x, message)
    print(message.bits, "bits; exact to two decimals:", np.abs(targets - y).max() <= 0.0051)
except ImportError as error:
    print(error)

# %% [markdown]
# The priors and the noise are not in the message, as in the paper; and a receiver who repeats the
# learning is replaced by one who has its result.
#
# ## What reproduces
#
# The paper's caveat stands here, too: over all its runs the shortest description belonged to a
# network that predicted nothing. A description below that of the null model is more than the paper
# reached. Where few columns among many are the truth, the mixture errs least. On a table whose 65
# columns each matter a little, one Gaussian as prior loses to weight decay; the mixture does not.

# %%
measured = catalog.report("mdl-weights")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
