"""Builds and launches the gallery.

Every file of `exhibits/` that defines `EXHIBIT` becomes a page; nothing else need be edited to add
one.
"""

import contextlib
import importlib
import inspect
import os
import pkgutil
import threading
import time
from dataclasses import dataclass
from html import escape

# Set before gradio is imported: without them it asks two hosts at launch.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr  # noqa: E402

from keras_readinglist import catalog  # noqa: E402
from keras_readinglist.recipes import report  # noqa: E402

from . import exhibits, home  # noqa: E402
from .exhibit import Context  # noqa: E402
from .serving import serve  # noqa: E402
from .theme import ACCENTS, CSS, theme  # noqa: E402


def discover():
    """Return the exhibits, in the order of the list."""
    found = []
    for module in pkgutil.iter_modules(exhibits.__path__):
        if not module.name.startswith("_"):
            found.append(importlib.import_module(f"{exhibits.__name__}.{module.name}").EXHIBIT)
    return sorted(found, key=lambda exhibit: exhibit.item.number)


def build():
    """Return the gallery as `gr.Blocks`, one route per exhibit."""
    found = discover()
    with gr.Blocks(title="The reading list", analytics_enabled=False) as gallery:
        _sidebar()
        gr.HTML(home.html())
    for index, exhibit in enumerate(found):
        neighbours = (found[index - 1] if index else None, (found[index + 1 :] or [None])[0])
        with contextlib.ExitStack() as stack:
            if index < len(found) - 1:
                stack.enter_context(deferred_build())
            page = stack.enter_context(
                gallery.route(exhibit.item.title, f"/{exhibit.slug}", show_in_navbar=False)
            )
            _page(exhibit, page, *neighbours)
    gallery.queue(default_concurrency_limit=4, max_size=64)
    return gallery


@contextlib.contextmanager
def deferred_build():
    """Keep Gradio from building its whole server anew for every page but the last."""
    from gradio import blocks

    saved = {
        (owner, name): owner.__dict__[name]
        for owner, name in ((blocks.App, "create_app"), (blocks.Blocks, "get_config_file"))
        if name in owner.__dict__
    }
    for owner, name in saved:
        stub = staticmethod(lambda *_, **__: None) if name == "create_app" else lambda self: {}
        setattr(owner, name, stub)
    try:
        yield
    finally:
        for (owner, name), original in saved.items():
            setattr(owner, name, original)


def _sidebar(current=None):
    with gr.Sidebar(open=False, position="left"):
        gr.HTML(f'<div class="krl"><a href="./">Map of the list</a></div>{home.room_list(current)}')


def _page(exhibit, page, before, after):
    """Lay out one page: what it claims, the stage, what one sees, numbers, links and code."""
    item = exhibit.item
    light, dark = ACCENTS[item.room]
    style = f"<style>:root{{--krl-accent:{light}}}.dark{{--krl-accent:{dark}}}</style>"
    _sidebar(item.slug)
    crumbs = ['<a href="./">Map of the list</a>']
    if before:
        crumbs.append(f'<a href="./{before.slug}">← {escape(before.item.title)}</a>')
    if after:
        crumbs.append(f'<a href="./{after.slug}">{escape(after.item.title)} →</a>')
    gr.HTML(
        f'{style}<div class="krl"><nav class="crumbs">{"".join(crumbs)}</nav>'
        f"<h1>{escape(item.title)}</h1>"
        f'<p class="by">{escape(item.authors)}, {item.year} · number {item.number} of the list</p>'
        f'<p class="claim">{escape(exhibit.claim)}</p>'
        f'<p class="try"><b>Try this:</b> {escape(exhibit.try_this)}</p></div>'
    )
    exhibit.layout(Context(exhibit, page))
    gr.HTML(
        f'<div class="krl"><h2>What you see</h2><p>{escape(exhibit.what_you_see)}</p>'
        f"<h2>The paper's number, and ours</h2>{numbers(item)}{links(item)}</div>"
    )
    with gr.Accordion("The code that made the picture", open=False):
        for dotted in exhibit.shows:
            gr.Code(_source(dotted), language="python", label=f"keras_readinglist.{dotted}")
        gr.Code(
            inspect.getsource(inspect.getmodule(exhibit.layout)),
            language="python",
            label="This exhibit",
        )


def _source(dotted):
    return inspect.getsource(catalog.resolve(dotted))


def numbers(item):
    """Return the claims of an item as a table; honest where nothing was measured."""
    measured = catalog.report(item.slug)
    if measured is None:
        return '<p class="faint">Not measured yet.</p>'
    head = "".join(f"<th>{name}</th>" for name in report.HEADER)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in report.rows(measured)
    )
    return (
        f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div><p class="faint">'
        f"{report.marks(measured)} "
        f"Measured by <code>keras-readinglist reproduce {item.slug}</code>.</p>"
    )


def links(item):
    """Return the links of a page; the paper's needs internet, the rest are names of files."""
    return (
        f'<p><a href="{escape(item.url)}" target="_blank" rel="noopener">Read the original</a>'
        f'<span class="faint"> · page: <code>docs/papers/{item.module}.py</code> · recipe: '
        f"<code>{item.recipe}</code></span></p>"
    )


def warm_up():
    """Load the presets of all exhibits and run their defaults, so that visitors do not wait."""
    for exhibit in discover():
        with contextlib.suppress(Exception):
            exhibit.run_tour()


def launch(host="127.0.0.1", port=None, mcp=False, browser=True, root_path=None, block=True):
    """Serve the gallery; return the Blocks if `block` is false."""
    gallery = build()
    gallery.launch(
        server_name=host,
        server_port=port,
        inbrowser=browser,
        mcp_server=mcp,
        root_path=root_path,
        show_error=True,
        share=False,
        quiet=not block,
        prevent_thread_lock=True,
        ssr_mode=False,
        footer_links=[],
        theme=theme(),
        css=CSS,
    )
    threading.Thread(target=warm_up, daemon=True).start()
    if block:
        gallery.block_thread()
    return gallery


@dataclass
class Stop:
    """What the tour saw at one exhibit."""

    slug: str
    seconds: float
    ok: bool
    line: str


def tour(timings=False):
    """Run the default of every exhibit once; yield a `Stop` for each."""
    if timings:
        yield from _timings()
    for exhibit in discover():
        began = time.perf_counter()
        try:
            line, ok = exhibit.run_tour(), True
        except Exception as error:
            line, ok = f"{type(error).__name__}: {error}", False
        yield Stop(exhibit.slug, time.perf_counter() - began, ok, line)


def _timings():
    began = time.perf_counter()
    gallery = build()
    yield Stop(
        "(build all pages)", time.perf_counter() - began, True, f"{len(gallery.blocks)} blocks"
    )
    began = time.perf_counter()
    for exhibit in discover():
        for preset in exhibit.presets:
            serve(preset).run(lambda model: model)
    yield Stop("(load all presets)", time.perf_counter() - began, True, "")
