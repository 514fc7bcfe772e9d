"""One file per exhibit; each defines `EXHIBIT`."""
