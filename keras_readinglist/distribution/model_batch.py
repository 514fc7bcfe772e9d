"""Many small models trained at once on one device, such as the seeds of a sweep."""

import functools

import keras
import numpy as np


class ModelBatch:
    """Trains models of one architecture side by side on one device.

    A small model leaves most of a device idle: dispatching its operations takes longer than they
    do. On JAX the models' variables are stacked, a training step is mapped over the stack, and all
    steps of a call are one compiled loop. On other backends the models are trained one after the
    other, with the same result.

    Args:
        models: List of built and compiled `keras.Model`s that differ in the values of their
            variables alone: in their first weights, the states of their random generators, and
            learning rates that are numbers.

    Raises:
        ValueError: If there is no model, one is not compiled or not built, or they are not of one
            architecture, loss and optimizer.

    Example:
        >>> import keras, numpy as np
        >>> from keras_readinglist.distribution import ModelBatch
        >>> models = [keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]) for _ in "abc"]
        >>> for model, rate in zip(models, (0.1, 0.2, 0.4)):
        ...     model.compile(keras.optimizers.SGD(rate), "mse")
        >>> x, y = np.ones((5, 1, 8, 3)), np.ones((5, 1, 8, 1))  # 5 batches of 8 for all models
        >>> ModelBatch(models).train_on_batches(x, y).shape
        (5, 3)
    """

    def __init__(self, models):
        self.models = list(models)
        if not self.models:
            raise ValueError("`models` must not be empty.")
        kinds = [_kind(model) for model in self.models]
        for number, kind in enumerate(kinds):
            for name in kind:
                if kind[name] != kinds[0][name]:
                    raise ValueError(
                        f"All of `models` must have the same {name}. Received for the first: "
                        f"{kinds[0][name]}, and for number {number}: {kind[name]}"
                    )

    def train_on_batches(self, x, y):
        """Train every model on its batches, in order; the models hold what they learned.

        Args:
            x: Array `(steps, models, batch, ...)`, or `(steps, 1, batch, ...)` if all models read
                the same; or a structure of such arrays.
            y: Targets, in the same way.

        Returns:
            Array `(steps, models)`, the loss of every batch before its update.
        """
        for name, value in (("x", x), ("y", y)):
            for shape in (np.shape(array) for array in keras.tree.flatten(value)):
                if len(shape) < 3 or shape[1] not in (1, len(self.models)):
                    raise ValueError(
                        f"`{name}` must have shape (steps, {len(self.models)} or 1, batch, ...). "
                        f"Received shape: {shape}"
                    )
        if keras.config.backend() == "jax":
            return self._at_once(x, y)
        return self._one_after_the_other(x, y)

    def _one_after_the_other(self, x, y):
        steps = len(keras.tree.flatten(x)[0])
        losses = np.empty((steps, len(self.models)), "float32")
        for number, model in enumerate(self.models):
            for step in range(steps):
                batch = functools.partial(_batch, step=step, number=number)
                data = keras.tree.map_structure(batch, (x, y))
                model.reset_metrics()  # or the loss is a mean over all steps
                losses[step, number] = model.train_on_batch(*data, return_dict=True)["loss"]
        return losses

    def _at_once(self, x, y):
        import jax

        each = [[[v.value for v in part] for part in _variables(model)] for model in self.models]
        state = jax.tree.map(lambda *values: jax.numpy.stack(values), *each)
        state, losses = self._compiled(state, (x, y))
        for number, model in enumerate(self.models):
            for variables, values in zip(_variables(model), state, strict=True):
                for variable, stacked in zip(variables, values, strict=True):
                    variable.assign(stacked[number])
        return np.asarray(losses)

    @functools.cached_property
    def _compiled(self):
        import jax

        def step(state, batch):
            shared = jax.tree.map(lambda a: len(self.models) > 1 == a.shape[0], batch)
            batch = jax.tree.map(lambda a, one: a[0] if one else a, batch, shared)
            axes = jax.tree.map(lambda one: None if one else 0, shared)
            return jax.vmap(self._step, in_axes=(0, axes))(state, batch)

        run = functools.partial(jax.lax.scan, step)
        return jax.jit(run, donate_argnums=0)

    def _step(self, state, batch):
        """Return the variables of one model after a batch, and the loss before it."""
        import jax

        model = self.models[0]  # its code; the values of its variables are those of `state`
        trainable, others, optimizer = state
        x, y = batch

        def loss_of(trainable):
            values = [*zip(model.trainable_variables, trainable, strict=True)]
            values += zip(model.non_trainable_variables, others, strict=True)
            with keras.StatelessScope(values) as scope:
                predicted = model(x, training=True)
                loss = model.compute_loss(x=x, y=y, y_pred=predicted, training=True)
                after = [scope.get_current_value(v) for v in model.non_trainable_variables]
            return loss, after

        (loss, others), gradients = jax.value_and_grad(loss_of, has_aux=True)(trainable)
        trainable, optimizer = model.optimizer.stateless_apply(optimizer, gradients, trainable)
        return [list(trainable), others, list(optimizer)], loss


def _variables(model):
    return model.trainable_variables, model.non_trainable_variables, model.optimizer.variables


def _batch(array, step, number):
    """Return a batch of one model."""
    return np.asarray(array)[step, number if np.shape(array)[1] > 1 else 0]


def _kind(model):
    """Return what models that are trained together must have in common."""
    if not (model.built and getattr(model, "compiled", False)):
        raise ValueError("All of `models` must be built and compiled.")
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError("`models` of float16 need their losses scaled, which is not done here.")
    config = {k: v for k, v in optimizer.get_config().items() if k != "name"}
    if isinstance(config["learning_rate"], float):
        del config["learning_rate"]  # a variable of the optimizer
    described = model.get_compile_config() or {}
    return {
        "class": type(model).__name__,
        "weights": [(tuple(v.shape), v.dtype) for part in _variables(model)[:2] for v in part],
        "optimizer": (type(optimizer).__name__, config),
        "loss": described.get("loss"),
    }
