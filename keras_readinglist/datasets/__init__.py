"""Real data sets and seeded task generators, all as NumPy arrays."""

__all__ = []
