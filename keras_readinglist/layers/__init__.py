"""Keras layers, one concept per file."""

__all__ = []
