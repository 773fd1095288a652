"""The reference of the language, made from the declarations themselves, with an example for every key. Knows no app."""
