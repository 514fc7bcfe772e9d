"""Scaling laws: how the loss of language models follows size, data and compute."""

from keras_readinglist.information.scaling.counting import (
    PF_DAY,
    count_flops,
    count_params,
    forward_flops_per_token,
    non_embedding_params,
    training_flops,
)
from keras_readinglist.information.scaling.fits import (
    CriticalBatch,
    ScalingFit,
    compute_frontier,
    fit_chinchilla,
    fit_critical_batch,
    fit_loss_nd,
    fit_loss_ns,
    fit_scaling_law,
    isoflop_minimum,
    simple_noise_scale,
)
from keras_readinglist.information.scaling.laws import (
    Allocation,
    ChinchillaLaw,
    KaplanLaw,
    PowerLaw,
)

__all__ = [
    "Allocation",
    "ChinchillaLaw",
    "CriticalBatch",
    "KaplanLaw",
    "PF_DAY",
    "PowerLaw",
    "ScalingFit",
    "compute_frontier",
    "count_flops",
    "count_params",
    "fit_chinchilla",
    "fit_critical_batch",
    "fit_loss_nd",
    "fit_loss_ns",
    "fit_scaling_law",
    "forward_flops_per_token",
    "isoflop_minimum",
    "non_embedding_params",
    "simple_noise_scale",
    "training_flops",
]
