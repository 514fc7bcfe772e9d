"""The sizes of Deep Speech 2 by their names: ours, and those of the paper."""

SMALL_CONVOLUTIONS = ((8, (11, 21), (2, 2)), (8, (11, 11), (2, 2)))
PAPER_CONVOLUTIONS = ((32, (11, 41), (2, 2)), (32, (11, 21), (1, 2)), (96, (11, 21), (1, 2)))
SETTINGS = {
    # 8 kHz, half a second of latency.
    "streaming_small": {},
    # Reads both ways, so it needs the whole clip.
    "small": {"bidirectional": True, "row_context": None},
    # arXiv, table 13: three convolutions, seven bidirectional layers, some 100 million weights.
    "paper_rnn": {
        "sample_rate": 16000,
        "convolutions": PAPER_CONVOLUTIONS,
        "rnn_layers": 7,
        "units": 2176,
        "cell": "rnn",
        "bidirectional": True,
        "row_context": None,
        "power_normalize": True,
    },
    # ICML: two convolutions, three forward GRU layers of 2560, a view of 80 steps ahead.
    "paper_gru": {
        "sample_rate": 16000,
        "convolutions": PAPER_CONVOLUTIONS[:2],
        "rnn_layers": 3,
        "units": 2560,
        "row_context": 80,
    },
}
