"""The sample company: a hardware wholesaler in Hangzhou. Knows sales; uses the engine's public face only."""
