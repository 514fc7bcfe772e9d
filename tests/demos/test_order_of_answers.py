"""A button that sets two controls asks twice at once: the last question has the last answer."""

import json
import time
import urllib.request

import pytest

from demos.exhibit import Context, Exhibit

pytestmark = [pytest.mark.gallery, pytest.mark.once]


def answered(url, event, values):
    """Return what an event answers when it is asked for all values at once, as a page does."""
    for value in values:
        question = {"data": [value], "fn_index": event, "session_hash": "visitor"}
        request = urllib.request.Request(
            f"{url}gradio_api/queue/join",
            json.dumps(question).encode(),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=20).close()
    found = []
    address = f"{url}gradio_api/queue/data?session_hash=visitor"
    with urllib.request.urlopen(address, timeout=20) as stream:
        for line in stream:
            told = json.loads(line[6:]) if line.startswith(b"data: ") else {}
            if told.get("msg") == "process_completed":
                found.append(told["output"]["data"][0])
            if len(found) == len(values):
                return found


def test_answers_come_in_the_order_of_the_questions():
    import gradio as gr

    def sleepy(seconds):
        time.sleep(seconds)
        return f"{seconds}"

    with gr.Blocks() as page:
        seconds, drawn = gr.Number(0.0), gr.HTML()
        context = Context(Exhibit("set2set", "", "", ""), page)
        context.event(seconds.change, sleepy, seconds, drawn)
    page.queue(default_concurrency_limit=4)
    url = page.launch(prevent_thread_lock=True, quiet=True)[1]
    place = next(i for i, fn in page.fns.items() if fn.targets[0][1] == "change")
    assert answered(url, place, (0.3, 0.0)) == ["0.3", "0.0"]
    page.close()
