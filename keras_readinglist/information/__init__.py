"""Description length, complexity and coding."""

from keras_readinglist.information.cell_probes import Probe, gate_saturation, probe_cells
from keras_readinglist.information.ngram import NGram

__all__ = ["NGram", "Probe", "gate_saturation", "probe_cells"]
