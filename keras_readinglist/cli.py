"""The command `keras-readinglist`.

Errors that a user can mend are one sentence on standard error, with exit code 2.
"""

import argparse
import codecs
import importlib.util
import json
import os
import sys
import unicodedata

BACKENDS = ("jax", "tensorflow", "torch")


def choose_backend(name=None):
    """Set `KERAS_BACKEND` before Keras is imported.

    Args:
        name: String, or `None` for `KERAS_BACKEND` itself, else the first installed backend.

    Returns:
        The name of the backend, or `None` if none is installed.

    Raises:
        ValueError: If the named backend is unknown or not installed.
    """
    name = name or os.environ.get("KERAS_BACKEND") or None  # empty counts as unset, as in Keras
    installed = [b for b in BACKENDS if importlib.util.find_spec(b)]
    if name is None:
        name = installed[0] if installed else None
    elif name not in BACKENDS:
        raise ValueError(f"`--backend` must be one of {', '.join(BACKENDS)}. Received: {name!r}")
    elif name not in installed:
        raise ValueError(f"The backend {name} is not installed: pip install {name}")
    if name:
        os.environ["KERAS_BACKEND"] = name
    return name


def main(argv=None):
    """Run the command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="keras_readinglist.plain")
    arguments = _parser().parse_args(argv)
    try:
        if choose_backend(arguments.backend) is None:
            raise ValueError("No Keras backend is installed: pip install jax")
        return arguments.run(arguments) or 0
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, ImportError, OSError, RuntimeError) as error:
        print(f"keras-readinglist: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _plain(error):
    """Write what a console's code page lacks in plain letters, rather than fail."""
    signs = {"≥": ">=", "≤": "<=", "–": "-", "—": "-", "→": "->", "†": "+", "·": "."}
    letters = [
        signs.get(letter)
        or unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
        or "?"
        for letter in error.object[error.start : error.end]
    ]
    return "".join(letters), error.end


codecs.register_error("keras_readinglist.plain", _plain)


def _check_range(option, value, least, most=None):
    if value is not None and not (value >= least and (most is None or value <= most)):
        rule = f"at least {least}" if most is None else f"between {least} and {most}"
        raise ValueError(f"`{option}` must be {rule}. Received: {value}")


def _parser():
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--backend",
        metavar="NAME",
        help="jax, tensorflow or torch; default: $KERAS_BACKEND, else the first installed",
    )
    parser = argparse.ArgumentParser(
        prog="keras-readinglist",
        description="Components, trained demos and reproductions for 27 papers and essays.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name, run, text):
        sub = commands.add_parser(name, parents=[shared], help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    sub = command("list", _list, "Show the 27 items and what is built of each.")
    sub.add_argument("--json", action="store_true", help="every field, facet and claim as JSON")
    _add_gallery(command)
    _add_experiments(command)
    _add_pictures(command)
    sub = command("data", _data, "Show the data sets, or prepare one for offline use.")
    sub.add_argument("action", nargs="?", choices=("list", "prepare"), default="list")
    sub.add_argument("name", nargs="?", help="the data set to prepare")
    sub.add_argument("--data-dir", metavar="DIR", help="default: $KERAS_READINGLIST_DATA")
    sub = command("presets", _presets, "Show the shipped presets.")
    sub.add_argument("--json", action="store_true", help="the whole metadata as JSON")
    return parser


def _add_gallery(command):
    sub = command("gallery", _gallery, "Open the gallery of trained demos in the browser.")
    sub.add_argument("--host", default="127.0.0.1", help="address to bind (default: %(default)s)")
    sub.add_argument("--port", type=int, help="port; default: the first free one from 7860")
    sub.add_argument("--root-path", metavar="PATH", help="path behind a proxy")
    sub.add_argument("--mcp", action="store_true", help="also serve the exhibits as MCP tools")
    sub.add_argument("--no-browser", action="store_true", help="do not open a browser")
    sub = command("tour", _tour, "Run the default of every exhibit once, without a browser.")
    sub.add_argument("--timings", action="store_true", help="also print the start-up budgets")


def _add_experiments(command):
    def experiment(name, run, text, which):
        sub = command(name, run, text)
        sub.add_argument("item", help="slug of an item, such as pointer-networks")
        sub.add_argument("--scale", choices=("reduced", "full"), default="reduced")
        sub.add_argument("--run", dest="which", metavar="NAME", help=which)
        sub.add_argument(
            "--output", metavar="DIR", default="runs", help="where runs are kept (default: runs)"
        )
        sub.add_argument(
            "--resume", action="store_true", help="go on from the checkpoints under --output"
        )
        return sub

    text = "Train one run of an item's recipe and measure it."
    sub = experiment("train", _train, text, "default: the recipe's first run")
    sub.add_argument("--seed", type=int, help="default: the first seed of the run")
    text = "split batches over all devices (JAX), or over the processes of torchrun (torch)"
    sub.add_argument("--distribute", choices=("data",), help=text)
    text = "Make the runs that an item's report lacks or has of another configuration, and judge "
    text += "the claims. Finished runs under --output are taken as they are."
    sub = experiment("reproduce", _reproduce, text, "make this run alone, new or not")
    sub.add_argument("--all", action="store_true", help="make everything anew")
    sub.add_argument("--jobs", type=int, default=1, help="trainings at once (default: 1)")
    sub.add_argument(
        "--reports", metavar="DIR", default="reports", help="where the report lies (reports)"
    )
    sub.add_argument("--presets", metavar="DIR", help="also write the recipe's presets there")
    sub = command("evaluate", _evaluate, "Measure a preset again, as its recipe does.")
    sub.add_argument("preset", help="name or directory of a preset")


def _add_pictures(command):
    text = "Write pictures into one file without loss, by bits-back coding."
    sub = command("compress", _compress, text)
    sub.add_argument("pictures", nargs="+", help="a .npy array of levels, or gray picture files")
    sub.add_argument("--output", metavar="FILE", required=True, help="the file to write")
    sub.add_argument(
        "--preset", default="lossy_autoencoder_window", help="the model (default: %(default)s)"
    )
    sub = command("decompress", _decompress, "Read back the pictures of such a file.")
    sub.add_argument("file", help="what `compress` wrote")
    text = "a .npy file, or a new folder for PNG files"
    sub.add_argument("--output", metavar="PATH", required=True, help=text)
    sub.add_argument("--preset", help="the model; default: the one that the file names")


def _print_table(title, header, rows):
    from rich.console import Console
    from rich.table import Table

    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(str, row))
    width = None if sys.stdout.isatty() else 160
    console = Console(width=width, highlight=False, markup=False)
    console.print(title, soft_wrap=True)
    console.print(table)


def _list(arguments):
    from keras_readinglist import catalog

    if arguments.json:
        print(json.dumps([catalog.describe(item) for item in catalog.ITEMS], indent=2))
        return
    mark = {True: "yes", False: "·", None: "–"}
    rows = [
        (
            item.number,
            item.slug,
            item.room,
            item.year,
            *map(mark.get, catalog.facets(item).values()),
        )
        for item in catalog.ITEMS
    ]
    _print_table("The reading list", ("#", "item", "room", "year", *catalog.FACETS), rows)


def _demos():
    """Import the gallery: installed inside the package, or beside it in a checkout."""
    if importlib.util.find_spec("gradio") is None:
        raise ImportError('The gallery needs gradio: pip install "keras-readinglist[gallery]"')
    try:
        return importlib.import_module("keras_readinglist.demos.app")
    except ModuleNotFoundError as error:
        if error.name != "keras_readinglist.demos":
            raise
        return importlib.import_module("demos.app")


def _gallery(arguments):
    _check_range("--port", arguments.port, 1, 65535)
    _demos().launch(
        host=arguments.host,
        port=arguments.port,
        mcp=arguments.mcp,
        browser=not arguments.no_browser,
        root_path=arguments.root_path,
    )


def _tour(arguments):
    rows = list(_demos().tour(timings=arguments.timings))
    shown = [(r.slug, f"{r.seconds:.2f} s", "ok" if r.ok else "FAILED", r.line) for r in rows]
    _print_table("Tour of the gallery", ("exhibit", "time", "", "answer"), shown)
    return 0 if rows and all(row.ok for row in rows) else 1


def _train(arguments):
    from keras_readinglist.recipes import runner

    _check_range("--seed", arguments.seed, 0)
    train = runner.train_distributed if arguments.distribute else runner.train
    directory = train(
        arguments.item,
        arguments.which,
        arguments.scale,
        arguments.seed,
        output=arguments.output,
        resume=arguments.resume,
    )
    if directory is None:  # another process shows it
        return
    metrics = json.loads((directory / "result.json").read_text(encoding="utf-8"))["metrics"]
    _print_table(str(directory), ("metric", "value"), [(k, f"{v:.4f}") for k, v in metrics.items()])


def _reproduce(arguments):
    from keras_readinglist.recipes import report, runner

    _check_range("--jobs", arguments.jobs, 1)
    result = runner.reproduce(
        arguments.item,
        arguments.scale,
        arguments.output,
        arguments.resume,
        arguments.jobs,
        run=arguments.which,
        everything=arguments.all,
        reports=arguments.reports,
    )
    _print_table(arguments.item, report.HEADER, report.rows(result))
    path = report.path_of(arguments.item, arguments.scale, arguments.reports)
    print(f"Written: {path}. {report.marks(result)}")
    if arguments.presets:
        names = runner.write_presets(
            arguments.item, arguments.presets, arguments.scale, arguments.output
        )
        print(f"Presets: {', '.join(names) or 'none, for no run of theirs is finished there'}")


def _evaluate(arguments):
    from keras_readinglist.recipes import runner

    now, stated = runner.evaluate(arguments.preset)
    rows = [(k, f"{v:.4f}", f"{stated[k]:.4f}" if k in stated else "–") for k, v in now.items()]
    _print_table(arguments.preset, ("metric", "now", "stated"), rows)


def _compress(arguments):
    from keras_readinglist.applications import picture_files

    count, size = picture_files.compress_files(
        arguments.pictures, arguments.output, arguments.preset
    )
    print(f"Written: {arguments.output}, {count} pictures in {size:,} bytes.")


def _decompress(arguments):
    from keras_readinglist.applications import picture_files

    count = picture_files.decompress_file(arguments.file, arguments.output, arguments.preset)
    print(f"Written: {arguments.output}, {count} pictures.")


def _data(arguments):
    from keras_readinglist import datasets

    if arguments.action == "prepare":
        if not arguments.name:
            raise ValueError("`data prepare` needs the name of a data set; see `data list`.")
        print(datasets.prepare(arguments.name, data_dir=arguments.data_dir))
        return
    rows = [
        (name, "here" if datasets.find(name, arguments.data_dir) else "not here", info.licence)
        for name, info in datasets.DATASETS.items()
    ]
    _print_table("Data sets", ("name", "", "licence"), rows)


def _presets(arguments):
    from keras_readinglist import presets

    found = {name: presets.read_metadata(name) for name in presets.list_presets()}
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    rows = [
        (name, m["class"], f"{m['parameters']:,}", m.get("description", ""))
        for name, m in found.items()
    ]
    _print_table("Presets", ("name", "class", "parameters", "what it does"), rows)


if __name__ == "__main__":
    sys.exit(main())
