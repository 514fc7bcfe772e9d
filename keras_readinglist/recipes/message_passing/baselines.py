"""Methods without a network: ridge regression on counts, kernel ridge on Coulomb matrices."""

import numpy as np

from keras_readinglist.chemistry import BOND_TYPES

# Widths are in units of the median distance. With penalties from 1e-9 to 0.1 the dipole took 0.1,
# and the energy 1e-9: below that its error stays as it is, for the calculation has no noise.
WIDTHS = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
RIDGES = (1e-12, 1e-10, 1e-9, 1e-8, 1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.3, 1.0, 10.0)


def measure(train, validation, test, tuned_on):
    """Return the errors of all methods on the test split, tuned on the validation split.

    Args:
        train: Pair of molecules and dictionary of targets.
        validation: As `train`.
        test: As `train`.
        tuned_on: Integer, how many training molecules kernels are tuned on.
    """
    found = {}
    for name in train[1]:
        y = [part[1][name] for part in (train, validation, test)]
        found[f"{name}_mean"] = _error(np.full(len(y[2]), y[0].mean()), y[2])
        found[f"{name}_ridge"] = ridge([counts(part[0]) for part in (train, validation, test)], y)
    found |= kernel_ridge(train, validation, test, tuned_on)
    for name in train[1]:
        best = min(found[f"{name}_ridge"], found[f"{name}_kernel"])
        found |= {f"{name}_best": best, f"{name}_half": best / 2}
    return found


def counts(molecules):
    """Return how many atoms of every element and bonds of every pair and type there are."""
    elements = (1, 6, 7, 8, 9)
    columns = [molecules.composition(elements), molecules.sizes[:, None]]
    one = molecules.atomic_numbers[..., None] == np.array(elements)
    for kind in range(1, len(BOND_TYPES) + 1):
        pairs = np.einsum("mvi,mvw,mwj->mij", one * 1.0, (molecules.bonds == kind) * 1.0, one * 1.0)
        columns.append(pairs.reshape(len(one), -1))
    return np.concatenate(columns, axis=1).astype("float64")


def ridge(x, y):
    """Return the test error of ridge regression whose penalty is chosen on validation data."""
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    scale = StandardScaler().fit(x[0])
    x = [scale.transform(part) for part in x]
    models = [Ridge(alpha).fit(x[0], y[0]) for alpha in np.logspace(-4, 5, 19)]
    best = min(models, key=lambda model: _error(model.predict(x[1]), y[1]))
    return _error(best.predict(x[2]), y[2])


def coulomb_matrices(molecules, atoms):
    """Return the Coulomb matrices of molecules, their rows sorted by norm, as vectors.

    `0.5 Z^2.4` on the diagonal, `Z_i Z_j / |R_i - R_j|` beside it (Rupp et al., 2012).
    """
    n = molecules.atomic_numbers.shape[1]
    z = np.pad(molecules.atomic_numbers, ((0, 0), (0, atoms - n))).astype("float64")
    r = np.pad(molecules.positions, ((0, 0), (0, atoms - n), (0, 0))).astype("float64")
    distance = np.sqrt(((r[:, :, None] - r[:, None]) ** 2).sum(-1))
    itself = np.eye(atoms, dtype=bool)
    matrix = z[:, :, None] * z[:, None] / np.where(itself | (distance == 0), 1.0, distance)
    matrix[:, itself] = 0.5 * z**2.4
    order = np.argsort(-np.linalg.norm(matrix, axis=2), axis=1, kind="stable")
    rows = np.arange(len(z))[:, None, None]
    matrix = matrix[rows, order[:, :, None], order[:, None]]
    upper = np.triu_indices(atoms)
    return matrix[:, upper[0], upper[1]].astype("float32")


def kernel_ridge(train, validation, test, tuned_on):
    """Return the test errors of kernel ridge regression, by target.

    Kernel (Gaussian or Laplacian), width and penalty are chosen by the validation error of what is
    fitted to `tuned_on` training molecules; the choice is then fitted to all.
    """
    from scipy.spatial.distance import cdist
    from sklearn.kernel_ridge import KernelRidge

    parts = (train, validation, test)
    atoms = max(part[0].atomic_numbers.shape[1] for part in parts)
    x = [coulomb_matrices(part[0], atoms) for part in parts]
    names = list(train[1])
    y = [np.stack([part[1][name] for name in names], axis=1) for part in parts]
    middle, spread = y[0].mean(axis=0), y[0].std(axis=0)
    few, chosen = slice(tuned_on), {}
    kernels = {"gaussian": ("sqeuclidean", 2), "laplacian": ("cityblock", 1)}
    for kernel, (metric, power) in kernels.items():
        inner, outer = cdist(x[0][few], x[0][few], metric), cdist(x[1], x[0][few], metric)
        unit = np.median(inner)
        for width in WIDTHS:
            scale = unit * width**power
            gram, cross = np.exp(-inner / scale), np.exp(-outer / scale)
            for penalty in RIDGES:
                model = KernelRidge(alpha=penalty, kernel="precomputed")
                model.fit(gram, ((y[0] - middle) / spread)[few])
                answers = model.predict(cross) * spread + middle
                for column, name in enumerate(names):
                    error = _error(answers[:, column], y[1][:, column])
                    option = (error, kernel, metric, scale, width, penalty)
                    chosen[name] = min(chosen.get(name, option), option)
    found = {}
    for column, name in enumerate(names):
        error, kernel, metric, scale, width, penalty = chosen[name]
        if width in (WIDTHS[0], WIDTHS[-1]) or penalty in (RIDGES[0], RIDGES[-1]):
            print(f"{name}: the best of the grid lies at its edge, {width}, {penalty}", flush=True)
        model = KernelRidge(alpha=penalty, kernel="precomputed")
        model.fit(np.exp(-cdist(x[0], x[0], metric) / scale), y[0][:, column] - middle[column])
        answers = model.predict(np.exp(-cdist(x[2], x[0], metric) / scale)) + middle[column]
        found[f"{name}_kernel"] = _error(answers, y[2][:, column])
        found[f"{name}_kernel_is_laplacian"] = float(kernel == "laplacian")
        found |= {f"{name}_kernel_width": width, f"{name}_kernel_penalty": penalty}
    return found


def _error(answers, targets):
    return float(np.abs(answers - targets).mean())
