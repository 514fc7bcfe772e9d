"""Blocks of one shape, one after the other, and over devices as a pipeline (Huang et al., 2018)."""

import inspect
import math

import keras
import numpy as np
from keras import ops

from keras_readinglist.layers.masking import as_mask
from keras_readinglist.layers.pipelined_stack.stages import Mesh, pipelined
from keras_readinglist.layers.stacked_blocks import (
    StackedBlocks,
    one_after_the_other,
    undistributed,
)
from keras_readinglist.layers.validation import check_size

SEED_STATE = "seed_generator_state"
PREFIX = "stacked_"  # so that a pattern of a layout map can tell weights from outputs


@keras.saving.register_keras_serializable(package="keras_readinglist")
class PipelinedStack(StackedBlocks):
    """Applies `num_blocks` blocks of one shape; on a mesh with a `"stage"` axis as a pipeline.

    The weights of the blocks are kept together along a first axis. Without a distribution, and on
    every backend, the blocks are applied one after the other. On JAX, under a
    `keras.distribution.ModelParallel` whose mesh has the axis, each of its `K` devices holds
    `num_blocks / K` blocks, and a batch goes through them in micro-batches: device `k` computes
    micro-batch `m` in tick `m + k`, and is idle for a share `(K - 1) / (M + K - 1)` of the time.
    `fit`, optimizers and files are those of any model, and the update is the same.

    Args:
        block: A layer whose output has the shape of its input, or a function of no arguments that
            makes one. It may drop, but keep no averages of batches and add no losses.
        num_blocks: Positive integer, a multiple of the devices along `axis`.
        num_microbatches: Positive integer, into how many parts the rows of each pipeline are cut
            in training. Otherwise into as many as divide both. Without a pipeline it is not used.
        axis: String, the axis of the mesh along which the blocks lie. Defaults to `"stage"`.
        rematerialize: Boolean, whether to keep the inputs of blocks alone (in a pipeline: of
            stages), and compute the rest again for the gradient. Defaults to `True`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(batch, ...)`.
        mask: Boolean tensor `(batch, time)`, given to every block that takes a mask.
        training: Boolean, whether blocks drop.

    Input shape:
        That of a block.

    Output shape:
        The same.

    Raises:
        ValueError: If an argument is out of range, the block changes the shape or has a state, the
            devices do not divide the blocks, the micro-batches do not divide a batch, or the
            distribution has the axis and the backend is not JAX.

    Example:
        >>> stack = PipelinedStack(TransformerEncoderBlock(2, 16), 4, num_microbatches=2)
        >>> stack(np.ones((4, 5, 8))).shape
        (4, 5, 8)

        Over four devices the weights are laid out, and so are the states of the optimizer, by

        >>> mesh = keras.distribution.DeviceMesh((1, 4), ("batch", "stage"))  # doctest: +SKIP
        >>> layout = keras.distribution.LayoutMap(mesh)  # doctest: +SKIP
        >>> layout[".*/stacked_.*"] = ("stage",)  # doctest: +SKIP
        >>> keras.distribution.set_distribution(  # doctest: +SKIP
        ...     keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")
        ... )

    References:
        - [Huang et al., 2018](https://arxiv.org/abs/1811.06965), section 2.2
    """

    def __init__(
        self, block, num_blocks, num_microbatches, axis="stage", rematerialize=True, **kwargs
    ):
        if not isinstance(block, keras.layers.Layer) and callable(block):
            block = block()
        if not isinstance(block, keras.layers.Layer):
            raise ValueError(f"`block` must be a layer, or make one. Received: block={block!r}")
        super().__init__(block, check_size("num_blocks", num_blocks), "block", PREFIX, **kwargs)
        if not isinstance(axis, str) or not axis:
            raise ValueError(f"`axis` must be the name of an axis. Received: axis={axis!r}")
        self.num_blocks = int(num_blocks)
        self.num_microbatches = check_size("num_microbatches", num_microbatches)
        self.axis, self.rematerialize = axis, bool(rematerialize)
        self.supports_masking = True
        taken = inspect.signature(block.call).parameters
        self._taken = [name for name in ("mask", "training") if name in taken]

    def build(self, inputs_shape):
        self._mesh()
        super().build(inputs_shape)
        for weight in self._others:
            if not weight.name.startswith(PREFIX + SEED_STATE):
                raise ValueError(
                    f"`block` must have no state but that of dropout: micro-batches would change "
                    f"it one after the other. Received: {self._template().name} with "
                    f"{weight.name.removeprefix(PREFIX)}"
                )
            # Blocks that were given a seed have the same: their draws shall differ.
            apart = np.arange(self.num_blocks)[:, None] * np.array([1_000_003, 0])
            weight.assign(weight.value + ops.cast(apart, weight.dtype))

    def _mesh(self):
        """Return the `Mesh` that the blocks lie on, or `None`."""
        distribution = keras.distribution.distribution()
        mesh = getattr(distribution, "device_mesh", None)
        if mesh is None or self.axis not in mesh.axis_names:
            return None
        if keras.config.backend() != "jax":
            raise ValueError(
                f"Blocks lie on the axis `{self.axis}` of a distribution on JAX only: "
                f"{keras.config.backend()} would compute all of them on every device."
            )
        found = Mesh(mesh.backend_mesh, self.axis, distribution.batch_dim_name)
        if self.num_blocks % found.stages:
            raise ValueError(
                f"`num_blocks` must be a multiple of the {found.stages} devices of the axis "
                f"`{self.axis}`. Received: num_blocks={self.num_blocks}"
            )
        return found if found.stages > 1 else None

    def call(self, inputs, mask=None, training=False):
        mesh = self._mesh()
        inputs = ops.cast(inputs, self.compute_dtype)
        mask = as_mask(mask, "inputs", inputs)
        step = self._step(training)
        if mesh is None:
            outputs, others = self._plain(step, inputs, mask, training)
        else:
            parts = self._microbatches(inputs.shape[0], mesh.replicas, training)
            count, again = self.num_blocks // mesh.stages, self.rematerialize and training
            outputs, others = pipelined(
                mesh, step, count, inputs, mask, self._values(), parts, again
            )
        if training:
            self._assign_others(others)
        return outputs

    def _step(self, training):
        """Return a function that applies one block with given weights."""
        block, taken = self._template(), self._taken
        own = sum(variable.regularizer is not None for variable in block.trainable_variables)

        def step(signal, weights, mask):
            given = {"mask": mask, "training": training}
            with undistributed():
                signal, others, losses = block.stateless_call(
                    *weights, signal, return_losses=True, **{name: given[name] for name in taken}
                )
            if len(losses) > own:
                raise ValueError(f"`block` must add no losses. Received: {block.name}, which does")
            return signal, others

        return step

    def _plain(self, step, inputs, mask, training):
        def masked(signal, weights):
            return step(signal, weights, mask)

        if self.rematerialize and training:
            masked = rematerialized(masked)
        return one_after_the_other(masked, inputs, self._values(), self.num_blocks)

    def _microbatches(self, rows, replicas, training):
        """Return into how many parts the rows of a pipeline are cut."""
        if rows % replicas == 0:
            if not training:
                return math.gcd(rows // replicas, self.num_microbatches)
            if rows // replicas % self.num_microbatches == 0:
                return self.num_microbatches
        raise ValueError(
            f"`num_microbatches` must divide the rows of each of the {replicas} pipelines. "
            f"Received: num_microbatches={self.num_microbatches} and a batch of {rows}"
        )

    def get_config(self):
        return {
            **super().get_config(),
            "num_blocks": self.num_blocks,
            "num_microbatches": self.num_microbatches,
            "axis": self.axis,
            "rematerialize": self.rematerialize,
        }

    @classmethod
    def from_config(cls, config):
        """Return the layer of a configuration."""
        block = keras.saving.deserialize_keras_object(config["block"])
        return cls(**{**config, "block": block})


def rematerialized(step):
    """Return a step that keeps its inputs alone, and is computed again for the gradient."""
    if keras.config.backend() != "tensorflow":
        return keras.remat(step)

    def flat(signal, weights):
        # TensorFlow recomputes functions of tensors, not of lists.
        counts, tensors = [len(part) for part in weights], [w for part in weights for w in part]

        @keras.remat
        def again(signal, *tensors):
            return step(signal, [tensors[: counts[0]], tensors[counts[0] :]])

        return again(signal, *tensors)

    return flat
