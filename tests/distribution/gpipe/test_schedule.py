"""The schedule of a pipeline: every task once, in order, and its bubble as the formula says."""

import pytest

from keras_readinglist.distribution import Schedule

pytestmark = pytest.mark.once
SIZES = [(k, m) for k in (1, 2, 3, 4, 8) for m in (1, 2, 4, 7, 32)]


@pytest.mark.parametrize(("cells", "count"), SIZES)
def test_the_bubble_is_as_the_formula_says(cells, count):
    schedule = Schedule(cells, count)
    assert schedule.table().shape == (2 * (count + cells - 1), cells)
    expected = (cells - 1) / (count + cells - 1)
    assert schedule.bubble_fraction == pytest.approx(expected, abs=1e-12)
    for rematerialize in (True, False):  # phases of other lengths leave the same share idle
        timed = Schedule(cells, count, rematerialize)
        assert timed.idle_fraction() == pytest.approx(expected, abs=1e-12)
    assert Schedule(cells, count, False).speedup() == pytest.approx(
        cells * count / (count + cells - 1)
    )


@pytest.mark.parametrize(("cells", "count"), SIZES)
def test_every_task_runs_once_after_what_it_waits_for(cells, count):
    schedule = Schedule(cells, count)
    place = {task: at for at, task in enumerate(schedule.tasks())}
    assert len(place) == len(schedule.tasks()) == 2 * cells * count
    for (phase, cell, micro_batch), at in place.items():
        if phase == "forward" and cell:
            assert place["forward", cell - 1, micro_batch] < at
        if phase == "backward":
            assert place["forward", cell, micro_batch] < at
            if cell < cells - 1:
                assert place["backward", cell + 1, micro_batch] < at


@pytest.mark.parametrize("costs", [[1, 5, 2], [4, 1, 1], [0, 1, 0]])
def test_a_device_does_one_thing_at_a_time(costs):
    events = Schedule(3, 5).timeline(costs)
    for cell in range(3):
        mine = sorted(e[1:] for e in events if e.task.cell == cell)
        assert all(one[1] <= other[0] for one, other in zip(mine, mine[1:], strict=False))


def test_the_slowest_cell_sets_the_pace():
    costs, count = [1.0, 3.0, 2.0], 16
    forward = (count - 1) * max(costs) + sum(costs)
    ends = [e.end for e in Schedule(3, count).timeline(costs) if e.task.phase == "forward"]
    assert max(ends) == forward
    assert Schedule(3, count, False).speedup(costs) == pytest.approx(count * sum(costs) / forward)


def test_what_is_kept_is_inputs_alone():
    inputs, insides = [10, 20], [700, 300]
    assert Schedule(2, 4).memory(inputs, insides) == [4 * 10 + 700, 4 * 20 + 300]
    assert Schedule(2, 4, False).memory(inputs, insides) == [4 * 710, 4 * 320]
    assert Schedule(2, 1).memory(inputs, insides) == Schedule(2, 1, False).memory(inputs, insides)


@pytest.mark.parametrize(("cells", "count"), [(0, 1), (1, 0), (1.5, 2)])
def test_sizes_are_checked(cells, count):
    with pytest.raises(ValueError, match="positive integer"):
        Schedule(cells, count)


def test_costs_are_checked():
    with pytest.raises(ValueError, match="3 non-negative numbers"):
        Schedule(3, 2).timeline([1, 2])
