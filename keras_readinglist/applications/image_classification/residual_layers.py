"""The layers that a residual network is laid out of: its stem, its stages, and its top."""

from dataclasses import dataclass
from typing import Any

import keras

from keras_readinglist.layers.convolution import Conv2D
from keras_readinglist.layers.precision import wide
from keras_readinglist.layers.residual import ResidualUnit, StackedResidualStage

_ORDERS = {1: "original", 2: "full_preactivation"}


@dataclass(frozen=True)
class ResidualLayers:
    """Lays out residual networks whose layers are named as in `keras.applications`.

    Args:
        version: 1 or 2.
        kind: `"basic"` or `"bottleneck"`.
        shortcut: `"A"`, `"B"`, `"C"` or `"none"`.
        downsample: Whether the `"first"` or the `"last"` unit of a stage halves the picture.
        unit: Dictionary of further arguments of `ResidualUnit`.
        policy: Type policy of all layers.
    """

    version: int
    kind: str
    shortcut: str
    downsample: str
    unit: dict
    policy: Any

    def stem(self, x, kind, filters):
        """Return what the first convolution, and a pool for large pictures, make of pictures."""
        biases = self.unit.get("use_bias", False) is not False
        options = {
            "use_bias": biases or self.unit.get("folded", False),
            "kernel_initializer": ResidualUnit(1).kernel_initializer,
            "kernel_regularizer": self.unit.get("kernel_regularizer"),
            **self._named("conv1_conv"),
        }
        if kind == "cifar":
            x = Conv2D(filters, 3, padding="same", **options)(x)
            return self._activated(x, "conv1", True) if self.version == 1 else x
        x = keras.layers.ZeroPadding2D(3, **self._named("conv1_pad"))(x)
        x = Conv2D(filters, 7, 2, **options)(x)
        # What is given to the units of Keras' own second version has not been activated.
        if self.version == 1 or not biases:
            x = self._activated(x, "conv1", True)
        x = keras.layers.ZeroPadding2D(1, **self._named("pool1_pad"))(x)
        return keras.layers.MaxPooling2D(3, 2, **self._named("pool1_pool"))(x)

    def stages(self, x, stack_sizes, filters, reached, output_stride, scan):
        """Return the last maps of stages of units.

        Args:
            x: Tensor, what the stem gives.
            stack_sizes: Units of every stage.
            filters: Channels of every stage.
            reached: How many pixels of a picture a side of a pixel of `x` stands for.
            output_stride: From how many on dilation stands for strides, or `None`.
            scan: Whether units after the first of a stage are one loop.
        """
        dilation, last = 1, len(filters) - 1
        for stage, (count, width) in enumerate(zip(stack_sizes, filters, strict=True)):
            halves = stage < last if self.downsample == "last" else stage > 0
            strides = 2 if halves else 1
            if halves and output_stride is not None and reached >= output_stride:
                strides, dilation = 1, 2 * dilation
            reached *= strides
            units = self._units(stage, count, width, strides, dilation)
            if scan and count > 1:
                name = f"conv{stage + 2}_stack"
                units[1:] = [StackedResidualStage(units[1], count - 1, **self._named(name))]
            for unit in units:
                x = unit(x)
        return self._activated(x, "post") if self.version == 2 else x

    def top(self, x, include_top, pooling, classes, activation):
        """Return classes, or averages, largest numbers or maps in their place."""
        if include_top:
            x = keras.layers.GlobalAveragePooling2D(**self._named("avg_pool"))(x)
            # What classes are computed from is not rounded to half precision.
            options = {"activation": activation, "dtype": wide(self.policy.compute_dtype)}
            return keras.layers.Dense(classes, name="predictions", **options)(x)
        if pooling == "avg":
            return keras.layers.GlobalAveragePooling2D(**self._named("avg_pool"))(x)
        if pooling == "max":
            return keras.layers.GlobalMaxPooling2D(**self._named("max_pool"))(x)
        return x

    def _units(self, stage, count, width, strides, dilation):
        """Return the units of a stage, the layers `conv<stage + 2>_block<number>`."""
        units = []
        for number in range(1, count + 1):
            halves = number == (1 if self.downsample == "first" else count)
            config = {
                "activation_order": _ORDERS[self.version],
                "shortcut": {"C": "conv1x1", "none": "none"}.get(self.shortcut, "identity"),
                "projection": "A" if self.shortcut == "A" else "B",
                "dilation_rate": dilation,
                **self.unit,
            }
            if self.downsample == "last" and number > 1:
                config.update(projection="A", pre_activation="residual")
            name = self._named(f"conv{stage + 2}_block{number}")
            units.append(ResidualUnit(width, self.kind, strides if halves else 1, **config, **name))
        return units

    def _activated(self, x, name, convolved=False):
        """Return what is normalized, unless that is part of a convolution before, and rectified."""
        if not (convolved and self.unit.get("folded")):
            x = keras.layers.BatchNormalization(
                momentum=self.unit.get("batch_norm_momentum", 0.9),
                epsilon=self.unit.get("batch_norm_epsilon", 1e-5),
                **self._named(f"{name}_bn"),
            )(x)
        return keras.layers.Activation("relu", **self._named(f"{name}_relu"))(x)

    def _named(self, name):
        return {"name": name, "dtype": self.policy}
