"""The gallery: one exhibit per item of the reading list."""

import os

# Set before gradio is imported: without them it asks two hosts at launch.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
