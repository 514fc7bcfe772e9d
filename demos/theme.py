"""Colours and type of the gallery, in light and dark."""

from importlib.resources import files

_SHEET = (files(__package__) / "gallery.css").read_text(encoding="utf-8")

# One accent a room; the second value is for the dark scheme. All have a contrast of 4.5 and more.
ACCENTS = {
    "vision": ("#9a4a00", "#f0a860"),
    "sequences": ("#0b5cad", "#7db8f7"),
    "attention": ("#8a2b8f", "#e29be6"),
    "structure": ("#1a6b45", "#6fd0a0"),
    "information": ("#a32035", "#f58a9b"),
}
ROOM_TITLES = {
    "vision": "Vision",
    "sequences": "Sequences",
    "attention": "Attention",
    "structure": "Structure",
    "information": "Information",
}

_VARIABLES = (
    ("ink", "#1c1f24", "#e8eaee"),
    ("faint", "#5b626e", "#a7aeba"),
    ("line", "#c9ced6", "#454b56"),
    ("paper", "#ffffff", "#16181d"),
    ("panel", "#f4f6f8", "#1f232a"),
    ("exact", "#a05d0a", "#f2b35e"),
    ("low", "#2166ac", "#6fb1e8"),
    ("high", "#b2182b", "#f0808c"),
    *((room, light, dark) for room, (light, dark) in ACCENTS.items()),
)


def _block(selector, column):
    return selector + "{" + "".join(f"--krl-{row[0]}:{row[column]};" for row in _VARIABLES) + "}"


# What the gallery's own elements look like, anywhere.
PLAIN = "body{margin:0 auto;max-width:46em;padding:16px;background:#fff;font-family:system-ui}"
CSS = _block(":root", 1) + _block(".dark", 2) + _SHEET


def theme():
    """Return the Gradio theme: system fonts, calm surfaces."""
    import gradio as gr

    return gr.themes.Base(
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.gray,
        radius_size=gr.themes.sizes.radius_sm,
        text_size=gr.themes.sizes.text_md,
    ).set(
        button_primary_background_fill="#0b5cad",
        button_primary_background_fill_dark="#7db8f7",
        button_primary_background_fill_hover="#094a8b",
        button_primary_background_fill_hover_dark="#a5cdf9",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#10141a",
        slider_color="#0b5cad",
        slider_color_dark="#7db8f7",
        color_accent="#0b5cad",
        checkbox_background_color_selected="#0b5cad",
        checkbox_background_color_selected_dark="#7db8f7",
        checkbox_border_color="#6b7280",
        checkbox_border_color_dark="#a7aeba",
        input_border_width="1px",
        input_border_color="#868e9b",
        input_border_color_dark="#7a8290",
        body_text_color_subdued="#5b626e",
        body_text_color_subdued_dark="#a7aeba",
        block_label_text_color="#3c434e",
        block_label_text_color_dark="#c9ced6",
    )
