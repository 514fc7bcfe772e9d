"""The coffee automaton: dynamics, measurements, and the exact density."""

from keras_readinglist.information.coffee.automaton import CoffeeAutomaton
from keras_readinglist.information.coffee.curves import (
    complexity_curve,
    fit_power_law,
    scaling_experiment,
)
from keras_readinglist.information.coffee.sequential import apply_edges, sequential_edges
from keras_readinglist.information.coffee.theory import exact_density

__all__ = [
    "CoffeeAutomaton",
    "apply_edges",
    "complexity_curve",
    "exact_density",
    "fit_power_law",
    "scaling_experiment",
    "sequential_edges",
]
