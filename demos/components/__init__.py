"""Pictures as strings of HTML and inline SVG: they work offline and need no script."""
