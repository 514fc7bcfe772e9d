"""Complete models composed of the layers, each with trained presets."""

__all__ = []
