"""The REST API: thin handlers over the services."""
