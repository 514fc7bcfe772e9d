"""What an exhibit is, and what its page can use.

An exhibit's file defines `EXHIBIT = Exhibit(...)` and, with its decorators,

- `@EXHIBIT.page`: a function `(ctx)` that lays out controls and pictures, connects them with
  `ctx.event` and fills them with `ctx.at_first`;
- `@EXHIBIT.tour`: a function without arguments that runs the default once and returns one line.

`run(preset, function)` calls `function(model)` under the model's lock.
What the handlers compute is written as plain functions of arrays and strings beside them; they
raise `ValueError` with a sentence for people, which the page shows.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

from keras_readinglist import catalog

from .serving import serve


@dataclass
class Exhibit:
    """One page of the gallery; title, authors and year come from the catalogue.

    Args:
        slug: Item of the catalogue.
        claim: The idea, in one sentence.
        try_this: What to do first, in one sentence.
        what_you_see: What the picture shows, in three sentences.
        presets: Presets that the page uses; they are warmed up after launch.
        shows: Dotted names below `keras_readinglist` whose source made the picture.
    """

    slug: str
    claim: str
    try_this: str
    what_you_see: str
    presets: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    layout: Callable | None = field(default=None, repr=False)
    run_tour: Callable | None = field(default=None, repr=False)

    @property
    def item(self):
        return catalog.find(self.slug)

    def page(self, layout):
        self.layout = layout
        return layout

    def tour(self, function):
        self.run_tour = function
        return function


FAULT = "This exhibit cannot answer that: please try another input. The fault has been logged."


def run(preset, function):
    """Call `function(model)` of a preset under its lock."""
    return serve(preset).run(function)


class Context:
    """What the layout of a page can use."""

    def __init__(self, exhibit, blocks):
        self.exhibit, self.blocks = exhibit, blocks

    def at_first(self, fn, outputs):
        """Show the result of `fn()` as soon as the page is open, before any click."""
        return self.event(self.blocks.load, fn, None, outputs)

    def event(self, trigger, fn, inputs=None, outputs=None, verb=None, **options):
        """Connect an event; with a `verb` it becomes the public endpoint `<slug>_<verb>`.

        Args:
            trigger: Event listener, such as `button.click`.
            fn: Function or generator function; a `ValueError` becomes a friendly message.
            inputs: Components.
            outputs: Components.
            verb: Name of the public endpoint, or `None` for a private event.
            **options: Passed on to Gradio.
        """
        options.setdefault("show_progress", "hidden")
        if verb:
            options["api_name"] = f"{self.exhibit.slug.replace('-', '_')}_{verb}"
            options.setdefault("concurrency_limit", 2)
        else:
            options["api_visibility"] = "private"
        return trigger(friendly(fn), inputs, outputs, **options)


def friendly(fn):
    """Turn the `ValueError` of a handler into a message that the page shows.

    Any other exception is a fault of the exhibit: it is logged, and a visitor is told no more.
    """
    import gradio as gr

    def message(error):
        if isinstance(error, ValueError):
            return gr.Error(str(error), print_exception=False)
        return gr.Error(FAULT, print_exception=True)

    if inspect.isgeneratorfunction(fn):

        @functools.wraps(fn)
        def generator(*args):
            try:
                yield from fn(*args)
            except Exception as error:
                raise message(error) from error

        return generator

    @functools.wraps(fn)
    def plain(*args):
        try:
            return fn(*args)
        except Exception as error:
            raise message(error) from error

    return plain
