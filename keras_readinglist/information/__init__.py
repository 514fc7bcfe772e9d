"""Description length, complexity and coding."""

from keras_readinglist.information.cell_probes import Probe, gate_saturation, probe_cells
from keras_readinglist.information.coarse_graining import coarse_grain
from keras_readinglist.information.coffee import (
    CoffeeAutomaton,
    apply_edges,
    complexity_curve,
    exact_density,
    fit_power_law,
    scaling_experiment,
    sequential_edges,
)
from keras_readinglist.information.complexodynamics import (
    TwoPartCode,
    coarse_sophistication,
    complexodynamics_run,
    complextropy,
    decode_image,
    encode_image,
    light_cone_complexity,
    multiscale_complexity,
    sophistication_profile,
    two_part_image_code,
)
from keras_readinglist.information.compressors import compressed_size
from keras_readinglist.information.ngram import NGram

__all__ = [
    "CoffeeAutomaton",
    "NGram",
    "Probe",
    "TwoPartCode",
    "apply_edges",
    "coarse_grain",
    "coarse_sophistication",
    "complexity_curve",
    "complexodynamics_run",
    "complextropy",
    "compressed_size",
    "decode_image",
    "encode_image",
    "exact_density",
    "fit_power_law",
    "gate_saturation",
    "light_cone_complexity",
    "multiscale_complexity",
    "probe_cells",
    "scaling_experiment",
    "sequential_edges",
    "sophistication_profile",
    "two_part_image_code",
]
