"""Text whose characters carry a colour."""

from .heat import colour_of
from .html import el

VISIBLE = {"\n": "↵", " ": "·", "\t": "⇥"}


def visible(character):
    """Return a character as it can be seen, blanks as signs."""
    known = VISIBLE.get(character, character)
    return known if known.isprintable() else f"U+{ord(character):04X}"


def coloured_text(characters, values, low, high, unit="", steps=False):
    """Return a text with a background colour and a tooltip for every character.

    Args:
        characters: String.
        values: A number for every character.
        low: The value of full blue.
        high: The value of full red.
        unit: What the numbers are, for the tooltip.
        steps: Boolean, whether a character appears at every step of a player.
    """
    spans = [
        el("span", "↵\n" if character == "\n" else character,
           style=f"background:{colour_of(value, low, high)}", title=f"{value:.2f} {unit}",
           data_at=k if steps else None)
        for k, (character, value) in enumerate(zip(characters, values, strict=True))
    ]  # fmt: skip
    return el("div", spans, class_="mono")
