"""Reports, boards and charts."""
