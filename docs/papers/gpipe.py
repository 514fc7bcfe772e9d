# %% [markdown]
# # GPipe: Easy Scaling with Micro-Batch Pipeline Parallelism
#
# Huang et al., 2018. A network that does not fit on one device is cut into cells, one a device. A
# batch is cut, too, and its micro-batches stream through the cells, so that all devices work at
# once. The gradients are summed before the weights are updated: the update is that of one device.

# %%
import inspect

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

from keras_readinglist import catalog
from keras_readinglist.distribution import (
    GPipe,
    Schedule,
    balance_partitions,
    chain_of,
    measure_links,
)
from keras_readinglist.distribution.gpipe.batch_statistics import DeferredStatistics
from keras_readinglist.distribution.gpipe.jax_stage import Stage
from keras_readinglist.distribution.gpipe.torch_stage import TorchStage
from keras_readinglist.layers.pipelined_stack import stages
from keras_readinglist.recipes import report

# %% [markdown]
# ## Cells of equal cost
#
# A pipeline is as fast as its slowest cell. The paper's heuristic makes the variance of the costs
# small; here the largest is made as small as possible, exactly, and then the variance.

# %%
print(balance_partitions([10, 10, 10, 1, 1, 1, 1, 30], 3))

# %% [markdown]
# Where a model can be cut is read off its graph: exactly one tensor may cross. A residual edge, a
# mask and a layer that is used twice keep their layers together.

# %%
layers = keras.layers
inputs = keras.Input((16, 16, 3))
x = layers.Conv2D(16, 3, padding="same", name="stem")(inputs)
for number in range(1, 4):
    inside = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    inside = layers.Conv2D(16, 3, padding="same", name=f"residual_{number}")(inside)
    x = layers.Add()([x, inside])
outputs = layers.Dense(10, name="classes")(layers.GlobalAveragePooling2D()(x))
model = keras.Model(inputs, outputs)
for link, cost in zip(chain_of(model), measure_links(chain_of(model)), strict=True):
    print(f"{link.name:12} {cost.flops:12,} operations {cost.params:8,} parameters")

# %% [markdown]
# ## The bubble
#
# Micro-batch $m$ is in cell $k$ at tick $m + k$. Of $M + K - 1$ ticks each device is idle for
# $K - 1$, on the way there and on the way back:
#
# $$\text{bubble} = \frac{K - 1}{M + K - 1}.$$

# %%
print(inspect.getsource(Schedule.ticks))
print(Schedule(num_cells=4, num_micro_batches=4).table().T)

# %%
counts = np.arange(1, 65)
for cells in (2, 4, 8):
    bubble = [Schedule(cells, int(count)).bubble_fraction for count in counts]
    plt.plot(counts, bubble, label=f"{cells} devices")
plt.xlabel("micro-batches")
plt.ylabel("share of the time that is idle")
plt.legend()
plt.show()

# %% [markdown]
# ## Re-materialisation
#
# A cell keeps the inputs of its micro-batches, and on the way back computes the rest again. That
# costs one more forward pass, and saves nearly all of the memory:

# %%
for rematerialize in (False, True):
    schedule = Schedule(num_cells=4, num_micro_batches=8, rematerialize=rematerialize)
    print(rematerialize, schedule.memory(inputs=[1] * 4, insides=[20] * 4))

# %% [markdown]
# A stage differentiates its cell when the gradient of its outputs arrives:

# %%
print(inspect.getsource(Stage._run_backward))

# %% [markdown]
# The last cell ends in the loss. It goes back at once, micro-batch by micro-batch, and so computes
# nothing twice; it keeps the gradients of its inputs, which are as large as these. So on JAX the
# way back takes the micro-batches in their order, the first of which are ready first.
#
# ## Batch normalization
#
# In training a micro-batch is normalized by its own statistics. The moving averages, which are
# used afterwards, move once a batch, by the mean and the variance of all its micro-batches. With
# $\delta$ the difference of two means, $\mu = \mu_a + s \delta$ and
# $\sigma^2 = \sigma_a^2 + s (\sigma_b^2 - \sigma_a^2) + s (1 - s) \delta^2$, where $s$ is the share
# of the second part.

# %%
print(inspect.getsource(DeferredStatistics.merge))

# %% [markdown]
# ## Training
#
# `GPipe` takes any functional or sequential model that is such a chain. What differs between the
# backends is who works on a cell:
#
# | backend | a cell has | started by |
# | --- | --- | --- |
# | JAX | a device; one process enqueues the work of all, and they overlap | `GPipe(model, 4)` |
# | torch | a process; `torch.distributed.pipelining` sends | `torchrun` or `launch` |
# | TensorFlow | all layers: there is one cell | `GPipe(model)` |
#
# This page has one device, so there is one cell, whose micro-batches give the update of the whole
# batch. Virtual devices of a CPU are made by `XLA_FLAGS=--xla_force_host_platform_device_count=4`.

# %%
rng = np.random.default_rng(0)
x = rng.standard_normal((64, 16, 16, 3)).astype("float32")
y = (x.mean(axis=(1, 2, 3)) > 0).astype("int32")
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
pipeline = GPipe(model, num_partitions=1, num_microbatches=4)
pipeline.compile(keras.optimizers.Adam(0.01), loss)
print(pipeline.fit(x, y, batch_size=32, epochs=3, verbose=0).history["loss"])
whole = GPipe(model, num_microbatches=1)
whole.compile("sgd", loss)
pairs = zip(pipeline.gradients(x, y), whole.gradients(x, y), strict=True)
print("largest difference of a gradient:", max(float(np.abs(a - b).max()) for a, b in pairs))

# %% [markdown]
# ## Processes of torch
#
# On torch every process builds the model and calls the same methods with the same arguments. The
# first one reads the inputs, the last one the targets; loss, metrics and outputs come back to all.
# So a script is that of one device with two lines more:
#
# ```python
# import keras
# import numpy as np
# from keras_readinglist.distribution import GPipe, initialize, launch
#
#
# def train():
#     layers = [keras.layers.Dense(256, "relu") for _ in range(7)]
#     model = keras.Sequential([keras.Input((256,)), *layers, keras.layers.Dense(1)])
#     pipeline = GPipe(model, num_partitions=2, num_microbatches=8)
#     pipeline.compile("adam", "mse")
#     pipeline.fit(np.ones((1024, 256)), np.ones((1024, 1)), batch_size=128, epochs=5)
#
#
# if __name__ == "__main__":
#     launch(train, 2)  # or, in a script that torchrun starts: initialize(), and then train()
# ```
#
# `torchrun --nproc-per-node 2 script.py` starts one of the second kind, and on two machines
# `torchrun --nnodes 2 --nproc-per-node 2 --rdzv-backend c10d --rdzv-endpoint HOST:29500 script.py`
# on each. Every process holds the weights of the whole model, and has those of all cells after an
# epoch, so any of them can save it. What is divided is the work, the gradients and the
# activations. Callbacks that write files belong into one process, those that change training into
# all: they see the same logs. If a process is killed the others end with an error, at once where
# its connections close, and after 50 seconds where it hangs; training goes on from a checkpoint,
# in as many processes as one likes.
#
# torch sends tensors of one size. Micro-batches that are smaller travel with rows of zeros, which
# no cell reads, so that statistics and losses are those of the examples. A loss inside a cell, such
# as that of a regularizer, has its gradient there:

# %%
print(inspect.getsource(TorchStage._train))

# %% [markdown]
# ## Equal blocks, and batches as well
#
# Where all blocks are alike the schedule fits into one program: each device applies its blocks to
# what it has, and hands it on. On JAX `PipelinedStack` does that under a distribution of Keras,
# beside copies that share a batch; elsewhere its blocks are applied one after the other.
# [More than one device](../distribution.md) has the layouts, `DataParallel`, and how to start them
# on several hosts.

# %%
print(inspect.getsource(stages._program))

# %% [markdown]
# ## What reproduces
#
# What the paper measured on TPUs is counted here: ticks and bytes. In time it does not reproduce on
# two virtual devices of a machine with two cores: XLA lets a single device use both of them, so the
# second adds hardly anything. How far accuracy with batch normalization in micro-batches is from
# that of whole batches is noise of a digit or two of 360: summed in another order, the same
# gradients gave a mean difference of 0.0065.

# %%
measured = catalog.report("gpipe")
Markdown(report.markdown(measured) if measured else "Not measured yet.")
