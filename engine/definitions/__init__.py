"""From YAML to a frozen `App`, or to every problem with its place. Knows no storage, no transaction, no web."""
