"""Machine intelligence, measured: worlds by prior, agents, and what they learn."""

from keras_readinglist.information.intelligence.agents import (
    FreqAgent,
    HLQAgent,
    PerWorld,
    QLambdaAgent,
    RandomAgent,
)
from keras_readinglist.information.intelligence.aiq import AIQ, AIQResult
from keras_readinglist.information.intelligence.context_tree import ContextTree
from keras_readinglist.information.intelligence.keras_agent import KerasQAgent
from keras_readinglist.information.intelligence.machine import BFMachine, World
from keras_readinglist.information.intelligence.temporal_difference import TemporalDifference
from keras_readinglist.information.intelligence.universal import (
    convergence_class,
    universal_intelligence,
)

__all__ = [
    "AIQ",
    "AIQResult",
    "BFMachine",
    "ContextTree",
    "FreqAgent",
    "HLQAgent",
    "KerasQAgent",
    "PerWorld",
    "QLambdaAgent",
    "RandomAgent",
    "TemporalDifference",
    "World",
    "convergence_class",
    "universal_intelligence",
]
