"""Description length, complexity and coding."""

__all__ = []
