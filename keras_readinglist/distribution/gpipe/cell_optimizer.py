"""The part of an optimizer that belongs to one cell."""


def cell_optimizer(optimizer, cell):
    """Return a copy of an optimizer for the variables of a cell, and where its slots come from.

    Args:
        optimizer: The built `keras.optimizers.Optimizer` of the whole model.
        cell: A `keras.Model`, a part of it.

    Returns:
        The copy, which clips no global norm: that is of all cells. And the list of variables of
        `optimizer` that those of the copy stand for, none for a cell that is frozen: it counts no
        iterations.
    """
    copy = type(optimizer).from_config({**optimizer.get_config(), "global_clipnorm": None})
    copy.build(cell.trainable_variables)
    if not cell.trainable_variables:
        return copy, []
    by_path = {variable.path: variable for variable in optimizer.variables}
    return copy, [by_path[variable.path] for variable in copy.variables]
