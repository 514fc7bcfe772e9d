"""What an exhibit is, and what its page can use.

A whole exhibit, in a file of `exhibits/` that is named like its item:

    EXHIBIT = Exhibit(slug="...", claim="...", try_this="...", what_you_see="...", code="...")

    def show(text):  # plain: strings in, HTML out; a refusal is a `ValueError` in words
        points = number_rows(text, 2, 1000, "Points are pairs, like [[0, 1]].")
        drawn = board(...)  # of components.board, charts, heat, images; all of `el`
        return page(player(drawn, count=5, label="Step", captions=[...]))

    @cache
    def default():
        return show(DEFAULT)

    @EXHIBIT.page
    def layout(ctx):
        with stage():
            with picture_side():
                picture = html(touch=True)
            with control_side():
                text = gr.Textbox(DEFAULT, label="Points")
                ctx.note()  # where refusals stand
                examples = choices_row()
        with examples:
            ctx.choices({"One": ["[[0, 1]]"], FAILS: ["[[9, 9]]"]}, [text])
        ctx.at_first(default, picture)  # shipped: run `python -m demos.shipped <module>`
        # Endpoint `<module>_show`; if it takes long, a veil says what is done, and can stop it.
        ctx.on_change(show, text, picture, verb="show", doing="Drawing")
        ctx.touch(picture, lambda text, item, x, y: ..., text, text)

    @EXHIBIT.tour
    def tour():
        return "one line about the default"

`run(preset, function)` calls `function(model)` under the model's lock. What moves under a player
is said by `el(..., steps={"x": [...]})`: the value of an attribute at every step.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

from keras_readinglist import catalog

from . import shipped
from .components.html import callout, page
from .components.layout import html
from .serving import serve
from .waiting import Pace, paced, stop


@dataclass
class Exhibit:
    """One page of the gallery; title, authors and year come from the catalogue.

    Args:
        slug: Item of the catalogue.
        claim: The idea, in one sentence.
        try_this: What to do first, in one sentence.
        what_you_see: What the picture shows, in three sentences.
        code: Ten lines of Python that make the result, runnable as they stand.
        presets: Presets that the page uses; they are warmed up after launch.
        thumbnail: Function without arguments that returns a small SVG for the home page, or
            `None` for the first picture of what is shipped.
    """

    slug: str
    claim: str
    try_this: str
    what_you_see: str
    code: str = ""
    presets: tuple[str, ...] = ()
    thumbnail: Callable | None = field(default=None, repr=False)
    layout: Callable | None = field(default=None, repr=False)
    run_tour: Callable | None = field(default=None, repr=False)
    defaults: dict[str, Callable] = field(default_factory=dict, repr=False)

    @property
    def item(self):
        return catalog.find(self.slug)

    def page(self, layout):
        self.layout = layout
        return layout

    def tour(self, function):
        self.run_tour = function
        return function


FAILS = "Show me where it fails"
FAULT = "This exhibit cannot answer that: please try another input. The fault has been logged."


def run(preset, function):
    """Call `function(model)` of a preset under its lock."""
    return serve(preset).run(function)


class Context:
    """What the layout of a page can use."""

    def __init__(self, exhibit, blocks):
        self.exhibit, self.blocks, self._note, self._running = exhibit, blocks, None, []

    def at_first(self, fn, outputs):
        """Show the result of `fn()` in the page as it is served, before anything is computed.

        `fn` is called when the gallery is made, and what it returned is shipped; see `shipped`.
        """
        outputs = listed(outputs)
        name = f"{fn.__module__.rpartition('.')[2]}.{fn.__name__}"
        self.exhibit.defaults[name] = fn
        found = shipped.results(self.exhibit.item.module).get(name)
        if found is None:
            return self.blocks.load(fn, None, outputs, api_visibility="private")
        for output, value in zip(outputs, found, strict=True):
            output.value = value

    def note(self):
        """Return the place, by a field, of the sentence that says why an input is refused.

        Events that are connected after it use it, up to the next one.
        """
        self._note = html(elem_classes="refusals")
        return self._note

    def choices(self, examples, components):
        """Put buttons that set components here, in a `layout.choices_row`.

        One of them shows where the idea, or our model, fails: its name is `FAILS`.

        Args:
            examples: Dictionary from the name of a button to a value for every component.
            components: Components.
        """
        import gradio as gr

        for name, values in examples.items():
            then = gr.Button(name, size="sm", min_width=60).click
            # One by one: of changes at once every one asks, and the questions may change places
            # on their way, so that the answer to a half-made choice came last (2 clicks of 19).
            for component, value in zip(components, values, strict=True):
                then = then(lambda value=value: value, None, component, api_visibility="private",
                            show_progress="hidden").then  # fmt: skip

    def touch(self, picture, fn, inputs, outputs):
        """Connect what was done on a board: `fn(*inputs, item, x, y)`, see `components.board`.

        `item` is `None` for an empty place, `x` and `y` for a double click. What was done while
        an answer was on its way is answered at once: each act finds what those before it left.
        """
        import gradio as gr

        inputs, outputs = listed(inputs), listed(outputs)

        def handler(event: gr.EventData, *values):
            now, found = dict(zip(inputs, values, strict=True)), gr.skip()
            acts = event.acts if now.keys() & outputs else event.acts[-1:]
            for act in acts:
                found = fn(*(now[c] for c in inputs), *map(act.get, ("item", "x", "y")))
                now.update(zip(outputs, found if len(outputs) > 1 else (found,), strict=True))
            return found if acts or len(outputs) == 1 else [found] * len(outputs)

        return self.event(picture.click, handler, inputs, outputs, show_progress="hidden")

    def on_change(self, fn, inputs, outputs, **options):
        """Show `fn(*inputs)` anew whenever one of the inputs changes; options as for `event`."""
        changes = [component.change for component in listed(inputs)]
        return self.event(changes, fn, inputs, outputs, **options)

    def endpoint(self, fn, inputs, outputs, verb, concurrency_limit=2):
        """Make `fn` the public endpoint `<slug>_<verb>`, which raises its refusals."""
        import gradio as gr

        name = f"{self.exhibit.slug.replace('-', '_')}_{verb}"
        gr.Button(visible=False).click(friendly(fn), inputs, outputs, api_name=name,
                                       concurrency_limit=concurrency_limit)  # fmt: skip

    def stop_button(self):
        """Put the button here that stops whatever is computed; the veil presses it, unseen."""
        import gradio as gr

        button = gr.Button("Stop", visible="hidden", elem_classes="stop-all")
        button.click(stop, cancels=self._running, queue=False, show_progress="hidden",
                     api_visibility="private")  # fmt: skip

    def event(self, trigger, fn, inputs=None, outputs=None, verb=None, doing="Computing",
              **options):  # fmt: skip
        """Connect an event; with a `verb` it becomes the public endpoint `<slug>_<verb>` as well.

        On the page a `ValueError` of `fn` stands by the field, over the greyed old result; the
        public endpoint raises it. A result that takes over 300 ms is veiled until it comes, and
        can be stopped after a second: see `waiting`. Answers come in the order in which they were
        asked for; only what streams may overlap.

        Args:
            trigger: Event listener, such as `button.click`, or a list of them, which then make
                one event: of changes at once only the last is answered, with all of them.
            fn: Function or generator function.
            inputs: Components.
            outputs: Components.
            verb: Name of the public endpoint, or `None` for a private event.
            doing: What the veil says is done, such as `"Sorting the numbers"`.
            **options: Passed on to Gradio.
        """
        import gradio as gr

        inputs, outputs = listed(inputs), listed(outputs)
        chosen = (gr.Slider, gr.Radio, gr.CheckboxGroup, gr.Dropdown, gr.Number)
        for component in inputs:
            if isinstance(component, chosen):
                # The handler says what is wrong with a value, in better words than Gradio.
                component.preprocess = lambda value: value
        if verb:
            self.endpoint(fn, inputs, outputs, verb, options.get("concurrency_limit", 2))
        noted = [*outputs, self._note] if self._note is not None else outputs
        options = {
            "show_progress": "full",
            "trigger_mode": "always_last",
            # Two at a time may answer in any order, and who sets two controls asks twice.
            "concurrency_limit": 2 if inspect.isgeneratorfunction(fn) else 1,
            "api_visibility": "private",
            **options,
        }
        veiled = options["show_progress"] != "hidden"
        fn = paced(fn, Pace(doing)) if veiled else fn
        handler = shown(fn, len(outputs)) if self._note is not None else friendly(fn)
        options["show_progress_on"] = outputs or None
        connect = functools.partial(gr.on, trigger) if isinstance(trigger, list) else trigger
        event = connect(handler, inputs, noted, **options)
        if veiled:
            self._running.append(event)
        return event


def listed(components):
    """Return components as a list: one, several or none."""
    if components is None:
        return []
    return components if isinstance(components, list) else [components]


def wrapped(fn, spread, refuse):
    """Return a handler with what `fn` answers, one or many, through `spread`, refusals by `refuse`.

    Any other exception is a fault of the exhibit: it is logged, and a visitor is told no more.
    """
    import gradio as gr

    def fault(error):
        if isinstance(error, ValueError):
            return refuse(str(error))
        raise gr.Error(FAULT, print_exception=True) from error

    if inspect.isgeneratorfunction(fn):

        @functools.wraps(fn)
        def stream(*args):
            try:
                for found in fn(*args):
                    yield spread(found)
            except Exception as error:
                yield fault(error)

        return stream

    @functools.wraps(fn)
    def plain(*args):
        try:
            return spread(fn(*args))
        except Exception as error:
            return fault(error)

    return plain


def friendly(fn):
    """Return a handler whose refusals are errors that a client of the API can read."""
    import gradio as gr

    def refuse(sentence):
        raise gr.Error(sentence, print_exception=False)

    return wrapped(fn, lambda found: found, refuse)


def shown(fn, count):
    """Return a handler of `count` outputs and a note, which holds the refusal or nothing."""
    import gradio as gr

    def spread(found):
        return (*(found if count > 1 else (found,)), "") if count else ""

    def refuse(sentence):
        said = page(callout(sentence, kind="refusal"))
        return (*[gr.skip()] * count, said) if count else said

    return wrapped(fn, spread, refuse)
