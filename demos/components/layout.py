"""Where things stand on a page: the stage first, its controls beside it, the rest folded away."""

import gradio as gr

from .board import BOARD


def stage():
    """Return the row of a picture and its controls; on a phone the picture comes first."""
    return gr.Row(elem_classes="stage", equal_height=False)


def picture_side(scale=3):
    """Return the column of the picture."""
    return gr.Column(scale=scale, min_width=300, elem_classes="picture")


def control_side(scale=2):
    """Return the column of the controls."""
    return gr.Column(scale=scale, min_width=260, elem_classes="controls")


def choices_row():
    """Return the row of buttons that show examples, see `Context.choices`."""
    return gr.Row(elem_classes="choices")


def advanced():
    """Return the fold for what few visitors need: states as text, rare settings."""
    return gr.Accordion("Advanced", open=False)


def html(value="", touch=False, **options):
    """Return a place for HTML; with `touch` a board or picture in it can be clicked."""
    options.setdefault("apply_default_css", False)
    return gr.HTML(value, js_on_load=BOARD if touch else None, **options)
