"""Measures of the papers that Keras does not have."""

__all__ = []
