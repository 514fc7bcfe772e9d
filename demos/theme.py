"""Colours and type of the gallery, in light and dark."""

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
    ("exact", "#a8630a", "#f2b35e"),
    ("low", "#2166ac", "#6fb1e8"),
    ("high", "#b2182b", "#f0808c"),
    *((room, light, dark) for room, (light, dark) in ACCENTS.items()),
)


def _block(selector, column):
    return selector + "{" + "".join(f"--krl-{row[0]}:{row[column]};" for row in _VARIABLES) + "}"


CSS = (
    _block(":root", 1)
    + _block(".dark", 2)
    + """
.gradio-container{max-width:min(1180px,100vw)!important;margin:auto}
.gradio-container .prose{font-size:16px;line-height:1.55}
.krl{color:var(--krl-ink);max-width:100%;overflow-wrap:anywhere;font-size:16px;line-height:1.55}
.krl svg{display:block;width:100%;height:auto;font-family:system-ui,sans-serif}
.krl svg text{fill:var(--krl-ink);font-variant-numeric:tabular-nums}
.krl a{color:var(--krl-accent,var(--krl-sequences));text-decoration:underline}
.krl svg a{text-decoration:none}
.krl .scroll table{min-width:640px}
.krl h1{font-size:28px;line-height:1.25;margin:4px 0 2px;font-weight:650}
.krl .by{color:var(--krl-faint);margin:0 0 10px}
.krl .claim{font-size:19px;margin:0 0 6px;max-width:46em}
.krl .try{border-left:4px solid var(--krl-accent);padding:4px 12px;margin:8px 0;
  background:var(--krl-panel)}
.krl table{border-collapse:collapse;width:100%;font-size:15px;font-variant-numeric:tabular-nums}
.krl th,.krl td{text-align:left;padding:5px 10px;border-bottom:1px solid var(--krl-line);
  vertical-align:top}
.krl .scroll{overflow-x:auto;overflow-wrap:break-word}
.krl .mono{font-family:ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;
  overflow-wrap:anywhere;line-height:1.7;background:var(--krl-panel);padding:12px;border-radius:6px}
.krl .mono span{border-radius:2px;color:#101418}
.krl .faint{color:var(--krl-faint)}
.krl .crumbs{display:flex;flex-wrap:wrap;gap:6px 18px;font-size:15px;margin:2px 0 8px}
.krl .board svg{max-width:560px;margin:auto;cursor:crosshair;touch-action:manipulation}
.krl .map{overflow-x:auto}
.krl .rooms{display:none}
.krl .room-list h2{font-size:17px;margin:16px 0 4px}
.krl .room-list ul{margin:0;padding-left:20px}
.krl .room-list li{margin:4px 0}
@media(max-width:760px){.gradio-container,.gradio-container :is(.main,.wrap,.contain,.tabs,
  .column){min-width:0!important;max-width:100%}.gradio-container .main{padding:12px 8px!important}
  .krl .map{display:none}.krl .rooms{display:block}
  .krl svg a{text-decoration:none}
.krl .scroll table{min-width:640px}
.krl h1{font-size:23px}.krl .claim{font-size:17px}}
.krl svg a:focus-visible rect,.krl a:focus-visible{outline:3px solid var(--krl-accent,#888)}
div.nav-holder{display:none!important}
footer{display:none!important}
"""
)


def theme():
    """Return the Gradio theme: system fonts, calm surfaces."""
    import gradio as gr

    return gr.themes.Base(
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        primary_hue=gr.themes.colors.blue,
        neutral_hue=gr.themes.colors.gray,
        radius_size=gr.themes.sizes.radius_sm,
        text_size=gr.themes.sizes.text_lg,
    )
