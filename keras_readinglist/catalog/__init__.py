"""The 27 items of the list, in reading order; everything else is found through them.

Every item is a file `items/<slug>.toml`. Its recipe, presets, exhibit, page and report are found by
the slug.
"""

import importlib
import importlib.util
import pathlib
import tomllib
from dataclasses import dataclass

_HERE = pathlib.Path(__file__).parent
_PACKAGE = _HERE.parent
ROOMS = ("vision", "sequences", "attention", "structure", "information")
FACETS = ("components", "application", "recipe", "presets", "exhibit", "page", "report")


@dataclass(frozen=True)
class Item:
    """One entry of the reading list.

    Args:
        slug: Name in URLs, files and commands.
        number: The place in the reading order, from 1.
        title: Title of the work.
        authors: Its authors.
        year: Year of the first publication.
        reference: arXiv identifier, or the address of the work.
        room: Room of the gallery, one of `ROOMS`.
        builds_on: Slugs of earlier ideas that it uses.
        summary: What it is about, in our words.
        components: Dotted public names below `keras_readinglist`.
        application: Name of the class in `keras_readinglist.applications`.
        not_applicable: Facets that this item cannot have, with the reason.
    """

    slug: str
    number: int
    title: str
    authors: str
    year: int
    reference: str
    room: str
    builds_on: tuple[str, ...]
    summary: str
    components: tuple[str, ...] = ()
    application: str = ""
    not_applicable: tuple[tuple[str, str], ...] = ()

    @property
    def module(self) -> str:
        """The slug as a file name."""
        return self.slug.replace("-", "_")

    @property
    def url(self) -> str:
        """The address of the work."""
        if self.reference.startswith("http"):
            return self.reference
        return f"https://arxiv.org/abs/{self.reference}"

    @property
    def recipe(self) -> str:
        """The dotted name of the recipe, or an empty string."""
        path = _PACKAGE / "recipes" / self.module
        exists = path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
        return f"keras_readinglist.recipes.{self.module}" if exists else ""

    @property
    def claims(self) -> tuple[str, ...]:
        """The names of the recipe's claims."""
        if not self.recipe:
            return ()
        return tuple(claim.name for claim in importlib.import_module(self.recipe).RECIPE.claims)

    @property
    def presets(self) -> tuple[str, ...]:
        """The names of the presets that its recipe wrote, sorted."""
        from keras_readinglist import presets

        names = presets.list_presets()
        return tuple(n for n in names if presets.read_metadata(n).get("recipe") == self.slug)

    @property
    def exhibit(self) -> str:
        """The path of the exhibit's file, or an empty string."""
        path = _part("demos") / "exhibits" / f"{self.module}.py"
        return str(path) if path.is_file() else ""

    @property
    def page(self) -> str:
        """The path of the page's source, or an empty string."""
        path = _part("pages", "docs/papers") / f"{self.module}.py"
        return str(path) if path.is_file() else ""


def _part(name: str, in_checkout: str | None = None) -> pathlib.Path:
    """Return a directory that is a subpackage when installed, and top-level in a checkout."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / (in_checkout or name)


def find(slug: str) -> Item:
    """Return the item of a slug; `ValueError` if there is none."""
    for item in ITEMS:
        if item.slug == slug:
            return item
    known = ", ".join(item.slug for item in ITEMS)
    raise ValueError(f"`slug` must be one of {known}. Received: {slug!r}")


def resolve(dotted: str):
    """Return the public object of a dotted name below `keras_readinglist`."""
    module, _, name = f"keras_readinglist.{dotted}".rpartition(".")
    return getattr(importlib.import_module(module), name)


def report(slug: str) -> dict | None:
    """Return the committed report of an item, judged by its recipe as it is now, or `None`."""
    from keras_readinglist import recipes
    from keras_readinglist.recipes import report as reports

    stored = reports.read(slug, "reduced", _part("reports"))
    return stored and reports.merge(recipes.load(slug), "reduced", stored, {})


def facets(item: Item) -> dict[str, bool | None]:
    """Return what is there of an item: `True`, `False`, or `None` where it cannot apply."""
    there = {
        "components": bool(item.components) and all(map(_resolves, item.components)),
        "application": bool(item.application) and _resolves(f"applications.{item.application}"),
        "recipe": bool(item.recipe),
        "presets": bool(item.presets),
        "exhibit": bool(item.exhibit),
        "page": bool(item.page),
        "report": (_part("reports") / f"{item.slug}.json").is_file(),
    }
    reasons = dict(item.not_applicable)
    return {name: None if name in reasons else there[name] for name in FACETS}


def _resolves(dotted: str) -> bool:
    try:
        resolve(dotted)
    except (ImportError, AttributeError):
        return False
    return True


def describe(item: Item) -> dict:
    """Return every field of an item with its facets and measured claims, ready for JSON."""
    fields = {name: getattr(item, name) for name in Item.__dataclass_fields__}
    measured = report(item.slug)
    keys = ("name", "metric", "paper", "here", "seeds", "goal", "baseline", "verdict", "stale")
    return {
        **fields,
        "number": item.number,
        "url": item.url,
        "recipe": item.recipe,
        "presets": item.presets,
        "exhibit": f"demos/exhibits/{item.module}.py" if item.exhibit else "",
        "page": f"docs/papers/{item.module}.py" if item.page else "",
        "not_applicable": dict(item.not_applicable),
        "facets": facets(item),
        "claims": [
            {key: claim[key] for key in (*keys, "command")}
            for claim in (measured or {}).get("claims", ())
        ],
    }


def _read(path: pathlib.Path) -> Item:
    fields = tomllib.loads(path.read_text(encoding="utf-8"))
    for name in ("builds_on", "components"):
        fields[name] = tuple(fields.get(name, ()))
    fields["not_applicable"] = tuple(fields.get("not_applicable", {}).items())
    return Item(slug=path.stem, **fields)


ITEMS: tuple[Item, ...] = tuple(
    sorted(map(_read, (_HERE / "items").glob("*.toml")), key=lambda item: item.number)
)
