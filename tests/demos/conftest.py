"""The gallery needs gradio; without it these tests are skipped with that reason."""

import pytest

pytest.importorskip("gradio", reason="the gallery's extra is not installed")
