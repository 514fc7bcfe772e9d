"""Blocks of one shape, one after the other, and over devices as a pipeline."""

from keras_readinglist.layers.pipelined_stack.pipelined_stack import PipelinedStack

__all__ = ["PipelinedStack"]
