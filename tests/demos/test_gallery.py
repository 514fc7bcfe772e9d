"""The served gallery: every endpoint, good and bad input, many visitors, what is shipped."""

import http.client
import json
import re
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from demos import app, shipped
from demos.app import discover
from tests.demos.endpoints import BAD, GOOD, asked
from tests.demos.test_pages import BETRAYING

pytestmark = [pytest.mark.gallery, pytest.mark.once]


@pytest.fixture(scope="module")
def client(url):
    from gradio_client import Client

    return Client(url, verbose=False)


def test_every_public_endpoint_is_tested(client):
    found = set(client.view_api(return_format="dict")["named_endpoints"])
    assert found == set(GOOD)


@pytest.mark.parametrize("endpoint", [e for e in GOOD if not e.endswith("train")])
def test_endpoints_answer(client, endpoint):
    assert client.predict(*GOOD[endpoint], api_name=endpoint)


@pytest.mark.parametrize("endpoint", BAD)
def test_bad_input_gets_a_readable_message(client, endpoint):
    with pytest.raises(Exception) as caught:  # noqa: B017
        client.predict(*BAD[endpoint], api_name=endpoint)
    message = str(caught.value)
    assert len(message.split()) >= 4 and "verbose error" not in message


@pytest.mark.parametrize("endpoint", [e for e in GOOD if not e.endswith("train")])
def test_no_endpoint_shows_the_words_of_an_exception(url, endpoint):
    good = GOOD[endpoint]
    for place in range(len(good)):
        for value in ("", "\u00fcn\u00ef", -5, 1e300, {"a": 1}):
            text = asked(url, endpoint, [*good[:place], value, *good[place + 1 :]])
            if "event: error" in text:
                message = json.loads(text.rpartition("data: ")[2])["error"]
                assert len(message.split()) >= 4, (place, value, message)
                assert not [word for word in BETRAYING if word in message], (place, value, message)


def test_sixteen_visitors_get_the_same_answers(client):
    def ask(k):
        return client.predict(*GOOD["/pointer_networks_solve"][:2], k % 3 + 1, api_name=endpoint)

    endpoint = "/pointer_networks_solve"
    alone = [ask(k) for k in range(3)]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(ask, range(16)))
    assert together == [alone[k % 3] for k in range(16)]


def served(url, path, accept="text/html"):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.request("GET", path, headers={"Accept": accept})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_an_unknown_address_gets_a_page_with_the_way_back(url):
    for path, back in (("/nowhere", "./"), ("/no/such/page", "../../")):
        status, text = served(url, path)
        assert status == 404 and "No exhibit here" in text and f'href="{back}"' in text
    status, text = served(url, "/nowhere", "application/json")
    assert status == 404 and text.startswith("{")


@pytest.mark.parametrize("exhibit", discover(), ids=lambda exhibit: exhibit.slug)
def test_what_is_shipped_is_what_is_computed_and_in_the_page_as_served(url, exhibit):
    known, now = shipped.results(exhibit.item.module), shipped.computed(exhibit)
    assert known.keys() == now.keys() and len(known) > 0
    _, text = served(url, f"/{exhibit.slug}")
    config = json.loads(re.search(r"window.gradio_config = (.*?);</script>", text)[1])
    in_page = [component["props"].get("value") for component in config["components"]]
    for name, values in known.items():
        for value, computed in zip(values, now[name], strict=True):
            same = shipped.skeleton(value) == shipped.skeleton(computed)
            assert same, f"{name} is stale: run `python -m demos.shipped {exhibit.item.module}`"
            assert value in in_page


@pytest.mark.parametrize("exhibit", discover(), ids=lambda exhibit: exhibit.slug)
def test_the_code_of_a_page_runs_as_it_stands(exhibit, capsys):
    assert exhibit.code.count("\n") <= 14
    exec(compile(exhibit.code, exhibit.slug, "exec"), {})
    assert capsys.readouterr().out.strip()


def test_the_tour_says_what_it_measured():
    first = next(iter(app.tour(timings=True)))
    assert first.ok and "blocks" in first.line
