"""Machine intelligence, measured: worlds by prior, agents, and what they learn."""

from keras_readinglist.information.intelligence.agents import (
    FreqAgent,
    HLQAgent,
    HLSAgent,
    PerWorld,
    QLambdaAgent,
    RandomAgent,
    SarsaLambdaAgent,
)
from keras_readinglist.information.intelligence.aiq import AIQ, AIQResult
from keras_readinglist.information.intelligence.context_tree import ContextTree
from keras_readinglist.information.intelligence.factored_tree import FactoredContextTree
from keras_readinglist.information.intelligence.keras_agent import KerasQAgent
from keras_readinglist.information.intelligence.machine import BFMachine, World
from keras_readinglist.information.intelligence.mc_aixi import MCAIXIAgent
from keras_readinglist.information.intelligence.tabular_world import (
    TabularWorld,
    biased_coin,
    cheese_maze,
    line_maze,
    rock_paper_scissors,
    tiger,
)
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
    "FactoredContextTree",
    "FreqAgent",
    "HLQAgent",
    "HLSAgent",
    "KerasQAgent",
    "MCAIXIAgent",
    "PerWorld",
    "QLambdaAgent",
    "RandomAgent",
    "SarsaLambdaAgent",
    "TabularWorld",
    "TemporalDifference",
    "World",
    "biased_coin",
    "cheese_maze",
    "convergence_class",
    "line_maze",
    "rock_paper_scissors",
    "tiger",
    "universal_intelligence",
]
