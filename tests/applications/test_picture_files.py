"""Picture files go into one file and come back; what does not fit leaves nothing behind."""

import keras
import numpy as np
import pytest

pytest.importorskip("constriction")
from keras_readinglist import cli
from keras_readinglist.applications.picture_files import compress_files, decompress_file
from keras_readinglist.information import describe
from tests.applications.test_variational_lossy_autoencoder import made, random_weights

Image = pytest.importorskip("PIL.Image")
X = np.random.default_rng(0).integers(0, 2, (5, 4, 4, 1))


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "mine"
    random_weights(made()).save_to_preset(path)
    return str(path)


@pytest.fixture
def packed(preset, tmp_path):
    np.save(tmp_path / "x.npy", X)
    compress_files([tmp_path / "x.npy"], tmp_path / "x.bin", preset)
    return tmp_path / "x.bin"


def test_an_array_goes_through_the_command_and_back(preset, tmp_path, capsys):
    np.save(tmp_path / "x.npy", X[..., 0])
    assert not cli.main(["compress", f"{tmp_path}/x.npy", "--preset", preset,
                         "--output", f"{tmp_path}/x.bin"])  # fmt: skip
    assert "5 pictures in" in capsys.readouterr().out
    assert describe((tmp_path / "x.bin").read_bytes())["name"].startswith(f"{preset}@")
    assert not cli.main(["decompress", f"{tmp_path}/x.bin", "--output", f"{tmp_path}/back.npy"])
    np.testing.assert_array_equal(np.load(tmp_path / "back.npy"), X)


def test_picture_files_come_back_as_picture_files(preset, tmp_path):
    paths = [tmp_path / f"{k}.png" for k in range(3)]
    for path, picture in zip(paths, X, strict=False):
        Image.fromarray((255 * picture[..., 0]).astype("uint8")).save(path)
    count, size = compress_files(paths, tmp_path / "x.bin", preset)
    assert count == 3 and size == (tmp_path / "x.bin").stat().st_size
    assert decompress_file(tmp_path / "x.bin", tmp_path / "back") == 3
    found = sorted((tmp_path / "back").iterdir())
    assert [path.name for path in found] == ["0000.png", "0001.png", "0002.png"]
    for path, picture in zip(found, X, strict=False):
        np.testing.assert_array_equal(np.asarray(Image.open(path)) // 255, picture[..., 0])


def test_pictures_of_another_kind_are_refused_by_name(preset, tmp_path):
    greys = np.full((4, 4), 99, "uint8")
    pictures = {
        "wide.png": Image.new("L", (8, 4)),
        "colour.png": Image.new("RGB", (4, 4)),
        "grey.png": Image.fromarray(greys),
    }
    for name, picture in pictures.items():
        picture.save(tmp_path / name)
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "text.npy").write_text("no array")
    np.save(tmp_path / "two.npy", X + 1)
    for name in (*pictures, "text.png", "text.npy", "two.npy"):
        with pytest.raises(ValueError, match=rf"{name}|`x` must be levels"):
            compress_files([tmp_path / name], tmp_path / "x.bin", preset)
    assert not list(tmp_path.glob("x.bin*"))
    with pytest.raises(ValueError, match="`preset` must be one of a VariationalLossy"):
        compress_files([tmp_path / "two.npy"], tmp_path / "x.bin", "mdl_network_sine")


def test_damaged_cut_and_foreign_files_leave_nothing(packed, preset, tmp_path):
    whole = packed.read_bytes()
    other = random_weights(made(), 0.3)
    other.save_to_preset(tmp_path / "other")
    with pytest.raises(ValueError, match="`model` must be the one that wrote the data"):
        decompress_file(packed, tmp_path / "back", str(tmp_path / "other"))
    for bad in (whole[:-4], whole[:-1], whole[:-9] + b"x" + whole[-8:], b"", b"PNG"):
        packed.write_bytes(bad)
        with pytest.raises(ValueError, match="`data` must"):
            decompress_file(packed, tmp_path / "back")
    assert not list(tmp_path.glob("back*"))


def test_another_backend_is_refused(packed, tmp_path):
    mine, other = keras.config.backend().encode(), b"numpy"
    data = packed.read_bytes().replace(
        b"@" + mine, b"@" + other.ljust(len(mine), b"_")[: len(mine)]
    )
    packed.write_bytes(data)
    with pytest.raises(ValueError, match="`path` must be read with the backend that wrote it"):
        decompress_file(packed, tmp_path / "back.npy")


def test_a_folder_is_not_overwritten(packed, tmp_path):
    (tmp_path / "back").mkdir()
    with pytest.raises(ValueError, match="is there already"):
        decompress_file(packed, tmp_path / "back")


def test_a_failed_write_leaves_the_old_file(packed, preset, tmp_path, monkeypatch):
    (tmp_path / "back.npy").write_text("old")
    monkeypatch.setattr(np, "save", lambda file, array: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        decompress_file(packed, tmp_path / "back.npy")
    assert (tmp_path / "back.npy").read_text() == "old" and not list(tmp_path.glob("*.partial"))
