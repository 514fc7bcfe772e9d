"""One program for all devices of a pipeline: each applies its blocks, and passes on what it has."""

import keras

from keras_readinglist.layers.stacked_blocks import one_after_the_other


class Mesh:
    """Devices of JAX of which one axis holds the stages of a pipeline, and one the rows of a batch.

    Args:
        devices: A `jax.sharding.Mesh`.
        axis: The axis of the stages.
        batch_axis: The axis over which batches are split.
    """

    def __init__(self, devices, axis, batch_axis):
        self.devices, self.axis = devices, axis
        self.batch_axis = None if batch_axis == axis else batch_axis
        self.stages = devices.shape[axis]
        self.replicas = devices.shape[batch_axis] if self.batch_axis else 1


def pipelined(mesh, step, count, inputs, mask, weights, num_microbatches, rematerialize):
    """Return what the blocks on a mesh make of a batch, and their states after it.

    Args:
        mesh: A `Mesh`.
        step: Function `(signal, weights, mask) -> (signal, states)` of one block.
        count: Integer, the blocks of a stage.
        inputs: Tensor `(batch, ...)`.
        mask: Boolean tensor `(batch, time)`, or `None`.
        weights: Trained weights and states of the blocks, which lie along their first axes.
        num_microbatches: Integer that divides the rows of a pipeline.
        rematerialize: Boolean, whether a stage is computed again for the gradient.
    """
    import jax

    by_rows = jax.sharding.PartitionSpec(mesh.batch_axis)
    by_stage = jax.sharding.PartitionSpec(mesh.axis)
    trained, states = weights
    program = jax.shard_map(
        _program(mesh, step, count, num_microbatches, rematerialize),
        mesh=mesh.devices,
        in_specs=(by_rows, None if mask is None else by_rows, by_stage, by_stage),
        out_specs=(by_rows, by_stage),
        check_vma=False,
    )
    return program(inputs, mask, trained, states)


def _program(mesh, step, count, num_microbatches, rematerialize):
    """Return what every device does with its rows, its weights and its states."""
    import jax
    from jax import lax
    from jax import numpy as jnp

    last = mesh.stages - 1
    onward = [(stage, stage + 1) for stage in range(last)]

    def apply(signal, mask, trained, states):
        def block(signal, weights):
            return step(signal, weights, mask)

        return one_after_the_other(block, signal, [trained, states], count)

    if rematerialize:
        apply = jax.checkpoint(apply)

    def program(inputs, mask, trained, states):
        stage = lax.axis_index(mesh.axis)
        cut = (num_microbatches, inputs.shape[0] // num_microbatches)
        batches = inputs.reshape(cut + inputs.shape[1:])
        masks = None if mask is None else mask.reshape(cut + mask.shape[1:])

        def tick(carry, time):
            received, states = carry
            # A stage that has nothing to do computes with what it has: zeros may have no gradient.
            fed = jnp.where(stage == 0, batches[jnp.minimum(time, cut[0] - 1)], received)
            number = jnp.clip(time - stage, 0, cut[0] - 1)
            made, states = apply(fed, None if masks is None else masks[number], trained, states)
            return (lax.ppermute(made, mesh.axis, onward), states), made

        start = batches[0], _apart(mesh, states, 1)
        (_, states), made = lax.scan(tick, start, jnp.arange(cut[0] + last))
        outputs = lax.psum(jnp.where(stage == last, made[last:], 0), mesh.axis)
        return outputs.reshape(inputs.shape), _apart(mesh, states, -1)

    return program


def _apart(mesh, states, sign):
    """Return states of random generators that differ between replicas, or are equal again."""
    from jax import lax
    from jax import numpy as jnp

    if mesh.batch_axis is None:
        return states
    shift = sign * lax.axis_index(mesh.batch_axis) * jnp.array([7_368_787, 0])
    return [keras.ops.cast(state + shift.astype(state.dtype), state.dtype) for state in states]
