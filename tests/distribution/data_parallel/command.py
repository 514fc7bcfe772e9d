"""The command `keras-readinglist`, with a recipe that takes a second: `python -m ... ARGUMENTS`."""

import os
import sys

from keras_readinglist import cli


def main():
    """Choose the backend as the command does, and run it."""
    cli.choose_backend(os.environ["KERAS_BACKEND"])
    from keras_readinglist import recipes
    from tests.distribution.data_parallel import several

    recipes.load = lambda slug: several.recipe()
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
