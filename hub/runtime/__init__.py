"""The moving parts: intake, pipeline, dispatch, and what supervises them."""
