"""Beats from the bytes of a request, as JSON or as float32."""
