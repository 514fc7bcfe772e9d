"""Machine super intelligence: play a world that is a program, and be scored like a machine."""

import json
from functools import cache, lru_cache

import numpy as np

from keras_readinglist.information import (
    AIQ,
    BFMachine,
    FreqAgent,
    HLQAgent,
    MCAIXIAgent,
    PerWorld,
    QLambdaAgent,
    RandomAgent,
    World,
)
from keras_readinglist.information.intelligence.programs import OverTime, compile_program

from ..components.axes import WIDTH, svg, words
from ..components.charts import lines
from ..components.html import callout, el, faint, page, table
from ..components.inputs import choice, listed, plain_text, seed_of, whole_number
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import player
from ..exhibit import FAILS, Exhibit
from ..waiting import go_on

EXHIBIT = Exhibit(
    slug="machine-super-intelligence",
    claim="Intelligence is reward in all worlds that a machine can run, simple worlds counting "
    "most. Whatever acts can be scored: an agent, or you.",
    try_this="Press the five buttons and find out what this world pays for; then draw another. Ten "
    "cycles in a world count for your score.",
    what_you_see="A world is a short program on a tape machine. In every cycle it reads your "
    "action and writes a reward from -100 to 100, and what you observe. Below is your mean reward "
    "so far against that of agents in the same world, each the mean of several lives. Most agents "
    "remember only the last observation: where a world hides what matters, they cannot learn "
    "what you can. MC-AIXI remembers three cycles and plans two ahead, by a mixture of all tree "
    "sources; so much is slow to learn. The test is the mean over worlds drawn by dice, each met "
    "with both signs of the rewards, so that luck scores nothing.",
    code="""\
from keras_readinglist.information import AIQ, BFMachine, HLQAgent, RandomAgent

machine = BFMachine()
print(machine.run(",.#", actions=[4, 0]))  # this world pays what you do
test = AIQ(machine, samples=100, episode_length=200)
for agent in (RandomAgent(machine), HLQAgent(machine)):
    result = test.evaluate(agent)
    print(type(agent).__name__, f"{result.mean:.1f} ± {result.half_width:.1f}")
""",
)

MACHINE = BFMachine()
AGENTS = {
    "Random": lambda: RandomAgent(MACHINE),
    "Freq": lambda: FreqAgent(MACHINE, 0.03),
    "Q(λ)": lambda: QLambdaAgent(MACHINE),
    "HLQ": lambda: HLQAgent(MACHINE),
}
REWARDS = (-100.0, -50.0, 0.0, 50.0, 100.0)
PLANNER = "MC-AIXI"


def _planner(seed):
    return MCAIXIAgent(5, 5, REWARDS, 27, 2, 25, epsilon=0.5, epsilon_decay=0.9, seed=seed)


# A planner draws 25 futures for every action: it has fewer lives, and does not sit the test.
PLAYERS = {**AGENTS, PLANNER: lambda: PerWorld(MACHINE, _planner)}
SUM, HIDDEN = "<,[->+<]>..#", "<,[->+<]>.#"
MOST, SHOWN, LONGEST = 60, 20, 80
COUNTS, WORLDS = 10, 50  # cycles from which a world counts for the score, and worlds at most
YOU, FIRST, SECOND = "var(--krl-information)", "var(--krl-exact)", "var(--krl-low)"
GOOD_PAY, BAD_PAY = "var(--krl-low)", "var(--krl-exact)"


def program_of(text):
    """Return the program that a visitor typed; `ValueError` in plain words."""
    program = plain_text(text).strip()
    if not 1 <= len(program) <= LONGEST:
        raise ValueError(f"A program has 1 to {LONGEST} symbols.")
    try:
        compile_program(program, MACHINE)
    except ValueError as error:
        words_ = "A program has only the symbols < > + - . , % [ ] #, and its brackets in pairs."
        raise ValueError(words_) from error
    return program


def moves_of(text):
    """Return the actions that a visitor took, integers from 0 to 4."""
    moves = plain_text(text).replace(" ", "")
    if not set(moves) <= set("01234"):
        raise ValueError("Actions are digits from 0 to 4, such as 4024.")
    if len(moves) > MOST:
        raise ValueError(f"Up to {MOST} actions: start again.")
    return [int(move) for move in moves]


def lived(program, moves, seed=0):
    """Return what happened, cycle by cycle, beginning with the fresh machine."""
    world = World(MACHINE, program, seed)
    rows = [{"action": None, "reward": 0.0, "seen": 2, "steps": 0, "tape": {}, "at": 0}]
    try:
        for action in moves:
            reward, seen = world.step(action)
            rows.append({"action": action, "reward": reward, "seen": seen, "steps": world.steps,
                         "tape": dict(world.tape), "at": world.pointer})  # fmt: skip
    except OverTime as error:
        raise ValueError("This program does not end in time: no world of the test.") from error
    return rows


def lives_of(name):
    """Return how often an agent lives in a world before its mean is shown."""
    return 4 if name == PLANNER else 20


@lru_cache(256)
def rival(name, program, seed=0):
    """Return the mean reward so far of an agent in a world, over its lives, `(MOST,)`."""
    cycle, agent, lives = compile_program(program, MACHINE), PLAYERS[name](), lives_of(name)
    worlds = [World(MACHINE, program, seed + life, cycle) for life in range(lives)]
    agent.reset(lives, seed)
    seen, paid, rows = np.full(lives, 2), np.zeros(lives), []
    try:
        for _ in range(MOST):
            go_on()
            actions = agent.act(seen, paid).tolist()
            steps = [world.step(action) for world, action in zip(worlds, actions, strict=True)]
            paid, seen = np.array([s[0] for s in steps]), np.array([s[1] for s in steps])
            rows.append(paid.mean())
    except OverTime as error:
        raise ValueError("This program does not end in time: no world of the test.") from error
    return np.cumsum(rows) / np.arange(1, MOST + 1)


def machine_picture(rows):
    """Return the tape around the head, and the last cycles, which move under a player."""
    parts, cell, left = [], 40, 20
    for place in range(9):
        x, head = left + cell * place, place == 4
        parts.append(el("rect", x=x + 2, y=26, width=cell - 4, height=cell - 4, rx=4,
                        fill="var(--krl-panel)", stroke=YOU if head else "var(--krl-line)",
                        stroke_width=3 if head else 1.5))  # fmt: skip
        content = [str(row["tape"].get(row["at"] + place - 4, 2)) for row in rows]
        parts.append(words(x + cell / 2, 51, "", "middle", 18, steps={"#text": content}))
    parts.append(words(left + 2, 17, "The tape, head in the middle"))
    wide, zero = (WIDTH - 62) / SHOWN, 128
    parts.append(words(0, zero + 5, "reward"))
    parts.append(words(0, 196, "action"))
    parts.append(el("path", d=f"M58 {zero}H{WIDTH}", stroke="var(--krl-line)"))
    for k, row in enumerate(rows):
        if row["action"] is None:
            continue
        x, tall = 60 + (k - 1) * wide, abs(row["reward"]) * 0.42
        good = row["reward"] >= 0
        parts.append(el("rect", x=x, y=zero - tall if good else zero, width=wide - 2,
                        height=max(tall, 1.5), fill=GOOD_PAY if good else BAD_PAY))  # fmt: skip
        parts.append(words(x + wide / 2 - 1, 196, row["action"], "middle"))
    ring = {"x": [60 + (max(k, 1) - 1) * wide - 1 for k in range(len(rows))]}
    parts.append(el("rect", y=80, width=wide, height=122, rx=3, fill="none", stroke=YOU,
                    stroke_width=2, steps=ring))  # fmt: skip
    return svg(WIDTH, 206, parts, label="The tape, and rewards and actions of the last cycles")


def play(program, moves, first, second, seed=0, past="[]"):
    """Return a world as a visitor lives in it, and how two agents and he stand, as HTML."""
    program, moves, seed = program_of(program), moves_of(moves), seed_of(seed)
    names = [choice(name, PLAYERS) for name in (first, second)]
    past = past_of(past)
    rows = lived(program, moves, seed)
    recent = rows[-SHOWN:] if len(rows) > SHOWN else rows
    if recent[0]["action"] is not None:
        recent = [{**recent[0], "action": None}, *recent[1:]]
    said = [
        f"Cycle {len(rows) - len(recent) + k}: you did {row['action']}, got {row['reward']:+.0f} "
        f"and observed {row['seen']}, after {row['steps']} instructions."
        if row["action"] is not None
        else "Before: the tape holds 2 everywhere."
        if len(rows) <= SHOWN
        else "What was before."
        for k, row in enumerate(recent)
    ]
    source = el("p", "The world: ", el("code", program))
    moving = player(machine_picture(recent), count=len(recent), label="Cycle", name="cycles",
                    start=-1, captions=said)  # fmt: skip
    curves = {}
    if moves:
        paid = np.cumsum([row["reward"] for row in rows[1:]]) / np.arange(1, len(rows))
        curves["you"] = (np.arange(1, len(rows)), paid, YOU)
    at = np.arange(1, MOST + 1)
    for name, colour in zip(dict.fromkeys(names), (FIRST, SECOND), strict=False):
        curves[name] = (at, rival(name, program, seed), colour)
    chart = lines(curves, "Mean reward so far of you and two agents", "cycle", "mean reward so far",
                  height=220)  # fmt: skip
    said = callout(el("b", verdict(rows, names, program, seed)), kind="verdict")
    standing = score(with_world(past, program, moves, seed), names)
    return page(source, moving), page(chart, said, standing)


def past_of(text):
    """Return the worlds that a visitor has played: programs, actions and seeds."""
    said = "Worlds so far are a list of programs, actions and seeds."
    rows = listed(text, 20_000, said)
    if any(not isinstance(row, list) or len(row) != 3 for row in rows):
        raise ValueError(said)
    if len(rows) > WORLDS:
        raise ValueError(f"Up to {WORLDS} worlds count.")
    return [(program_of(p), moves_of(m), seed_of(seed)) for p, m, seed in rows]


def with_world(past, program, moves, seed):
    """Return the past with a world, if the visitor lived there long enough."""
    counts = len(moves) >= COUNTS and len(past) < WORLDS
    return [*past, (program, moves, seed)] if counts else past


def score(past, names):
    """Return the mean reward of the visitor and two agents over all worlds so far, as a board."""
    if not past:
        return faint(f"A world counts for your score after {COUNTS} cycles.")
    paid = {"you": [np.mean([row["reward"] for row in lived(*world)[1:]]) for world in past]}
    for name in dict.fromkeys(names):
        paid[name] = [rival(name, p, seed)[len(moves) - 1] for p, moves, seed in past]
    ranks = sorted(paid, key=lambda name: -np.mean(paid[name]))
    rows = [(rank, name, f"{np.mean(paid[name]):+.1f}") for rank, name in enumerate(ranks, 1)]
    worlds = "1 world" if len(past) == 1 else f"{len(past)} worlds"
    return el("div", table(("", f"Score over {worlds}", "mean reward"), rows),
              faint("Every world with as many cycles as you lived in it."))  # fmt: skip


def leave(seed, program, moves, before, past):
    """Return another world, and the past with the one that is left."""
    past = with_world(past_of(past), program_of(program), moves_of(moves), seed_of(before))
    text = json.dumps([(p, "".join(map(str, m)), s) for p, m, s in past])
    return draw(seed), "", text, seed


def verdict(rows, names, program, seed):
    """Say who is ahead after as many cycles as the visitor lived."""
    count = len(rows) - 1
    if not count:
        return "Press a button: what does this world pay for?"
    yours = np.mean([row["reward"] for row in rows[1:]])
    theirs = {name: rival(name, program, seed)[count - 1] for name in names}
    listed = ", ".join(f"{name} {value:+.0f}" for name, value in theirs.items())
    ahead = "You are ahead" if yours > max(theirs.values()) else "You are not ahead"
    ahead += f" after {count} cycle{'s' * (count > 1)}: you {yours:+.0f}, {listed}."
    if program == HIDDEN and count >= 10:
        ahead += " The agents see the same 2 for ever here; only who remembers can win."
    return ahead


def draw(seed):
    """Return a program drawn from the machine's prior that acts as a world."""
    return MACHINE.sample_programs(1, seed_of(seed))[0][0]


@lru_cache(8)
def _test(worlds, seed):
    return AIQ(MACHINE, episode_length=200, samples=worlds, strata=False, seed=seed)


def test(first, second, worlds, seed=0):
    """Return the AIQ of two agents on the same worlds, as HTML."""
    names = [choice(name, AGENTS) for name in (first, second)]
    if names[0] == names[1]:
        raise ValueError("Choose two different agents.")
    worlds = whole_number(worlds, 10, 200, "The number of worlds")
    results, pairs = _test(worlds, seed_of(seed)).compare({name: AGENTS[name]() for name in names})
    at = np.arange(1, worlds + 1)
    curves = {
        name: (at, np.cumsum(np.nan_to_num(results[name].scores)) / at, colour)
        for name, colour in zip(names, (FIRST, SECOND), strict=True)
    }
    chart = lines(curves, "Running score of two agents", "worlds so far", "mean reward per cycle",
                  height=260)  # fmt: skip
    listed = [(name, f"{r.mean:.1f} ± {r.half_width:.1f}", r.n) for name, r in results.items()]
    gap, half_width = pairs[names[1], names[0]]
    better, worse = (names[1], names[0]) if gap > 0 else (names[0], names[1])
    said = f"{better} is better than {worse}, by {abs(gap):.1f} ± {half_width:.1f}."
    if abs(gap) <= half_width:
        said = f"{worlds} worlds do not tell them apart: {abs(gap):.1f} ± {half_width:.1f}."
    note = "200 cycles a world, both signs; 95 % intervals, of the difference world by world."
    return page(chart, callout(el("b", said), kind="verdict"),
                table(("agent", "score", "worlds"), listed), faint(note))  # fmt: skip


@cache
def default():
    """Return what the first tab shows before any click."""
    return play(SUM, "40322", "Q(λ)", "HLQ")


@cache
def default_test():
    """Return what the second tab shows before any click."""
    return test("Random", "HLQ", 100)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with gr.Tab("Play a world"):
        _world(ctx)
    with gr.Tab("Sit the test"):
        _tested(ctx)


def _world(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            picture = html()
            with gr.Row():  # under the world that they act on, on a phone too
                buttons = [gr.Button(str(k), min_width=40, variant="primary") for k in range(5)]
            standing = html()
        with control_side():
            with gr.Row():
                again = gr.Button("Start again", min_width=80)
                another = gr.Button("Draw another world", min_width=80)
            ctx.note()
            examples = choices_row()
            first = gr.Radio(list(PLAYERS), value="Q(λ)", label="Against")
            second = gr.Radio(list(PLAYERS), value="HLQ", label="And")
            with advanced():
                program = gr.Textbox(SUM, label="The program", max_lines=2)
                moves = gr.Textbox("40322", label="Your actions so far", max_lines=2)
                seed = gr.Number(0, label="Seed of dice and worlds", precision=0)
                past = gr.Textbox("[]", label="Worlds so far", max_lines=2)
    # What was left is of the seed before the one that is asked for.
    before = gr.State(0)
    inputs = [program, moves, first, second, seed, past]
    with examples:
        ctx.choices({
            "It pays what you do": [",.#", "401"],
            "It pays what you did": [",,.#", "401"],
            "It adds up": [SUM, "40322"],
            FAILS: [HIDDEN, "4" + "2" * 20],
        }, [program, moves])  # fmt: skip
    ctx.at_first(default, [picture, standing])
    ctx.on_change(play, inputs, [picture, standing], verb="play", doing="Playing")
    for k, button in enumerate(buttons):
        ctx.event(button.click, lambda text, k=k: f"{text or ''}{k}"[-MOST:], moves, moves)
    ctx.event(again.click, lambda: "", None, moves)
    ctx.event(another.click, lambda value: int(value or 0) + 1, seed, seed)
    ctx.event(seed.change, leave, [seed, program, moves, before, past],
              [program, moves, past, before])  # fmt: skip


def _tested(ctx):
    import gradio as gr

    with stage():
        with picture_side():
            picture = html()
        with control_side():
            first = gr.Radio(list(AGENTS), value="Random", label="One agent")
            second = gr.Radio(list(AGENTS), value="HLQ", label="Another")
            worlds = gr.Slider(10, 200, 100, step=10, label="Worlds")
            ctx.note()
    inputs = [first, second, worlds]
    ctx.at_first(default_test, picture)
    ctx.on_change(test, inputs, picture, verb="test", doing="Testing two agents in many worlds")


@EXHIBIT.tour
def tour():
    """Play the default world, and say who is ahead."""
    default()
    default_test()
    rows = lived(SUM, moves_of("40322"))
    return verdict(rows, ["Q(λ)", "HLQ"], SUM, 0)
