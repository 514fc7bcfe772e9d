"""BLEU of a whole test set, as sacreBLEU computes it (Papineni et al., 2002; Post, 2018)."""


def bleu(hypotheses, references, tokenize="13a"):
    """Return how far the phrases of translations are those of people, from 0 to 100.

    The score of a corpus: matching runs of one to four words are counted over all sentences before
    the precisions are taken. Needs the extra `text`.

    Args:
        hypotheses: Sequence of strings, one translation per sentence.
        references: Sequence of as many sequences of strings: one or more translations of each
            sentence by people, of which there may be different numbers.
        tokenize: String, how sacreBLEU cuts sentences into words. Defaults to `"13a"`, that of the
            Workshop on Machine Translation.

    Returns:
        Float.

    Raises:
        ImportError: If `sacrebleu` is not installed.
        ValueError: If a sentence has no reference, or there are not as many references as
            hypotheses.

    Example:
        >>> round(bleu(["the cat sat on a mat"], [["the cat sat on the mat"]]), 1)
        53.7

    References:
        - [Papineni et al., 2002](https://aclanthology.org/P02-1040)
        - [Post, 2018](https://arxiv.org/abs/1804.08771)
    """
    try:
        from sacrebleu.metrics import BLEU
    except ImportError as error:
        raise ImportError(
            "`bleu` needs sacrebleu: pip install 'keras-readinglist[text]'"
        ) from error
    references = [[group] if isinstance(group, str) else list(group) for group in references]
    if len(references) != len(hypotheses) or not all(references):
        raise ValueError(
            "`references` must hold at least one translation for each of `hypotheses`. "
            f"Received: {len(references)} for {len(hypotheses)}, "
            f"{sum(not group for group in references)} of them empty"
        )
    most = max(map(len, references), default=0)
    streams = [[dict(enumerate(group)).get(i) for group in references] for i in range(most)]
    return BLEU(tokenize=tokenize).corpus_score(list(hypotheses), streams).score
