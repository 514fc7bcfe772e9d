"""One vector for a set (Vinyals et al., 2015)."""

import keras
from keras import ops

from keras_readinglist.layers.masking import as_mask, blank
from keras_readinglist.layers.precision import dense, wide
from keras_readinglist.layers.set2set.process import ProcessBlock, check_sets
from keras_readinglist.layers.validation import check_size


@keras.saving.register_keras_serializable(package="keras_readinglist")
class Set2Set(keras.layers.Layer):
    """Turns a set of any size into one vector that no order of its elements can change.

    The last `q*` of a `ProcessBlock`; as a read-out of graphs it takes the nodes of all graphs at
    once, with `segment_ids`.

    Args:
        units: Positive integer, the width of a query. It must be that of the memory, unless
            `project` is set. Defaults to the width of the memory.
        processing_steps: Non-negative integer; with 0 the answer is zero. Defaults to 3.
        num_layers: Positive integer, the layers of the LSTM. Defaults to 1.
        return_sequence: Boolean, whether to return the vectors after all steps.
        return_attention: Boolean, whether to return the attention too.
        project: Boolean, whether a linear map takes the memory to `units` first.
        **kwargs: Base layer keyword arguments, such as `name` and `dtype`.

    Call arguments: as for `ProcessBlock`.

    Input shape:
        `(batch, elements, features)` or `(elements, features)`.

    Output shape:
        `(batch, 2 * units)`, or `(batch, steps, 2 * units)` with `return_sequence`; and the
        attention, as from `ProcessBlock`, if asked for.

    Raises:
        ValueError: If an argument is out of range, or shapes do not fit.

    Example:
        >>> nodes, graph = np.random.rand(5, 4), np.array([0, 1, 0, 1, 1])
        >>> Set2Set()(nodes, segment_ids=graph, num_segments=2).shape
        (2, 8)

    References:
        - [Vinyals et al., 2015, Order Matters](https://arxiv.org/abs/1511.06391), section 4.1
        - [Gilmer et al., 2017](https://arxiv.org/abs/1704.01212), the read-out of graphs
    """

    def __init__(
        self,
        units=None,
        processing_steps=3,
        num_layers=1,
        return_sequence=False,
        return_attention=False,
        project=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if units is None and project:
            raise ValueError("`units` must be given if `project` is set. Received: units=None")
        self.units = None if units is None else check_size("units", units)
        self.processing_steps = check_size("processing_steps", processing_steps, minimum=0)
        self.num_layers = check_size("num_layers", num_layers)
        self.return_sequence, self.return_attention = return_sequence, return_attention
        self.project, self.supports_masking = project, True

    def build(self, memory_shape):
        width = memory_shape[-1]
        if self.units not in (None, width) and not self.project:
            raise ValueError(
                f"`units` must be the width of the memory, {width}, or `project` be set. "
                f"Received: units={self.units}"
            )
        units = self.units or width
        self.width, self.projection = width, None
        base = {"dtype": self.dtype_policy, "trainable": self.trainable}
        if self.project:
            self.projection = keras.layers.Dense(units, use_bias=False, **base)
            self.projection.build(memory_shape)
        self.process = ProcessBlock(units, self.processing_steps, self.num_layers, **base)
        self.process.build((*memory_shape[:-1], units))

    def call(self, memory, mask=None, segment_ids=None, num_segments=None, memory_mask=None):
        # Keras hands the mask of one tensor among several to the argument of that name.
        mask = memory_mask if mask is None else mask
        check_sets(memory, self.width, segment_ids, num_segments)
        if self.project:
            mask = as_mask(mask, "memory", memory, axes=len(memory.shape) - 1)
            memory = dense(self.projection, blank(memory, mask))
        queries, attention = self.process(
            memory, mask=mask, segment_ids=segment_ids, num_segments=num_segments
        )
        if not self.return_sequence:
            queries = queries[:, -1] if self.processing_steps else ops.sum(queries, axis=1)
        return (queries, attention) if self.return_attention else queries

    def compute_output_shape(self, memory_shape, num_segments=None):
        width = self.units or memory_shape[-1]
        sets = num_segments if len(memory_shape) == 2 else memory_shape[0]
        steps = self.processing_steps
        shape = (sets, steps, 2 * width) if self.return_sequence else (sets, 2 * width)
        if not self.return_attention:
            return shape
        if len(memory_shape) == 2:
            return shape, (steps, memory_shape[0])
        return shape, (sets, steps, memory_shape[1])

    def compute_output_spec(
        self, memory, mask=None, segment_ids=None, num_segments=None, memory_mask=None
    ):
        check_sets(memory, self.width, segment_ids, num_segments)
        shapes = self.compute_output_shape(memory.shape, num_segments)
        if not self.return_attention:
            return keras.KerasTensor(shapes, self.compute_dtype)
        return tuple(map(keras.KerasTensor, shapes, (self.compute_dtype, wide(self.compute_dtype))))

    def compute_mask(self, memory, mask=None):
        return (None, None) if self.return_attention else None

    def get_config(self):
        names = ("units", "processing_steps", "num_layers", "return_sequence", "return_attention")
        names += ("project",)
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
