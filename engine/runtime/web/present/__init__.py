"""View models: plain data that pages, fragments and JSON render. Know services and definitions, no Flask."""
