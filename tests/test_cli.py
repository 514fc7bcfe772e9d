"""The command answers, and says what is wrong in one sentence with exit code 2."""

import io
import json

import pytest

from keras_readinglist import cli

pytestmark = pytest.mark.once


def run(capsys, *arguments):
    try:
        code = cli.main(arguments)
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


def test_list(capsys):
    code, out, _ = run(capsys, "list")
    assert code == 0 and out.count("\n") >= 29
    code, out, _ = run(capsys, "list", "--json")
    items = json.loads(out)
    assert code == 0 and len(items) == 27
    lstm = next(item for item in items if item["slug"] == "understanding-lstms")
    assert lstm["facets"]["components"] and lstm["year"] == 2015
    keys = {"name", "metric", "paper", "here", "seeds", "goal", "baseline", "verdict", "command"}
    keys |= {"stale"}
    assert all(set(claim) == keys for item in items for claim in item["claims"])


def test_presets_and_data(capsys):
    code, out, _ = run(capsys, "presets")
    assert code == 0 and "char_rnn_shakespeare" in out
    assert (
        json.loads(run(capsys, "presets", "--json")[1])["char_rnn_python"]["licence"] == "PSF-2.0"
    )
    code, out, _ = run(capsys, "data")
    assert code == 0 and "python_source" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("train", "nothing"), "`slug` must be an item with a recipe"),
        (("train", "pointer-networks", "--run", "x"), "`run` must be one of"),
        (("list", "--backend", "mxnet"), "`--backend` must be one of jax"),
        (("evaluate", "char_rnn_shakespear"), "Did you mean char_rnn_shakespeare"),
        (("data", "prepare"), "needs the name of a data set"),
        (("data", "prepare", "mnistt"), "There is no data set 'mnistt'"),
        (("gallery", "--port", "70000"), "`--port` must be between 1 and 65535. Received: 70000"),
        (("gallery", "--port", "0"), "`--port` must be between 1 and 65535. Received: 0"),
        (("gallery", "--port", "-1"), "`--port` must be between 1 and 65535. Received: -1"),
        (("train", "set2set", "--distribute", "data"), "split"),  # on one device, or TensorFlow
        (("train", "set2set", "--seed", "-1"), "`--seed` must be at least 0. Received: -1"),
        (("compress", "nothing.npy", "--output", "x"), "nothing.npy"),
        (("decompress", "nothing.bin", "--output", "x"), "nothing.bin"),
        (("reproduce", "set2set", "--jobs", "0"), "`--jobs` must be at least 1. Received: 0"),
    ],
)
def test_errors_are_one_sentence(capsys, monkeypatch, arguments, sentence):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    code, out, err = run(capsys, *arguments)
    assert code == 2 and sentence in err and err.count("\n") == 1 and "Traceback" not in err


def test_unknown_commands_and_help(capsys):
    assert run(capsys, "paint")[0] == 2
    code, out, _ = run(capsys, "--help")
    commands = ("list", "gallery", "tour", "train", "reproduce", "evaluate", "compress")
    commands += ("decompress", "data", "presets")
    assert code == 0 and all(f"\n    {name}" in out for name in commands)
    for name in commands:
        code, out, _ = run(capsys, name, "--help")
        assert code == 0 and "--backend" in out


@pytest.mark.parametrize("page", ["ascii", "cp437", "cp932", "cp1252", "utf-8"])
def test_consoles_of_every_code_page(monkeypatch, page):
    class Console(io.TextIOWrapper):
        def isatty(self):
            return False

    said = "goal ≥ 0.1 – † naïve → Grünwald"
    output = Console(io.BytesIO(), encoding=page)
    monkeypatch.setattr(cli.sys, "stdout", output)
    monkeypatch.setattr(cli, "_list", lambda _: cli._print_table(said, ("é", "≤"), [("·", "漢")]))
    assert cli.main(["list"]) == 0
    output.flush()
    text = output.buffer.getvalue().decode(page)
    assert text.startswith("goal >= 0.1 - + naive -> Grunwald" if page == "ascii" else "goal")
    assert page != "utf-8" or text.startswith(said)
    assert page != "cp1252" or text.startswith("goal >= 0.1 – † naïve -> Grünwald")


def test_an_empty_backend_counts_as_unset(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "")
    assert cli.choose_backend() == cli.os.environ["KERAS_BACKEND"] in cli.BACKENDS


def test_backend_choice(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: name == "torch" or None)
    assert cli.choose_backend() == "torch"
    with pytest.raises(ValueError, match="pip install jax"):
        cli.choose_backend("jax")
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: None)
    monkeypatch.delenv("KERAS_BACKEND")
    assert cli.choose_backend() is None
    assert cli.main(["list"]) == 2
