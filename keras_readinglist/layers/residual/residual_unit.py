"""A residual unit with every shortcut and every order of its operations (He et al., 2016)."""

import math

import keras
from keras import ops

from keras_readinglist.layers.convolution import Conv2D
from keras_readinglist.layers.residual.shortcuts import ZeroPadShortcut, strided
from keras_readinglist.layers.validation import (
    check_choice,
    check_positive,
    check_rate,
    check_shape,
    check_size,
)

SHORTCUTS = ("identity", "constant", "exclusive_gating", "shortcut_gating", "conv1x1", "dropout",
             "none")  # fmt: skip
# Where normalization and activation stand: before the first convolution, between convolutions,
# after the last one, and after the addition.
ORDERS = {
    "original": ("", "norm act", "norm", "act"),
    "bn_after_addition": ("", "norm act", "", "norm act"),
    "relu_before_addition": ("", "norm act", "norm act", ""),
    "relu_only_preactivation": ("act", "norm act", "norm", ""),
    "full_preactivation": ("norm act", "norm act", "", ""),
}
KINDS = {"basic": 1, "bottleneck": 4}  # how much wider the output is than `filters`


@keras.saving.register_keras_serializable(package="keras_readinglist")
class ResidualUnit(keras.layers.Layer):
    """Adds what a few convolutions compute from a signal to the signal itself.

    `y = h(x) + F(x)` and `x' = f(y)`. With `h` and `f` the identity, as in full pre-activation,
    `x_L = x_l + sum_i F(x_i)`, and a gradient reaches `x_l` undiminished (Eqs. 4 and 5).

    Args:
        filters: Positive integer, channels of the convolutions.
        kind: `"basic"`, two 3x3 convolutions, or `"bottleneck"`, 1x1, 3x3 and 1x1, whose last has
            `4 * filters` channels.
        strides: Positive integer. Defaults to 1.
        shortcut: What `h` is: `"identity"`; `"constant"`, `shortcut_scale * x`;
            `"exclusive_gating"`, `(1 - g) x + g F` with `g = sigmoid(W x + b)`;
            `"shortcut_gating"`, `(1 - g) x + F`; `"conv1x1"`; `"dropout"`; `"none"`, a plain net.
        activation_order: `"original"`, `"bn_after_addition"`, `"relu_before_addition"`,
            `"relu_only_preactivation"` or `"full_preactivation"` (Figure 4).
        projection: What stands for the identity where the shape changes: `"A"`, see
            `ZeroPadShortcut`, or `"B"`, a 1x1 convolution. `None` for A if basic, B if bottleneck.
        projection_norm: Boolean, whether a 1x1 convolution of the shortcut is normalized.
            `None` for all orders but full pre-activation.
        pre_activation: What the operations before the first convolution are applied to: the
            `"residual"` branch, or `"both"` branches. `None` for both where the shape changes.
        shortcut_scale: Float, see `"constant"`.
        residual_scale: Float, what `F` is multiplied by in `"constant"`.
        gate_bias: Float, the initial `b` of the gates.
        shortcut_dropout: Float in [0, 1), see `"dropout"`.
        stride_in: `"1x1"` or `"3x3"`: the convolution of a bottleneck that has the strides.
        use_bias: Boolean, whether convolutions have biases, or `"output"` for the last of the
            branch and that of the shortcut alone.
        dilation_rate: Positive integer, that of the 3x3 convolutions.
        groups: Positive integer, groups of the 3x3 convolution of a bottleneck.
        stochastic_depth: Float in [0, 1), the share of examples whose branch is left out in
            training.
        zero_init_residual: Boolean, whether the last normalization of the branch starts at 0.
        folded: Boolean, whether convolutions have biases in place of the normalizations after
            them, see `applications.optimize_for_inference`.
        activation: Name of an activation or function. Defaults to `"relu"`.
        batch_norm_momentum: Float. Defaults to 0.9.
        batch_norm_epsilon: Float. Defaults to 1e-5.
        kernel_initializer: Initializer; `None` for He's, of the variance `2 / fan_out`.
        kernel_regularizer: Regularizer of the kernels, or `None`.
        seed: Integer, of the dropouts, or `None`.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments:
        inputs: Float tensor `(batch, height, width, channels)`.
        training: Boolean.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, ceil(height / strides), ceil(width / strides), filters)`, or `4 * filters`.

    Raises:
        ValueError: If an argument is out of range, or option A must lose channels.

    Example:
        >>> unit = ResidualUnit(16, strides=2, activation_order="original")
        >>> unit(np.ones((1, 8, 8, 8))).shape
        (1, 4, 4, 16)

    References:
        - [He et al., 2016](https://arxiv.org/abs/1603.05027), sections 3 and 4
    """

    def __init__(
        self,
        filters,
        kind="basic",
        strides=1,
        shortcut="identity",
        activation_order="full_preactivation",
        projection=None,
        projection_norm=None,
        pre_activation=None,
        shortcut_scale=1.0,
        residual_scale=1.0,
        gate_bias=-6.0,
        shortcut_dropout=0.5,
        stride_in="1x1",
        use_bias=False,
        dilation_rate=1,
        groups=1,
        stochastic_depth=0.0,
        zero_init_residual=False,
        folded=False,
        activation="relu",
        batch_norm_momentum=0.9,
        batch_norm_epsilon=1e-5,
        kernel_initializer=None,
        kernel_regularizer=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters, self.strides = check_size("filters", filters), check_size("strides", strides)
        self.kind = check_choice("kind", kind, tuple(KINDS))
        self.shortcut = check_choice("shortcut", shortcut, SHORTCUTS)
        self.activation_order = check_choice("activation_order", activation_order, tuple(ORDERS))
        self.projection = check_choice("projection", projection, (None, "A", "B"))
        self.pre_activation = check_choice(
            "pre_activation", pre_activation, (None, "residual", "both")
        )
        self.projection_norm = projection_norm
        self.shortcut_scale = _check_finite("shortcut_scale", shortcut_scale)
        self.residual_scale = _check_finite("residual_scale", residual_scale)
        self.gate_bias = _check_finite("gate_bias", gate_bias)
        self.shortcut_dropout = check_rate("shortcut_dropout", shortcut_dropout)
        self.stride_in = check_choice("stride_in", stride_in, ("1x1", "3x3"))
        self.use_bias = check_choice("use_bias", use_bias, (True, False, "output"))
        self.dilation_rate = check_size("dilation_rate", dilation_rate)
        self.groups = check_size("groups", groups)
        self.stochastic_depth = check_rate("stochastic_depth", stochastic_depth)
        self.zero_init_residual = zero_init_residual
        self.folded = folded
        self.activation = keras.activations.get(activation)
        self.batch_norm_momentum = batch_norm_momentum
        self.batch_norm_epsilon = check_positive("batch_norm_epsilon", batch_norm_epsilon)
        self.kernel_initializer = keras.initializers.get(
            kernel_initializer
            or keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal")
        )
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.seed = seed
        if self.dilation_rate > 1 and self.strides > 1:
            raise ValueError(
                "`dilation_rate` must be 1 where there are strides. "
                f"Received: dilation_rate={dilation_rate}, strides={strides}"
            )
        if self.filters % self.groups:
            raise ValueError(
                f"`groups` must divide `filters`. Received: groups={groups}, filters={filters}"
            )
        self.before, self.between, self.last, self.after = ORDERS[activation_order]
        self._make_branch()

    @property
    def output_filters(self):
        """Channels of the output."""
        return self.filters * KINDS[self.kind]

    @property
    def norms(self):
        """All normalizations."""
        alone = (self.norm_before, self.norm_last, self.norm_after, self.projected_norm)
        return self.norms_between + [norm for norm in alone if norm is not None]

    def _make_branch(self):
        s, first = self.strides, self.stride_in == "1x1"
        self.convolutions = (
            [self._conv(self.filters, 3, s), self._conv(self.filters, 3, last=True)]
            if self.kind == "basic"
            else [
                self._conv(self.filters, 1, s if first else 1),
                self._conv(self.filters, 3, 1 if first else s, groups=self.groups),
                self._conv(self.output_filters, 1, last=True),
            ]
        )
        count = 0 if self.folded else len(self.convolutions) - 1
        self.norm_before = self._norm() if "norm" in self.before else None
        self.norms_between = [self._norm() for _ in range(count)] if self.between else []
        self.norm_last = None
        if "norm" in self.last and not self.folded:
            self.norm_last = self._norm(self.zero_init_residual)
        self.norm_after = self._norm() if "norm" in self.after else None
        self.carried = self.kept = None
        if self.shortcut == "dropout":
            self.carried = keras.layers.Dropout(self.shortcut_dropout, seed=self.seed)
        if self.stochastic_depth:
            whole = (None, 1, 1, 1)
            self.kept = keras.layers.Dropout(self.stochastic_depth, whole, seed=self.seed)

    def _conv(self, filters, size, strides=1, last=False, **options):
        bias = self.folded or self.use_bias is True or (last and bool(self.use_bias))
        bias = options.pop("use_bias", bias)
        return Conv2D(
            filters,
            size,
            strides,
            # Keras' "same" would pad an even picture at its end alone.
            padding="same" if strides == 1 else "valid",
            dilation_rate=self.dilation_rate if size > 1 else 1,
            use_bias=bias,
            kernel_initializer=self.kernel_initializer.clone(),
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            **options,
        )

    def _norm(self, zero=False):
        return keras.layers.BatchNormalization(
            momentum=self.batch_norm_momentum,
            epsilon=self.batch_norm_epsilon,
            gamma_initializer="zeros" if zero else "ones",
            dtype=self.dtype_policy,
        )

    def build(self, inputs_shape):
        check_shape("inputs", inputs_shape, "(batch, height, width, channels)")
        output_shape = self.compute_output_shape(inputs_shape)
        shape = inputs_shape
        if self.norm_before is not None:
            self.norm_before.build(shape)
        for index, convolution in enumerate(self.convolutions):
            if index and self.norms_between:
                self.norms_between[index - 1].build(shape)
            border = 2 * _border(convolution)
            convolution.build((shape[0], *(n and n + border for n in shape[1:3]), shape[3]))
            shape = strided(shape, convolution.strides[0], convolution.filters)
        for norm in (self.norm_last, self.norm_after):
            if norm is not None:
                norm.build(output_shape)
        self._build_shortcut(inputs_shape, output_shape)

    def _build_shortcut(self, inputs_shape, output_shape):
        changes = self.strides > 1 or inputs_shape[-1] != self.output_filters
        self.both = (
            self.pre_activation == "both" or (self.pre_activation is None and changes)
        ) and bool(self.before)
        self.projected = self.projected_norm = self.gate = None
        option = self.projection or ("A" if self.kind == "basic" else "B")
        if self.shortcut == "conv1x1" or (changes and option == "B" and self.shortcut != "none"):
            self.projected = self._conv(self.output_filters, 1, self.strides, last=True)
            self.projected.build(inputs_shape)
            normalized = self.projection_norm
            normalized = "norm" not in self.before if normalized is None else normalized
            if normalized and not self.folded:
                self.projected_norm = self._norm()
                self.projected_norm.build(output_shape)
        elif changes and self.shortcut != "none":
            self.projected = ZeroPadShortcut(self.output_filters, self.strides)
            self.projected.build(inputs_shape)
        if self.shortcut.endswith("gating"):
            bias = keras.initializers.Constant(self.gate_bias)
            self.gate = self._conv(
                self.output_filters, 1, self.strides, use_bias=True, bias_initializer=bias
            )
            self.gate.build(inputs_shape)

    def call(self, inputs, training=False):
        ready = self._apply(inputs, self.before, self.norm_before, training)
        branch = self._branch(ready, training)
        if self.shortcut == "none":
            total = branch
        else:
            source = ready if self.both else inputs
            total = self._combine(source, self._carry(source, training), branch)
        return self._apply(total, self.after, self.norm_after, training)

    def gates(self, inputs, training=False):
        """Return the gates of a shortcut that has some, `g = sigmoid(W x + b)`.

        Args:
            inputs: As for the call.
            training: Boolean.

        Returns:
            Float tensor in the shape of the output, from 0, where the signal passes, to 1.

        Raises:
            ValueError: If the shortcut has no gates.
        """
        if self.gate is None:
            raise ValueError(
                "`shortcut` must be 'exclusive_gating' or 'shortcut_gating' to have gates. "
                f"Received: shortcut={self.shortcut!r}"
            )
        ready = inputs
        if self.both:
            ready = self._apply(inputs, self.before, self.norm_before, training)
        return ops.sigmoid(self.gate(ready))

    def bypass(self, inputs):
        """Return what is left of the unit without its branch, as when it is cut out of a network.

        A plain unit is replaced by its shortcut of option A.

        Args:
            inputs: As for the call.
        """
        if self.shortcut == "none":
            kept = inputs
            if self.strides > 1 or inputs.shape[-1] != self.output_filters:
                kept = ZeroPadShortcut(self.output_filters, self.strides)(inputs)
        else:
            source = self._apply(inputs, self.before, self.norm_before) if self.both else inputs
            carried = self._carry(source, False)
            kept = self._combine(source, carried, ops.zeros_like(carried))
        return self._apply(kept, self.after, self.norm_after)

    def residual(self, inputs, training=False):
        """Return what the branch computes, `F(x)`.

        Args:
            inputs: As for the call.
            training: Boolean.
        """
        ready = self._apply(inputs, self.before, self.norm_before, training)
        return self._branch(ready, training)

    def _branch(self, x, training):
        for index, convolution in enumerate(self.convolutions):
            if index:
                norm = self.norms_between[index - 1] if self.norms_between else None
                x = self._apply(x, self.between, norm, training)
            border = _border(convolution)
            if border:
                x = ops.pad(x, ((0, 0), (border, border), (border, border), (0, 0)))
            x = convolution(x)
        x = self._apply(x, self.last, self.norm_last, training)
        return x if self.kept is None else self.kept(x, training=training)

    def _carry(self, x, training):
        """Return `h(x)`, but for scales and gates."""
        if self.projected is not None:
            x = self.projected(x)
        if self.projected_norm is not None:
            x = self.projected_norm(x, training=training)
        return x if self.carried is None else self.carried(x, training=training)

    def _combine(self, source, carried, branch):
        if self.shortcut == "constant":
            return self.shortcut_scale * carried + self.residual_scale * branch
        if self.gate is None:
            return carried + branch
        gate = ops.sigmoid(self.gate(source))
        if self.shortcut == "exclusive_gating":
            branch = gate * branch
        return (1 - gate) * carried + branch

    def _apply(self, x, operations, norm, training=False):
        for operation in operations.split():
            if operation == "act":
                x = self.activation(x)
            elif norm is not None:  # else it is part of the convolution before
                x = norm(x, training=training)
        return x

    def compute_output_shape(self, inputs_shape):
        return strided(inputs_shape, self.strides, self.output_filters)

    def get_config(self):
        names = (
            "filters kind strides shortcut activation_order projection projection_norm "
            "pre_activation shortcut_scale residual_scale gate_bias shortcut_dropout stride_in "
            "use_bias dilation_rate groups stochastic_depth zero_init_residual folded "
            "batch_norm_momentum batch_norm_epsilon seed"
        )
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in names.split()},
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }


def _border(convolution):
    """Return how many zeros a picture gets on every side before a convolution."""
    return 1 if convolution.strides[0] > 1 and convolution.kernel_size[0] == 3 else 0


def _check_finite(name, value):
    if not math.isfinite(value):
        raise ValueError(f"`{name}` must be a finite number. Received: {name}={value}")
    return float(value)
