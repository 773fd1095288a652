"""The builder: trying definitions out, drafts, publishing, and its pages."""
