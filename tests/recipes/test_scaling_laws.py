"""The sweep of decoders: what is fitted to known losses, and that little data is stopped early."""

import numpy as np
import pytest

from keras_readinglist.recipes.scaling_laws import sweep as recipe

pytestmark = pytest.mark.once
CONFIG = recipe.REDUCED["sweep"]


def measured(loss):
    """Return what a sweep would have measured if losses were those of a function of N and D."""
    read = CONFIG["batch_size"] * CONFIG["context"]
    found = {}
    for width in (*CONFIG["widths"], CONFIG["held_out"]):
        params = found[f"params_{width}"] = 24 * width**2
        found |= {f"loss_{width}_{s}": loss(params, s * read) for s in CONFIG["steps"]}
        found |= {f"loss_{width}_data_{d}": loss(params, d) for d in CONFIG["characters"]}
    return found


def size_law(metrics):
    """Return the laws of size; the tables of the decoders count, too."""
    widths = (*CONFIG["widths"], CONFIG["held_out"])
    return recipe.size_law(metrics, {w: 24 * w**2 + 192 * w for w in widths}, CONFIG)


def test_a_power_law_of_size_foretells_the_held_out_decoder():
    found = size_law(measured(lambda n, d: (1e8 / n) ** 0.08 * (1e9 / d) ** 0.01))
    assert found["exponent"] == pytest.approx(0.08)
    assert found["r_squared"] == pytest.approx(1) and found["held_out_error"] < 1e-9
    assert found["r_squared_with_embeddings"] < found["r_squared"]
    assert found["held_out_error_paper"] > 1e-3


def test_a_floor_is_foretold_by_chinchillas_law_and_not_by_a_power_law():
    found = size_law(measured(lambda n, d: 1.2 + 12 / n**0.3 + 50 / d**0.4))
    assert found["held_out_error"] > 0.02 > 5 * found["held_out_error_floor"]
    assert found["floor"] == pytest.approx(1.2, rel=0.05)


def test_the_law_of_size_and_data_is_found_again():
    from keras_readinglist.information import KaplanLaw, PowerLaw

    law = KaplanLaw(nd=(PowerLaw(0.09, 1e8), PowerLaw(0.12, 1e9)))
    found = recipe.other_laws(measured(law.loss_nd), CONFIG)
    assert found["size_exponent_with_data"] == pytest.approx(0.09, rel=0.01)
    assert found["data_exponent"] == pytest.approx(0.12, rel=0.01)
    assert found["data_error"] < 1e-4 < found["data_error_of_size_alone"]
    assert found["frontier_r_squared"] > found["all_r_squared"]


@pytest.mark.parametrize(("size", "data"), [(0.3, 0.3), (0.2, 0.3), (0.3, 0.2)])
def test_the_best_size_of_a_compute_is_found_again(size, data):
    """To .12: parabolas over few sizes lean to the side on which the loss rises more slowly."""
    losses = measured(lambda n, d: 1 + (2e3 / n) ** size + (2e6 / d) ** data)
    found = recipe.size_of_compute(losses, CONFIG)["best_size_exponent"]
    assert found == pytest.approx(data / (size + data), abs=0.12)


def test_no_best_size_is_told_where_widths_lie_too_far_apart():
    far = {**CONFIG, "widths": (8, 16, 32)}
    assert recipe.size_of_compute(measured(lambda n, d: 1 / n + 1 / d), far) == {}


def test_the_law_of_data_alone_is_of_the_widest():
    params, characters = np.repeat([1e3, 1e4], 3), np.tile([1e4, 1e5, 1e6], 2)
    losses = np.where(params > 5e3, 9 * characters**-0.12, 3.0)
    found = recipe.data_law(params, characters, losses)
    assert found["data_alone_exponent"] == pytest.approx(0.12)
    assert found["data_alone_r_squared"] == pytest.approx(1)


def test_windows_are_followed_by_their_next_letters():
    ids = np.arange(20)
    read, due = recipe.windows(ids, [0, 7], 4)
    assert read.tolist() == [[0, 1, 2, 3], [7, 8, 9, 10]] and (due == read + 1).all()
