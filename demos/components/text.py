"""Text whose characters carry a colour."""

from html import escape

from .charts import colour_of


def coloured_text(characters, values, low, high, unit=""):
    """Return a text with a background colour and a tooltip for every character.

    Args:
        characters: String.
        values: A number for every character.
        low: The value of full blue.
        high: The value of full red.
        unit: What the numbers are, for the tooltip.
    """
    parts = []
    for character, value in zip(characters, values, strict=True):
        shown = "↵\n" if character == "\n" else character
        parts.append(
            f'<span style="background:{colour_of(value, low, high)}" '
            f'title="{value:.2f} {escape(unit)}">{escape(shown)}</span>'
        )
    return f'<div class="krl"><div class="mono">{"".join(parts)}</div></div>'


def legend(low, high, middle=""):
    """Return the scale of the colours in words."""
    swatches = "".join(
        '<span style="display:inline-block;width:26px;height:14px;'
        f'background:{colour_of(k, 0, 8)}"></span>'
        for k in range(9)
    )
    return (
        f'<div class="krl faint">{escape(low)} {swatches} {escape(high)}'
        f"{' · ' + escape(middle) if middle else ''}</div>"
    )
