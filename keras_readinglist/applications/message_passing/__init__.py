"""Properties of molecules by message passing (Gilmer et al., 2017)."""

from keras_readinglist.applications.message_passing.ensemble import MPNNEnsemble
from keras_readinglist.applications.message_passing.mpnn import MPNN

__all__ = ["MPNN", "MPNNEnsemble"]
