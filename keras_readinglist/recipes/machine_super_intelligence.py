"""Intelligence over many small worlds, and temporal differences without a learning rate.

Agents are measured by the AIQ test on the same few thousand programs of the BF machine, each met
with both signs of the rewards; the public code's numbers rest on programs of their own, so that
orders are decided by paired differences alone. HL(λ) meets temporal differences of many rates on
Markov chains whose values are known from a linear solve.
"""

import math

import numpy as np

from keras_readinglist.information import (
    AIQ,
    BFMachine,
    ContextTree,
    FreqAgent,
    HLQAgent,
    QLambdaAgent,
    RandomAgent,
    TemporalDifference,
)
from keras_readinglist.recipes.recipe import Claim, Experiment, Recipe, Run, as_computed

_LAMBDAS = (0.0, 0.5, 0.9, 1.0)
REDUCED = {
    "aiq": {"samples": 2000, "pool": 2, "episode_length": 1000, "seeds": (0,)},
    "chain": {
        "size": 51,
        "gamma": 0.99,
        "steps": 40_000,
        "replicas": 10,
        "lambdas": _LAMBDAS,
        "seeds": (0,),
    },
    "code": {"depth": 8, "order": 2, "bits": 5000, "seeds": (0, 1, 2)},
}
FULL = {
    "aiq": {**REDUCED["aiq"], "samples": 10_000, "episode_length": 100_000},
    "chain": {**REDUCED["chain"], "replicas": 300},
    "code": {**REDUCED["code"], "bits": 100_000},
}
RUNS = {
    "aiq": Run("aiq"),
    "aiq_long": Run("aiq", {"samples": 500, "episode_length": 10_000}),
    "walk": Run("chain", {"size": 21, "gamma": 0.9, "steps": 10_000, "replicas": 30}),
    "walk_51": Run("chain"),
    "code": Run("code"),
}
# What temporal differences are tried with: constant rates, and rates that fall with time.
RATES = {
    **{f"{rate}": rate for rate in (0.02, 0.05, 0.1, 0.2)},
    **{f"{k} / sqrt(t)": (lambda t, k=k: k / math.sqrt(t)) for k in (0.5, 1.0, 2.0)},
    **{f"{k} / cbrt(t)": (lambda t, k=k: k / t ** (1 / 3)) for k in (0.2, 0.5, 1.0)},
}


def agents(machine):
    """Return the agents of the report, with the settings of the public code."""
    return {
        "random": RandomAgent(machine),
        "freq": FreqAgent(machine, 0.03),
        "q0": QLambdaAgent(machine, lam=0.0, alpha=0.5, epsilon=0.005, gamma=0.95),
        "q": QLambdaAgent(machine, lam=0.5, alpha=0.5, epsilon=0.05, gamma=0.9),
        "hlq": HLQAgent(machine, lam=0.995, epsilon=0.02, gamma=0.7),
    }


def run_aiq(config, callbacks):
    """Measure all agents on the same programs."""
    machine = BFMachine()
    options = {name: config[name] for name in ("samples", "pool", "episode_length", "seed")}
    return AIQ(machine, **options).compare(agents(machine))


def measure_aiq(made, config):
    """Return scores, and differences in units of their half widths."""
    results, pairs = made
    metrics = {"programs": results["random"].n}
    for name, result in results.items():
        metrics |= {name: result.mean, f"{name}_half_width": result.half_width}
    for (first, second), (gap, half_width) in pairs.items():
        metrics[f"{first}_over_{second}"] = gap
        metrics[f"{first}_over_{second}_lower"] = gap - half_width
    return metrics


def random_walk(size):
    """Return transitions and rewards of a chain whose ends lead back to its middle."""
    moves, rewards = np.zeros((size, size)), np.zeros(size)
    for state in range(1, size - 1):
        moves[state, [state - 1, state + 1]] = 0.5
    moves[[0, -1], size // 2] = 1
    rewards[0], rewards[-1] = 1, -1
    return moves, rewards


def walk(moves, rewards, steps, replicas, seed):
    """Return states `(steps + 1, replicas)` of independent walks from the middle."""
    rng, cumulated = np.random.default_rng(seed), moves.cumsum(axis=1)
    states = np.full((steps + 1, replicas), len(moves) // 2)
    for time in range(steps):
        chance = rng.random(replicas)[:, None]
        states[time + 1] = (chance > cumulated[states[time]]).sum(axis=1)
    return states


def error_of(learner, states, rewards, exact):
    """Let a learner follow walks; return its error at the end, a root mean square."""
    for here, there in zip(states[:-1], states[1:], strict=True):
        learner.update(here, rewards[here], there)
    return float(np.sqrt(((learner.values - exact) ** 2).mean()))


def run_chain(config, callbacks):
    """Return the error of HL(1) and the least one of temporal differences, all on one walk."""
    size, gamma, replicas = config["size"], config["gamma"], config["replicas"]
    moves, rewards = random_walk(size)
    exact = np.linalg.solve(np.eye(size) - gamma * moves, rewards)
    states = walk(moves, rewards, config["steps"], replicas, config["seed"])
    hl = TemporalDifference("hl", size, gamma, 1.0, replicas=replicas)
    constant, falling = [], []
    for rate in RATES.values():
        for lam in config["lambdas"]:
            learner = TemporalDifference("td", size, gamma, lam, rate, replicas)
            with np.errstate(over="ignore", invalid="ignore"):  # too high a rate diverges
                error = error_of(learner, states, rewards, exact)
            (falling if callable(rate) else constant).append(error)
    return {
        "hl": error_of(hl, states, rewards, exact),
        "td_constant": np.nanmin(constant),
        "td_falling": np.nanmin(falling),
        "scale": float(np.sqrt((exact**2).mean())),
    }


def run_code(config, callbacks):
    """Code bits of a Markov source; return what was paid beyond its best tree, and the bound."""
    rng, order, count = np.random.default_rng(config["seed"]), config["order"], config["bits"]
    ones = rng.random(2**order)
    bits, context, ideal = [], 0, 0.0
    for chance in rng.random(count):
        bit = int(chance < ones[context])
        ideal -= math.log2(ones[context] if bit else 1 - ones[context])
        bits.append(bit)
        context = (context << 1 | bit) % 2**order
    tree = ContextTree(config["depth"])
    tree.update(bits)
    paid, leaves = -tree.log_probability / math.log(2), 2**order
    bound = 2 * leaves - 1 + leaves * (0.5 * math.log2(count / leaves) + 1)
    return {"excess": paid - ideal, "bound": bound, "excess_over_bound": (paid - ideal) / bound}


# What the public code gave on few programs of its own, and the half widths of its intervals.
_PUBLIC = {
    "freq": (48.1, 4.5, "Freq"),
    "q0": (46.3, 7.3, "Q(0)"),
    "q": (54.1, 9.6, "Q(λ)"),
    "hlq": (56.0, 13.0, "HLQ"),
}
_OTHERS = "The public code's number, on programs of its own; the goal is its interval's lower end."

RECIPE = Recipe(
    slug="machine-super-intelligence",
    scales={"reduced": REDUCED, "full": FULL},
    experiments={
        "aiq": Experiment(run_aiq, measure_aiq, {"samples": 20, "pool": 1, "episode_length": 20}),
        "chain": Experiment(
            run_chain, as_computed, {"size": 5, "steps": 50, "replicas": 2, "lambdas": (0.5,)}
        ),
        "code": Experiment(run_code, as_computed, {"bits": 100}),
    },
    runs=RUNS,
    claims=(
        Claim(
            "AIQ of the random agent, antithetic pairs, episodes of 1,000 cycles",
            metric="aiq/random",
            paper=0.0,
            goal=0.0,
            note="Exactly 0: it meets the same worlds with both signs.",
        ),
        *(
            Claim(
                f"AIQ of {title}, episodes of 1,000 cycles",
                metric=f"aiq/{name}",
                paper=public,
                goal=public - half_width,
                baseline="aiq/random",
                margin=10.0,
                unconfirmed=True,
                note=_OTHERS,
            )
            for name, (public, half_width, title) in _PUBLIC.items()
        ),
        Claim(
            "Q(λ) above Freq on the same programs, 10,000 cycles: lower end of the difference",
            metric="aiq_long/q_over_freq_lower",
            paper="above (table)",
            goal=0.0,
        ),
        Claim(
            "HLQ above Q(λ) on the same programs, 10,000 cycles: lower end of the difference",
            metric="aiq_long/hlq_over_q_lower",
            paper="above (table)",
            goal=0.0,
        ),
        *(
            Claim(
                f"{states} states, HL(1) against the best of {kind}, error at the end",
                metric=f"{run}/hl",
                paper="below (figure)",
                goal=None,
                baseline=f"{run}/td_{rates}",
                higher_is_better=False,
                note="Rates and λ of temporal differences are the best found here on these walks.",
            )
            for run, states in (("walk", 21), ("walk_51", 51))
            for rates, kind in (("constant", "constant rates"), ("falling", "falling rates"))
        ),
        Claim(
            "Context tree on a Markov source of order 2: bits beyond the source, over the bound",
            metric="code/excess_over_bound",
            goal=1.0,
            higher_is_better=False,
            note="The bound of context-tree weighting holds for every string.",
        ),
    ),
)
