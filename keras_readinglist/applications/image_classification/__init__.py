"""Networks that name what is on a picture."""
