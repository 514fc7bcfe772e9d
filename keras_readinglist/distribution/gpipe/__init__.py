"""Pipelines of cells, each on a device of its own (Huang et al., 2018)."""

from keras_readinglist.distribution.gpipe.chain import Link, chain_of, split_links
from keras_readinglist.distribution.gpipe.costs import LinkCost, link_costs, measure_links
from keras_readinglist.distribution.gpipe.gpipe import Cell, GPipe
from keras_readinglist.distribution.gpipe.schedule import Event, Schedule, Task

__all__ = [
    "Cell",
    "Event",
    "GPipe",
    "Link",
    "LinkCost",
    "Schedule",
    "Task",
    "chain_of",
    "link_costs",
    "measure_links",
    "split_links",
]
