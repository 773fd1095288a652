"""The pages: thin handlers over the services and the view models."""
