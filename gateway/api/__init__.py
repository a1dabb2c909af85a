"""The REST API: the Flask application, its views, the OpenAPI document and the page."""
