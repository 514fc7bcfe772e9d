"""The 27 items of the list, in reading order; everything else is found through them."""

import importlib
import importlib.util
import pathlib
from dataclasses import dataclass

_PACKAGE = pathlib.Path(__file__).parent
ROOMS = ("vision", "sequences", "attention", "structure", "information")
FACETS = ("components", "application", "recipe", "presets", "exhibit", "page", "report")


@dataclass(frozen=True)
class Item:
    """One entry of the reading list.

    Args:
        slug: Name in URLs, files and commands.
        title: Title of the work.
        authors: Its authors.
        year: Year of the first publication.
        reference: arXiv identifier, or the address of the work.
        room: Room of the gallery, one of `ROOMS`.
        builds_on: Slugs of earlier ideas that it uses.
        summary: What it is about, in our words.
        components: Dotted public names below `keras_readinglist`.
        application: Name of the class in `keras_readinglist.applications`.
        presets: Names of its presets.
        not_applicable: Facets that this item cannot have, with the reason.
    """

    slug: str
    title: str
    authors: str
    year: int
    reference: str
    room: str
    builds_on: tuple[str, ...]
    summary: str
    components: tuple[str, ...] = ()
    application: str = ""
    presets: tuple[str, ...] = ()
    not_applicable: tuple[tuple[str, str], ...] = ()

    @property
    def number(self) -> int:
        """The place in the reading order, from 1."""
        return ITEMS.index(self) + 1

    @property
    def module(self) -> str:
        """The slug as a file name."""
        return self.slug.replace("-", "_")

    @property
    def url(self) -> str:
        """The address of the work."""
        if self.reference.startswith("http"):
            return self.reference
        return f"https://arxiv.org/abs/{self.reference}"

    @property
    def recipe(self) -> str:
        """The dotted name of the recipe, or an empty string."""
        path = _PACKAGE / "recipes" / self.module
        exists = path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
        return f"keras_readinglist.recipes.{self.module}" if exists else ""

    @property
    def claims(self) -> tuple[str, ...]:
        """The names of the recipe's claims."""
        if not self.recipe:
            return ()
        return tuple(claim.name for claim in importlib.import_module(self.recipe).RECIPE.claims)

    @property
    def exhibit(self) -> str:
        """The path of the exhibit's file, or an empty string."""
        path = _part("demos") / "exhibits" / f"{self.module}.py"
        return str(path) if path.is_file() else ""

    @property
    def page(self) -> str:
        """The path of the page's source, or an empty string."""
        path = _part("pages", "docs/papers") / f"{self.module}.py"
        return str(path) if path.is_file() else ""


def _part(name: str, in_checkout: str | None = None) -> pathlib.Path:
    """Return a directory that is a subpackage when installed, and top-level in a checkout."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / (in_checkout or name)


def find(slug: str) -> Item:
    """Return the item of a slug; `ValueError` if there is none."""
    for item in ITEMS:
        if item.slug == slug:
            return item
    known = ", ".join(item.slug for item in ITEMS)
    raise ValueError(f"`slug` must be one of {known}. Received: {slug!r}")


def resolve(dotted: str):
    """Return the public object of a dotted name below `keras_readinglist`."""
    module, _, name = f"keras_readinglist.{dotted}".rpartition(".")
    return getattr(importlib.import_module(module), name)


def report(slug: str) -> dict | None:
    """Return the committed report of an item, judged by its recipe as it is now, or `None`."""
    from keras_readinglist import recipes
    from keras_readinglist.recipes import report as reports

    stored = reports.read(slug, "reduced", _part("reports"))
    return stored and reports.merge(recipes.load(slug), "reduced", stored, {})


def facets(item: Item) -> dict[str, bool | None]:
    """Return what is there of an item: `True`, `False`, or `None` where it cannot apply."""
    from keras_readinglist.presets import list_presets

    there = {
        "components": bool(item.components) and all(map(_resolves, item.components)),
        "application": bool(item.application) and _resolves(f"applications.{item.application}"),
        "recipe": bool(item.recipe),
        "presets": bool(item.presets) and set(item.presets) <= set(list_presets()),
        "exhibit": bool(item.exhibit),
        "page": bool(item.page),
        "report": report(item.slug) is not None,
    }
    reasons = dict(item.not_applicable)
    return {name: None if name in reasons else there[name] for name in FACETS}


def _resolves(dotted: str) -> bool:
    try:
        resolve(dotted)
    except (ImportError, AttributeError):
        return False
    return True


def describe(item: Item) -> dict:
    """Return every field of an item with its facets and measured claims, ready for JSON."""
    fields = {name: getattr(item, name) for name in Item.__dataclass_fields__}
    measured = report(item.slug)
    keys = ("name", "metric", "paper", "here", "seeds", "goal", "baseline", "verdict", "stale")
    return {
        **fields,
        "number": item.number,
        "url": item.url,
        "recipe": item.recipe,
        "exhibit": f"demos/exhibits/{item.module}.py" if item.exhibit else "",
        "page": f"docs/papers/{item.module}.py" if item.page else "",
        "not_applicable": dict(item.not_applicable),
        "facets": facets(item),
        "claims": [
            {key: claim[key] for key in (*keys, "command")}
            for claim in (measured or {}).get("claims", ())
        ],
    }


ITEMS: tuple[Item, ...] = (
    Item(
        slug="annotated-transformer",
        title="The Annotated Transformer",
        authors="Rush, Huang, Subramanian, Sum, Almubarak, Biderman",
        year=2018,
        reference="https://nlp.seas.harvard.edu/annotated-transformer/",
        room="attention",
        builds_on=("attention-is-all-you-need",),
        summary="The Transformer taken apart line by line, so that prose, equations and running "
        "code stand side by side.",
    ),
    Item(
        slug="complexodynamics",
        title="The First Law of Complexodynamics",
        authors="Aaronson",
        year=2011,
        reference="https://scottaaronson.blog/?p=762",
        room="information",
        builds_on=("kolmogorov-randomness",),
        summary="Entropy only grows, yet the interesting part of a system rises and then falls: "
        "what number could measure that?",
        components=(
            "information.two_part_image_code",
            "information.encode_image",
            "information.decode_image",
            "information.sophistication_profile",
            "information.coarse_sophistication",
            "information.complextropy",
            "information.multiscale_complexity",
            "information.light_cone_complexity",
            "information.complexodynamics_run",
        ),
        not_applicable=(
            ("application", "It measures states; there is no network."),
            ("presets", "Nothing is trained."),
        ),
    ),
    Item(
        slug="unreasonable-rnns",
        title="The Unreasonable Effectiveness of Recurrent Neural Networks",
        authors="Karpathy",
        year=2015,
        reference="https://karpathy.github.io/2015/05/21/rnn-effectiveness/",
        room="sequences",
        builds_on=("understanding-lstms",),
        summary="A recurrent network that guesses one character after another learns spelling, "
        "layout and syntax, and some of its cells can be read.",
        components=(
            "applications.CharTokenizer",
            "applications.TruncatedBPTT",
            "datasets.StreamBatcher",
            "decoding.sampling.choose",
            "information.NGram",
            "information.probe_cells",
        ),
        application="CharRNN",
        presets=(
            "char_rnn_shakespeare",
            "char_rnn_python",
        ),
    ),
    Item(
        slug="understanding-lstms",
        title="Understanding LSTM Networks",
        authors="Olah",
        year=2015,
        reference="https://colah.github.io/posts/2015-08-Understanding-LSTMs/",
        room="sequences",
        builds_on=(),
        summary="The LSTM gate by gate: a nearly straight path for the cell state, and three "
        "gates that forget, write and read.",
        components=(
            "layers.LSTM",
            "layers.GRU",
            "layers.SimpleRNN",
            "layers.LSTMCell",
            "layers.GRUCell",
            "layers.SimpleRNNCell",
            "layers.PeepholeLSTMCell",
            "layers.CoupledLSTMCell",
            "layers.recurrent.lstm_sequence",
            "layers.recurrent.from_torch",
            "datasets.adding_problem",
            "applications.lstm_explorer.gate_trace",
            "applications.lstm_explorer.gradient_norm_by_lag",
        ),
        application="LSTMExplorer",
        presets=(
            "adding_problem_rnn",
            "adding_problem_lstm",
            "adding_problem_peephole",
            "adding_problem_coupled",
            "adding_problem_gru",
        ),
    ),
    Item(
        slug="rnn-regularization",
        title="Recurrent Neural Network Regularization",
        authors="Zaremba, Sutskever, Vinyals",
        year=2014,
        reference="1409.2329",
        room="sequences",
        builds_on=("understanding-lstms",),
        summary="Dropout helps LSTMs once it leaves the recurrent connections alone.",
    ),
    Item(
        slug="mdl-weights",
        title="Keeping Neural Networks Simple by Minimizing the Description Length of the Weights",
        authors="Hinton, van Camp",
        year=1993,
        reference="https://www.cs.toronto.edu/~hinton/absps/colt93.pdf",
        room="information",
        builds_on=("mdl-tutorial",),
        summary="Noisy weights cost fewer bits: the first variational Bayesian neural network, "
        "derived from the length of a message.",
    ),
    Item(
        slug="pointer-networks",
        title="Pointer Networks",
        authors="Vinyals, Fortunato, Jaitly",
        year=2015,
        reference="1506.03134",
        room="attention",
        builds_on=("rnnsearch", "understanding-lstms"),
        summary="Attention that points at its own inputs, so that the output dictionary grows "
        "with the problem: convex hulls, triangulations and tours.",
        components=(
            "layers.PointerAttention",
            "decoding.beam_search.beam_search",
            "datasets.convex_hull_batch",
            "datasets.delaunay_batch",
            "datasets.tsp_batch",
            "metrics.geometry.hull_accuracy",
        ),
        application="PointerNetwork",
        presets=(
            "pointer_network_hull",
            "pointer_network_tsp",
            "pointer_network_delaunay",
        ),
    ),
    Item(
        slug="alexnet",
        title="ImageNet Classification with Deep Convolutional Neural Networks",
        authors="Krizhevsky, Sutskever, Hinton",
        year=2012,
        reference="https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-"
        "convolutional-neural-networks",
        room="vision",
        builds_on=("cs231n",),
        summary="Rectifiers, dropout, augmentation and two graphics cards: the network that won "
        "ILSVRC-2012 and began the decade.",
    ),
    Item(
        slug="set2set",
        title="Order Matters: Sequence to Sequence for Sets",
        authors="Vinyals, Bengio, Kudlur",
        year=2015,
        reference="1511.06391",
        room="attention",
        builds_on=("pointer-networks",),
        summary="The order chosen for a set changes what is learned; an attention read-out that "
        "no order can change, and a search over output orders.",
        components=(
            "layers.Set2Set",
            "layers.ProcessBlock",
            "layers.NoInputLSTMCell",
            "decoding.order_search.order_search",
            "applications.JointSetModel",
            "datasets.sorting_batch",
            "datasets.star_graphical_model",
        ),
        application="ReadProcessWrite",
        presets=("read_process_write_sort", "pointer_network_sort"),
    ),
    Item(
        slug="gpipe",
        title="GPipe: Easy Scaling with Micro-Batch Pipeline Parallelism",
        authors="Huang, Cheng, Bapna, Firat, Chen, Chen, Lee, Ngiam, Le, Wu, Chen",
        year=2018,
        reference="1811.06965",
        room="structure",
        builds_on=("attention-is-all-you-need", "resnet"),
        summary="A stack of layers cut into cells on several devices, fed with micro-batches, "
        "with the same update as on one device.",
    ),
    Item(
        slug="resnet",
        title="Deep Residual Learning for Image Recognition",
        authors="He, Zhang, Ren, Sun",
        year=2015,
        reference="1512.03385",
        room="vision",
        builds_on=("alexnet",),
        summary="Layers that learn a correction to their input: depth stops hurting.",
    ),
    Item(
        slug="dilated-convolutions",
        title="Multi-Scale Context Aggregation by Dilated Convolutions",
        authors="Yu, Koltun",
        year=2015,
        reference="1511.07122",
        room="vision",
        builds_on=("alexnet",),
        summary="Convolutions with holes see exponentially far without losing resolution.",
    ),
    Item(
        slug="message-passing",
        title="Neural Message Passing for Quantum Chemistry",
        authors="Gilmer, Schoenholz, Riley, Vinyals, Dahl",
        year=2017,
        reference="1704.01212",
        room="structure",
        builds_on=("set2set",),
        summary="One frame for networks on graphs: atoms send messages along bonds, and a "
        "read-out predicts the molecule.",
    ),
    Item(
        slug="attention-is-all-you-need",
        title="Attention Is All You Need",
        authors="Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser, Polosukhin",
        year=2017,
        reference="1706.03762",
        room="attention",
        builds_on=("rnnsearch", "resnet"),
        summary="Recurrence dropped altogether: many attention heads and small feed-forward "
        "layers translate better and train faster.",
    ),
    Item(
        slug="rnnsearch",
        title="Neural Machine Translation by Jointly Learning to Align and Translate",
        authors="Bahdanau, Cho, Bengio",
        year=2014,
        reference="1409.0473",
        room="attention",
        builds_on=("understanding-lstms",),
        summary="The decoder looks back at the source at every word: attention, and with it a "
        "soft alignment one can read.",
    ),
    Item(
        slug="resnet-identity-mappings",
        title="Identity Mappings in Deep Residual Networks",
        authors="He, Zhang, Ren, Sun",
        year=2016,
        reference="1603.05027",
        room="vision",
        builds_on=("resnet",),
        summary="Keep the shortcut clean and put the activation first: a thousand layers train.",
    ),
    Item(
        slug="relation-networks",
        title="A Simple Neural Network Module for Relational Reasoning",
        authors="Santoro, Raposo, Barrett, Malinowski, Pascanu, Battaglia, Lillicrap",
        year=2017,
        reference="1706.01427",
        room="structure",
        builds_on=("cs231n",),
        summary="One small network scores every pair of objects; the sum answers questions about "
        "relations.",
        components=(
            "layers.PairwiseRelation",
            "layers.RelationNetwork",
            "layers.AppendCoordinates",
            "layers.FeatureMapToObjects",
            "applications.CNNMLPBaseline",
            "applications.MLPBaseline",
            "applications.RelationNetworkBabi",
            "applications.StoryLSTMBaseline",
            "datasets.sort_of_clevr",
            "datasets.babi_stories",
            "datasets.read_babi",
            "datasets.read_clevr_questions",
        ),
        application="RelationNetworkVQA",
        presets=(
            "relation_network_pixels",
            "relation_network_pixels_mlp",
            "relation_network_state",
            "relation_network_state_mlp",
            "relation_network_stories",
            "relation_network_stories_lstm",
        ),
    ),
    Item(
        slug="variational-lossy-autoencoder",
        title="Variational Lossy Autoencoder",
        authors="Chen, Kingma, Salimans, Duan, Dhariwal, Schulman, Sutskever, Abbeel",
        year=2016,
        reference="1611.02731",
        room="structure",
        builds_on=("mdl-weights",),
        summary="Bits-back coding tells when a code is ignored; a decoder that sees only its "
        "neighbourhood leaves the global picture to the code.",
    ),
    Item(
        slug="relational-rnns",
        title="Relational Recurrent Neural Networks",
        authors="Santoro, Faulkner, Raposo, Rae, Chrzanowski, Weber, Wierstra, Vinyals, Pascanu, "
        "Lillicrap",
        year=2018,
        reference="1806.01822",
        room="structure",
        builds_on=("relation-networks", "attention-is-all-you-need", "neural-turing-machines"),
        summary="A memory whose slots attend to one another, for tasks in which remembered "
        "things must be compared.",
        components=(
            "layers.RelationalMemory",
            "layers.RelationalMemoryCell",
            "applications.RelationalRNNSeq2Seq",
            "applications.RelationalRNNLanguageModel",
            "datasets.nth_farthest",
            "datasets.learn_to_execute",
        ),
        application="RelationalRNNClassifier",
        presets=(
            "relational_rnn_farthest",
            "relational_rnn_farthest_lstm",
            "relational_rnn_programs",
            "relational_rnn_programs_lstm",
        ),
    ),
    Item(
        slug="coffee-automaton",
        title="Quantifying the Rise and Fall of Complexity in Closed Systems: The Coffee Automaton",
        authors="Aaronson, Carroll, Ouellette",
        year=2014,
        reference="1405.6903",
        room="information",
        builds_on=("complexodynamics",),
        summary="Cream mixes into coffee on a grid: entropy climbs while the compressed size of "
        "a blurred picture is meant to rise and fall.",
        components=(
            "information.CoffeeAutomaton",
            "information.coarse_grain",
            "information.complexity_curve",
            "information.exact_density",
            "information.scaling_experiment",
            "information.fit_power_law",
            "information.sequential_edges",
            "information.apply_edges",
        ),
        not_applicable=(
            ("application", "It measures states; there is no network."),
            ("presets", "Nothing is trained."),
        ),
    ),
    Item(
        slug="neural-turing-machines",
        title="Neural Turing Machines",
        authors="Graves, Wayne, Danihelka",
        year=2014,
        reference="1410.5401",
        room="sequences",
        builds_on=("understanding-lstms",),
        summary="A network with a tape it reads and writes differentiably learns to copy and to "
        "sort, far beyond the lengths it was trained on.",
        components=(
            "layers.NTM",
            "layers.NTMCell",
            "layers.ntm.content_addressing",
            "layers.ntm.interpolate",
            "layers.ntm.circular_shift",
            "layers.ntm.sharpen",
            "layers.ntm.memory_read",
            "layers.ntm.memory_write",
            "datasets.copy_task",
            "datasets.repeat_copy_task",
            "datasets.associative_recall_task",
            "datasets.dynamic_ngrams_task",
            "datasets.priority_sort_task",
        ),
        application="NTMSequenceModel",
        presets=(
            "ntm_copy",
            "ntm_repeat_copy",
            "ntm_recall",
            "ntm_copy_lstm",
            "ntm_repeat_copy_lstm",
            "ntm_recall_lstm",
        ),
    ),
    Item(
        slug="deep-speech-2",
        title="Deep Speech 2: End-to-End Speech Recognition in English and Mandarin",
        authors="Amodei et al.",
        year=2015,
        reference="1512.02595",
        room="sequences",
        builds_on=("understanding-lstms", "cs231n"),
        summary="From sound to letters with one network: convolutions, deep recurrence and a "
        "loss that needs no alignment.",
    ),
    Item(
        slug="scaling-laws",
        title="Scaling Laws for Neural Language Models",
        authors="Kaplan, McCandlish, Henighan, Brown, Chess, Child, Gray, Radford, Wu, Amodei",
        year=2020,
        reference="2001.08361",
        room="attention",
        builds_on=("attention-is-all-you-need",),
        summary="The loss of a language model falls as a power of parameters, data and compute, "
        "over many orders of magnitude.",
    ),
    Item(
        slug="mdl-tutorial",
        title="A Tutorial Introduction to the Minimum Description Length Principle",
        authors="Grünwald",
        year=2004,
        reference="math/0406077",
        room="information",
        builds_on=(),
        summary="The best model is the one that shortens the message: two-part codes, universal "
        "codes and the price of parameters.",
        components=(
            "information.multinomial_complexity",
            "information.stochastic_complexity",
            "information.conditional_stochastic_complexity",
            "information.code_length",
            "information.select_model",
            "information.integer_code_length",
            "information.MDLPolynomial",
            "information.MDLSubsetRegressor",
            "information.MDLHistogram",
            "information.MDLMarkovOrder",
            "information.prequential_code_length",
            "information.mdl_probe",
        ),
        not_applicable=(
            ("application", "Its estimators measure and choose; there is no network."),
            ("presets", "Nothing is trained."),
        ),
    ),
    Item(
        slug="machine-super-intelligence",
        title="Machine Super Intelligence",
        authors="Legg",
        year=2008,
        reference="https://www.vetta.org/documents/Machine_Super_Intelligence.pdf",
        room="information",
        builds_on=("kolmogorov-randomness",),
        summary="Intelligence as expected reward over all computable worlds, simple worlds "
        "counting most.",
    ),
    Item(
        slug="kolmogorov-randomness",
        title="Kolmogorov Complexity and Algorithmic Randomness",
        authors="Shen, Uspensky, Vereshchagin",
        year=2017,
        reference="https://www.lirmm.fr/~ashen/kolmbook-eng-scan.pdf",
        room="information",
        builds_on=("mdl-tutorial",),
        summary="What is structure and what is noise in one single string: models, deficiencies "
        "and lossy compression.",
        components=(
            "information.compressed_length",
            "information.context_code_length",
            "information.lempel_ziv_complexity",
            "information.normalized_compression_distance",
            "information.ncd_matrix",
            "information.NCDClassifier",
            "information.ncd_clustering",
            "information.quartet_score",
            "information.structure_function",
            "information.randomness_deficiency",
            "information.lossy_denoise",
        ),
        not_applicable=(
            ("application", "Its estimators measure and choose; there is no network."),
            ("presets", "Nothing is trained."),
        ),
    ),
    Item(
        slug="cs231n",
        title="CS231n: Convolutional Neural Networks for Visual Recognition",
        authors="Li, Johnson, Yeung, Karpathy",
        year=2017,
        reference="https://cs231n.github.io/",
        room="vision",
        builds_on=(),
        summary="The course that made image recognition a craft: losses, gradients that are "
        "checked, networks built by hand, and pictures of what they learned.",
    ),
)
