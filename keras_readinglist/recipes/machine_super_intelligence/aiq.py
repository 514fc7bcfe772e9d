"""The AIQ of agents on the same programs, each met with both signs of the rewards."""

from keras_readinglist.information import (
    AIQ,
    BFMachine,
    FreqAgent,
    HLQAgent,
    QLambdaAgent,
    RandomAgent,
)


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
