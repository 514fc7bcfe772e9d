"""Training on more than one device."""

from keras_readinglist.distribution.data_parallel import DataParallel
from keras_readinglist.distribution.gpipe import (
    Cell,
    Event,
    GPipe,
    Link,
    LinkCost,
    Schedule,
    Task,
    chain_of,
    link_costs,
    measure_links,
    split_links,
)
from keras_readinglist.distribution.launch import initialize, launch
from keras_readinglist.distribution.model_batch import ModelBatch
from keras_readinglist.distribution.partition import balance_partitions

__all__ = [
    "Cell",
    "DataParallel",
    "Event",
    "GPipe",
    "Link",
    "LinkCost",
    "ModelBatch",
    "Schedule",
    "Task",
    "balance_partitions",
    "chain_of",
    "initialize",
    "launch",
    "link_costs",
    "measure_links",
    "split_links",
]
