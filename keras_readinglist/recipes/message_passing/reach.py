"""How far messages reach: a node knows of what is as many edges away as there were steps.

A graph is a path in a random order of nodes. One end is marked, or not, and the other is asked
whether it is. A master node, which all write to and read from, needs two steps for any path.
"""

import keras
import numpy as np

from keras_readinglist.layers import GatedUpdate, MasterNode, MessagePassing
from keras_readinglist.recipes.recipe import Claim, Experiment, Run
from keras_readinglist.recipes.training import fit_generated

REDUCED = {
    "reach": {
        "distance": 4,
        "num_steps": 4,
        "master_units": 0,
        "units": 24,
        "batch_size": 128,
        "learning_rate": 3e-3,
        "steps": 1500,
        "block": 250,
        "test_examples": 1000,
        "seeds": (0, 1, 2),
    }
}
FULL = {"reach": {**REDUCED["reach"], "units": 64, "steps": 5000}}


def path_batch(batch_size, distance, rng):
    """Return paths with a marked end, or none, and whether there is one.

    Args:
        batch_size: Integer.
        distance: Integer, the edges of a path.
        rng: NumPy generator.

    Returns:
        `node` `(batch, distance + 1, 2)`: whether a node is marked, and whether it is asked;
        `edge_mask`; and targets `(batch, 1)`.
    """
    nodes, rows = distance + 1, np.arange(batch_size)
    order = np.argsort(rng.random((batch_size, nodes)), axis=1)
    edges = np.zeros((batch_size, nodes, nodes), bool)
    for one, next_one in zip(order.T[:-1], order.T[1:], strict=True):
        edges[rows, one, next_one] = edges[rows, next_one, one] = True
    node, marked = np.zeros((batch_size, nodes, 2), "float32"), rng.random(batch_size) < 0.5
    node[rows, order[:, 0], 0], node[rows, order[:, -1], 1] = marked, 1
    return {"node": node, "edge_mask": edges}, marked[:, None].astype("float32")


@keras.saving.register_keras_serializable(package="keras_readinglist")
class Reach(keras.Model):
    """Answers at the node that is asked whether another one is marked."""

    def __init__(self, units, num_steps, master_units):
        super().__init__()
        master = MasterNode(master_units) if master_units else None
        update = GatedUpdate(units)
        self.passing = MessagePassing(None, update, num_steps=num_steps, master=master)
        self.out = keras.layers.Dense(1)
        self.passing.build((None, None, 2))
        self.out.build((None, units))
        self.built = True

    def call(self, inputs):
        states = self.passing(inputs["node"], edge_mask=inputs["edge_mask"])
        asked = keras.ops.sum(states * inputs["node"][..., 1:], axis=1)
        return self.out(asked)


def run(config, callbacks):
    """Train a network on generated paths."""
    keras.utils.set_random_seed(config["seed"])
    model = Reach(config["units"], config["num_steps"], config["master_units"])

    def draw(rng, step):
        return path_batch(config["batch_size"], config["distance"], rng)

    optimizer = keras.optimizers.Adam(config["learning_rate"], global_clipnorm=1.0)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    return fit_generated(model, draw, config, callbacks, loss=loss, optimizer=optimizer)


def measure(model, config):
    """Return the share of right answers."""
    inputs, targets = path_batch(config["test_examples"], config["distance"], rng_of_test())
    answers = model.predict(inputs, batch_size=config["batch_size"], verbose=0) > 0
    return {"accuracy": float((answers == targets).mean())}


def rng_of_test():
    """Return a generator that no training uses."""
    return np.random.default_rng(987_654)


EXPERIMENTS = {"reach": Experiment(run, measure, {"steps": 2, "block": 1, "test_examples": 8})}
RUNS = {
    **{f"reach_{steps}": Run("reach", {"num_steps": steps}) for steps in (3, 4)},
    "reach_2_master": Run("reach", {"num_steps": 2, "master_units": 16}),
}
CLAIMS = (
    Claim(
        "Whether the end of a path of 4 edges is marked: 4 steps of messages against 3",
        metric="reach_4/accuracy",
        goal=0.99,
        baseline="reach_3/accuracy",
        margin=0.3,
        note="By construction a node knows nothing of what is further away than there were steps.",
    ),
    Claim(
        "The same with 2 steps and a master node, against 3 steps without",
        metric="reach_2_master/accuracy",
        goal=0.99,
        baseline="reach_3/accuracy",
        margin=0.3,
    ),
)
