"""The wheel holds everything that an offline gallery needs, and stays small."""

import pathlib
import subprocess
import sys
import zipfile

import pytest

from keras_readinglist import catalog, presets

pytestmark = pytest.mark.once

ROOT = pathlib.Path(__file__).parents[1]


@pytest.mark.slow
def test_wheel(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", str(tmp_path), str(ROOT)], check=True)
    [wheel] = tmp_path.glob("*.whl")
    assert wheel.stat().st_size <= 30_000_000
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert not {name.split("/")[0] for name in names if "dist-info" not in name} - {
        "keras_readinglist"
    }
    for name in presets.list_presets():
        for file in ("config.json", "model.weights.h5", "metadata.json"):
            assert f"keras_readinglist/pretrained/{name}/{file}" in names
    for item in catalog.ITEMS:
        if item.exhibit:
            assert f"keras_readinglist/demos/exhibits/{item.module}.py" in names
            assert f"keras_readinglist/pages/{item.module}.py" in names
        if catalog.report(item.slug):
            assert f"keras_readinglist/reports/{item.slug}.json" in names
        assert f"keras_readinglist/catalog/items/{item.slug}.toml" in names
    assert "keras_readinglist/py.typed" in names
    for path in (ROOT / "keras_readinglist").rglob("*.py"):
        assert path.relative_to(ROOT).as_posix() in names
