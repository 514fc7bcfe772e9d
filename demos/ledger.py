"""What the paper reports against what was measured here, as one picture over the table."""

from keras_readinglist import catalog
from keras_readinglist.recipes import report
from keras_readinglist.recipes.recipe import NOT_MEASURED

from .components.axes import WIDTH, Axis, number_text, svg, words
from .components.html import callout, el, faint, table

ROW = 58
SIGNS = {
    "reproduced": ("✓", "structure"),
    "partly": ("◐", "exact"),
    "not reproduced": ("✗", "high"),
}


def ledger(item):
    """Return the claims of an item: one picture, and the table folded below."""
    measured = catalog.report(item.slug)
    if measured is None:
        return callout("Not measured yet.")
    rows = [[cell for cell in row] for row in report.rows(measured)]
    return [
        drawn(measured["claims"]),
        faint("● measured here, small dots its seeds; ○ the paper; × the baseline; the stroke is "
              "the goal that was set before measuring."),
        el("details", el("summary", "All numbers as a table"), table(report.HEADER, rows),
           faint(report.marks(measured), " Measured by ",
                 el("code", f"keras-readinglist reproduce {item.slug}"), ".")),
    ]  # fmt: skip


def drawn(claims):
    """Return one line of paper, baseline and measurement for every claim."""
    return el("div", [_claim(claim) for claim in claims], class_="ledger")


def _claim(claim):
    verdict, here = claim["verdict"], claim["here"]
    sign, colour = SIGNS.get(verdict, ("–", "faint"))
    if claim["stale"]:
        verdict = f"{verdict}, stale"
    title = [el("b", f"{sign} {verdict}", style=f"color:var(--krl-{colour})"), f" {claim['name']}"]
    if here is None or verdict == NOT_MEASURED:
        return el("div", el("p", title))
    return el("div", el("p", title), _line(claim, colour))


def _line(claim, colour):
    paper, here = claim["paper"], claim["here"]
    told = isinstance(paper, (int, float)) and not isinstance(paper, bool)
    known = [here, claim["goal"], claim["baseline"], *claim["seeds"].values(), paper if told else 0]
    known = [v for v in known if v is not None]
    x = Axis(min(known), max(known), 12, WIDTH - 12)
    y, parts = 22, [el("path", d=f"M12 22H{WIDTH - 12}", stroke="var(--krl-line)")]
    if claim["goal"] is not None:
        parts.append(el("path", d=f"M{x(claim['goal']):.1f} 13V31", stroke="var(--krl-ink)"))
    if claim["baseline"] is not None:
        at = float(x(claim["baseline"]))
        parts.append(el("path", d=f"M{at - 5:.1f} 17l10 10m0 -10l-10 10", stroke="var(--krl-faint)",
                        stroke_width=2))  # fmt: skip
    for value in claim["seeds"].values():
        parts.append(el("circle", cx=x(value), cy=y, r=2.5, fill=f"var(--krl-{colour})"))
    if told:
        parts.append(el("circle", cx=x(paper), cy=y, r=7, fill="none", stroke="var(--krl-ink)",
                        stroke_width=2))  # fmt: skip
    parts.append(el("circle", cx=x(here), cy=y, r=6, fill=f"var(--krl-{colour})"))
    right = x(here) > WIDTH / 2
    said = f"here {number_text(here)}" + (f", paper {number_text(paper)}" if told else "")
    parts.append(words(x(here) + (6 if right else -6), 47, said, "end" if right else "start"))
    label = f"{claim['name']}: {said}, {claim['verdict']}"
    return svg(WIDTH, ROW - 6, parts, label=label, widest=460)
