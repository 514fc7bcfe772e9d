"""Executes the pages and builds the site: `python docs/build.py [--execute-only] [slug ...]`.

`python docs/build.py --tables` writes the table of items in README.md and the ledger alone.

`docs/papers/*.py` are notebooks in the percent format. They are run, written as Markdown with
their outputs into `docs/generated/`, joined by the ledger of all claims and by API pages, and
built into `site/`.
"""

import argparse
import base64
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 2  # pages, each of which is a process of its own
DOCS = pathlib.Path(__file__).parent
ROOT = DOCS.parent
GENERATED = DOCS / "generated"
ITEMS_BEGIN = "<!-- items: written by `python docs/build.py --tables` -->"
ITEMS_END = "<!-- end of items -->"


def page(source, target):
    """Write a page as Markdown with its outputs; run it only if it or the package has changed."""
    kept = cache_directory() / f"{source.stem}-{_fingerprint(source)}"
    if not kept.is_dir():
        for old in kept.parent.glob(f"{source.stem}-*"):
            shutil.rmtree(old)
        with tempfile.TemporaryDirectory() as folder:
            execute(source, pathlib.Path(folder) / target.name)
            shutil.copytree(folder, kept)
    shutil.copytree(kept, target.parent, dirs_exist_ok=True)


def cache_directory():
    """Return the folder outside the checkout where executed pages are kept."""
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    return home / "keras-readinglist" / "pages"


def _fingerprint(source):
    """Return the hash of all that a page's outputs depend on."""
    digest = hashlib.sha256()
    parts = [ROOT / "keras_readinglist", ROOT / "reports", DOCS / "build.py", DOCS / "mathml.py"]
    files = [f for part in parts for f in ([part] if part.is_file() else part.rglob("*"))]
    for file in sorted([source, ROOT / "constraints.txt", *files]):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def execute(source, target):
    """Run a notebook and write it as Markdown with its outputs."""
    import jupytext
    from mathml import equations_to_mathml
    from nbclient import NotebookClient

    notebook = jupytext.read(source)
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "p"}
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT)}}).execute()
    parts = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(equations_to_mathml(cell.source))
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for index, output in enumerate(cell.outputs):
            parts.append(_output(output, target.with_name(f"{target.stem}_{number}_{index}.png")))
    target.write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")


def _output(output, picture):
    if output.output_type == "stream":
        return f"```text\n{output.text.rstrip()}\n```" if output.name == "stdout" else ""
    data = output.get("data", {})
    if "image/png" in data:
        picture.write_bytes(base64.b64decode(data["image/png"]))
        return f"![Result of the code above]({picture.name})"
    if "text/markdown" in data:
        return data["text/markdown"]
    if "text/plain" in data:
        return f"```text\n{data['text/plain']}\n```"
    return ""


def table_of_items():
    """Return the table of the list in Markdown: what is built, and what is to come."""
    from keras_readinglist import catalog

    built = [item for item in catalog.ITEMS if item.recipe and item.exhibit]
    rows = ["| # | item | what it is about | built |", "| --- | --- | --- | --- |"]
    for item in catalog.ITEMS:
        names = [name.rpartition(".")[2] for name in (item.application, *item.components) if name]
        offered = ", ".join(f"`{name}`" for name in dict.fromkeys(names)) or "to come"
        title = f"[{item.title}]({item.url})"
        rows.append(f"| {item.number} | {title} | {item.summary} | {offered} |")
    announced = len(catalog.ITEMS) - len(built)
    rest = f"; the other {announced} are\nannounced on the map" if announced else ""
    return (
        f"{len(built)} of {len(catalog.ITEMS)} items are built, from equation to exhibit{rest}. "
        "`keras-readinglist list` prints the\nstate "
        "of every cell.\n\n" + "\n".join(rows)
    )


def readme():
    """Return README.md with the table of items as the catalogue has it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(ITEMS_BEGIN)
    _, _, after = rest.partition(ITEMS_END)
    return f"{before}{ITEMS_BEGIN}\n{table_of_items()}\n{ITEMS_END}{after}"


def claims():
    """Return the ledger of all claims, from the reports, in Markdown."""
    from keras_readinglist import catalog
    from keras_readinglist.recipes import report

    parts = ["# What reproduces, and what does not", ""]
    for item in catalog.ITEMS:
        measured = catalog.report(item.slug)
        if measured is None:
            continue
        parts += [
            f"## {item.title}",
            "",
            report.markdown(measured),
            "",
            f"`keras-readinglist reproduce {item.slug}`: {report.made_on(measured)}.",
            "",
            *(
                f"- {claim['name']}: {claim['note']}"
                for claim in measured["claims"]
                if claim["note"]
            ),
            "",
        ]
    return "\n".join(parts).rstrip() + "\n"


def write_tables():
    """Write what is generated and committed: the ledger, and the table of README.md."""
    (DOCS / "claims.md").write_text(claims(), encoding="utf-8")
    (ROOT / "README.md").write_text(readme(), encoding="utf-8")


def write_index():
    """Write the front page of the site: the table of the list."""
    from keras_readinglist import catalog

    rows = ["| # | item | room |", "| --- | --- | --- |"]
    for item in catalog.ITEMS:
        title = f"[{item.title}](papers/{item.module}.md)" if item.page else item.title
        rows.append(f"| {item.number} | {title} | {item.room} |")
    text = "# The reading list\n\n" + "\n".join(rows) + "\n"
    (GENERATED / "index.md").write_text(text, encoding="utf-8")
    for name in ("architecture.md", "claims.md", "distribution.md"):
        shutil.copy(DOCS / name, GENERATED / name)
    shutil.copytree(DOCS / "cluster", GENERATED / "cluster", dirs_exist_ok=True)


def write_api():
    """Write one API page per namespace with public names, for mkdocstrings to fill."""
    import keras_readinglist

    (GENERATED / "api").mkdir(exist_ok=True)
    for namespace in keras_readinglist.__all__:
        module = getattr(keras_readinglist, namespace)
        names = [n for n in getattr(module, "__all__", ()) if callable(getattr(module, n))]
        if not names:
            continue
        blocks = [f"::: keras_readinglist.{namespace}.{name}" for name in names]
        text = f"# keras_readinglist.{namespace}\n\n" + "\n\n".join(blocks) + "\n"
        (GENERATED / "api" / f"{namespace}.md").write_text(text, encoding="utf-8")


def build_site():
    """Build the site; raise if it links to a page that does not exist, or has any other fault."""
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    answer = subprocess.run(
        [*command, "-f", "zensical.toml"],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )
    said = answer.stdout + answer.stderr
    print(said)
    if answer.returncode:
        raise SystemExit("The site has faults: see above.")


def write_pages(slugs):
    """Write the pages of some items, or of all, a few at once."""

    def timed(source):
        began = time.perf_counter()
        page(source, GENERATED / "papers" / f"{source.stem}.md")
        print(f"{source.stem}: {time.perf_counter() - began:.0f} s", flush=True)

    named = {slug.replace("-", "_") for slug in slugs}
    sources = sorted((DOCS / "papers").glob("*.py"))
    unknown = named - {source.stem for source in sources}
    if unknown:
        raise SystemExit(f"No page of that name: {', '.join(sorted(unknown))}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(timed, [s for s in sources if not named or s.stem in named]))


def main():
    """Run the pages that are asked for, then build the site."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--execute-only", action="store_true", help="do not build the site")
    parser.add_argument("slugs", nargs="*", help="pages to execute; default: all")
    parser.add_argument("--tables", action="store_true", help="write ledger and README.md alone")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if arguments.tables:
        write_tables()
        return
    GENERATED.mkdir(exist_ok=True)
    write_pages(arguments.slugs)
    write_tables()
    write_index()
    write_api()
    if not arguments.execute_only:
        build_site()


if __name__ == "__main__":
    main()
