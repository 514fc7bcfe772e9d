"""Sophistication, complextropy, and the two-part image code that makes them computable."""

from keras_readinglist.information.complexodynamics.image_codec import decode_image, encode_image
from keras_readinglist.information.complexodynamics.measures import (
    coarse_sophistication,
    complexodynamics_run,
    complextropy,
    light_cone_complexity,
    multiscale_complexity,
    sophistication_profile,
)
from keras_readinglist.information.complexodynamics.two_part_code import (
    TwoPartCode,
    two_part_image_code,
)

__all__ = [
    "TwoPartCode",
    "coarse_sophistication",
    "complexodynamics_run",
    "complextropy",
    "decode_image",
    "encode_image",
    "light_cone_complexity",
    "multiscale_complexity",
    "sophistication_profile",
    "two_part_image_code",
]
