"""A small site that shows every macro and drives every module, without the engine behind it."""
