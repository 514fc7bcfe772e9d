"""One cell of a pipeline on one device, on JAX: what is compiled, and what is kept meanwhile."""

from keras import ops


class Stage:
    """A cell whose variables live on a device of its own.

    Args:
        cell: A `keras.Model`.
        device: Device of JAX.
        first: Boolean, whether its inputs are data, which need no gradient.
        rematerialize: Boolean, whether only inputs are kept for the way back.
        statistics: A `DeferredStatistics` of the cell.
    """

    def __init__(self, cell, device, first, rematerialize, statistics):
        import jax

        self.cell, self.device, self.first = cell, device, first
        self.rematerialize, self.statistics = rematerialize, statistics
        self.trained = self.state = self.gradients = None
        self.peak_bytes = 0
        self._kept, self._bytes = {}, {}
        self._begin = jax.jit(self._run_begin)
        self._forward = jax.jit(self._run_forward, donate_argnums=0)
        self._backward = jax.jit(self._run_backward, donate_argnums=0)
        self._infer = jax.jit(self._run_inference)
        self._commit = jax.jit(statistics.commit)

    def place(self, values):
        """Return arrays on the device of the stage."""
        import jax

        return jax.device_put(values, self.device)

    def copied(self, variables):
        """Return copies of the values of variables: what is updated here is updated in place."""
        import jax

        values = [variable.value for variable in variables]
        return jax.device_put(values, self.device, may_alias=False)

    def load(self):
        """Copy the values of the cell's variables to the device."""
        self.trained = self.copied(self.cell.trainable_variables)
        self.state = self.copied(self.cell.non_trainable_variables)

    def begin(self):
        """Start a batch: no gradients, no loss, and the moving averages put aside."""
        self._before, self._seen, self.peak_bytes = self.state, 0.0, 0
        self.gradients, self.state, self._sums = self._begin(self.trained, self.state)

    def forward(self, micro_batch, x, share):
        """Return the outputs of a micro-batch, and keep what the way back needs.

        Args:
            micro_batch: Integer.
            x: Inputs on the device.
            share: Float, the part of the batch's examples that it has.
        """
        entered = self.state
        self._sums, self.state, y, pull = self._forward(
            self._sums, self.trained, entered, x, self._seen, share
        )
        self._seen += share
        self._keep(micro_batch, (x, entered) if self.rematerialize else pull)
        return y

    def backward(self, micro_batch, gradient, share):
        """Add to the gradients of the weights, and return that of the inputs.

        Args:
            micro_batch: Integer.
            gradient: Gradient of the outputs, on the device.
            share: Float, as for `forward`.
        """
        kept = self._take(micro_batch)
        self.gradients, of_inputs = self._backward(
            self.gradients, self.trained, kept, gradient, share
        )
        return of_inputs

    def finish(self):
        """End a batch: move the averages of batch normalization; return the losses inside."""
        gathered, loss = self._sums
        self.state = self._commit(self._before, self.state, gathered)
        return loss

    def infer(self, x):
        """Return the outputs for a micro-batch that is not trained on."""
        return self._infer(self.trained, self.state, x)

    def _keep(self, micro_batch, values):
        """Keep arrays, and count their bytes."""
        import jax

        self._kept[micro_batch] = values
        self._bytes[micro_batch] = sum(array.nbytes for array in jax.tree.leaves(values))
        self.peak_bytes = max(self.peak_bytes, sum(self._bytes.values()))

    def _take(self, micro_batch):
        self._bytes.pop(micro_batch)
        return self._kept.pop(micro_batch)

    def _run_begin(self, trained, state):
        gradients = [ops.zeros_like(value) for value in trained]
        return (
            gradients,
            self.statistics.blank(state),
            (self.statistics.start(state), ops.zeros(())),
        )

    def _run(self, trained, state, x):
        """Return outputs and the losses of the layers, and then the new state."""
        y, state, losses = self.cell.stateless_call(
            trained, state, x, training=True, return_losses=True
        )
        return (y, ops.cast(sum(losses, ops.zeros(())), "float32")), state

    def _differentiate(self, run, trained, x):
        """Return what `run(trained, x)` gives, and a function that pulls gradients back."""
        import jax

        if self.first:
            return jax.vjp(lambda trained: run(trained, x), trained, has_aux=True)
        return jax.vjp(run, trained, x, has_aux=True)

    def _run_forward(self, sums, trained, state, x, seen, share):
        def run(trained, x):
            return self._run(trained, state, x)

        pull = None
        if self.rematerialize:
            (y, loss), after = run(trained, x)
        else:
            (y, loss), pull, after = self._differentiate(run, trained, x)
        return self._gather(sums, after, loss, seen, share), self.statistics.blank(after), y, pull

    def _gather(self, sums, after, loss, seen, share):
        """Add the statistics and the loss of a micro-batch to those before it."""
        gathered, before = sums
        return self.statistics.merge(gathered, after, seen, share), before + loss * share

    def _run_backward(self, gradients, trained, kept, gradient, share):
        pull = kept
        if self.rematerialize:
            x, state = kept
            _, pull, _ = self._differentiate(lambda t, x: self._run(t, state, x), trained, x)
        return self._add(gradients, pull((gradient, ops.cast(share, "float32"))))

    def _add(self, gradients, found):
        """Add gradients of the weights to a sum, and return it and the gradient of the inputs."""
        of_weights, *of_inputs = found
        sums = [one + other for one, other in zip(gradients, of_weights, strict=True)]
        return sums, of_inputs[0] if of_inputs else None

    def _run_inference(self, trained, state, x):
        return self.cell.stateless_call(trained, state, x, training=False)[0]


class LastStage(Stage):
    """The cell that ends in the loss: it goes back at once, and keeps gradients for inputs.

    Args:
        *args: As for `Stage`.
        loss: Function of targets, outputs and sample weights, a mean or a sum over a micro-batch.
        metrics: List of `keras.metrics.Metric`s.
    """

    def __init__(self, *args, loss, metrics):
        import jax

        super().__init__(*args)
        self.loss, self.metrics = loss, metrics
        self.measured = None
        self._both = jax.jit(self._run_both, donate_argnums=(0, 1))

    def load(self):
        """Copy the values of the variables of the cell and of the metrics to the device."""
        super().load()
        self.measured = [self.copied(metric.variables) for metric in self.metrics]

    def forward(self, micro_batch, x, share, target, weight, loss_share):
        """Compute the loss and all gradients of a micro-batch.

        Args:
            micro_batch: Integer.
            x: As for `Stage`.
            share: As for `Stage`.
            target: Targets on the device.
            weight: Sample weights on the device, or `None`.
            loss_share: Float, the factor of its loss in that of the batch.
        """
        given = self.trained, self.state, x, target, weight, self._seen, share, loss_share
        sums = self._sums, self.gradients
        (self._sums, self.gradients), self.measured, self.state, of_inputs = self._both(
            sums, self.measured, *given
        )
        self._seen += share
        self._keep(micro_batch, of_inputs)

    def backward(self, micro_batch, gradient, share):
        """Return the gradient of the inputs of a micro-batch, which is there."""
        return self._take(micro_batch)

    def _run_both(self, sums, measured, trained, state, x, target, weight, seen, share, loss_share):
        def run(trained, x):
            (y, inside), after = self._run(trained, state, x)
            outside = ops.cast(self.loss(target, y, weight), "float32")
            return outside * loss_share + inside * share, (after, y, inside, outside * loss_share)

        _, pull, (after, y, inside, outside) = self._differentiate(run, trained, x)
        gradients, of_inputs = self._add(sums[1], pull(ops.ones(())))
        gathered, loss = self._gather(sums[0], after, inside, seen, share)
        measured = [
            metric.stateless_update_state(values, target, y, sample_weight=weight)
            for metric, values in zip(self.metrics, measured, strict=True)
        ]
        sums = (gathered, loss + outside), gradients
        return sums, measured, self.statistics.blank(after), of_inputs
