"""Values of controls, checked in words."""


def whole_number(value, low, high, name):
    """Return the whole number of a control, or raise a `ValueError` in words."""
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is a whole number from {low} to {high}.") from error
    if not low <= number <= high:
        raise ValueError(f"{name} is a whole number from {low} to {high}; this is {number}.")
    return number
