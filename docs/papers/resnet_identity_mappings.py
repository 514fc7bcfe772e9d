# %% [markdown]
# # Identity Mappings in Deep Residual Networks
#
# He, Zhang, Ren and Sun, 2016. Why do shortcuts help, and which? The paper writes down what a
# gradient meets on its way, tries everything else that could stand on a shortcut, and ends with a
# unit in another order, of which a thousand layers can be trained.

# %%
import inspect

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog
from keras_readinglist.applications import PreActResNetCIFAR
from keras_readinglist.layers import ResidualUnit, StackedResidualStage
from keras_readinglist.layers.residual import residual_unit
from keras_readinglist.recipes import report
from keras_readinglist.recipes.resnet_identity_mappings import VARIANTS
from keras_readinglist.visualization import LayerChain

# %% [markdown]
# ## One way that is free
#
# A unit computes $y_l = h(x_l) + \mathcal F(x_l)$ and $x_{l+1} = f(y_l)$. If both $h$ and $f$ are
# the identity, then for any later unit $L$
#
# $$x_L = x_l + \sum_{i=l}^{L-1} \mathcal F(x_i), \qquad
# \frac{\partial \mathcal E}{\partial x_l} = \frac{\partial \mathcal E}{\partial x_L}
# \left(1 + \frac{\partial}{\partial x_l} \sum_{i=l}^{L-1} \mathcal F(x_i)\right).$$
#
# The 1 carries the gradient to every unit, whatever the weights. With $h(x) = \lambda x$ it becomes
# $\lambda^{L-l}$: for 54 units and a factor of a half, $5.6 \cdot 10^{-17}$.

# %%
print(0.5**54)
x = np.random.default_rng(0).standard_normal((1, 8, 8, 4)).astype("float32")
unit = ResidualUnit(4)
unit.build(x.shape)
unit.convolutions[-1].kernel.assign(np.zeros((3, 3, 4, 4)))
signal = x
for _ in range(100):
    signal = np.array(unit(signal))
print("100 silent units are the identity:", bool((signal == x).all()))

# %% [markdown]
# ## Everything else
#
# `ResidualUnit` can be every row of the paper's tables. What stands on the shortcut:

# %%
print(inspect.getsource(ResidualUnit._combine))
print(residual_unit.SHORTCUTS)

# %% [markdown]
# and where normalization and activation stand: before the first convolution, between two, after the
# last, and after the addition.

# %%
for name, places in residual_unit.ORDERS.items():
    print(f"{name:>24}: {places}")

# %% [markdown]
# ## Gradients on their way
#
# Chains of 54 such units, untrained, were given random pictures and classes. The logarithm of the
# gradient behind every unit, as the recipe measured it:

# %%
measured = report.metrics(catalog.report("resnet-identity-mappings"))
figure, axis = plt.subplots(figsize=(7, 3.2))
for name in ("original", "constant", "exclusive_gating_0", "conv1x1", "full_preactivation"):
    start = f"propagation_{name}/log2_54_"
    values = np.array([measured[f"{start}{unit:02d}"]["mean"] for unit in range(54)])
    axis.plot(range(1, 55), values - values[-1], label=name)
start = "silent_constant/log2_54_"
values = np.array([measured[f"{start}{unit:02d}"]["mean"] for unit in range(54)])
axis.plot(range(1, 55), values - values[-1], "k--", label="constant, silent branches")
axis.set(xlabel="unit, from the input", ylabel="log2 of the gradient")
axis.legend(fontsize=7)
figure.tight_layout()

# %% [markdown]
# With silent branches the law holds exactly. With real ones, normalization divides by what the
# shortcut has made small, so that a branch takes the larger part of the signal, and the gradient
# goes through the convolutions of all units, as in a plain network.
#
# `LayerChain` sends a signal through copies of any layer that keeps its shape, with weights drawn
# anew for each; what was compiled for one layer runs at every depth.

# %%
unit = ResidualUnit(4, shortcut="constant", shortcut_scale=0.5)
unit.build(x.shape)
for depth in (10, 54, 200):
    gradient = LayerChain(unit, training=True).propagate(x, depth)["gradient"]
    print(f"{depth} units: 2 to the power of {np.log2(gradient[0] / gradient[-1]):.0f}")

# %% [markdown]
# ## A thousand layers
#
# The units of a stage all have the same shape. `StackedResidualStage` keeps their weights along one
# axis more and runs them as one loop, so that a program for 1001 layers is as short as one for 29.

# %%
print(inspect.getsource(StackedResidualStage.call))
deep = PreActResNetCIFAR(164, scan=True)
print(len(deep.layers), "layers in place of more than 500;",
      f"{sum(int(np.prod(w.shape)) for w in deep.trainable_weights):,} weights")  # fmt: skip

# %% [markdown]
# ## What was reproduced
#
# Every row of Tables 1 and 2, but with 56 layers, a quarter of the pixels and half of the width,
# for 160 steps in place of 64,000: a look at the beginning of training, where a gradient that
# cannot pass shows first.

# %%
rows = [(measured[f"{name}/train_loss"]["mean"], name) for name in VARIANTS]
print("\n".join(f"{loss:.3f}  {name}" for loss, name in sorted(rows)))

# %%
Markdown(report.markdown(catalog.report("resnet-identity-mappings")))
