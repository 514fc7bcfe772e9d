"""Message passing: a molecule built by hand, what its atoms say, and its properties."""

import dataclasses
import json
from functools import cache

import numpy as np

from keras_readinglist import chemistry, datasets
from keras_readinglist.datasets.splits import by_permutation
from keras_readinglist.datasets.xtb_small_molecules import TEST, VALIDATION

from ..components.axes import WIDTH, Axis, svg, words
from ..components.html import callout, el, faint, page
from ..components.inputs import choice, listed, plain_text, within
from ..components.layout import advanced, choices_row, control_side, html, picture_side, stage
from ..components.player import player
from ..exhibit import FAILS, Exhibit, run
from ._message_passing_molecule import (
    COLOURS,
    drawing,
    named_atoms,
    rotation,
    seen,
    sentences,
)

PRESET = "enn_s2s_small_molecules"
EXHIBIT = Exhibit(
    slug="message-passing",
    claim="Atoms that tell one another what they are, a few times, know the molecule: its "
    "properties can be read off them.",
    try_this="Drag an atom to turn the molecule: the answers stay. Double-click one to put the "
    "chosen element in its place, and see them move. Then press play.",
    what_you_see="At every message all atoms hear from all others, a line as wide as what is said; "
    "near atoms and bonds are loudest. An atom glows as it changes. Then Set2Set looks at all "
    "atoms several times, a ring as wide as its attention, and the properties are read. Five "
    "networks were trained; the bar is their spread, the cross what a quantum calculation gives, "
    "where the molecule is one of the set. Of the 8,909 molecules the networks saw 7,127, all with "
    "at most seven atoms besides hydrogen.",
    presets=(PRESET,),
    code="""\
from keras_readinglist.applications import MPNNEnsemble

ensemble = MPNNEnsemble.from_preset("enn_s2s_small_molecules")
mean, spread = ensemble.predict_with_spread(["CCO", "CC(=O)O"])  # needs RDKit
for name in mean:
    print(name, mean[name].round(2), "+-", spread[name].round(2))
inside = ensemble.members[0].explain(["CCO"])[0]
print(inside["messages"].shape, inside["attention"].shape)
""",
)

# The first four are of the test split: no network, and no choice made here, has seen them.
NAMED = {
    "Peptide bond": "CNC(C)=O",
    "Propanol": "CCCO",
    "Glyoxylic acid": "O=CC(=O)O",
    "Ethylene oxide": "C1CO1",
    "Pyridine": "c1ccncc1",
    "Glycine": "NCC(=O)O",
}
DEFAULT = "CNC(C)=O"
FIRST_TURN = "[0.5, -0.35]"
MOST_ATOMS = 29
PROPERTIES = {
    "gap": ("Gap", "eV"),
    "homo": ("HOMO", "eV"),
    "lumo": ("LUMO", "eV"),
    "dipole": ("Dipole", "D"),
    "energy": ("Energy", "eV"),
}
ADDS = {"Carbon": "C", "Nitrogen": "N", "Oxygen": "O", "Fluorine": "F", "Take it away": "H"}


@cache
def known():
    """Return the molecules of the set, their numbers by SMILES, properties, and those of the test.

    The energy is what the number of atoms of each element leaves to explain.
    """
    dataset = datasets.DATASETS["xtb_small_molecules"]
    molecules, targets = dataset.read(datasets.find("xtb_small_molecules"))
    parts = {
        split: by_permutation(len(molecules), TEST, VALIDATION, split)
        for split in ("train", "test", "validation")
    }
    rows = parts["train"]
    fit = chemistry.CompositionFit().fit(molecules[rows], targets["energy"][rows])
    targets = {**targets, "energy": fit.residual(molecules, targets["energy"])}
    split_of = {int(i): split for split, rows in parts.items() for i in rows}
    places = {smiles: i for i, smiles in enumerate(molecules.smiles)}
    return molecules, places, targets, split_of


def find(text):
    """Return a molecule and its number in the set, or `None`; `ValueError` in plain words."""
    text = plain_text(text).strip()[:200]
    if not text:
        raise ValueError("Type a SMILES, like CCO for ethanol.")
    molecules, places, _, _ = known()
    place = places.get(text)
    if place is None:
        try:
            place = places.get(chemistry.canonical_smiles(text))
        except ImportError as error:
            raise ValueError(
                "Without RDKit only the 8,909 molecules of the set are known here, by their "
                "SMILES: pip install rdkit."
            ) from error
        except ValueError as error:
            raise ValueError(f"{text!r} is no SMILES of a molecule.") from error
    if place is not None:
        return molecules[[place]], place
    try:
        found = chemistry.from_smiles([text], max_atoms=MOST_ATOMS)
    except ValueError as error:
        raise ValueError(_in_plain_words(str(error), text)) from error
    if not np.isin(found.atomic_numbers[found.atomic_numbers > 0], list(COLOURS)).all():
        raise ValueError("The networks know hydrogen, carbon, nitrogen, oxygen and fluorine only.")
    return found, None


def _in_plain_words(error, text):
    for part, said in (
        ("several parts", "Only one molecule at a time, please: this has several parts."),
        ("unpaired", "This has an unpaired electron; the networks never saw one."),
        ("placeholder", "A star stands for any atom: name one, please."),
        ("at most", f"At most {MOST_ATOMS} atoms, hydrogens included, are taken here."),
        ("laid out", "No shape in space was found for this molecule."),
    ):
        if part in error:
            return said
    return f"{text!r} is no SMILES of a molecule."


def parse_turn(text):
    """Return the two angles, in radians, by which the molecule is turned."""
    words_ = "A turn is two numbers, like [0.5, -0.3]."
    angles = listed(text or FIRST_TURN, 200, words_)
    try:
        angles = np.array(angles, float)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(words_) from error
    if angles.shape != (2,) or not within(angles, -1e3, 1e3):
        raise ValueError(words_)
    return angles


def ask(molecule, angles):
    """Return mean and spread of the answers, by how much a turn moves them, and what is inside.

    The molecule is asked of as it stands in the set and as it is turned on the screen.
    """
    turned = molecule.positions @ rotation(angles) + 1.0
    both = chemistry.Molecules.join(
        [molecule, dataclasses.replace(molecule, positions=turned.astype("float32"))]
    )

    def answers(ensemble):
        mean, spread = ensemble.predict_with_spread(both, batch_size=2)
        return mean, spread, ensemble.members[0].explain(both[[1]])[0]

    mean, spread, inside = run(PRESET, answers)
    moved = max(float(np.ptp(values)) for values in mean.values())
    return {k: v[1] for k, v in mean.items()}, {k: v[1] for k, v in spread.items()}, moved, inside


def rows(mean, spread, computed):
    """Return one axis for every property: what is answered, its spread, and what was computed."""
    spreads = known()[2]
    parts, high = [], 56
    for k, (name, (title, unit)) in enumerate(PROPERTIES.items()):
        y, values = 40 + k * high, spreads[name]
        ends = np.quantile(values, [0.005, 0.995])
        ends = [min(ends[0], mean[name] - spread[name]), max(ends[1], mean[name] + spread[name])]
        x = Axis(*ends, 10, WIDTH - 10)
        told = f"{mean[name]:.2f} ± {spread[name]:.2f} {unit}"
        if computed is not None:
            told += f" (computed {computed[name]:.2f})"
        parts.append(words(10, y - 15, title))
        parts.append(words(WIDTH - 10, y - 15, told, "end"))
        parts.append(el("path", d=f"M10 {y}H{WIDTH - 10}", stroke="var(--krl-line)"))
        low, top = float(x(mean[name] - spread[name])), float(x(mean[name] + spread[name]))
        parts.append(el("line", x1=round(low, 1), x2=round(top, 1), y1=y, y2=y, stroke_width=9,
                        stroke="var(--krl-structure)", opacity=0.4))  # fmt: skip
        parts.append(el("circle", cx=x(mean[name]), cy=y, r=6, fill="var(--krl-structure)"))
        if computed is not None:
            at = float(np.clip(x(computed[name]), 10, WIDTH - 10))
            parts.append(el("path", d=f"M{at - 6:.1f} {y - 6}l12 12m0 -12l-12 12",
                            stroke="var(--krl-ink)", stroke_width=2))  # fmt: skip
    label = "Properties: " + ", ".join(
        f"{title} {mean[name]:.2f} {unit}" for name, (title, unit) in PROPERTIES.items()
    )
    return svg(WIDTH, 40 + high * len(PROPERTIES) - 30, parts, label=label, widest=460)


def verdict(molecule, place, mean, spread):
    """Return one sentence on whether the answers can be trusted."""
    heavy = int((molecule.atomic_numbers > 1).sum())
    if place is not None:
        _, _, targets, split_of = known()
        gaps = {name: abs(mean[name] - targets[name][place]) for name in PROPERTIES}
        split = {"train": "one of the molecules they learned from"}
        where = split.get(split_of[place], "a molecule that no network saw in training")
        return (
            f"This is {where}: the gap is off by {gaps['gap']:.2f} eV, the dipole by "
            f"{gaps['dipole']:.2f} D."
        )
    if heavy > 7:
        return (
            f"{heavy} atoms besides hydrogen, and they learned from at most seven: the networks "
            f"differ by {spread['gap']:.2f} eV in the gap, and nothing says that their mean is "
            "right."
        )
    return "Not one of the set: nothing was computed to compare with."


def show(text, turn=FIRST_TURN):
    """Return the molecule with its player, and its properties, for what a visitor chose."""
    molecule, place = find(text)
    angles = parse_turn(turn)
    mean, spread, moved, inside = ask(molecule, angles)
    names = named_atoms(molecule.atomic_numbers[0, : molecule.sizes[0]])
    told = sentences(names, inside)
    picture = player(
        drawing(molecule, angles, inside),
        count=len(told),
        label="Step of the network",
        name="molecule",
        start=2,
        captions=told,
        play=True,
        slow=True,
    )
    computed = None
    if place is not None:
        computed = {name: float(known()[2][name][place]) for name in PROPERTIES}
    still = f"Turned and moved in space, no answer changes by more than {max(moved, 1e-5):.5f}."
    return page(picture), page(
        rows(mean, spread, computed),
        callout(el("b", verdict(molecule, place, mean, spread)), kind="verdict"),
        faint(
            "● the mean of five networks, with their spread; × computed by GFN2-xTB. HOMO and "
            "LUMO: the highest filled and the lowest empty orbital; energy: beyond that of its "
            "elements. ",
            still,
        ),
    )


def touched(text, turn, element, item, x, y):
    """Return SMILES and turn after a touch: a dragged atom turns, a double-clicked one changes."""
    symbol = ADDS[choice(element, ADDS)]
    if item is None:
        return text, turn
    molecule, _ = find(text)
    index = int(float(item))
    if not 0 <= index < molecule.sizes[0]:
        raise ValueError("There is no such atom.")
    angles = parse_turn(turn)
    if x is not None:
        at = seen(molecule, angles)[index]
        angles = angles + np.array([x - at[0], at[1] - y]) * 4
        return text, json.dumps(angles.round(3).tolist())
    try:
        return chemistry.replace_atom(molecule.smiles[0], index, symbol), turn
    except ImportError as error:
        raise ValueError("Molecules are changed by RDKit: pip install rdkit.") from error


@cache
def default():
    """Return what the page shows before any click."""
    return show(DEFAULT)


@EXHIBIT.page
def layout(ctx):
    """Lay out the page."""
    import gradio as gr

    with stage():
        with picture_side():
            picture = html(touch=True)
        with control_side():
            element = gr.Radio(list(ADDS), value="Carbon", label="A double click puts here")
            smiles = gr.Textbox(DEFAULT, label="Molecule, as SMILES", lines=1, max_lines=1)
            properties = html()
            examples = choices_row()
            with advanced():
                turn = gr.Textbox(FIRST_TURN, label="Turned by, in radians")
            ctx.note()
    with examples:
        ctx.choices({**{name: [smiles_] for name, smiles_ in NAMED.items()},
                     FAILS: ["FC(F)(F)C(F)(F)C(F)(F)C(F)(F)F"]}, [smiles])  # fmt: skip
    inputs, outputs = [smiles, turn], [picture, properties]
    ctx.at_first(default, outputs)
    ctx.event(
        smiles.change,
        show,
        inputs,
        outputs,
        verb="predict",
        doing="Passing messages in the molecule",
    )
    ctx.event(turn.change, show, inputs, outputs, doing="Turning the molecule")
    ctx.touch(picture, touched, [smiles, turn, element], [smiles, turn])


@EXHIBIT.tour
def tour():
    """Predict the default molecule."""
    molecule, place = find(DEFAULT)
    mean, spread, _, _ = ask(molecule, parse_turn(FIRST_TURN))
    return verdict(molecule, place, mean, spread)
