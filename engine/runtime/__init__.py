"""The runtime interprets a compiled app: storage, services, background jobs, web."""
