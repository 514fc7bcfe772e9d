"""The command answers, and says what is wrong in one sentence with exit code 2."""

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
    ],
)
def test_errors_are_one_sentence(capsys, monkeypatch, arguments, sentence):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    code, out, err = run(capsys, *arguments)
    assert code == 2 and sentence in err and err.count("\n") == 1 and "Traceback" not in err


def test_unknown_commands_and_help(capsys):
    assert run(capsys, "paint")[0] == 2
    code, out, _ = run(capsys, "--help")
    commands = ("list", "gallery", "tour", "train", "reproduce", "evaluate", "data", "presets")
    assert code == 0 and all(f"\n    {name}" in out for name in commands)
    for name in commands:
        code, out, _ = run(capsys, name, "--help")
        assert code == 0 and "--backend" in out


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
