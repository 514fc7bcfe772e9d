"""The gallery: one exhibit per item of the reading list."""
