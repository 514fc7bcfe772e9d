"""Units, and what chemists call accurate."""

import numpy as np

HARTREE = 27.211386  # electron volts
KCAL_PER_MOL = 0.0433641  # electron volts
DEBYE_PER_ATOMIC_UNIT = 2.541746

# Chemical accuracy of the thirteen properties of QM9 (Faber et al., 2017), in the unit named.
CHEMICAL_ACCURACY = {
    "mu": 0.1,  # debye
    "alpha": 0.1,  # cubic bohr
    "homo": 0.043,  # electron volts, here and below
    "lumo": 0.043,
    "gap": 0.043,
    "r2": 1.2,  # square bohr
    "zpve": 0.0012,
    "U0": 0.043,
    "U": 0.043,
    "H": 0.043,
    "G": 0.043,
    "Cv": 0.050,  # calories per mole and kelvin
    "omega1": 10.0,  # per centimetre
    "dipole": 0.1,  # other names for mu, and for an energy
    "energy": 0.043,
}


class CompositionFit:
    """The part of an energy that the number of atoms of each element explains.

    The rest is what a network has to learn: like an atomisation energy, it is of the size of
    chemistry, not of the atoms' cores.

    Args:
        elements: Tuple of atomic numbers.

    Example:
        >>> from keras_readinglist.chemistry import from_smiles
        >>> alkanes = from_smiles(["C", "CC", "CCC"], positions=False)
        >>> fit = CompositionFit((1, 6)).fit(alkanes, np.array([-40.5, -79.8, -119.1]))
        >>> bool(np.abs(fit.residual(alkanes, np.array([-40.5, -79.8, -119.1]))).max() < 1e-6)
        True
    """

    def __init__(self, elements=(1, 6, 7, 8, 9)):
        self.elements, self.weights = tuple(elements), None

    def fit(self, molecules, energies):
        """Fit by least squares, with a constant; return the fit itself."""
        self.weights = np.linalg.lstsq(self._design(molecules), energies, rcond=None)[0]
        return self

    def predict(self, molecules):
        """Return the explained part; `ValueError` before there is a fit."""
        if self.weights is None:
            raise ValueError("`fit` must be called before `predict`.")
        return self._design(molecules) @ self.weights

    def residual(self, molecules, energies):
        """Return what is left to explain."""
        return energies - self.predict(molecules)

    def _design(self, molecules):
        counts = molecules.composition(self.elements)
        return np.concatenate([counts, np.ones((len(counts), 1))], axis=1)
