"""The catalogue is complete, its graph is sound, and what it names exists."""

import json

import pytest

from keras_readinglist import catalog, recipes

pytestmark = pytest.mark.once


def test_there_are_27_items_in_five_rooms():
    assert len(catalog.ITEMS) == 27
    assert [item.number for item in catalog.ITEMS] == list(range(1, 28))
    assert len({item.slug for item in catalog.ITEMS}) == 27
    assert {item.room for item in catalog.ITEMS} == set(catalog.ROOMS)
    counts = [sum(item.room == room for item in catalog.ITEMS) for room in catalog.ROOMS]
    assert counts == [5, 5, 6, 5, 6]


def test_builds_on_is_a_graph_without_cycles_of_known_items():
    pending = {item.slug: set(item.builds_on) for item in catalog.ITEMS}
    assert set().union(*pending.values()) <= set(pending)
    while pending:
        ready = {slug for slug, needs in pending.items() if not needs & set(pending)}
        assert ready, f"cycle among {sorted(pending)}"
        for slug in ready:
            del pending[slug]


@pytest.mark.parametrize("item", catalog.ITEMS, ids=lambda item: item.slug)
def test_every_named_cell_resolves(item):
    for dotted in item.components:
        assert catalog.resolve(dotted).__doc__, dotted
    facets = catalog.facets(item)
    for name in ("components", "application"):
        assert bool(getattr(item, name)) == bool(facets[name]), (name, getattr(item, name))
    if item.recipe:
        recipe = recipes.load(item.slug)
        assert item.claims and len(set(item.claims)) == len(item.claims)
        assert set(item.presets) == set(recipe.presets)
    assert set(dict(item.not_applicable)) <= set(catalog.FACETS)
    assert len(item.summary) < 200 and item.summary.endswith((".", "?"))


def test_description_is_json():
    described = json.loads(json.dumps([catalog.describe(item) for item in catalog.ITEMS]))
    assert [entry["number"] for entry in described] == list(range(1, 28))
    assert all(set(entry["facets"]) == set(catalog.FACETS) for entry in described)


def test_unknown_slug():
    with pytest.raises(ValueError, match="`slug` must be one of .* Received: 'lenet'"):
        catalog.find("lenet")
