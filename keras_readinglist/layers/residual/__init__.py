"""Residual units, their shortcuts, and stacks of them."""

from keras_readinglist.layers.residual.residual_block import ResidualBlock
from keras_readinglist.layers.residual.residual_unit import ResidualUnit
from keras_readinglist.layers.residual.shortcuts import ZeroPadShortcut
from keras_readinglist.layers.residual.stacked_residual_stage import StackedResidualStage

__all__ = ["ResidualBlock", "ResidualUnit", "StackedResidualStage", "ZeroPadShortcut"]
