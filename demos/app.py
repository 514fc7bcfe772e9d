"""Builds and launches the gallery.

Every file of `exhibits/` that defines `EXHIBIT` becomes a page; nothing else need be edited to add
one.
"""

import atexit
import contextlib
import importlib
import pkgutil
import threading
import time
from dataclasses import dataclass
from importlib.resources import files

import gradio as gr
from fastapi.responses import HTMLResponse, JSONResponse
from markupsafe import Markup

from . import components, exhibits, home, memory
from .components.code import code
from .components.html import el, page
from .components.layout import html
from .exhibit import Context
from .ledger import ledger
from .serving import serve
from .theme import ACCENTS, CSS, PLAIN, theme

SESSIONS = 32  # of the last visitors; Gradio keeps 2 MB for each, 10,000 of them unless it is told
SCRIPT = "".join(
    (files(components) / name).read_text(encoding="utf-8") for name in ("gallery.js", "veil.js")
)


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
        html(home.html(found))
    for index, exhibit in enumerate(found):
        neighbours = (found[index - 1] if index else None, (found[index + 1 :] or [None])[0])
        with contextlib.ExitStack() as stack:
            if index < len(found) - 1:
                stack.enter_context(deferred_build())
            route = gallery.route(exhibit.item.title, f"/{exhibit.slug}", show_in_navbar=False)
            _page(exhibit, stack.enter_context(route), *neighbours)
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
        html(page(el("p", el("a", "Map of the list", href="./")), home.room_list(current)))


def _page(exhibit, blocks, before, after):
    """Lay out one page: what it claims, the stage, what one sees, numbers, links and code."""
    item = exhibit.item
    light, dark = ACCENTS[item.room]
    accents = Markup(f":root{{--krl-accent:{light}}}.dark{{--krl-accent:{dark}}}")
    _sidebar(item.slug)
    crumbs = [
        el("a", "Map", href="./"),
        before and el("a", f"← {before.item.title}", href=f"./{before.slug}", class_="far"),
        after and el("a", f"{after.item.title} →", href=f"./{after.slug}", class_="far"),
    ]
    by = f"{item.authors}, {item.year} · number {item.number} of the list"
    html(
        page(
            el("style", accents),
            el("nav", crumbs, class_="crumbs"),
            el("h1", item.title, data_title=f"{item.title} · The reading list"),
            el("p", by, class_="by"),
            el("p", exhibit.claim, class_="claim"),
            el("p", el("b", "Try this: "), exhibit.try_this, class_="try"),
        )
    )
    context = Context(exhibit, blocks)
    exhibit.layout(context)
    context.stop_button()
    html(
        page(
            el("h2", "What you see"),
            el("p", exhibit.what_you_see),
            el("h2", "The paper's numbers, and ours"),
            ledger(item),
            el("h2", "The same in Python"),
            code(exhibit.code),
            links(item),
        )
    )


def links(item):
    """Return the links of a page; the paper's needs internet, the rest are names of files."""
    files = (f" · page: docs/papers/{item.module}.py · recipe: {item.recipe}"
             f" · this exhibit: demos/exhibits/{item.module}.py")  # fmt: skip
    paper = el("a", "Read the original", href=item.url, target="_blank", rel="noopener")
    return el("p", paper, el("span", files, class_="faint"))


def not_found(request, error):
    """Answer a person at an unknown address with the way back; a program as ever."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": getattr(error, "detail", "Not Found")}, 404)
    depth = request.url.path.strip("/").count("/")
    body = page(
        el("h1", "No exhibit here"),
        el("p", "There is no page at this address. ",
           el("a", "The map of the list", href="../" * depth or "./"), " shows all that are open."),
    )  # fmt: skip
    head = el("title", "No exhibit here · The reading list") + el("style", Markup(CSS + PLAIN))
    meta = Markup('<!doctype html><meta charset="utf-8"><meta name="viewport" '
                  'content="width=device-width">')  # fmt: skip
    return HTMLResponse(meta + head + Markup(body), 404)


def warm_up(ended):
    """Load the presets of all exhibits and run their defaults, so that visitors do not wait.

    Args:
        ended: `threading.Event`, after which nothing more is begun.
    """
    for preset in [preset for exhibit in discover() for preset in exhibit.presets]:
        if ended.is_set():
            return
        serve(preset).run(lambda model: model)
    memory.forget_programs()  # those that built the models
    for exhibit in discover():
        if ended.is_set():
            return
        with contextlib.suppress(Exception):
            exhibit.run_tour()


def _warm_up_aside():
    """Warm up in a thread that is waited for: one that computes while Python ends aborts it."""
    ended = threading.Event()
    thread = threading.Thread(target=warm_up, args=(ended,), daemon=True)
    thread.start()
    atexit.register(lambda: (ended.set(), thread.join()))


def launch(host="127.0.0.1", port=None, mcp=False, browser=True, root_path=None, block=True):
    """Serve the gallery; return the Blocks if `block` is false."""
    if block:  # this process is the gallery's alone
        memory.leave_out_tensorflow()
    memory.keep_compiled()
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
        state_session_capacity=SESSIONS,
        theme=theme(),
        css=CSS,
        head=f"<script>{SCRIPT}</script>",
        app_kwargs={"exception_handlers": {404: not_found}},
    )
    _warm_up_aside()
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
    if timings:
        yield Stop("(memory)", 0.0, True, f"{memory.resident():.0f} MB, of 1500 for the server")


def _timings():
    began = time.perf_counter()
    gallery = build()
    yield Stop(
        "(build all pages)", time.perf_counter() - began, True, f"{len(gallery.blocks)} blocks"
    )
    memory.leave_out_tensorflow()
    began = time.perf_counter()
    for exhibit in discover():
        for preset in exhibit.presets:
            serve(preset).run(lambda model: model)
    seconds = time.perf_counter() - began
    yield Stop("(load all presets)", seconds, True, f"{memory.resident():.0f} MB")
    memory.forget_programs()
    yield Stop("(forget what built them)", 0.0, True, f"{memory.resident():.0f} MB")
