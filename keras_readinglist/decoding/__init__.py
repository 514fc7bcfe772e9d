"""Generic decoding loops: sampling and beam search."""

__all__ = []
