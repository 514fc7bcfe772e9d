"""The exhibit of pipelines: what is drawn and said is what the schedule counts."""

import json

import pytest

from demos.exhibits import _gpipe_networks as networks
from demos.exhibits import gpipe as exhibit
from keras_readinglist.distribution import balance_partitions

GOOD = {"show": ["ResNet-50", 3, 2, True, "[2, 9]"]}
BAD = {"show": ["AlexNet", 2, 99, True, ""]}
REFUSED = [
    ["A brain", 2, 2, True, ""],
    ["AlexNet", 0, 2, True, ""],
    BAD["show"],
    ["AlexNet", 2, 2, True, "cuts"],
    ["AlexNet", 2, 2, True, "[1.5]"],
]
NAME = exhibit.DEFAULT[0]


def run_of(*given):
    name, _, count, again, cuts = exhibit.parse(*given)
    return exhibit.Run(name, count, again, cuts)


@pytest.mark.once
def test_every_task_is_drawn_with_the_numbers_of_the_schedule():
    run = run_of(NAME, 4, 8, False, "")
    assert str(exhibit.gantt(run)).count("data-at") >= 2 * 4 * 8
    assert max(run.working()) == 4 and run.working()[-1] <= 1
    assert "27%" in exhibit.sentence(run)


@pytest.mark.once
@pytest.mark.parametrize("again", [True, False])
def test_what_is_held_is_what_the_schedule_counts(again):
    run = run_of("ResNet-50", 4, 8, again, "")
    share = exhibit.BATCH / 8
    parts = [[value * share for value in v] for v in (run.cells.inputs, run.cells.insides)]
    exact = run.schedule.memory(*parts)
    for seen, most in zip(run.held().max(axis=0), exact, strict=True):
        assert 0 < seen <= most * 1.0001
    assert run.held()[-1] == pytest.approx(0, abs=1)
    assert run.fullest()[0] < run.fullest()[1]


@pytest.mark.once
def test_one_micro_batch_is_no_faster_than_one_device():
    assert run_of(NAME, 4, 1, False, "").schedule.speedup([0.25] * 4) == pytest.approx(1)
    assert "Devices idle 75%" in exhibit.sentence(run_of(NAME, 4, 1, True, "[7, 13, 19]"))


@pytest.mark.once
def test_cuts_are_the_best_until_they_are_dragged():
    best = networks.best_cuts("ResNet-50", 4)
    assert exhibit.parse("ResNet-50", 4, 8, True, "")[-1] == best
    moved = json.loads(exhibit.moved("ResNet-50", 4, "", "1", best[1] + 1.4)[0])
    assert moved == [best[0], best[1] + 1, best[2]]
    stopped = json.loads(exhibit.moved("ResNet-50", 4, "", 0, 99.0)[0])
    assert stopped[0] == best[1] - 1  # no further than its neighbour
    worse = run_of("ResNet-50", 4, 8, True, "[2, 4, 6]")
    assert max(worse.costs) > max(run_of("ResNet-50", 4, 8, True, "").costs)
    assert exhibit.parse("AlexNet", 3, 8, True, "[2, 99]")[-1] == networks.best_cuts("AlexNet", 3)


def test_what_is_shipped_is_what_is_measured():
    name = "ResNet-56 of CIFAR"
    assert networks.measured(name) == networks.network(name)
    flops = networks.network(name).flops
    assert sum(balance_partitions(flops, 5)) == len(flops)


@pytest.mark.once
@pytest.mark.parametrize("given", REFUSED)
def test_what_cannot_be_shown_is_refused_in_words(given):
    with pytest.raises(ValueError, match=r"is one of|whole number|numbers of layers"):
        exhibit.show(*given)


@pytest.mark.gallery
@pytest.mark.once
def test_a_cut_is_dragged_and_bytes_move_with_the_network(open_page):
    tab = open_page("gpipe")
    held, cuts = ".player text[data-steps]", ".picture svg.touch [data-item='1']"
    tab.get_by_role("button", name="Badly cut").click()
    tab.wait_for_function("document.querySelectorAll('.picture [data-item]').length == 3")
    tab.get_by_text("0.99 times as fast").wait_for()
    tab.locator(".player input").first.fill("18")
    # Of a picture that keeps its shape the old numbers must not stay.
    tab.wait_for_function(
        f"""[...document.querySelectorAll('{held}')].every(
            (n) => n.textContent == JSON.parse(n.dataset.steps)['#text'][18])"""
    )
    before = tab.locator(cuts).get_attribute("transform")
    tab.locator(cuts).focus()
    for _ in range(4):  # a layer is wider than a step of an arrow key
        tab.keyboard.press("ArrowRight")
    tab.wait_for_function(
        f"(was) => document.querySelector(\"{cuts}\").getAttribute('transform') != was", arg=before
    )
    tab.get_by_text("0.99 times as fast").wait_for()
